"""A controller that does not tell the truth: what it answers to reads of registers is changed behind its own back.

It is what a broken memory, a gateway that caches, or a bug makes of a controller: equipment and firmware go on as they are,
writes arrive, and whoever reads is told something else. On Modbus TCP only.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from ..device.codec import encode
from ..device.dictionary import Point
from ..link.mbap import MbapStream
from ..link.mbap import encode as framed
from ..reading import Scalar

_READ_INPUT = 4
_READS = (1, 2, 3, 4)

Lie = Callable[[bytes, bytes], bytes]
"""What becomes of an answer: the PDUs of the request and of the true answer in, that of the answer out."""


class Liar:
    """Between a controller and whoever is connected to it. Requests that came before it are answered truly."""

    def __init__(self, lie: Lie) -> None:
        self._lie = lie
        self._asking: dict[int, MbapStream] = {}
        self._answering: dict[int, MbapStream] = {}
        self._asked: dict[tuple[int, int], bytes] = {}

    def asked(self, connection: int, data: bytes) -> None:
        """What a client sent on its way to the controller."""
        for frame in self._asking.setdefault(connection, MbapStream()).feed(data):
            self._asked[connection, frame.transaction] = frame.pdu

    def answered(self, connection: int, data: bytes) -> bytes:
        """What the controller sent; whole frames come out."""
        out = b""
        for frame in self._answering.setdefault(connection, MbapStream()).feed(data):
            request = self._asked.pop((connection, frame.transaction), None)
            answer = frame.pdu
            if request is not None and request[0] in _READS and answer[0] == request[0]:
                answer = self._lie(request, answer)
            out += framed(frame.transaction, frame.unit, answer)
        return out


def frozen() -> Lie:
    """The first answer to each request is the answer from then on."""
    said: dict[bytes, bytes] = {}
    return lambda request, answer: said.setdefault(request, answer)


def saying(point: Point, value: Scalar) -> Lie:
    """This value for that point."""
    words = encode(point, value)
    return _changed(point, lambda _: words)


def moved(point: Point, by: int) -> Lie:
    """A whole number of several registers that is so much more, and never below 0."""

    def move(words: Sequence[int]) -> list[int]:
        raw = int.from_bytes(struct.pack(f">{len(words)}H", *words), "big")
        data = max(0, raw + by).to_bytes(2 * len(words), "big")
        return list(struct.unpack(f">{len(words)}H", data))

    return _changed(point, move)


def _changed(point: Point, change: Callable[[Sequence[int]], Sequence[int]]) -> Lie:
    """Input registers of one point, wherever an answer has all of them."""

    def lie(request: bytes, answer: bytes) -> bytes:
        if request[0] != _READ_INPUT:
            return answer
        address, count = struct.unpack_from(">HH", request, 1)
        if not address <= point.address or not point.end <= address + count:
            return answer
        words = list(struct.unpack_from(f">{count}H", answer, 2))
        at = point.address - address
        words[at : at + point.registers] = change(words[at : at + point.registers])
        return answer[:2] + struct.pack(f">{count}H", *words)

    return lie
