"""Promised figures, measured. One JSON line a figure on stdout, a table on stderr; figures.toml has the limits."""
