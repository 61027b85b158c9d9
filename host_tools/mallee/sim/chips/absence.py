"""Chips that are not there: nobody drives their data line, and it floats to one level or the other.

The word in the input vector has a bit a chip, as maps.common.Chip counts them, and bit 17 for the FRAM, which is none of those;
bit 16: the line floats low instead of high.
"""

import _world
from micropython import const

PRESENT = const(-1)
_LOW = const(16)
FRAM = const(17)


def watch(place, chips):
    """`chips` by bit; each has `floats`, the byte that is read in its place, or PRESENT."""
    known = [0]

    def granted():
        word = _world.grant[place]
        if word != known[0]:
            known[0] = word
            for bit, chip in chips.items():
                chip.floats = (0 if word >> _LOW & 1 else 0xFF) if word >> bit & 1 else PRESENT

    granted()
    _world.on_grant.append(granted)
