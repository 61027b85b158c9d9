"""Frames of any master and any units, from the bytes of a line that somebody only listens to. Pure: times are given.

A request and its answer look alike, and a USB adapter hands over both in one piece: silence does not part them. So a frame is
found by its check sum at a length that its head tells, as a request or as an answer, and what it is follows from what is open:
an answer fits the last request, in time.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from .rtu_frames import ADU_MAX, FRAME_MIN, answer_length, crc16, fits, known_function, mirrored, request_length, whole

Role = Literal["request", "answer", "late", "second", "stray", "noise"]

PAUSE_S = 0.05
"""Silence after which a frame goes on no more: adapters deliver in pieces of up to 16 ms, and the computer is busy too."""
_TRUSTED_S = 0.1  # an answer with the bytes of its request comes at least so soon; a repeated request comes later
_ANSWER_S = 5.0  # nobody waits longer for an answer
_SLOWER = 3.0  # than any answer that was seen for sure


class Heard(NamedTuple):
    """A frame, or bytes of none. `late`: the answer to a request that the master had given up. `second`: one more answer to the
    same request. `stray`: an answer to nothing that was heard."""

    role: Role
    data: bytes
    began_s: float
    """When its first byte began to arrive, as far as the adapter lets one tell; see `Overhearing`."""
    ended_s: float
    delay_s: float | None = None
    """Of an answer: silence since the request's last bit."""


class Asked(NamedTuple):
    unit: int
    pdu: bytes
    ended_s: float


