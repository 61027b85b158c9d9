"""`mallee get`: read points of a device."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.selecting import fast_points, select
from ..errors import ExitCode
from ..pod.fleet import Fleet
from ..reading import Quality, Snapshot
from . import completing
from .common import Common, Context
from .output import emit, reading_row

COLUMNS = ("point", "value", "unit", "quality", "time")


def register(app: App) -> None:
    app.command(get)


def get(
    device: completing.Device,
    /,
    *points: completing.Point,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Read points of a device once.

    Parameters
    ----------
    device
        Name from the pod file, or an address: tcp://HOST:PORT#UNIT.
    points
        Names or patterns, such as `supply_temperature` or 'branch.*.power'. None: the fast block.
    """
    context = Context(common)
    snapshot = clock.run(_read(context, device, points))
    emit(context.out, context.output, [reading_row(device, reading) for reading in snapshot.values()], COLUMNS)
    for failure in snapshot.failures:
        context.note(f"{', '.join(failure.points)}: {failure.reason}")
    if any(failure.quality is Quality.NO_ANSWER for failure in snapshot.failures):
        return ExitCode.NO_ANSWER
    return ExitCode.REFUSED if snapshot.failures else ExitCode.DONE


async def _read(context: Context, name: str, patterns: tuple[str, ...]) -> Snapshot:
    async with Fleet(context.pod(), timeout_s=context.timeout_s) as fleet:
        device = await fleet.device(name)
        points = select(device.dictionary, patterns) if patterns else fast_points(device.dictionary)
        return await device.read_many(point.name for point in points)
