"""`mallee set`: write points of a device."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.parsing import show_value
from ..errors import ExitCode, MalleeError
from ..pod import setting
from ..pod.consequences import is_worst
from . import completing
from .common import Common, Context
from .output import emit, json_value, rows_of

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
    """Write points: show old and new, say what follows, ask, write, read back. Several are written in the order that the device
    takes them.

    Where power or cooling is taken away, or a limit that protects is moved, the device's name has to be typed.

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
    prepared = clock.run(setting.prepare(pod, device, texts, timeout_s=context.timeout_s, dry_run=dry_run))
    written, old = prepared.values, prepared.old
    if old is None:
        _warn(context, prepared)
        emit(context.out, context.output, rows_of(prepared.planned()), PLAN_COLUMNS)
        return ExitCode.DONE
    for point, value in written.items():
        context.note(
            f"{device} {point}: {show_value(old[point].value)} → {show_value(value)} {old[point].unit}".rstrip()
        )
    _warn(context, prepared)
    typed = device if is_worst(prepared.consequences) else ""
    context.confirm("Write it?", yes, typed=typed)  # outside of the event loop: Ctrl-C must reach a person's prompt
    new = clock.run(setting.write(pod, device, written, timeout_s=context.timeout_s))
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


def _warn(context: Context, prepared: setting.Prepared) -> None:
    for each in prepared.consequences:
        context.note(f"what follows: {each.text}")


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