class Overhearing:
    """Feed it pieces with the time at which they came. The bytes of a piece are taken to have come one after the other at the
    line's speed until then: what an adapter holds back (1 to 16 ms) makes a frame seem later than it was, never sooner."""

    def __init__(self, character_s: float, silence_s: float) -> None:
        self._character_s, self._silence_s = character_s, silence_s
        self._buffer = bytearray()
        self._times: list[float] = []  # when each byte ended
        self._searched = 0  # bytes at the front that begin no frame
        self._last_s: float | None = None
        self._open: Asked | None = None
        self._answered: Asked | None = None
        self._given_up: dict[int, Asked] = {}
        self._slowest_s = _TRUSTED_S

    def feed(self, data: bytes, now_s: float) -> list[Heard]:
        found: list[Heard] = []
        first_s = now_s - (len(data) - 1) * self._character_s
        if self._last_s is not None:
            silent_s = first_s - self._character_s - self._last_s
            if silent_s > PAUSE_S:
                found += self.silent()
            elif silent_s > self._silence_s:
                found += self._whole_buffer()
            first_s = max(first_s, self._last_s)
        for index in range(len(data)):
            self._times.append(min(now_s, first_s + index * self._character_s))
        self._last_s = now_s
        self._buffer += data
        return found + self._search(waiting=True)

    def silent(self) -> list[Heard]:
        """There was a pause: what is left is no beginning of anything."""
        found = self._whole_buffer() + self._search(waiting=False)
        return found + self._noise(len(self._buffer))

    @property
    def unparsed_bytes(self) -> int:
        return len(self._buffer)

    def _whole_buffer(self) -> list[Heard]:
        """Silence ends a frame: the only way to know one of a function whose length nobody knows."""
        size = len(self._buffer)
        if FRAME_MIN <= size <= ADU_MAX and crc16(self._buffer) == 0:
            return [self._take(size, self._role(size, may_ask=not self._buffer[1] & 0x80))]
        return []

    def _search(self, *, waiting: bool) -> list[Heard]:
        found: list[Heard] = []
        while len(self._buffer) - self._searched >= FRAME_MIN:
            at = self._searched
            length = self._frame_at(at, waiting=waiting)
            if length == 0:
                break
            if length is None:
                self._searched += 1
                if self._searched > ADU_MAX:
                    found += self._noise(self._searched)
                continue
            found += self._noise(at)
            found.append(self._take(length, self._role(length, may_ask=request_length(self._buffer) == length)))
        return found

    def _frame_at(self, at: int, *, waiting: bool) -> int | None:
        """Length of the frame there. 0: it may be one, once more bytes are there. None: there is none."""
        buffer = self._buffer
        if not known_function(buffer[at + 1]):
            return None
        lengths = [request_length(buffer, at), answer_length(buffer, at)]
        if self._expected(at):
            lengths.reverse()
        begun = False
        for length in lengths:
            if length is not None and whole(buffer, at, length):
                return 0 if begun else length
            begun = begun or (waiting and self._unfinished(at, length))
        return 0 if begun else None

    def _unfinished(self, at: int, length: int | None) -> bool:
        """A frame of that length would go on; None: its head may yet tell the length."""
        function, count = self._buffer[at + 1], len(self._buffer) - at
        if length is not None:
            return count < length <= ADU_MAX
        if function == 43:
            return self._buffer[at + 2] == 14 and count < ADU_MAX
        return count < {15: 7, 16: 7, 23: 11}.get(function, 0)

    def _expected(self, at: int) -> bool:
        """The bytes there begin as the answer to what is open does: then its length is known for sure."""
        if self._open is None or self._buffer[at] != self._open.unit:
            return False
        request, function = self._open.pdu, self._buffer[at + 1]
        if function == request[0] | 0x80:
            return True
        if function != request[0]:
            return False
        if function in (3, 4, 23):
            return self._buffer[at + 2] == 2 * int.from_bytes(request[3:5], "big")
        if function in (1, 2):
            return self._buffer[at + 2] == (int.from_bytes(request[3:5], "big") + 7) // 8
        return True

    def _role(self, length: int, *, may_ask: bool) -> Role:
        """What the good frame at the front is, from what was asked before. `may_ask`: it has the form of a request."""
        unit, pdu = self._buffer[0], bytes(self._buffer[1 : length - 2])
        began_s = self._times[0] - self._character_s

        def answers(asked: Asked | None) -> bool:
            return asked is not None and unit == asked.unit and fits(asked.pdu, pdu)

        asked = self._open
        if asked is not None and answers(asked) and self._in_time(asked, began_s):
            if not mirrored(asked.pdu):
                self._slowest_s = max(self._slowest_s, _SLOWER * (began_s - asked.ended_s))
            return "answer"
        if may_ask:
            return "request"
        given_up, answered = self._given_up.get(unit), self._answered
        if given_up is not None and answers(given_up) and began_s - given_up.ended_s < _ANSWER_S:
            return "late"
        if answered is not None and answers(answered) and began_s - answered.ended_s < _ANSWER_S:
            return "second"
        return "stray"

    def _in_time(self, asked: Asked, began_s: float) -> bool:
        """Where an answer has the bytes of its request, one that comes late is the request again."""
        return began_s - asked.ended_s <= (self._slowest_s if mirrored(asked.pdu) else _ANSWER_S)

    def _take(self, length: int, role: Role) -> Heard:
        data, times = bytes(self._buffer[:length]), self._times[:length]
        began_s, ended_s = times[0] - self._character_s, times[-1]
        delay_s = None
        if role == "request":
            self._asked(Asked(data[0], data[1:-2], ended_s))
        elif role == "answer" and self._open is not None:
            delay_s = max(0.0, began_s - self._open.ended_s)
            self._answered, self._open = self._open, None
        elif role == "late":
            delay_s = max(0.0, began_s - self._given_up.pop(data[0]).ended_s)
        self._drop(length)
        return Heard(role, data, began_s, ended_s, delay_s)

    def _asked(self, asked: Asked) -> None:
        if self._open is not None:
            self._given_up[self._open.unit] = self._open
        self._open = asked if asked.unit else None  # nobody answers a broadcast

    def _noise(self, count: int) -> list[Heard]:
        if not count:
            return []
        data, times = bytes(self._buffer[:count]), self._times[:count]
        self._drop(count)
        return [Heard("noise", data, times[0] - self._character_s, times[-1])]

    def _drop(self, count: int) -> None:
        del self._buffer[:count], self._times[:count]
        self._searched = max(0, self._searched - count)
