"""Runs, queues, schedules, deployments and notices."""
