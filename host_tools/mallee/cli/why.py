"""`mallee why`: which rule set a value, from what, and what else is known of it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode
from ..pod.config import PodConfig
from ..pod.hostfolder import Live, host_folder
from ..pod.why import asking
from ..ui.why import render
from . import completing
from .common import Common, Context
from .log import show_notes
from .output import emit, rows_of

COLUMNS = ("point", "value", "unit", "since", "outcome", "rule")
CSV_COLUMNS = ("point", "value", "unit", "quality", "age_s", "set_by", "why", "since", "outcome", "detail")


def register(app: App) -> None:
    app.command(why)


def why(
    *point: completing.PlaceAndPoint,
    log: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Explain a value: which rule set it, from which inputs, since when, what else was asked for, and what came of it.

    What the host sets is told by the host that runs here; a register of a controller by the controller too. Changes nothing.

    Exit code 0: it is explained; 2: there is no such point; 3: no host runs here, or the controller does not answer.

    Examples: `mallee why`; `mallee why skid-1.remote_differential_pressure`; `mallee why rack-3.power_limit`; `mallee why
    pdu-a1.branch.3`; `mallee why skid-1 pump_command.1`.

    Parameters
    ----------
    point
        DEVICE.POINT, RACK.power_limit or RACK.permit; an address (tcp://HOST:PORT#UNIT) and a point as two words. A device or
        rack alone, or nothing: list what the host sets there.
    log
        What the host did with it before (`mallee log` has all).
    """
    context = Context(common)
    config = context.pod()
    folder = host_folder(config)
    place, name = asking.place_and_point(config, point) if point else (None, "")
    if log:
        return show_notes(context, folder, ".".join(point) or None, None)
    if place is None or not name:
        return _list(context, config, asking.host(folder, config), place)
    answer = clock.run(asking.explain(config, folder, place, name, timeout_s=context.timeout_s))
    if context.output == "table":
        context.out.print(render(answer))
    else:
        emit(context.out, context.output, rows_of([answer]), CSV_COLUMNS)
    return ExitCode.DONE


def _list(context: Context, config: PodConfig, found: Live, place: str | None) -> int:
    rows: list[dict[str, Any]] = [msgspec.to_builtins(reason) for reason in asking.listed(found, place)]
    for row in rows:
        row["point"] = row.pop("of")
        if context.output == "table" and isinstance(row["value"], float):
            row["value"] = f"{row['value']:.1f}"
    emit(context.out, context.output, rows, COLUMNS)
    context.note(f"as of {found.age_s:.1f} s ago{'; the host only advises' if found.advising else ''}")
    if asking.standing_by(found):
        context.note(asking.standing_by(found))
    if found.stale:
        context.note("that is old: the host hangs, or ended without a word")
    examples = [f"{skid.name}.pump_command.1" for skid in config.skids[:1]] + [
        f"{pdu.name}.branch.1" for pdu in config.pdus[:1]
    ]
    if examples:
        context.note(
            f"registers of controllers can be asked too: {', '.join(f'mallee why {each}' for each in examples)}"
        )
    return ExitCode.DONE
