"""Run under MicroPython: every power cut of three updates in a littlefs in memory. Prints a dictionary."""

from mp_update_cuts import cut_everywhere

cuts, found, failures = cut_everywhere()
print({"cuts": cuts, "failures": failures})
