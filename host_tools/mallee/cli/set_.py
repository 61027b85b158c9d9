"""`mallee set`: write points of a device."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.dictionary import Dictionary
from ..device.parsing import parse_value, show_value
from ..device.writing import PlannedWrite, find_point, plan_writes
from ..errors import ExitCode, MalleeError
from ..pod.config import PodConfig
from ..pod.fleet import Fleet
from ..reading import Scalar, Snapshot
from . import completing
from .common import Common, Context
from .output import emit, json_value

COLUMNS = ("device", "point", "old", "new", "unit")
PLAN_COLUMNS = ("device", "function", "table", "address", "words", "hex")


def register(app: App) -> None:
    app.command(set_, name="set")


def set_(
    device: completing.Device,
    /,
    *assignments: Annotated[str, Parameter(allow_leading_hyphen=True, completer=completing.assigned)],
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Write points: show old and new, ask, write, read back. Several are written in the order that the device takes them.

    Parameters
    ----------
    device
        Name from the pod file, or an address: tcp://HOST:PORT#UNIT.
    assignments
        POINT VALUE, once or more often. Name of a set-point, setting, command or switch; a number in the point's unit, a name,
        on/off, names with commas for flags, or none.
    dry_run
        Print the exact registers and words, and write nothing.
    yes
        Do not ask.
    """
    context = Context(common)
    pod = context.pod()
    texts = _pairs(assignments)
    target, written, old = clock.run(_prepare(context, pod, device, texts, dry_run))
    if dry_run or old is None:
        planned = [plan_row(device, write) for write in plan_writes(target, written)]
        emit(context.out, context.output, planned, PLAN_COLUMNS)
        return ExitCode.DONE
    for point, value in written.items():
        context.note(
            f"{device} {point}: {show_value(old[point].value)} → {show_value(value)} {old[point].unit}".rstrip()
        )
    context.confirm("Write it?", yes)  # outside of the event loop: Ctrl-C must reach a person's prompt
    new = clock.run(_write(context, pod, device, written))
    rows = [
        {
            "device": device,
            "point": point,
            "old": json_value(old[point].value),
            "new": json_value(new[point].value),
            "unit": old[point].unit,
        }
        for point in written
    ]
    emit(context.out, context.output, rows, COLUMNS)
    return ExitCode.DONE


def _pairs(assignments: tuple[str, ...]) -> dict[str, str]:
    """Point to text. Raises MalleeError for an odd number of words, and for a point that is named twice."""
    points = assignments[::2]
    if not points or len(assignments) % 2 or len(set(points)) < len(points):
        raise MalleeError(
            "`mallee set` takes POINT VALUE, once or more often, each point once",
            f"a point without a value, or one named twice: {' '.join(assignments) or 'nothing was given'}",
            "for example: mallee set skid-1 minimum_speed 20 preset_speed 55",
        )
    return dict(zip(points, assignments[1::2], strict=True))


async def _prepare(
    context: Context, pod: PodConfig, name: str, texts: dict[str, str], dry_run: bool
) -> tuple[Dictionary, dict[str, Scalar], Snapshot | None]:
    """The device's dictionary, what to write, and what stands there now (not asked for in a dry run)."""
    async with Fleet(pod, timeout_s=context.timeout_s) as fleet:
        device = await fleet.device(name)
        points = [find_point(device.dictionary, point) for point in texts]
        values: dict[str, Scalar] = {point.name: parse_value(point, texts[point.name]) for point in points}
        plan_writes(device.dictionary, values)
        return device.dictionary, values, None if dry_run else await device.read_many(values)


async def _write(context: Context, pod: PodConfig, name: str, values: dict[str, Scalar]) -> Snapshot:
    async with Fleet(pod, timeout_s=context.timeout_s) as fleet:
        return await (await fleet.device(name)).write(values)


def plan_row(device: str, write: PlannedWrite) -> dict[str, object]:
    return {
        "device": device,
        "function": write.function_code,
        "table": write.table,
        "address": write.address,
        "words": list(write.words),
        "hex": " ".join(f"{word:04X}" for word in write.words),
    }
