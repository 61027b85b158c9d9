"""No hardware: tests bring the parts of it that they need."""

mem32 = {}
