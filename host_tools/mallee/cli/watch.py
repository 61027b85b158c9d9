"""`mallee watch`: the pod on a dashboard or as documents, a device or some points, again and again."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Annotated

from cyclopts import App, Parameter
from rich.live import Live

from .. import clock
from ..device.selecting import fast_points, select
from ..errors import ExitCode, MalleeError
from ..pod.fleet import Fleet
from ..pod.hostfolder import host_folder
from ..pod.runner import run_pod, with_scan
from ..poll.watching import WatchSummary
from ..poll.watching import watch as poll
from . import completing
from .common import Common, Context, duration_s
from .dashing import actions, recorded
from .output import emit_line, reading_row, table
from .showing import Show, account
from .stopping import stop_event

_INTERVAL_S = 1.0
COLUMNS = ("point", "value", "unit", "quality")


def register(app: App) -> None:
    app.command(watch)


def watch(
    device: completing.Device | None = None,
    /,
    *points: completing.Point,
    interval: str | None = None,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Show the pod, or points of a device, again and again. Reads only, and takes no lease.

    The pod is a full-screen dashboard with keys of its own (`?` shows them, q ends it); what a host that runs here says, or else
    what is read from here. Piped, on a dumb terminal, or with -o jsonl, it is a line of JSON a document. At the end it says how
    many polls were lost.

    Parameters
    ----------
    device
        Name from the pod file, or an address. None: the whole pod.
    points
        Names or patterns. None: the fast block.
    interval
        Time between polls, such as 500ms; otherwise 1 s, and for the pod its scan time.
    for_
        End after this time; otherwise on Ctrl-C.
    """
    context = Context(common)
    interval_s = None if interval is None else duration_s(interval, "--interval")
    for_s = None if for_ is None else duration_s(for_, "--for")
    if device is None:
        return clock.run((_dashboard if _on_screen(context) else _watch_pod)(context, interval_s, for_s))
    if context.output == "csv":
        raise MalleeError("values over time are not a table of rows", "-o csv was asked for", "use -o jsonl")
    summary = WatchSummary()
    try:
        clock.run(_watch(context, device, points, interval_s or _INTERVAL_S, for_s, summary))
    finally:
        p99 = "–" if summary.rtt_p99_ms is None else f"{summary.rtt_p99_ms:.0f} ms"
        context.note(f"{summary.polls} polls, {summary.losses} lost, {summary.late} late, p99 {p99}")
    return ExitCode.NO_ANSWER if summary.polls and summary.losses == summary.polls else ExitCode.DONE


def _on_screen(context: Context) -> bool:
    """Without keys a full screen would be a trap."""
    return context.live and sys.stdin.isatty() and sys.stdout.isatty()


async def _dashboard(context: Context, interval_s: float | None, for_s: float | None) -> ExitCode:
    from ..ui.dashboard.running import run  # textual takes a quarter of a second to import, which only this one needs

    if context.out.no_color:
        os.environ["NO_COLOR"] = "1"  # what textual looks at
    config = with_scan(context.pod(), interval_s)
    ended = await run(config, host_folder(config), actions(config), stop_event(for_s), recorded(config))
    if ended.how == "vanished":  # nobody is there to be told
        return ExitCode.DONE
    if ended.last is not None:
        context.note(account(ended.last, "documents", ended.documents))
    if ended.how in ("interrupted", "failed"):
        return ExitCode.INTERRUPTED if ended.how == "interrupted" else ExitCode.BUG
    return ExitCode.DONE if ended.heard or ended.last is None else ExitCode.NO_ANSWER


async def _watch_pod(context: Context, interval_s: float | None, for_s: float | None) -> ExitCode:
    if not context.live and context.output == "table":
        context.as_lines()
    config = with_scan(context.pod(), interval_s)
    show = Show(context)
    try:
        with show:
            await run_pod(config, publish=show.publish, stop=stop_event(for_s), advise=True)
    finally:
        show.summarise()
    return show.code


async def _watch(
    context: Context,
    name: str,
    patterns: tuple[str, ...],
    interval_s: float,
    for_s: float | None,
    summary: WatchSummary,
) -> None:
    stop: asyncio.Event = stop_event(for_s)
    async with Fleet(context.pod(), timeout_s=context.timeout_s) as fleet:
        device = await fleet.device(name)
        chosen = select(device.dictionary, patterns) if patterns else fast_points(device.dictionary)
        names = [point.name for point in chosen]
        live = Live(console=context.out, auto_refresh=False) if context.live else None
        if live is not None:
            live.start()
        try:
            async for snapshot in poll(device, names, interval_s, summary, stop):
                rows = [reading_row(name, reading) for reading in snapshot.values()]
                if live is not None:
                    live.update(table(rows, COLUMNS), refresh=True)
                else:
                    emit_line({"device": name, "time": snapshot.when, "points": {row["point"]: row for row in rows}})
        finally:
            if live is not None:
                live.stop()
