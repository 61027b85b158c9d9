"""Trust in a unit's answers after silence, and how it is won back.

An RTU answer says neither which registers it holds nor to which request it belongs. So after a request that was not answered the
next answer of the same size may be that of the old request, and the values in it are of other registers. Therefore a unit has
to prove that it has caught up: by looping back a number that it was not given before (FC08/00), or by refusing that function.
One that is silent to FC08 is asked for a quantity that none of its open requests asked for.
"""

from __future__ import annotations

import random
from collections import deque

_OPEN_MAX = 32
_LOOPBACKS_FIRST = 2


class Suspect:
    """One unit with requests that may still be answered. Units answer in the order in which they were asked."""

    def __init__(self, seed: str) -> None:
        self._open: deque[bytes] = deque(maxlen=_OPEN_MAX)
        self._random = random.Random(seed)
        self._asked = 0
        self.loops_back = False
        """It answered FC08 before."""

    @property
    def suspected(self) -> bool:
        return bool(self._open)

    def opened(self, request: bytes) -> None:
        """A request goes onto the wire: until it is answered, its answer may come at any time."""
        self._open.append(request)

    def answered(self) -> None:
        """All that is open has been answered, or never will be."""
        self._open.clear()
        self._asked = 0

    def question(self) -> bytes:
        """The next request PDU whose good answer proves that nothing older will come."""
        self._asked += 1
        if self.loops_back or self._asked <= _LOOPBACKS_FIRST or self._asked % 2:
            return self._loopback()
        return self._other_quantity()

    def proves_by_exception(self, question: bytes) -> bool:
        """An exception of this function can only be the answer to this question."""
        return question[0] == 8 or all(request[0] != question[0] for request in self._open)

    def _loopback(self) -> bytes:
        while True:
            question = b"\x08\x00\x00" + self._random.randbytes(2)
            if question not in self._open:
                return question

    def _other_quantity(self) -> bytes:
        reads = [request for request in self._open if request[0] in (3, 4)]
        head = reads[-1][:3] if reads else b"\x03\x00\x00"
        taken = {int.from_bytes(request[3:5], "big") for request in reads if request[0] == head[0]}
        count = next(n for n in range(1, 126) if n not in taken)
        return head + count.to_bytes(2, "big")
