"""Commands about what starts runs: queues, schedules and deployments."""
