"""From averaged loop currents to values with quality; voting of the supply sensors; dew point."""

from math import log

import micropython
from core.starting import at_start
from drivers import current_loop
from maps.common import Chip, Quality

STRAY_K = 1.0
STRAY_MS = 30_000
ASSUMED_DEW_POINT_degC = 25.0
HELD_MS = 60_000  # air changes slowly: the last dew point is a better guess than 25 °C, for a while


class Sensors:
    """`transmitters`: (name, (chip, channel), value at 4 mA, value at 20 mA, unit) as the equipment has them.

    `value` is None where nothing is known; `lost` tells why: True for a fault, None where the sensor is not fitted.
    """

    @at_start
    def __init__(self, transmitters, uA_per_count, ambient, fitting):
        self._fitting = fitting
        self.transmitters = transmitters
        self.uA_per_count = uA_per_count
        self.ambient = ambient
        self.dew_point_degC = ASSUMED_DEW_POINT_degC
        self._unknown_ms = 0  # since humidity or temperature of the air was lost
        self.value = {}
        self.lost = {}
        self.quality = {}
        for name in [row[0] for row in transmitters] + [row[0] for row in ambient]:
            self.value[name] = self.lost[name] = None
            self.quality[name] = Quality.NOT_YET
        self._by_chip = ([], [])
        for name, place, low, high, _ in transmitters:
            self._by_chip[place[0]].append((name, 8 * place[0] + place[1], low, high))
        self.changed = True  # quality, since somebody published it
        self.supply = None
        self.supply_used = 0  # bits of the supply sensors that vote
        self._stray_ms = [0, 0, 0]

    @micropython.native
    def take(self, sums, samples, chip):
        """Average one converter's part of a finished window of the tick. A converter with no good sample gives a fault, not
        an old value."""
        count, uA_per_count = samples[chip], self.uA_per_count
        for name, channel, low, high in self._by_chip[chip]:
            if count:
                self.keep(name, current_loop.value(sums[channel] / count * uA_per_count, low, high), chip)
            else:
                self.keep(name, None, chip)

    def take_ambient(self, index, uA):
        """An input of the controller's own is fitted when it was in range once: an open one says nothing."""
        name, low, high, _ = self.ambient[index]
        value, chip = current_loop.value(uA, low, high), Chip.AMBIENT_1 + index
        if value is not None and self.quality[name] != Quality.GOOD:
            self._fitting.answer(chip)
        self.keep(name, value, chip)

    def vote(self, dt_ms):
        """Supply temperature: median of three, the warmer of two, one alone; a sensor that strays for 30 s is dropped."""
        names = ("supply_temperature_1", "supply_temperature_2", "supply_temperature_3")
        values = [self.value[name] for name in names]
        known = sorted(value for value in values if value is not None)
        middle = known[len(known) // 2] if known else None
        votes = []
        used, self.supply_used = self.supply_used, 0
        for i in range(3):
            value = values[i]
            # Of two that disagree nobody can say which one strays: the warmer counts, and both are kept.
            if value is not None and len(known) == 3 and abs(value - middle) > STRAY_K:
                self._stray_ms[i] = min(self._stray_ms[i] + dt_ms, STRAY_MS)
            elif value is not None and (self._stray_ms[i] < STRAY_MS or self._agrees(i, values)):
                self._stray_ms[i] = 0
            if value is not None and self._stray_ms[i] < STRAY_MS:
                votes.append(value)
                self.supply_used |= 1 << i
        votes.sort()
        if used != self.supply_used:
            self.changed = True
        self.supply = votes[len(votes) // 2] if votes else None

    def _agrees(self, liar, values):
        """A sensor that was dropped comes back only beside one that was not: alone it cannot clear itself."""
        for i in range(3):
            if i != liar and values[i] is not None and self._stray_ms[i] < STRAY_MS:
                if abs(values[i] - values[liar]) <= STRAY_K:
                    return True
        return False

    def judge_air(self, dt_ms):
        """Dew point: without humidity the last one for a minute, then 25 °C; these at once where there never was one."""
        known = self.dew_point()
        if known is not None:
            self._unknown_ms = 0
            self.dew_point_degC = known
        elif self._unknown_ms < HELD_MS:
            self._unknown_ms += dt_ms
        else:
            self.dew_point_degC = ASSUMED_DEW_POINT_degC

    def dew_point(self):
        """Magnus formula with the coefficients of WMO-No. 8 (17.62, 243.12 °C). None where it is not known."""
        temperature, humidity = self.value["ambient_temperature"], self.value["ambient_humidity"]
        if temperature is None or humidity is None:
            return None
        gamma = log(max(humidity, 0.1) / 100) + 17.62 * temperature / (243.12 + temperature)
        return 243.12 * gamma / (17.62 - gamma)

    @micropython.native
    def keep(self, name, value, chip):
        self.value[name] = value
        quality = self._fitting.absent(chip) if value is None else Quality.GOOD
        if self.quality[name] != quality:
            self.quality[name] = quality
            self.lost[name] = None if quality == Quality.NOT_FITTED else value is None
            self.changed = True
