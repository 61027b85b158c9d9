"""Settings that belong together: a write that would put one above the other is refused whole, and the pair is named.

The pairs are those of a map's Order classes. The compiler of dictionaries checks that both sides have one kind and scale, and
that the defaults keep the order; so plain words are compared here.
"""

from array import array

from maps.common import Conflict, Refusal
from maps.fields import ADDRESS, KIND, S16
from micropython import const

from core.starting import at_start
from core.wire import get16

_WORDS = const(3)  # of a pair: lower, upper, and the bit that makes words of its kind comparable


class Consistency:
    """`put` stores an input register, `refuse(reason)` gives the exception code."""

    @at_start
    def __init__(self, classes, holdings, put, refuse):
        self._word = holdings.word
        self._put = put
        self._refuse = refuse
        found, addresses = [], []
        for group in classes:
            for lower, upper in group.PAIRS:
                sign = 0x8000 if lower >> KIND & 15 == S16 else 0
                for instance in range(group.COUNT):
                    at = group.START + instance * group.STRIDE
                    pair = at + (lower & ADDRESS), at + (upper & ADDRESS)
                    addresses.extend(pair)
                    found.extend(pair + (sign,))
        self._pairs = array("H", found)
        if found:
            holdings.guard(min(addresses), max(addresses) + 1, self._may_write, None)

    def broken(self):
        """What stands in the table contradicts itself: it did not come by a write."""
        for at in range(0, len(self._pairs), _WORDS):
            if self._contradicts(at, 0, 0, b"", 0):
                return True
        return False

    def _may_write(self, address, count, data, offset):
        pairs = self._pairs
        for at in range(0, len(pairs), _WORDS):
            if self._contradicts(at, address, count, data, offset):
                self._put(Conflict.conflict_lower, pairs[at])
                self._put(Conflict.conflict_upper, pairs[at + 1])
                return self._refuse(Refusal.INCONSISTENT)
        return 0

    def _contradicts(self, at, address, count, data, offset):
        """Would the pair be out of order with these words written?"""
        pairs = self._pairs
        lower, upper, sign = pairs[at], pairs[at + 1], pairs[at + 2]
        behind = address + count
        low = get16(data, offset + 2 * (lower - address)) if address <= lower < behind else self._word(lower)
        high = get16(data, offset + 2 * (upper - address)) if address <= upper < behind else self._word(upper)
        return low ^ sign > high ^ sign
