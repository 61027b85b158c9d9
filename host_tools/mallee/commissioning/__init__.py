"""The acceptance of a new pod: a plan of steps, one session that outlives an interruption, and a protocol at the end. What is to
be tested and what follows from an answer is pure (`plan*.py`, `machine.py`); `performing.py` asks controllers."""
