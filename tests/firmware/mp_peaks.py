"""The peaks of a PDU over a memory whose power goes at any byte: enumerated, not sampled."""

import sys

from core.counters import slot_size
from core.lease import Lease
from core.nonvolatile import Nonvolatile
from cut_memory import Chip, Cut, Profile, a_second, remembered
from maps.pdu import BRANCHES
from pdu.protection import Protection
from pdu.statistics import DEMAND_BYTES, Demand


class Peaks(Profile):
    """The peaks of a PDU, kept as a PDU keeps them."""

    COUNTER_BYTES = DEMAND_BYTES + 2 * BRANCHES

    def __init__(self):
        self.protection = Protection()
        self.demand = Demand(lambda field, value, at=0: None, Meters)

    def save(self, data, at):
        self.demand.save(data, at)
        self.protection.save(data, at + DEMAND_BYTES)

    def restore(self, data, at):
        self.demand.restore(data, at)
        self.protection.restore(data, at + DEMAND_BYTES)

    def set(self, watts):
        """Of all but branch 3, which nobody ever knew."""
        for place in range(BRANCHES + 1):
            if place != 3:
                self.demand._peak_demand_W[place], self.demand._peak_dW[place] = watts + place, 10 * watts + place
        for branch in range(BRANCHES):
            self.protection.state[6 * branch + 5] = watts % 1000 + branch

    def get(self):
        codes = [self.protection.state[6 * branch + 5] for branch in range(BRANCHES)]
        return list(self.demand._peak_demand_W), list(self.demand._peak_dW), codes


class Meters:
    energy_mWh = (0,) * BRANCHES


def test_peaks_are_the_old_or_the_new_ones_wherever_the_power_goes_and_unknown_ones_stay_unknown():
    old, new = Peaks(), Peaks()
    old.set(1_000_017)
    new.set(44_123_456)
    seen = [0, 0]
    size = slot_size(16 + Peaks.COUNTER_BYTES)
    every = 40 if sys.platform == "rp2" else 1  # an emulated Pico takes seconds for each
    for cut in range(size, -1, -every):
        chip = Chip()
        remembered(chip, old)
        kept = Nonvolatile(chip, old, Lease())
        kept.start(0)
        kept._profile = new
        chip.left = cut
        try:
            a_second(kept)
        except Cut:
            pass
        chip.left = 1 << 29
        again = Peaks()
        remembered(chip, again)
        assert again.get() in (old.get(), new.get()), cut
        assert again.demand._peak_dW[3] == again.demand._peak_demand_W[3] == -1
        seen[again.get() == new.get()] += 1
    assert seen[0] >= size // every - 1 and seen[1]


def test_peaks_that_begin_anew_stay_so():
    chip, pdu = Chip(), Peaks()
    pdu.set(30_000)
    remembered(chip, pdu)
    memory = remembered(chip, pdu)
    pdu.demand.reset_peaks()
    pdu.protection.reset_peaks()
    a_second(memory)
    again = Peaks()
    remembered(chip, again)
    assert again.get() == Peaks().get()
