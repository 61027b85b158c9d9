"""`mallee describe`: what a point or an alarm means, and how a pod hangs together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.table import Table

from .. import clock, resources
from ..deploy.dictionary import PROFILES
from ..device.describing import describe_point, find_alarms, find_points, grouped
from ..device.dictionary import Dictionary
from ..device.selecting import select
from ..errors import ExitCode, MalleeError
from ..pod.alarms.pod_alarms import AS_DICTIONARY as POD
from ..pod.fleet import Fleet
from . import completing
from .common import Common, Context
from .describepod import describe_pod
from .output import emit, plain, rows_of

COLUMNS = ("name", "unit", "reference", "low", "high", "meaning")
ALARM_COLUMNS = ("profile", "code", "name", "priority", "condition", "remedy")


def register(app: App) -> None:
    app.command(describe)


def describe(
    what: Annotated[str, Parameter(completer=completing.described)],
    /,
    *names: Annotated[str, Parameter(completer=completing.described_points)],
    svg: Path | None = None,
    live: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Explain a device's points, one point, or an alarm: meaning, unit, limits, remedy. Or the pod: what feeds and cools what.

    Parameters
    ----------
    what
        A device, a profile (`pump`, `pdu`), a point such as `flow`, or one of the words `alarm` and `pod`.
    names
        Behind a device or profile: points. Behind `alarm`: its name or code. Patterns with * are fine.
    svg
        Of `pod`: also draw it into this file.
    live
        Of `pod`: read every controller once, show what is measured, and which sensors the others contradict (exit code 5). One
        scan cannot know whether the load has just changed; `mallee run` waits until it is steady.
    """
    context = Context(common)
    if what == "pod" and not names:
        return describe_pod(context, svg, live)
    if svg is not None or live:
        raise MalleeError(
            f"{'--live' if svg is None else '--svg'} is of the pod, not of {what!r}",
            "a point, a device or an alarm is described in words alone",
            "`mallee describe pod --svg pod.svg --live`",
            ExitCode.USAGE,
        )
    bundled = [resources.dictionary(profile) for profile in PROFILES]
    if what == "alarm":
        found = [alarm for name in names or ("*",) for alarm in find_alarms([*bundled, POD], name)]
        return _show(context, rows_of(grouped(found) if context.output == "table" else found), ALARM_COLUMNS)
    by_profile = {dictionary.profile: dictionary for dictionary in bundled}
    known = {name for dictionary in bundled for name in dictionary.by_name}
    if what in by_profile:
        return _show(context, _points(by_profile[what], names), COLUMNS)
    if what in known or "*" in what or any(name.rpartition(".")[0] == what for name in known):
        return _show(context, rows_of([f for name in (what, *names) for f in find_points(bundled, name)]), COLUMNS)
    return _show(context, _points(clock.run(_of_device(context, what)), names), COLUMNS)


def _points(dictionary: Dictionary, names: tuple[str, ...]) -> list[dict[str, Any]]:
    points = select(dictionary, names) if names else list(dictionary.points)
    return rows_of([describe_point(dictionary, point) for point in points])


async def _of_device(context: Context, name: str) -> Dictionary:
    """The dictionary that the device itself has; the bundled one of its kind when it does not answer."""
    pod = context.pod()
    async with Fleet(pod, timeout_s=context.timeout_s) as fleet:
        try:
            return await fleet.dictionary(name)
        except MalleeError as error:
            if error.code is not ExitCode.NO_ANSWER or name not in {c.name for c in pod.controllers}:
                raise
            context.note(f"{error.what}: describing it as this release knows it")
            return resources.dictionary("pump" if name in {skid.name for skid in pod.skids} else "pdu")


def _show(context: Context, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> int:
    if context.output != "table" or len(rows) > 1:
        emit(context.out, context.output, rows, columns)
        return ExitCode.DONE
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column()
    for key, value in rows[0].items():
        text = "\n".join(value) if isinstance(value, list) else plain(value)
        grid.add_row(key.replace("_", " "), text or "–")
    context.out.print(grid)
    return ExitCode.DONE
