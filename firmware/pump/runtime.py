"""How long each pump was driven, in seconds; it outlives the power."""

from struct import pack_into, unpack_from

from core.starting import at_start
from maps.pump import Counted
from micropython import const

PUMPS = const(2)
COUNTER_BYTES = 4 * PUMPS


class RunTime:
    @at_start
    def __init__(self, inputs):
        self._inputs = inputs
        self.s = [0] * PUMPS
        self._ms = [0] * PUMPS  # of the second that is not over yet
        for pump in range(PUMPS):
            self._publish(pump)

    def ran(self, pump, dt_ms):
        ms = self._ms[pump] + dt_ms
        if ms >= 1000:
            self.s[pump] += ms // 1000
            ms %= 1000
            self._publish(pump)
        self._ms[pump] = ms

    def save(self, data, at):
        for pump in range(PUMPS):
            pack_into(">I", data, at + 4 * pump, self.s[pump])

    def restore(self, data, at):
        for pump in range(PUMPS):
            self.s[pump] = unpack_from(">I", data, at + 4 * pump)[0]
            self._publish(pump)

    def _publish(self, pump):
        self._inputs.put(Counted.run_time, self.s[pump], 2 * pump)
