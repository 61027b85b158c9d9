"""Hours and days as a clock on the wall shows them, with the days of 23 and 25 hours. Pure, but for the computer's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...errors import MalleeError

By = Literal["hour", "day", "total"]
Zone = tzinfo | None
"""None is the zone of this computer, with its rules for summer time."""
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000


class Period(NamedTuple):
    """From `begin_ms` on and before `end_ms`: the part that was asked for of an hour, of a day, or all of it."""

    by: By
    begin_ms: int
    end_ms: int


def zone_of(text: str) -> Zone:
    """`utc`, `local`, or a name such as Europe/Berlin. Raises MalleeError."""
    if text.lower() in ("utc", "z"):
        return UTC
    if text.lower() == "local":
        return None
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MalleeError(
            f"--zone: there is no time zone {text!r}",
            "a typing error, or this computer has no table of time zones (pip install tzdata brings one)",
            "write utc, local, or a name as Europe/Berlin",
        ) from error


def periods(begin_ms: int, end_ms: int, by: By, zone: Zone) -> list[Period]:
    """One behind the other from `begin_ms` to `end_ms`, cut where the clock of that zone shows a whole hour, or midnight."""
    found: list[Period] = []
    while begin_ms < end_ms:
        next_ms = end_ms if by == "total" else min(end_ms, (_next_hour if by == "hour" else _next_day)(begin_ms, zone))
        found.append(Period(by, begin_ms, next_ms))
        begin_ms = next_ms
    return found


def shown(time_ms: int, zone: Zone) -> str:
    """ISO 8601 with the offset that was in force, Z for UTC."""
    text = (
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).astimezone(zone).isoformat("T", "seconds")
    )
    return text.replace("+00:00", "Z") if zone is UTC else text


def _offset_ms(time_ms: int, zone: Zone) -> int:
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).astimezone(zone)
    offset = moment.utcoffset()
    assert offset is not None
    return offset // timedelta(milliseconds=1)


def _next_hour(time_ms: int, zone: Zone) -> int:
    """When the clock shows a whole hour next, or jumps to where hours begin elsewhere (Lord Howe moves by half an hour)."""
    return time_ms + _HOUR_MS - (time_ms + _offset_ms(time_ms, zone)) % _HOUR_MS


def _next_day(time_ms: int, zone: Zone) -> int:
    """When the next date begins. Where its midnight is left out (clocks go forward at midnight) that is when they do; where it
    comes twice, the first."""
    wall_ms = time_ms + _offset_ms(time_ms, zone)
    midnight_ms = wall_ms - wall_ms % _DAY_MS + _DAY_MS
    about_ms = midnight_ms - _offset_ms(time_ms, zone)
    offsets = {_offset_ms(about_ms + shift, zone) for shift in (-_DAY_MS, 0, _DAY_MS)}
    moments = sorted(midnight_ms - offset for offset in offsets)
    return next(at for at in moments if at > time_ms and at + _offset_ms(at, zone) >= midnight_ms)
