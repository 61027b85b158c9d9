"""Where nothing was recorded, and why. Pure: what is to be remembered of a scan, from what came before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

HOLE_SCANS, LOST_SCANS = 2.5, 1.5
"""Time between two scans, in scan times, from which on something is missing: one that is late is no gap, but one that is known
to have been lost is."""
EVERYBODY = ""
"""Device of a gap that is of the whole pod."""


class Gap(NamedTuple):
    """Nothing new is known of `device` after `from_ms` and before `to_ms` (None: it lasts).

    `cause`: `no_answer` (a device was silent, or its loop stood still), `not_recording` (no recorder ran), `dropped` (the disk
    was slower than the scans), `not_written` (the disk was full or refused), `late` (scans were not made), `clock` (the date
    jumped forward: nothing is missing), `damaged` (a block cannot be read any more).
    """

    device: str
    from_ms: int
    to_ms: int | None
    cause: str
    reason: str = ""


class GapBook(msgspec.Struct, frozen=True):
    """What stands open, by device, and when each was heard last."""

    open: dict[str, Gap] = {}
    heard_ms: dict[str, int] = {}
    scan_ms: int | None = None
    """Time of the scan before; None: there never was one."""


class Change(NamedTuple):
    """A gap to be added; one that ends (`from_ms` and `to_ms` are known) may stand in the file already."""

    gap: Gap
    known: bool


def step(
    book: GapBook,
    scan_ms: int,
    heard_ms: Mapping[str, int],
    missing: Mapping[str, str],
    *,
    scan_s: float,
    cause: str | None = None,
    jumped: bool = False,
) -> tuple[GapBook, Sequence[Change]]:
    """`heard_ms` has the time of each device that gave something new, `missing` the reason of each that did not. `cause`: scans
    between this one and the one before were lost for that; `jumped`: the date did."""
    changes: list[Change] = []
    if book.scan_ms is not None:
        least_ms = 0 if jumped else 1000 * scan_s * (LOST_SCANS if cause else HOLE_SCANS)
        if scan_ms - book.scan_ms > least_ms:
            why = "clock" if jumped else cause or "late"
            changes.append(Change(Gap(EVERYBODY, book.scan_ms, scan_ms, why), False))
    still = dict(book.open)
    for device, time_ms in heard_ms.items():
        gap = still.pop(device, None)
        if gap is not None:
            changes.append(Change(gap._replace(to_ms=max(time_ms, gap.from_ms)), True))
    for device, reason in missing.items():
        if device not in still:
            gap = Gap(device, min(book.heard_ms.get(device, scan_ms), scan_ms), None, "no_answer", reason)
            still[device] = gap
            changes.append(Change(gap, False))
    return GapBook(still, {**book.heard_ms, **heard_ms}, scan_ms), changes


def merged(gaps: Sequence[Gap], from_ms: int, to_ms: int) -> list[Gap]:
    """Those that touch the range, in order of time."""
    found = [gap for gap in gaps if gap.from_ms < to_ms and (gap.to_ms is None or gap.to_ms > from_ms)]
    return sorted(found, key=lambda gap: (gap.from_ms, gap.device))
