"""What hangs on the controller of a power distribution unit, whatever board it is."""

# Fast channel: volts at the converter per ampere RMS of the largest phase (CT 1000:1 and burden, peak rectified).
FAST_V_PER_A = 0.0015

# Leak ropes: pull-up to 3.3 V at the input, and the resistor at the far end of the rope.
LEAK_PULL_UP_ohm = 10_000.0
LEAK_END_ohm = 10_000.0
