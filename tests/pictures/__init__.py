"""Every picture of README and docs that shows a view, from one pod whose load moves: `python -m tests.pictures`."""
