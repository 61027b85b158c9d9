"""What part of the speed each pump gets: both alike, or one on duty and one that stands by; rotation, faults, by hand.

Each pump has a limit that moves; its command is the speed that the loop wants, or that limit. A pump comes and goes by its
limit, so nothing jumps. Pure. Percent, seconds.
"""

import micropython
from core.pid import ramp
from core.starting import at_start
from micropython import const

PUMPS = const(2)
BOTH = const(3)
# Of a pump that comes or goes while the other carries: its check valve moves while the loop can follow.
RETURN_percent_s = 1.5
PROBE_percent = 15.0  # so fast at least that standing and turning can be told apart
MIN_ON_ms = const(300_000)


class Arrangement:
    @at_start
    def __init__(self):
        self.commands = [0.0, 0.0]
        self.duty = 0
        self._limits = [100.0, 100.0]
        self._rates = [0.0, 0.0]  # at which a limit rises; 0: as speed_ramp says
        self._on_ms = 0

    def take_over(self, speeds):
        """Begin with what the pumps do."""
        for pump in range(PUMPS):
            self._limits[pump] = self.commands[pump] = speeds[pump]
        self.duty = 1 if speeds[1] > speeds[0] else 0

    def stop(self):
        self.commands[0] = self.commands[1] = 0.0

    @micropython.native
    def step(self, speed, standby, no_effect, minimum, per_s, dt_s):
        """`standby`: one on duty, else both share. A pump without effect runs at `minimum`, to show when it is back; where
        none has an effect all are driven: cooling does not stop by a suspicion."""
        if no_effect == BOTH:
            no_effect = 0
        duty, commands, limits = self.duty, self.commands, self._limits
        if standby and no_effect >> duty & 1:
            duty = self._change()
            limits[duty] = 100.0  # its drive is the ramp
        for pump in range(PUMPS):
            limit = limits[pump]
            if no_effect >> pump & 1:
                limit = max(minimum, PROBE_percent)
                self._rates[pump] = RETURN_percent_s
            elif standby and pump != duty:
                # It goes when the other has come, and comes back as slowly.
                self._rates[pump] = RETURN_percent_s
                if no_effect >> duty & 1 or limits[duty] >= speed:
                    limit = ramp(min(limit, commands[pump]), 0.0, min(per_s, RETURN_percent_s) * dt_s)
            elif limit < 100.0:
                limit = ramp(limit, 100.0, (self._rates[pump] or per_s) * dt_s)
            else:
                self._rates[pump] = 0.0
            limits[pump] = limit
            commands[pump] = min(speed, limit)

    def by_hand(self, wanted, most, percent):
        """Toward `wanted` of each pump, by at most `most` a step, not above `percent`; None holds what it does."""
        for pump in range(PUMPS):
            target = self.commands[pump] if wanted[pump] is None else wanted[pump]
            self.commands[pump] = self._limits[pump] = ramp(self.commands[pump], min(target, percent), most)
            self._rates[pump] = 0.0

    def rotate(self, run_s, interval_s, no_effect, dt_ms):
        """The pump with fewer seconds takes over when the difference passes `interval_s`. True when it did."""
        other = 1 - self.duty
        self._on_ms = min(self._on_ms + dt_ms, MIN_ON_ms)
        if self._on_ms < MIN_ON_ms or no_effect >> other & 1 or run_s[self.duty] - run_s[other] <= interval_s:
            return False
        self._change()
        self._rates[self.duty] = RETURN_percent_s
        return True

    def _change(self):
        self.duty = 1 - self.duty
        self._on_ms = 0
        return self.duty
