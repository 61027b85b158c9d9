"""mallee: find the controllers of a pod, read them, cool and power it, and explain what happens.

Subpackages: link (one bus), device (a controller from its dictionary), pod (many as one), sim (the world without the
hardware), deploy (dictionaries, builds), hil (hardware in the loop), cli and ui (people). What is common to all of them
stands beside this file; nothing else does.
"""

__version__ = "0.1.0"
