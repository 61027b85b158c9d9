"""The journal of a controller: what happened, in order, from its file. docs/journal.md has the format. Pure."""

from __future__ import annotations

import binascii
import struct
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from .dictionary import Dictionary

_RECORD = struct.Struct(">IIBBHHH")  # sequence, time, kind, clock source, code, value, CRC
_CLOCK_SET = 1
KINDS = {
    1: "start",
    2: "alarm_came",
    3: "alarm_went",
    4: "lease",
    5: "commit",
    6: "clock_set",
    7: "dropped",
    8: "switched",
}
_LEASE = {1: "taken", 2: "lost", 3: "given_back"}


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One record. `time` where the clock was set, else `uptime_s`, seconds since the controller's start. `what`: code and
    value in words."""

    sequence: int
    time: datetime | None
    uptime_s: int | None
    kind: str
    what: str
    code: int
    value: int


def parse(ring: bytes, dictionary: Dictionary) -> list[JournalEntry]:
    """The whole records of the ring, oldest first. Slots never written, torn or overwritten by noise are left out."""
    records: dict[int, tuple[int, ...]] = {}
    slots = len(ring) // _RECORD.size
    for slot in range(slots):
        data = ring[slot * _RECORD.size : (slot + 1) * _RECORD.size]
        fields = _RECORD.unpack(data)
        sequence, crc = fields[0], fields[-1]
        if sequence and sequence % slots == slot and binascii.crc_hqx(data[:-2], 0xFFFF) == crc:
            records[sequence] = fields
    newest = max(records, default=0)
    return [_entry(records[n], dictionary) for n in sorted(records) if n > newest - slots]


def _entry(fields: tuple[int, ...], dictionary: Dictionary) -> JournalEntry:
    sequence, seconds, kind, source, code, value, _ = fields
    dated = source == _CLOCK_SET
    return JournalEntry(
        sequence=sequence,
        time=datetime.fromtimestamp(seconds, UTC) if dated else None,
        uptime_s=None if dated else seconds,
        kind=KINDS.get(kind, f"kind_{kind}"),
        what=_what(KINDS.get(kind, ""), code, value, dictionary),
        code=code,
        value=value,
    )


def _what(kind: str, code: int, value: int, dictionary: Dictionary) -> str:
    if kind in ("alarm_came", "alarm_went"):
        alarm = dictionary.alarm_by_code.get(code)
        return alarm.name if alarm else f"alarm {code}"
    if kind == "start":
        point = dictionary.by_name.get("reset_reason")
        names: Mapping[int, str] = {choice.value: choice.name for choice in point.choices} if point else {}
        return names.get(code, f"reason {code}")
    if kind == "lease":
        return f"{_LEASE.get(code, f'event {code}')} by host {value}"
    if kind == "switched":
        return f"branch {code} {'on' if value else 'off'}"
    if kind == "dropped":
        return f"{value} records lost before this one"
    return ""
