"""The messages between world and virtual board on a socket pair; the other end is hal/_world.py.

Both ways: eight little-endian int32 of head, a vector of int32, then network events: kind u8, 0, connection u16, length u32,
payload. Grant head: event bytes, microseconds granted, 1 when the inputs differ from the last ones. Reply head: kind, event
bytes, microseconds used, version.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

VERSION = 1
HEAD_WORDS = 8
HEAD = struct.Struct("<8i")
EVENT = struct.Struct("<BBHI")
GRANT_EVENT_BYTES = 8192
"""Largest block of events that a board takes with one grant."""

HELLO, RAN, RESET, WATCHDOG, POWER = 0, 1, 2, 3, 4
"""Kinds of reply."""

OPEN, DATA, FIN, RESET_CONNECTION, ROOM, LISTEN, UNLISTEN, ACCEPTED = 1, 2, 3, 4, 5, 6, 7, 8
"""Kinds of event."""

SERIAL, OPEN_SERIAL = 9, 10
"""Kinds of event of a UART: its number is the connection. SERIAL carries bytes; OPEN_SERIAL baud u32 and bits a character u8."""

TEAR = 11
"""Event for the board: its power goes in a write to this memory (u8: FRAM, FLASH) when it has taken so many more bytes (u16)."""
FRAM, FLASH = 0, 1

WINDOW = 4096
"""Receive and send window of a connection, bytes."""


class BoardEvent(NamedTuple):
    kind: int
    connection: int
    data: bytes


class Reply(NamedTuple):
    kind: int
    used_us: int
    outputs: tuple[int, ...]
    events: list[BoardEvent]


def start_message(inputs: int, outputs: int, reset_cause: int, unique_id: bytes) -> bytes:
    high, low = struct.unpack(">ii", unique_id)
    return HEAD.pack(VERSION, inputs, outputs, reset_cause, high, low, 0, 0)


def grant_message(microseconds: int, inputs: bytes, changed: bool, events: bytes) -> bytes:
    return b"".join((HEAD.pack(len(events), microseconds, changed, 0, 0, 0, 0, 0), inputs, events))


def event_bytes(event: BoardEvent) -> bytes:
    return EVENT.pack(event.kind, 0, event.connection, len(event.data)) + event.data


def parse_events(data: bytes) -> list[BoardEvent]:
    events: list[BoardEvent] = []
    at = 0
    while at < len(data):
        kind, _, connection, length = EVENT.unpack_from(data, at)
        at += EVENT.size
        events.append(BoardEvent(kind, connection, data[at : at + length]))
        at += length
    return events


class ReplyFormat:
    """Sizes of a reply of a board with `outputs` outputs."""

    def __init__(self, outputs: int) -> None:
        self._fixed = struct.Struct(f"<8i{outputs}i")
        self.size = self._fixed.size

    def length(self, data: bytes) -> int:
        """Bytes of the whole reply that `data` begins."""
        return self.size + HEAD.unpack_from(data)[1]

    def parse(self, data: bytes) -> Reply:
        words = self._fixed.unpack_from(data)
        events = parse_events(data[self.size :]) if words[1] else []
        return Reply(words[0], words[2], words[HEAD_WORDS:], events)
