"""Sensors that do not hang on the converters: each on a chip or a counter of its own, one of them a turn."""

from core.starting import at_start
from maps.common import Chip, Quality
from micropython import const

_OWN = const(16)  # bits of the fitting behind those of maps.common.Chip: one a sensor, so that each is judged by itself


class Others:
    """`rows` are OTHERS of the equipment: (name, driver, place). The driver is the module of that name; its sensor() makes what
    has begin() and read(known)."""

    @at_start
    def __init__(self, rows, pins, capabilities, sensors, fitting):
        self._sensors = sensors
        self._fitting = fitting
        self._names = [row[0] for row in rows]
        self._made = [
            getattr(__import__("drivers." + row[1]), row[1]).sensor(pins, capabilities, row[2]) for row in rows
        ]
        self._seen = [0] * len(rows)  # errors of each that were counted, or came before it was known to be there
        self._next = 0
        self.errors = 0
        for name in self._names:
            sensors.value[name] = sensors.lost[name] = None
            sensors.quality[name] = Quality.NOT_YET
        self._made[0].begin()

    def step(self):
        """Read one, and begin the next: what takes time has it until the next turn. At least 100 ms apart."""
        index, fitting = self._next, self._fitting
        sensor, bit = self._made[index], _OWN + index
        if fitting.fitted(Chip.SENSORS):
            fitting.answer(bit)
        known = fitting.fitted(bit)
        value = sensor.read(known)
        if value is not None:
            fitting.answer(bit)
        if known:
            self.errors += sensor.errors - self._seen[index]
        self._seen[index] = sensor.errors
        self._sensors.keep(self._names[index], value, bit)
        self._next = index = (index + 1) % len(self._made)
        self._made[index].begin()

    def answering(self):
        """True when every one of them has a value."""
        for name in self._names:
            if self._sensors.value[name] is None:
                return False
        return True
