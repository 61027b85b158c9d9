"""The coolant pump profile: two pumps, one valve, their sensors, loops and interlocks. Knows no board."""
