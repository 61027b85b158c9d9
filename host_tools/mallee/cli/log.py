"""`mallee log`: the journal of a device."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from .. import clock
from ..device.journal import JournalEntry
from ..errors import ExitCode
from ..pod.fleet import Fleet
from .common import Common, Context
from .output import emit

COLUMNS = ("sequence", "when", "kind", "what", "code", "value")


def register(app: App) -> None:
    app.command(log)


def log(
    device: str,
    /,
    *,
    last: Annotated[int | None, Parameter(name=["--last", "-n"])] = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Show what happened at a device: starts, alarms, leases, switching, oldest first.

    Parameters
    ----------
    device
        Name from the pod file, or an address: tcp://HOST:PORT#UNIT.
    last
        Only the newest so many records.
    """
    context = Context(common)
    entries = clock.run(_read(context, device))
    shown = entries if last is None else entries[max(0, len(entries) - last) :]
    emit(context.out, context.output, [_row(device, entry) for entry in shown], COLUMNS)
    return ExitCode.DONE


async def _read(context: Context, name: str) -> list[JournalEntry]:
    async with Fleet(context.pod(), timeout_s=context.timeout_s) as fleet:
        device = await fleet.device(name)
        return await device.read_journal()


def _row(device: str, entry: JournalEntry) -> dict[str, Any]:
    """`when` is for people and CSV: UTC, or the time since the start where the clock was not set."""
    when = f"start + {entry.uptime_s} s" if entry.time is None else entry.time.isoformat().replace("+00:00", "Z")
    return {"device": device, **msgspec.to_builtins(entry), "when": when}
