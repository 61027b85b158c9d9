"""`mallee history`: what was recorded, its gaps, its events, its energy, and whether it can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode, MalleeError
from ..history import asking, auditing, consuming
from ..history.journals import datetime_of
from ..history.overview import overview
from ..history.query import History
from . import completing
from .common import Common, Context
from .output import emit

DEVICE_COLUMNS = ("device", "points", "first", "last", "frames", "bytes", "gaps", "events")
GAP_COLUMNS = ("device", "begin", "end", "cause", "reason")
EVENT_COLUMNS = ("device", "when", "source", "sequence", "kind", "what")
ENERGY_COLUMNS = ("device", "point", "begin", "end", "energy", "unit", "bridged", "restarts")
CHECK_COLUMNS = ("level", "where", "what")
LINES = (
    '[history]\npath = "history.db"               # from the folder of the pod file; docs/history.md has the other keys'
)
"""What a pod file lacks whose pod is not recorded."""
File = Annotated[Path | None, Parameter(name="--history")]


def register(app: App) -> None:
    group = App(name="history", help="Show what was recorded of the pod.")
    group.default(show)
    for command in (gaps, events, energy, check):
        group.command(command)
    app.command(group)


def show(*, history: File = None, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Show of each device how much was recorded and from when to when; -o json has resolutions, sizes and counters too.

    Parameters
    ----------
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    with opened(context, history) as found:
        result = overview(found)
    rows = [msgspec.to_builtins(row) for row in result.devices]
    if context.output in ("json", "jsonl"):
        emit(context.out, context.output, [msgspec.to_builtins(result)], ())
        return ExitCode.DONE
    emit(context.out, context.output, rows, DEVICE_COLUMNS)
    for row in result.resolutions:
        context.note(f"{row.resolution}: {row.first} to {row.last}, {row.bytes / 1e6:.1f} MB")
    context.note(f"{result.file}: {result.file_bytes / 1e6:.1f} MB on the disk")
    for name, value in result.counters.items():
        context.note(f"{name}: {value}")
    return ExitCode.DONE


def gaps(
    device: completing.Device | None = None,
    /,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    history: File = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Show when nothing was recorded, and why.

    Parameters
    ----------
    device
        Name from the pod file; otherwise all. Gaps without a device are of the whole pod.
    from_
        2026-11-27T10:00 (UTC), or a time ago such as 90m or 2d.
    to
        As --from.
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    begin, end = asking.range_ms(from_, to, clock.utc_now())
    with opened(context, history) as found:
        rows = [
            {"device": g.device, "begin": when(g.from_ms), "end": when(g.to_ms), "cause": g.cause, "reason": g.reason}
            for g in found.gaps(device, begin, end)
        ]
    emit(context.out, context.output, rows, GAP_COLUMNS)
    return ExitCode.DONE


def events(
    device: completing.Device | None = None,
    /,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    history: File = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Show what happened: what the host saw, and the journals of the controllers, also from times when no host ran.

    Parameters
    ----------
    device
        Name from the pod file; otherwise all.
    from_
        2026-11-27T10:00 (UTC), or a time ago such as 90m or 2d.
    to
        As --from.
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    begin, end = asking.range_ms(from_, to, clock.utc_now())
    with opened(context, history) as found:
        rows = [_event(event._asdict()) for event in found.events(device, begin, end)]
    emit(context.out, context.output, rows, EVENT_COLUMNS)
    return ExitCode.DONE


def energy(
    *points: completing.DevicePoint,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    history: File = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Show what counters of energy went on by, also while nothing was recorded.

    `bridged` is the part that was counted in gaps; where a counter began anew in between, the energy is the least that there
    was.

    Parameters
    ----------
    points
        DEVICE.POINT or patterns, such as 'pdu-a*.energy'. None: all counters of energy.
    from_
        2026-11-27T10:00 (UTC), or a time ago such as 90m or 2d.
    to
        As --from.
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    begin, end = asking.range_ms(from_, to, clock.utc_now())
    with opened(context, history) as found:
        known = [series for series in found.series() if consuming.counts_energy(series)]
        wanted = asking.chosen(known, points) if points else known
        rows = [
            {**msgspec.to_builtins(row), "begin": when(row.from_ms), "end": when(row.to_ms)}
            for row in consuming.consumed(found, wanted, begin, end)
        ]
    emit(context.out, context.output, rows, ENERGY_COLUMNS)
    return ExitCode.DONE


def check(*, history: File = None, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Read all of the file, and say what of it is damaged. Exit code 5 with findings. Changes nothing.

    Parameters
    ----------
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    with opened(context, history) as found:
        findings = auditing.audit(found)
    emit(context.out, context.output, [msgspec.to_builtins(each) for each in findings], CHECK_COLUMNS)
    return ExitCode.FINDINGS if findings else ExitCode.DONE


def opened(context: Context, file: Path | None) -> History:
    """The history that was named, or that of the pod file. Raises MalleeError."""
    if file is not None:
        return History(file)
    section = context.pod().history
    if section is None:
        file = context.settings.pod_file
        where = f"copy {file} as pod.toml into your folder, add" if context.settings.bundled else f"add to {file}"
        raise MalleeError(
            f"{file} has no [history]",
            "the pod is not recorded",
            f"name a file with --history, or {where} these lines, and start `mallee run` anew:\n\n{LINES}",
        )
    return History(Path(section.path))


def when(time_ms: int | None) -> str | None:
    """UTC; None where a gap lasts, or a time is not known."""
    return None if time_ms is None else datetime_of(time_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(event: dict[str, Any]) -> dict[str, Any]:
    """`when` is for people and CSV: about when it is estimated, when it was learnt where nothing more is known."""
    time_ms, seen = event.pop("time_ms"), when(event.pop("seen_ms"))
    shown = f"before {seen}" if time_ms is None else f"about {when(time_ms)}" if event["estimated"] else when(time_ms)
    return {**event, "time": when(time_ms), "seen": seen, "when": shown}
