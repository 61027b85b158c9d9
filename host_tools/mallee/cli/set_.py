"""`mallee set`: write one point of a device."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.dictionary import Dictionary
from ..device.parsing import parse_value, show_value
from ..device.writing import PlannedWrite, find_point, plan_writes
from ..errors import ExitCode
from ..pod.config import PodConfig
from ..pod.fleet import Fleet
from ..reading import Reading, Scalar, Snapshot
from .common import Common, Context
from .output import emit, json_value

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
    context = Context(common)
    pod = context.pod()
    target, written, old = clock.run(_prepare(context, pod, device, point, value, dry_run))
    if dry_run or old is None:
        planned = [plan_row(device, write) for write in plan_writes(target, written)]
        emit(context.out, context.output, planned, PLAN_COLUMNS)
        return ExitCode.DONE
    change = f"{show_value(old.value)} → {show_value(written[point])} {old.unit}".rstrip()
    context.note(f"{device} {point}: {change}")
    context.confirm("Write it?", yes)  # outside of the event loop: Ctrl-C must reach a person's prompt
    new = clock.run(_write(context, pod, device, written))[point]
    row = {
        "device": device,
        "point": point,
        "old": json_value(old.value),
        "new": json_value(new.value),
        "unit": old.unit,
    }
    emit(context.out, context.output, [row], COLUMNS)
    return ExitCode.DONE


async def _prepare(
    context: Context, pod: PodConfig, name: str, point_name: str, text: str, dry_run: bool
) -> tuple[Dictionary, dict[str, Scalar], Reading | None]:
    """The device's dictionary, what to write, and what stands there now (not asked for in a dry run)."""
    async with Fleet(pod, timeout_s=context.timeout_s) as fleet:
        device = await fleet.device(name)
        point = find_point(device.dictionary, point_name)
        values: dict[str, Scalar] = {point.name: parse_value(point, text)}
        plan_writes(device.dictionary, values)
        return device.dictionary, values, None if dry_run else await device.read(point.name)


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
