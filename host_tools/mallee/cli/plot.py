"""`mallee plot`: points over time, on the terminal, as SVG or as PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode, MalleeError
from ..history import asking, curves
from ..history.curves import Curve
from ..history.journals import ms_of
from ..history.query import History
from ..history.report.periods import zone_of
from ..plot import live as living
from ..plot.drawing import form_of, save
from ..plot.plotted import Plot, empty, stood
from ..plot.plotted import plot as plotted
from ..plot.terminal import render
from ..pod.alarms.store import AlarmStore
from ..pod.hostfolder import host_folder
from ..poll.watching import WatchSummary
from . import completing
from .common import Common, Context, duration_s
from .history import File, opened
from .stopping import stop_event

_DEFAULT = "1h"
_PIPED_LINES = 40


def register(app: App) -> None:
    app.command(plot)


def plot(
    *points: completing.DevicePoint,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    live: str | None = None,
    interval: str = "1s",
    file: Annotated[Path | None, Parameter(name=["--file", "-f"])] = None,
    alarms: bool = True,
    zone: str = "utc",
    history: File = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Draw points over time: from the history, or with --live what is read from now on. Changes nothing.

    Points of one unit share an axis; gaps stay open; alarms are marked from the log of the host that ran here.

    Parameters
    ----------
    points
        DEVICE.POINT or patterns, such as skid-1.supply_temperature or 'pdu-*.power'.
    from_
        2026-11-27T10:00, or a time ago such as 90m or 2d; otherwise the last hour.
    to
        As --from; otherwise now.
    for_
        How long, such as 6h: from --from on, before --to, or until now.
    live
        Read the pod for so long, such as 30s, in place of the history. Ctrl-C ends it sooner, and draws what there is.
    interval
        Between two reads with --live.
    file
        A picture that ends with .svg or .png (extra mallee[plot]); otherwise it is drawn here.
    alarms
        Mark when alarms stood of these devices, and of the pod itself.
    zone
        Of times without a zone, and of those shown: utc, local (this computer's), or a name as Europe/Berlin.
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    where = zone_of(zone)
    _check(context, points, file, live, any(each is not None for each in (from_, to, for_, history)))
    if live is not None:
        drawn = _live(context, points, duration_s(live, "--live"), duration_s(interval, "--interval"), alarms)
    else:
        asked = for_ if from_ is not None or to is not None or for_ is not None else _DEFAULT
        begin, end = asking.range_ms(from_, to, clock.utc_now(), asked, where)
        drawn = _recorded(context, points, begin, min(end, ms_of(clock.utc_now())), history, alarms)
    if file is not None:
        save(drawn, file, ", ".join(points), where)
        context.note(f"{file}: {sum(len(panel.curves) for panel in drawn.panels)} curves")
    else:
        height = context.out.height - 2 if context.out.is_terminal else _PIPED_LINES
        context.out.print(render(drawn, context.out.width, height, where))
    return ExitCode.DONE


def _check(context: Context, points: tuple[str, ...], file: Path | None, live: str | None, timed: bool) -> None:
    """Before anything is read."""
    if not points:
        raise MalleeError(
            "no point was named",
            "`mallee plot` draws what it is asked for",
            "name DEVICE.POINT or patterns; `mallee history` shows the devices",
        )
    if live is not None and timed:
        raise MalleeError(
            "--live was given with a time or a history", "only one of them can be", "leave one of them out"
        )
    if context.output != "table":
        raise MalleeError(
            f"a picture has no form {context.output}", f"-o {context.output} was asked for",
            "leave -o out; values for other programs are written by `mallee export`",
        )  # fmt: skip
    if file is not None:
        form_of(file)


def _recorded(
    context: Context, points: tuple[str, ...], begin_ms: int, end_ms: int, history: Path | None, alarms: bool
) -> Plot:
    with _opened(context, history) as found:
        series = curves.numeric(asking.chosen(found.series(), points, most=3))
        lines = curves.curves(found, series, begin_ms, end_ms)
        drawn = _with_alarms(context, lines, begin_ms / 1000, end_ms / 1000, alarms)
        if empty(drawn):
            raise curves.nothing_then(found, series, begin_ms, end_ms)
    return drawn


def _opened(context: Context, history: Path | None) -> History:
    try:
        return opened(context, history)
    except MalleeError as error:
        if history is not None or context.pod().history is not None:
            raise
        raise MalleeError(
            error.what, error.likely, f"read from now on with --live 30s; or {error.next}", error.code
        ) from error


def _live(context: Context, points: tuple[str, ...], for_s: float, interval_s: float, alarms: bool) -> Plot:
    summary = WatchSummary()
    begin = clock.utc_now()

    async def read() -> list[Curve]:
        stop = stop_event(for_s, interrupted=True)
        return await living.polled(context.pod(), points, interval_s, stop, context.timeout_s, summary)

    context.note(f"reading for {for_s:g} s; Ctrl-C ends it sooner")
    lines = clock.run(read())
    context.note(f"{summary.polls} polls, {summary.losses} lost")
    drawn = _with_alarms(context, lines, begin.timestamp(), clock.utc_now().timestamp(), alarms)
    if empty(drawn):
        raise MalleeError(
            "nothing was read of these points", "the controllers do not answer, or have no value for them",
            "`mallee status` shows who answers", ExitCode.NO_ANSWER,
        )  # fmt: skip
    return drawn


def _with_alarms(context: Context, lines: list[Curve], begin_s: float, end_s: float, wanted: bool) -> Plot:
    if not wanted:
        return plotted(lines, begin_s, end_s)
    config = context.pod()
    log, unreadable = AlarmStore(host_folder(config)).events()
    if unreadable:
        context.note(f"{unreadable} lines of the log of alarms could not be read")
    shown = {curve.name.partition(".")[0] for curve in lines}
    others = {member.name for member in config.members} - shown
    return plotted(lines, begin_s, end_s, [each for each in stood(log) if each.device not in others])
