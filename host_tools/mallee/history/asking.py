"""What a person asks of the history: which points, which time, how fine. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from ..device.selecting import fits
from ..errors import MalleeError, NotFound
from ..suggest import did_you_mean
from .journals import ms_of
from .series import Series

_AGO = re.compile(r"^(?P<number>\d+(?:\.\d+)?)(?P<unit>s|m|min|h|d|w)$")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
FOREVER_MS = 1 << 53
"""Later than every date that a clock of a computer can have."""


def chosen(known: Sequence[Series], patterns: Sequence[str], *, most: int = 1) -> list[Series]:
    """Series by DEVICE.POINT or a pattern (`fits`), each once, in the order asked; a name without its index means all of an
    array. Raises MalleeError with the nearest names, `most` of them, when one matches nothing."""
    found: dict[Series, None] = {}
    for pattern in patterns:
        matches = [each for each in known if fits(each.name, pattern)]
        matches = matches or [each for each in known if each.name.rpartition(".")[0] == pattern]
        if not matches:
            names = sorted({each.name for each in known})
            raise NotFound(
                f"nothing was recorded of {pattern!r}",
                "a typing error, or the point was never read while the pod was recorded",
                did_you_mean(pattern, names, most)
                if names
                else "`mallee run` records while [history] stands in the pod file",
            )
        found.update(dict.fromkeys(matches))
    return list(found)


def moment_ms(text: str, option: str, now: datetime, zone: tzinfo | None = UTC) -> int:
    """`2026-11-27`, `2026-11-27T10:00`, `2026-11-27 10:00:00+01:00`, or a time ago such as `90m` or `2d`. What names no zone is
    in `zone`, None: that of this computer. Raises MalleeError."""
    ago = _AGO.match(text.strip())
    if ago is not None:
        return ms_of(now - timedelta(seconds=float(ago["number"]) * _SECONDS[ago["unit"]]))
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise MalleeError(
            f"{option}: {text!r} is no time",
            "a typing error, or another way to write a date",
            "write 2026-11-27T10:00 (UTC), 2026-11-27T10:00+01:00, or a time ago: 90m, 6h, 2d",
        ) from error
    return ms_of(found if found.tzinfo else found.replace(tzinfo=zone) if zone else found.astimezone())


def length_ms(text: str, option: str) -> int:
    """`90m`, `6h`, `2d`, `1w`. Raises MalleeError."""
    found = _AGO.match(text.strip())
    length = 0 if found is None else round(float(found["number"]) * _SECONDS[found["unit"]] * 1000)
    if length == 0:
        raise MalleeError(f"{option}: {text!r} is no length of time", "a typing error", "write 90m, 6h, 2d or 1w")
    return length


def range_ms(
    from_: str | None, to: str | None, now: datetime, for_: str | None = None, zone: tzinfo | None = UTC
) -> tuple[int, int]:
    """From `from_` on and before `to`; None: the beginning, or the end. `for_` is how long from the one or before the other, or
    before now. Raises MalleeError."""
    begin = 0 if from_ is None else moment_ms(from_, "--from", now, zone)
    end = FOREVER_MS if to is None else moment_ms(to, "--to", now, zone)
    if for_ is not None:
        if from_ is not None and to is not None:
            raise MalleeError(
                "--from, --to and --for were all given", "two of them say it all", "leave one of them out"
            )
        length = length_ms(for_, "--for")
        if from_ is not None:
            end = begin + length
        else:
            end = ms_of(now) if to is None else end
            begin = end - length
    if end <= begin:
        raise MalleeError(
            "--to is not after --from",
            "the two were exchanged, or one is in another time zone",
            "exchange them; times are UTC",
        )
    return begin, end
