"""From a bundle to a running controller: look at a board, plan, copy what differs, prove it."""
