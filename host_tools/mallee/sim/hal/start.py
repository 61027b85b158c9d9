"""MicroPython starts this file on a virtual board, as it starts main.py on a real one."""

import slots

slots.run("main")
