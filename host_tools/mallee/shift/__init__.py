"""The report of a shift: one page of what the pod did, what it asked of people, and what they and the host did about it."""
