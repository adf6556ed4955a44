"""Commands about runs: what ran, how it went, and what can be done with it."""
