"""Counters of pulses of a virtual board, as machine.Counter has them: 16 bits here, so that their overrun is met too."""

import _world

trains = {}  # pin -> f() -> its frequency now, mHz


class Counter:
    def __init__(self, id, src):
        self._mHz = trains.get(src.id)
        self._parts = 0  # of a pulse, in 1e9: mHz us
        self._since = _world.now
        self._now_mHz = 0
        if self._mHz is not None:
            _world.on_grant.append(self._granted)
            self._granted()

    def _granted(self):
        """What came at the old frequency is counted before the new one holds."""
        self._count()
        self._now_mHz = max(0, self._mHz())

    def _count(self):
        now = _world.now
        self._parts += self._now_mHz * (now - self._since)
        self._since = now

    def value(self):
        self._count()
        return self._parts // 1_000_000_000 & 0xFFFF
