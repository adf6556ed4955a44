"""The console: what operators see and do by keyboard."""
