"""What stands behind a skid's sensors that have chips of their own (OTHERS of its equipment).

In the input vector each has a word behind the word of the absent chips, in the order of OTHERS: of a max31865 the resistance in
milliohm (below 0: an open wire), of an ads1115 the loop's current in uA, of a flow_meter or tacho the frequency in mHz.
"""

import _counter
import _i2c
import _pins
import _world
from ads1115 import Ads1115
from max31865 import Max31865


class _Together:
    """Chips that go and come back at once."""

    def __init__(self, chips):
        self._chips = chips

    @property
    def floats(self):
        return self._chips[0].floats

    @floats.setter
    def floats(self, level):
        for chip in self._chips:
            chip.floats = level


def _at(place):
    return lambda: _world.grant[place]


def wire(rows, pins, memory, first):
    """Returns what can be absent: bits 6 and 7 of that word. `memory` is the FRAM's bus, `first` the place of the first word."""
    platinum, loops, removable = [], {}, {}
    for index, (_, driver, place) in enumerate(rows):
        word = _at(first + index)
        if driver == "max31865":
            chip = Max31865(memory, word, place["reference_ohm"])
            _pins.hooks[pins["rtd_select"][place["select"]]] = chip.select
            platinum.append(chip)
        elif driver == "ads1115":
            loops.setdefault(place["address"], {})[place["channel"]] = (word, place["shunt_ohm"])
        elif driver == "flow_meter":
            _counter.trains[pins["flow_pulse"]] = word
        elif driver == "tacho":
            _counter.trains[pins["pump_tacho"][place["pump"]]] = word
        else:
            raise ValueError("the simulator has no model for the driver " + driver)
    if platinum:
        removable[6] = _Together(platinum)
    if loops:
        chips = {address: Ads1115(_inputs(channels)) for address, channels in loops.items()}
        _i2c.chips[pins["i2c_sensors"]["sda"], pins["i2c_sensors"]["scl"]] = chips
        removable[7] = _Together(list(chips.values()))
    return removable


def _inputs(channels):
    def microvolts(channel):
        if channel not in channels:
            return 0
        word, shunt_ohm = channels[channel]
        return int(word() * shunt_ohm)

    return microvolts
