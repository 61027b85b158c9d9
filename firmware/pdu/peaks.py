"""Peaks outlive the power: behind the energies in the counters that core.nonvolatile keeps."""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

from core.starting import at_start
from core.wire import copy, get16, put16
from maps.pdu import BRANCHES
from micropython import const

_KEPT = const(0x5A)  # behind them: the counters of an older firmware have a zero here, and no peaks
_WORDS = const(36)  # bytes: four of each branch, and of all
BYTES = const(89)  # two times those, two of each branch, and that mark


def save(data, at, demand, protection):
    """Largest demands, W, and powers, dW, as they lie in memory, -1 being one that is not known; largest codes of the fast
    channels, which mean amperes by the equipment's transformers."""
    copy(data, at, demand.peak_demand_W, 0, _WORDS)
    copy(data, at + _WORDS, demand.peak_dW, 0, _WORDS)
    at += 2 * _WORDS
    for branch in range(BRANCHES):
        put16(data, at + 2 * branch, protection.peak(branch))
    data[at + 2 * BRANCHES] = _KEPT


@at_start
def restore(data, at, demand, protection):
    """Where none were kept, they stay what they are at a start: not known."""
    if data[at + BYTES - 1] != _KEPT:
        return
    copy(demand.peak_demand_W, 0, data, at, _WORDS)
    copy(demand.peak_dW, 0, data, at + _WORDS, _WORDS)
    at += 2 * _WORDS
    for branch in range(BRANCHES):
        protection.set_peak(branch, get16(data, at + 2 * branch))
