"""A flow meter with pulses. Its maker gives pulses a litre over frequency; between the rows of that table lie straight lines."""

from drivers.pulses import open_pulses

_TOO_FAST = 1.3  # times the last frequency of the table: that is noise, and no flow

NEEDS = ("flow_pulse",)  # of a board's pins


def sensor(pins, capabilities, place):
    """`place`: pulses_per_litre, rows of (Hz, pulses a litre) from slow to fast."""
    return FlowMeter(open_pulses(pins["flow_pulse"], capabilities), place["pulses_per_litre"])


class FlowMeter:
    def __init__(self, pulses, table):
        self._hertz = pulses.hertz
        self._table = table
        self.errors = 0  # frequencies that no flow makes

    def begin(self):
        """It counts by itself."""

    def read(self, known):
        """l/min. Silence is 0 of a meter that is `known` to be there, and None of one that may not exist."""
        hertz = self._hertz()
        if not hertz:
            return 0.0 if known and hertz is not None else None
        if hertz > _TOO_FAST * self._table[-1][0]:
            self.errors += 1
            return None
        return 60 * hertz / self._k(hertz)

    def _k(self, hertz):
        below = self._table[0]
        for row in self._table:
            if hertz <= row[0]:
                if row[0] == below[0]:
                    return row[1]
                return below[1] + (row[1] - below[1]) * (hertz - below[0]) / (row[0] - below[0])
            below = row
        return below[1]
