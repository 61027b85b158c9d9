"""Speed of a pump by the pulses of its drive, in percent of full speed."""

from drivers.pulses import open_pulses

_TOO_FAST = 130.0  # percent: that is noise

NEEDS = ("pump_tacho",)  # of a board's pins


def sensor(pins, capabilities, place):
    """`place`: pump (0 or 1), pulses_per_revolution, full_speed_rpm."""
    pulses = open_pulses(pins["pump_tacho"][place["pump"]], capabilities)
    return Tacho(pulses, place["pulses_per_revolution"], place["full_speed_rpm"])


class Tacho:
    def __init__(self, pulses, pulses_per_revolution, full_speed_rpm):
        self._hertz = pulses.hertz
        self._percent_per_hertz = 100 * 60 / pulses_per_revolution / full_speed_rpm
        self.errors = 0  # frequencies that no pump makes

    def begin(self):
        """It counts by itself."""

    def read(self, known):
        """Percent. Silence is 0 of a tacho that is `known` to be there, and None of one that may not exist."""
        hertz = self._hertz()
        if not hertz:
            return 0.0 if known and hertz is not None else None
        percent = hertz * self._percent_per_hertz
        if percent > _TOO_FAST:
            self.errors += 1
            return None
        return percent
