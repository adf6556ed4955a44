"""The Prefect server over REST."""
