"""What the PDU measures and switches, into its registers."""

from core.starting import at_start
from maps.common import Chip, Quality
from maps.pdu import BRANCHES, Branch, BranchFast, BranchState, Measurement

from pdu.protection import show


class Showing:
    @at_start
    def __init__(self, pdu):
        self._pdu = pdu
        self._shown = bytearray(b"\x7f" * BRANCHES)  # state of each branch as it was stored last
        self._fast_at = pdu.image.place(BranchFast.current, BranchFast.START)
        self._peak_at = pdu.image.place(Branch.peak_current, Branch.START)
        self._per_code = int(100 * 16384 / pdu.counts_per_A + 0.5)  # 0.01 A
        self.per_theta = 0

    def step(self):
        """Ten times a second, in one go: the fast block is one moment."""
        pdu, shown = self._pdu, self._shown
        put, switching = pdu.image.put, pdu.switching
        put(Measurement.closed, switching.closed)
        put(Measurement.tripped, pdu.tripped_bits)
        lost = pdu.channel_lost
        state_of = pdu.protection.state
        pdu.image.clamps += show(
            pdu.codes, state_of, pdu.image.image, self._fast_at, self._peak_at, self._per_code, self.per_theta
        )
        detail = Branch.START
        for branch in range(BRANCHES):
            if lost:
                put(BranchFast.current, None, BranchFast.START + branch * BranchFast.STRIDE)
            state = switching.state(branch)
            if state != shown[branch]:
                shown[branch] = state
                put(Branch.state, state, detail)
                put(Branch.operations, switching.operations[branch], detail)
            detail += Branch.STRIDE
        self._qualities(Quality.FAULT if lost else Quality.GOOD)  # fitted, else bare() has it

    def bare(self):
        """A unit without fast channels: metering, where there is any."""
        for branch in range(BRANCHES):
            self._pdu.image.put(Branch.state, BranchState.NOT_FITTED, Branch.START + branch * Branch.STRIDE)
        self._qualities(self._pdu.fitting.absent(Chip.CONVERTER_1))

    def _qualities(self, channel):
        """Of the meters, then of the fast channels, which are one chip: 0x5555 is a 1 in each of eight places."""
        meters, at = 0, 0
        for quality in self._pdu.metering.quality:
            meters |= quality << at
            at += 2
        put = self._pdu.image.put
        put(Measurement.quality, meters)
        put(Measurement.quality, channel * 0x5555, 1)
