"""Branch protection in the hard tick: instantaneous and thermal image. Integers only; nothing is allocated.

The thermal image is θ' = ((I/In)² − θ)/τ with a trip at θ >= 1.69, which meets the conventional currents of IEC 60898
(1.45 In) and its 2.55 In point for τ of 100-150 s. It backs up the breaker, it does not replace it.
"""

from array import array

import micropython
from core.starting import at_start
from core.wire import get16, put16
from micropython import const

BRANCHES = const(8)
WINDOW = const(100)  # ticks between two steps of the thermal image
_STRIDE = const(6)
# Fields of a branch in the state array.
_GAIN = const(0)  # code -> current over rating in Q10, after a shift of 14
_INSTANT = const(1)  # code above which the instantaneous trip counts
_ABOVE = const(2)  # samples in a row above it
_SUM = const(3)  # of (I/In)² in Q12 over the window
_THETA = const(4)  # Q24
_PEAK = const(5)  # largest code since it was taken
# Behind the branches, for pdu.swing: sum of all codes, samples in it.
_ALL = const(48)
_COUNT = const(49)
ONE = const(1 << 24)  # θ of 1


@micropython.viper
def watch(codes: ptr32, state: ptr32) -> int:
    """Take one sample of each branch; returns a bit for each branch with two samples above its instantaneous limit."""
    trips = total = 0
    for branch in range(8):
        code = codes[branch]
        # A negative code is noise around zero. A 64-bit viper loads it from ptr32 without its sign, as a huge number.
        if code < 0 or code > 0x7FFF:
            code = 0
        total += code
        at = branch * 6
        if code > state[at + 1]:
            state[at + 2] += 1
            if state[at + 2] >= 2:
                trips |= 1 << branch
        else:
            state[at + 2] = 0
        if code > state[at + 5]:
            state[at + 5] = code
        ratio = (code * state[at]) >> 14
        if ratio > 8191:  # 8 In: keeps the sum of a window within 31 bits, and is above any instantaneous limit in use
            ratio = 8191
        state[at + 3] += (ratio * ratio) >> 8
    state[_ALL] += total
    state[_COUNT] += 1
    return trips


@micropython.viper
def heat(state: ptr32, windows_per_tau: int, limit: int) -> int:
    """One step of the thermal images over the finished window; returns a bit for each branch at its limit."""
    trips = 0
    for branch in range(8):
        at = branch * 6
        mean = state[at + 3] // 100
        state[at + 3] = 0
        theta = state[at + 4]
        theta += ((mean << 12) - theta) // windows_per_tau
        state[at + 4] = theta
        if theta >= limit:
            trips |= 1 << branch
    return trips


@micropython.viper
def show(codes: ptr32, state: ptr32, image: ptr8, fast: int, peak: int, per_code: int, per_theta: int) -> int:
    """Current and thermal image of every branch into the fast block, peak current into the detail: two dozen registers ten
    times a second, which the general way would take 3 ms for. `fast` and `peak` are the places of branch 1 in the image. Returns
    how many did not fit: a current above 655.34 A is shown as that."""
    clamps = 0
    for branch in range(8):
        at = branch * 6
        code = codes[branch]
        if code < 0 or code > 0x7FFF:
            code = 0
        raw = (code * per_code + 8192) >> 14
        if raw > 0xFFFE:
            raw = 0xFFFE
            clamps += 1
        image[fast] = raw >> 8
        image[fast + 1] = raw
        raw = ((state[at + 4] >> 8) * per_theta + 65536) >> 17
        if raw > 0xFFFE:
            raw = 0xFFFE
        image[fast + 2] = raw >> 8
        image[fast + 3] = raw
        raw = (state[at + 5] * per_code + 8192) >> 14
        if raw > 0xFFFE:
            raw = 0xFFFE
        image[peak] = raw >> 8
        image[peak + 1] = raw
        fast += 6  # BranchFast.STRIDE registers
        peak += 50  # Branch.STRIDE registers
    return clamps


class Protection:
    @at_start
    def __init__(self):
        self.state = array("i", [0] * (BRANCHES * _STRIDE + 3))
        self.windows_per_tau = 1200
        self.limit = int(1.69 * ONE)

    def configure(self, branch, rating_code, instantaneous_code):
        """Rating and instantaneous limit of a branch, in codes of the fast channel. Keeps the thermal image."""
        at = branch * _STRIDE
        self.state[at + _GAIN] = (1 << 24) // max(1, rating_code)
        self.state[at + _INSTANT] = instantaneous_code

    def set_curve(self, time_constant_s, limit):
        self.windows_per_tau = 10 * time_constant_s  # windows are 100 ms
        self.limit = int(limit * ONE)

    def thermal(self, branch):
        """Thermal image in percent of the trip limit."""
        return 100.0 * self.state[branch * _STRIDE + _THETA] / self.limit

    def raw_theta(self, branch):
        """Thermal image as it is, for a comparison with theta_of(): no float ten times a second."""
        return self.state[branch * _STRIDE + _THETA]

    def theta_of(self, percent):
        """The raw thermal image at so many percent of the trip limit."""
        return int(percent * self.limit / 100)

    def theta(self, branch):
        return self.state[branch * _STRIDE + _THETA] / ONE

    @at_start
    def set_theta(self, branch, theta):
        """Start value, from the load at the start: a controller reset must not forget a warm cable."""
        self.state[branch * _STRIDE + _THETA] = int(min(theta * ONE, self.limit * 0.99))

    def save(self, data, at):
        """Peak currents, two bytes a branch: codes, which mean amperes by the equipment's transformers."""
        for branch in range(BRANCHES):
            put16(data, at + 2 * branch, self.state[branch * _STRIDE + _PEAK])

    @at_start
    def restore(self, data, at):
        for branch in range(BRANCHES):
            self.state[branch * _STRIDE + _PEAK] = get16(data, at + 2 * branch)

    def reset_peaks(self):
        for branch in range(BRANCHES):
            self.state[branch * _STRIDE + _PEAK] = 0
