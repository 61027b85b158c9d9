"""`mallee log`: the journal of a device, and what the host did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from .. import clock
from ..device.journal import JournalEntry
from ..errors import ExitCode, MalleeError
from ..pod.fleet import Fleet
from ..pod.hostfolder import host_folder
from ..pod.why import asking
from . import completing
from .common import Common, Context
from .output import emit

COLUMNS = ("sequence", "when", "kind", "what", "code", "value")
NOTE_COLUMNS = ("time", "target", "old", "new", "unit", "outcome", "rule")
NOTE_CSV_COLUMNS = (*NOTE_COLUMNS, "detail", "unnoted", "inputs")


def register(app: App) -> None:
    app.command(log)


def log(
    device: completing.Device | None = None,
    /,
    *,
    last: Annotated[int | None, Parameter(name=["--last", "-n"])] = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Show what happened at a device: starts, alarms, leases, switching. Without one: what the host did. Oldest first.

    Parameters
    ----------
    device
        Name from the pod file, or an address: tcp://HOST:PORT#UNIT. None: set-points, limits and permits that hosts here changed
        or advised, with their rules.
    last
        Only the newest so many records.
    """
    context = Context(common)
    if device is None:
        config = context.pod()
        return show_notes(context, host_folder(config), None, last)
    entries = clock.run(_read(context, device))
    shown = entries if last is None else entries[max(0, len(entries) - last) :]
    emit(context.out, context.output, [_row(device, entry) for entry in shown], COLUMNS)
    return ExitCode.DONE


def show_notes(context: Context, folder: Path, target: str | None, last: int | None) -> int:
    """What hosts did with one point, device or rack, or with all. Raises MalleeError where no host ever wrote anything."""
    notes, wrong = asking.notes(folder, target)
    if not notes and not asking.notes(folder)[0]:
        raise MalleeError(
            "hosts here have noted nothing",
            "no `mallee run` ran here for this pod, or it ran as another user, or it changed nothing",
            f"its notes would be in {folder}; `mallee log DEVICE` shows what a controller keeps itself",
            ExitCode.NO_ANSWER,
        )
    rows: list[dict[str, Any]] = [msgspec.to_builtins(note) for note in (notes if last is None else notes[-last:])]
    if context.output in ("table", "csv"):
        rows = [{**row, "inputs": _inputs(row["inputs"]), **_rounded(row)} for row in rows]
    emit(context.out, context.output, rows, NOTE_CSV_COLUMNS if context.output == "csv" else NOTE_COLUMNS)
    if not notes:
        context.note(f"hosts here have done nothing with {target}")
    if wrong:
        context.note(f"{wrong} lines could not be read")
    return ExitCode.DONE


def _inputs(inputs: list[dict[str, Any]]) -> str:
    return "; ".join(f"{each['name']} {each['value']} {each['unit']}".rstrip() for each in inputs)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {key: round(row[key], 2) for key in ("old", "new") if isinstance(row[key], float)}


async def _read(context: Context, name: str) -> list[JournalEntry]:
    async with Fleet(context.pod(), timeout_s=context.timeout_s) as fleet:
        device = await fleet.device(name)
        return await device.read_journal()


def _row(device: str, entry: JournalEntry) -> dict[str, Any]:
    """`when` is for people and CSV: UTC, or the time since the start where the clock was not set."""
    when = f"start + {entry.uptime_s} s" if entry.time is None else entry.time.isoformat().replace("+00:00", "Z")
    return {"device": device, **msgspec.to_builtins(entry), "when": when}
