"""What a frame means, in the words of the device's dictionary where it is known. Pure, but for what it remembers of requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import msgspec

from ..link.failures import EXCEPTIONS
from ..link.rtu_frames import fits
from ..link.tap import TapFrame
from .codec import decode
from .dictionary import Dictionary, Point
from .parsing import show_value

FUNCTIONS = {
    1: "read coils", 2: "read discrete inputs", 3: "read holding registers", 4: "read input registers",
    5: "write coil", 6: "write register", 7: "read exception status", 8: "diagnostics", 11: "event counter",
    12: "event log", 15: "write coils", 16: "write registers", 17: "report server id", 20: "read file",
    21: "write file", 22: "mask register", 23: "read and write registers", 43: "identification", 100: "sealed",
}  # fmt: skip
_TABLE = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil", 16: "holding"}
_REMEMBERED = 64  # requests of a unit that an answer may belong to


class FrameRow(msgspec.Struct, frozen=True):
    """One frame in words. `direction` is `request`, `answer`, or `noise` for bytes that are no frame; `points` has values by
    the names of points that the frame holds whole, as text with their units."""

    time: str
    link: str
    direction: str
    unit: int | None
    function: int | None
    meaning: str
    points: dict[str, str]
    data: str
    """Hexadecimal, as on the wire."""


class FrameReader:
    """`dictionaries` by (link, unit); of other units the frames are told by their numbers. An answer that names no registers is
    told by the newest request of its unit that it fits; on TCP by the one with its transaction number."""

    def __init__(self, dictionaries: Mapping[tuple[str, int], Dictionary] | None = None) -> None:
        self._dictionaries = dict(dictionaries or {})
        self._points: dict[tuple[str, int], dict[tuple[str, int], Point]] = {}
        self._asked: dict[tuple[str, int], deque[tuple[bytes, bytes]]] = {}

    def know(self, link: str, unit: int, dictionary: Dictionary) -> None:
        self._dictionaries[link, unit] = dictionary

    def read(self, frame: TapFrame) -> FrameRow:
        unit, pdu = frame.unit, frame.pdu
        points: dict[str, str] = {}
        if unit is None or not pdu:
            direction, meaning, function = "noise", f"{len(frame.data)} bytes of no good frame", None
        else:
            function = pdu[0] & 0x7F
            key, number = (frame.link, unit), frame.data[:2] if frame.form == "tcp" else b""
            if frame.sent:
                direction, request = "request", pdu
                self._asked.setdefault(key, deque(maxlen=_REMEMBERED)).append((number, pdu))
                if unit == 0:
                    function = pdu[0]
            else:
                direction, request = "answer", self._request_of(key, number, pdu)
            meaning = _meaning(pdu, request, answer=not frame.sent)
            points = self._values(key, pdu, request, answer=not frame.sent)
        return FrameRow(
            time=frame.time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            link=frame.link,
            direction=direction,
            unit=unit,
            function=function,
            meaning=meaning,
            points=points,
            data=frame.data.hex(),
        )

    def _request_of(self, key: tuple[str, int], number: bytes, pdu: bytes) -> bytes | None:
        asked = self._asked.get(key, deque())
        for at in range(len(asked) - 1, -1, -1):
            if asked[at][0] == number and fits(asked[at][1], pdu):
                request = asked[at][1]
                del asked[at]
                return request
        return None

    def _values(self, key: tuple[str, int], pdu: bytes, request: bytes | None, *, answer: bool) -> dict[str, str]:
        dictionary = self._dictionaries.get(key)
        if dictionary is None or request is None or pdu[0] & 0x80 or pdu[0] not in _TABLE:
            return {}
        table, first = _TABLE[pdu[0]], int.from_bytes(request[1:3], "big")
        if key not in self._points:
            self._points[key] = {(point.table, point.address): point for point in dictionary.points}
        known = self._points[key]
        if pdu[0] in (1, 2, 5, 15):
            return {
                known[table, first + at].name: "on" if on else "off"
                for at, on in enumerate(_bits(pdu, request, answer=answer))
                if (table, first + at) in known
            }
        words = _words(pdu, answer=answer)
        found: dict[str, str] = {}
        for at in range(len(words)):
            point = known.get((table, first + at))
            if point is not None and at + point.registers <= len(words):
                value = decode(point, words[at : at + point.registers])
                found[point.name] = f"{show_value(value)} {point.unit}".rstrip() if value is not None else "none"
        return found


def _bits(pdu: bytes, request: bytes, *, answer: bool) -> list[bool]:
    if pdu[0] == 5:
        return [pdu[3:5] == b"\xff\x00"]
    if (pdu[0] == 15 and answer) or (pdu[0] != 15 and not answer):
        return []
    data = pdu[6:] if pdu[0] == 15 else pdu[2:]
    count = int.from_bytes(request[3:5], "big")
    return [bool(data[bit // 8] >> bit % 8 & 1) for bit in range(count) if bit // 8 < len(data)]


def _words(pdu: bytes, *, answer: bool) -> list[int]:
    if pdu[0] in (3, 4):
        data = pdu[2:] if answer else b""
    elif pdu[0] == 6:
        data = pdu[3:5]
    else:
        data = b"" if answer else pdu[6:]
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2)]


def _meaning(pdu: bytes, request: bytes | None, *, answer: bool) -> str:
    function = pdu[0] & 0x7F
    name = FUNCTIONS.get(function, f"function {function}")
    if answer and pdu[0] & 0x80:
        code = pdu[1] if len(pdu) > 1 else 0
        return f"{name}{_where(request)}: refused, {EXCEPTIONS.get(code, ('not in the standard',))[0]} ({code:02d})"
    if answer and request is None:
        return f"{name}: an answer to nothing that was asked here"
    return name + _where(request if answer else pdu)


def _where(request: bytes | None) -> str:
    if request is None or len(request) < 5:
        return ""
    first, count = int.from_bytes(request[1:3], "big"), int.from_bytes(request[3:5], "big")
    if request[0] in (5, 6, 22):
        return f" {first}"
    if request[0] in (1, 2, 3, 4, 15, 16):
        return f" {first}" if count == 1 else f" {first}–{first + count - 1}"
    return ""
