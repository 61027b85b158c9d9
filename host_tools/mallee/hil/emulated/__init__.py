"""An RP2040 that runs stock MicroPython inside of this process, cycle by cycle, and the chips around it."""
