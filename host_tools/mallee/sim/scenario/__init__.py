"""Scenarios: what happens to a simulated pod and what must come of it, as a TOML file. No plant and no commands here."""
