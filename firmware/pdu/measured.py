"""What a metering chip's words mean: into the registers of its branch, and into sums over all branches.

Eight branches, five times a second: in floats that was 700 of the main loop's microseconds a chip, and all of it garbage.
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

import micropython
from micropython import const

VALUES = const(10)  # of a branch: mA, cV and dW of the phases, then reactive power, var
TOTALS = const(13)  # dW; mA, mean cV and dW of the phases; var; bits of good branches; how many are fitted
_GOOD = const(0)  # maps.common.Quality
_NOT_FITTED = const(1)


@micropython.viper
def publish(words: ptr16, image: ptr8, branch_at: int, fast_at: int, values: ptr32, powers: ptr32, branch: int) -> int:
    """Words in the order of drivers.atm90e32 into the image, `branch_at` and `fast_at` being the places of branch 1; into
    `values` and `powers` (dW) too. Returns how many did not fit. Powers are signed: fed back is below zero."""
    at = branch_at + 50 * branch  # Branch.STRIDE registers
    mine = 10 * branch
    clamps = 0
    for phase in range(3):
        cV = int(words[phase])
        mA = 2 * int(words[3 + phase])
        if mA >= 131070:  # 0xFFFF: as much or more
            clamps += 1
        counts = int(words[11 + 2 * phase])
        if counts & 0x8000:
            counts -= 0x10000
        counts = counts << 16 | int(words[12 + 2 * phase])
        tens = counts // 625  # a count is 0.00064 W, so 625 are four tenths of a watt
        values[mine + phase] = mA
        values[mine + 3 + phase] = cV
        values[mine + 6 + phase] = 4 * tens + 4 * (counts - 625 * tens) // 625
        raw = (cV + 5) // 10
        image[at] = raw >> 8
        image[at + 1] = raw
        raw = (mA + 5) // 10
        image[at + 6] = raw >> 8
        image[at + 7] = raw
        raw = (counts + 7812) // 15625  # 10 W
        if raw > 0x7FFF or raw < 0 - 0x7FFF:
            clamps += 1
            raw = 0x7FFF if raw > 0 else 0 - 0x7FFF
        image[at + 12] = raw >> 8
        image[at + 13] = raw
        at += 2
    at = branch_at + 50 * branch + 18
    active = apparent = dW = 0
    for which in range(3):
        place = 17 if which == 0 else 5 + 2 * which  # active, reactive, apparent
        counts = int(words[place])
        if counts & 0x8000:
            counts -= 0x10000
        counts = counts << 16 | int(words[place + 1])
        whole = counts // 3125  # a count is 0.00256 W, so 3125 are eight watts
        rest = 8 * (counts - 3125 * whole)
        raw = 8 * whole + (rest + 1562) // 3125
        if which == 0:
            active = counts
            dW = 80 * whole + 10 * rest // 3125
        elif which == 1:
            values[mine + 9] = raw
        else:
            apparent = counts
            if raw < 0:
                clamps += 1
                raw = 0
        image[at] = raw >> 24
        image[at + 1] = raw >> 16
        image[at + 2] = raw >> 8
        image[at + 3] = raw
        at += 4
    raw = 0 - 0x8000  # not available
    if apparent > 390:  # 1 VA
        while apparent >= 0x100000 or active >= 0x100000 or active < 0 - 0x100000:
            active = active >> 1
            apparent = apparent >> 1
        if apparent == 0:  # a chip that says a thousand times more active than apparent power
            apparent = 1
        raw = (1000 * active + (apparent >> 1)) // apparent
        if raw > 0x7FFF or raw < 0 - 0x7FFF:
            clamps += 1
            raw = 0x7FFF if raw > 0 else 0 - 0x7FFF
    image[at] = raw >> 8
    image[at + 1] = raw
    powers[branch] = dW
    raw = (dW + 50) // 100  # 10 W
    if raw < 0 or raw > 0xFFFE:
        clamps += 1
        raw = 0 if raw < 0 else 0xFFFE
    at = fast_at + 6 * branch  # BranchFast.STRIDE registers
    image[at] = raw >> 8
    image[at + 1] = raw
    return clamps


@micropython.viper
def add_up(values: ptr32, powers: ptr32, quality: ptr8, totals: ptr32, image: ptr8, at: int) -> int:
    """Sums over the good branches; phase currents and voltages go to image[at:]. 1 when these are all that are fitted; where they
    are not, currents are not available, and voltages only when none is good (-1 in the totals)."""
    count = fitted = good = 0
    for i in range(11):
        totals[i] = 0
    for branch in range(8):
        if quality[branch] != _NOT_FITTED:
            fitted += 1
        if quality[branch] == _GOOD:
            count += 1
            good |= 1 << branch
            totals[0] += powers[branch]
            for i in range(10):
                totals[1 + i] += values[10 * branch + i]
    totals[11] = good
    totals[12] = fitted
    complete = 1 if count and count == fitted else 0
    for phase in range(3):
        raw = (totals[1 + phase] + 50) // 100 if complete else 0xFFFF
        image[at] = raw >> 8
        image[at + 1] = raw
        if count:
            raw = totals[4 + phase] // count
            totals[4 + phase] = raw
            raw = (raw + 5) // 10
        else:
            totals[4 + phase] = -1
            raw = 0xFFFF
        image[at + 6] = raw >> 8
        image[at + 7] = raw
        at += 2
    return complete
