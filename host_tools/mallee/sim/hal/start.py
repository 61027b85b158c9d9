"""MicroPython starts this file on a virtual board, as it starts main.py on a real one."""

import slots

slots.turn()
try:
    __import__("application" if slots.slot else "main")
except Exception as error:
    slots.ended(error)
