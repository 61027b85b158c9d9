"""Which records of a controller's journal are new. Pure.

Records have sequence numbers, so reading a ring twice doubles nothing. But a journal in RAM begins anew at 1 with each start,
and a board may be changed for another under the same name: then the same number means another record. So records are counted in
eras. An era ends when a number that is known comes with another record, when the newest number is below the newest that is
known, or, where the journal does not outlive a start, when the boot count is another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ..device.journal import JournalEntry

START = "start"
Print = tuple[int | None, int | None, str, int | None, int | None]
"""What a record is known by beside its number: its time, its uptime, kind, code and value."""


class Known(NamedTuple):
    """Of a device's journal, as it is stored: `prints` has records of the era by their number, the newest ones at least."""

    era: int
    boot: int | None
    newest: int
    prints: Mapping[int, Print]


class News(NamedTuple):
    """`missed`: records that were overwritten, or torn, before anybody read them."""

    era: int
    entries: Sequence[JournalEntry]
    missed: int


def news(known: Known | None, entries: Sequence[JournalEntry], boot: int | None, *, lasting: bool) -> News:
    """Of a ring that was read: what is not known yet. `lasting`: the journal outlives a start."""
    if known is None:
        return News(0, entries, 0)
    if not entries:
        return News(known.era, (), 0)
    newest = entries[-1].sequence
    strange = any(
        entry.sequence in known.prints and known.prints[entry.sequence] != print_of(entry) for entry in entries
    )
    common = any(entry.sequence in known.prints for entry in entries)
    started = not lasting and boot is not None and known.boot is not None and boot != known.boot
    if strange or started or (newest < known.newest and not common):
        return News(known.era + 1, entries, 0)
    fresh = [entry for entry in entries if entry.sequence > known.newest]
    return News(known.era, fresh, max(newest - known.newest, 0) - len(fresh))


def print_of(entry: JournalEntry) -> Print:
    time_ms = None if entry.time is None else ms_of(entry.time)
    return time_ms, entry.uptime_s, entry.kind, entry.code, entry.value


def times_ms(entries: Sequence[JournalEntry], now_ms: int, uptime_s: int | None) -> list[tuple[int | None, bool]]:
    """When each record was made, and whether that is estimated. A controller whose clock nobody set knows how long it had run:
    with `uptime_s`, how long it has run at `now_ms`, that is a date, for records since its last start."""
    found: list[tuple[int | None, bool]] = []
    this_run = True
    for entry in reversed(entries):
        if entry.time is not None:
            found.append((ms_of(entry.time), False))
        elif this_run and uptime_s is not None and entry.uptime_s is not None and entry.uptime_s <= uptime_s + 1:
            found.append((now_ms - (uptime_s - entry.uptime_s) * 1000, True))
        else:
            found.append((None, False))
        this_run = this_run and entry.kind != START
    return found[::-1]


def ms_of(time: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return round(time.timestamp() * 1000)


def datetime_of(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
