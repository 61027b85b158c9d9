"""What hangs on the controller of a power distribution unit, whatever board it is."""

# Fast channel: volts at the converter per ampere RMS of the largest phase (CT 1000:1 and burden, peak rectified).
FAST_V_PER_A = 0.0015
