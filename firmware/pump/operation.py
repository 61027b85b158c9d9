"""What the skid is about: running, standing by, being filled, in service. Pure. Percent, seconds."""

from core.starting import at_start
from maps.pump import Operation
from maps.pump_supervision import Supervision

WAKE_PART = 0.6  # of the set-point of differential pressure
WAKE_s = 3.0


class Operating:
    """`now` is an Operation; `speed` what the pumps shall have where no loop says it."""

    @at_start
    def __init__(self):
        self.now = Operation.RUN
        self.speed = 0.0
        self.ended = False  # service is over by its time: whoever asked for it has to be told
        self._asked = Operation.RUN
        self._s = 0.0  # in this operation, or of its cycle
        self._low_s = 0.0

    def step(self, asked, reached, setting, dt_s):
        """`reached`: part of the pressure set-point that the manifold has, None: not known."""
        if asked != self._asked:
            self._asked = self.now = asked
            self._s = self._low_s = 0.0
        self._s += dt_s
        self.speed = 0.0
        if self.now == Operation.STANDBY:
            # A pressure that nobody knows is no reason to stand by: the other skid may be gone.
            held = reached is not None and reached >= WAKE_PART
            self._low_s = 0.0 if held else self._low_s + dt_s
            if self._low_s >= WAKE_s - 0.01:
                self.now = Operation.RUN
        elif self.now == Operation.FILL:
            on_s = setting(Supervision.fill_on)
            if self._s >= on_s + setting(Supervision.fill_off):
                self._s = 0.0
            self.speed = setting(Supervision.fill_speed) if self._s < on_s else 0.0
        elif self.now == Operation.SERVICE and self._s >= setting(Supervision.service_timeout):
            self.now = Operation.RUN
            self.ended = True
