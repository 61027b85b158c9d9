"""What comes back after a request on a serial line, sorted: echo, answer, somebody else's frame, noise."""

from __future__ import annotations

from collections.abc import Callable

from .rtu_frames import FRAME_MIN, answer_length, encode, fits, mirrored, whole
from .statistics import LinkStatistics


class Reception:
    """Feed it bytes until it has the answer PDU. `echo`: the port is known to repeat what is sent; None: not known.

    `late(unit)` hears of good frames that are not the answer: of another unit, or of ours to another request. `seen(data, good)`
    hears of every frame but echoes, and of bytes that are in none.
    """

    def __init__(
        self,
        unit: int,
        request: bytes,
        *,
        echo: bool | None,
        statistics: LinkStatistics,
        exceptions: bool = True,
        late: Callable[[int], None],
        seen: Callable[[bytes, bool], None] = lambda data, good: None,
    ) -> None:
        self.answer: bytes | None = None
        self.echo_seen = False
        self.clean = True
        """Nothing came but, possibly, the answer and a whole echo."""
        self._unit, self._request = unit, request
        self._sent = encode(unit, request)
        self._strips = echo is True or not mirrored(request)
        self._statistics = statistics
        self._exceptions = exceptions
        self._late = late
        self._seen = seen
        self._buffer = bytearray()

    @property
    def unparsed_bytes(self) -> int:
        return len(self._buffer)

    @property
    def sent_bytes(self) -> int:
        return len(self._sent)

    def feed(self, data: bytes) -> bytes | None:
        """The answer PDU as soon as it is whole."""
        if not data:
            return None
        self._buffer += data
        if self._strips and not self.echo_seen:
            at = self._buffer.find(self._sent)
            if at >= 0:
                del self._buffer[at : at + len(self._sent)]
                self.echo_seen = True
                self._statistics.echoes += 1
            elif self._sent.startswith(self._buffer):
                return None  # the beginning of an echo, or of an answer that is longer than this
        return self._search()

    def give_up(self) -> bytes | None:
        """The line has been silent: what looked like the beginning of the answer is none, but one may stand behind it."""
        return self._search(waiting=False)

    def finish(self) -> int:
        """No more will come: what is left is noise. Returns how many bytes it was."""
        left = len(self._buffer)
        self._noise(left)
        self._buffer.clear()
        return left

    def _noise(self, count: int) -> None:
        if count:
            self._statistics.noise_bytes += count
            self._seen(bytes(self._buffer[:count]), False)

    def _search(self, *, waiting: bool = True) -> bytes | None:
        """Noise before a frame must not cost it; the first good frame that fits is the answer."""
        buffer = self._buffer
        at = 0
        while len(buffer) - at >= FRAME_MIN:
            if buffer[at : at + 2] == self._sent[:2] and self._request[0] == 8:
                length = len(self._sent)  # a loopback is as long as it was sent (6.8)
            else:
                length = answer_length(buffer, at)
            if not whole(buffer, at, length):
                if waiting and self._begins_answer(at) and (length is None or at + length > len(buffer)):
                    return None  # registers full of 0xFFFF contain good frames: nothing is looked for inside an answer
                at += 1
                continue
            assert length is not None
            unit, pdu = buffer[at], bytes(buffer[at + 1 : at + length - 2])
            self._noise(at)
            self._seen(bytes(buffer[at : at + length]), True)
            self.clean = self.clean and at == 0
            del buffer[: at + length]
            at = 0
            if unit == self._unit and fits(self._request, pdu) and (self._exceptions or not pdu[0] & 0x80):
                self.answer = pdu
                self.clean = not self.finish() and self.clean
                return pdu
            self.clean = False
            self._late(unit)
        return None

    def _begins_answer(self, at: int) -> bool:
        return self._buffer[at] == self._unit and self._buffer[at + 1] & 0x7F == self._request[0]
