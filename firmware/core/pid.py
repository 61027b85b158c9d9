"""PI control with back-calculation anti-windup and output tracking (Åström & Hägglund, Advanced PID Control, 2006, ch. 3).

Config and state are plain attributes; step() is the only thing that happens. Float: for the slow path only.
"""

import micropython


class Pi:
    def __init__(self, low, high):
        self.gain = 0.0  # output units per error unit
        self.integral_time_s = 1.0
        self.low = low
        self.high = high
        self.integral = 0.0
        self.output = 0.0

    @micropython.native
    def step(self, error, dt_s, feed_forward=0.0):
        """Output for `error` (set-point minus value, in the sense that a positive error wants more output)."""
        wanted = self.gain * error + self.integral + feed_forward
        self.output = max(self.low, min(self.high, wanted))
        # The second term bleeds the integral while the output is clamped; its time constant is the integral time.
        self.integral += (self.gain * error + self.output - wanted) * dt_s / self.integral_time_s
        return self.output

    @micropython.native
    def track(self, output, error, feed_forward=0.0):
        """Follow an output that somebody else sets, so that taking over later causes no bump."""
        self.output = max(self.low, min(self.high, output))
        self.integral = self.output - self.gain * error - feed_forward


@micropython.native
def ramp(value, target, most):
    """`value` moved toward `target` by at most `most`; straight to it where there is no value yet."""
    if value is None or abs(target - value) <= most:
        return target
    return value + most if target > value else value - most
