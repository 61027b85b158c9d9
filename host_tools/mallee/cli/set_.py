"""`mallee set`: write one point of a device."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.parsing import parse_value, show_value
from ..device.writing import PlannedWrite, find_point, plan_writes
from ..errors import ExitCode
from ..pod.fleet import Fleet
from .common import Common, Context
from .output import emit

COLUMNS = ("device", "point", "old", "new", "unit")
PLAN_COLUMNS = ("device", "function", "table", "address", "words", "hex")


def register(app: App) -> None:
    app.command(set_, name="set")


def set_(
    device: str,
    point: str,
    value: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Write one point: show old and new, ask, write, read back.

    Parameters
    ----------
    device
        Name from the pod file, or an address: tcp://HOST:PORT#UNIT.
    point
        Name of a set-point, setting, command or switch.
    value
        A number in the point's unit, a name, on/off, names with commas for flags, or none.
    dry_run
        Print the exact registers and words, and write nothing.
    yes
        Do not ask.
    """
    return clock.run(_set(Context(common), device, point, value, dry_run, yes))


async def _set(context: Context, name: str, point_name: str, text: str, dry_run: bool, yes: bool) -> int:
    async with Fleet(context.pod(), timeout_s=context.timeout_s) as fleet:
        device = await fleet.device(name)
        point = find_point(device.dictionary, point_name)
        value = parse_value(point, text)
        planned = plan_writes(device.dictionary, {point.name: value})
        if dry_run:
            emit(context.out, context.output, [plan_row(name, write) for write in planned], PLAN_COLUMNS)
            return ExitCode.DONE
        old = await device.read(point.name)
        change = f"{name} {point.name}: {show_value(old.value)} → {show_value(value)} {point.unit}".rstrip()
        context.note(change)
        context.confirm("Write it?", yes)
        after = (await device.write({point.name: value}))[point.name]
        plain = {"device": name, "point": point.name, "old": old.value, "new": after.value, "unit": point.unit}
        row = {key: sorted(cell) if isinstance(cell, frozenset) else cell for key, cell in plain.items()}
        emit(context.out, context.output, [row], COLUMNS)
        return ExitCode.DONE


def plan_row(device: str, write: PlannedWrite) -> dict[str, object]:
    return {
        "device": device,
        "function": write.function_code,
        "table": write.table,
        "address": write.address,
        "words": list(write.words),
        "hex": " ".join(f"{word:04X}" for word in write.words),
    }
