"""What a shift was, from the history, the log of alarms and the notes of the host. Each part may be missing, and says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ..errors import MalleeError
from ..history import curves
from ..history.query import History
from ..history.report import reporting
from ..history.report.energy import PodRow
from ..history.report.periods import Zone
from ..plot.drawing import drawn
from ..plot.plotted import Stood, empty, plot, stood, within_time
from ..pod.alarms import eemua
from ..pod.alarms.actions import DONE
from ..pod.alarms.store import AlarmStore
from ..pod.config import PodConfig
from ..pod.document import Event
from ..pod.why.asking import notes
from ..pod.why.noting import Note

_DRAWN = ("supply_temperature", "differential_pressure", "heat", "power")
"""Points of skids and PDUs whose course is shown."""
_BY_PEOPLE = frozenset(DONE.values())
_OF_A_DAY = "alarms that stand for a day"


class AlarmRow(msgspec.Struct, frozen=True):
    """`done` is when people did what with it while it stood."""

    stood: Stood
    done: tuple[tuple[datetime, str], ...]


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """`missing`: what could not be told, and why."""

    pod: str
    begin_ms: int
    end_ms: int
    zone: Zone
    total: PodRow | None = None
    hours: tuple[PodRow, ...] = ()
    alarms: tuple[AlarmRow, ...] = ()
    figures: tuple[eemua.Figure, ...] = ()
    covered_s: float = 0.0
    notes: tuple[Note, ...] = ()
    events: tuple[tuple[datetime, str, str, str], ...] = ()
    """When, of which device, what kind, and what happened."""
    picture: str = ""
    missing: tuple[str, ...] = ()


def gather(config: PodConfig, history: History | None, folder: Path, begin_ms: int, end_ms: int, zone: Zone) -> Shift:
    """`folder` is the host's. Of a file that is damaged what can be read counts."""
    missing: list[str] = []
    log, unreadable = AlarmStore(folder).events()
    if unreadable:
        missing.append(f"{unreadable} lines of the log of alarms could not be read")
    if not log:
        missing.append("there is no log of alarms: no `mallee run` ran here")
    within = [event for event in log if begin_ms <= event.time.timestamp() * 1000 < end_ms]
    alarms = within_time(stood(log), begin_ms / 1000, end_ms / 1000)
    told = eemua.report(within)
    done, wrong = notes(folder)
    if wrong:
        missing.append(f"{wrong} lines of the host's notes could not be read")
    shift = Shift(
        pod=config.pod.name,
        begin_ms=begin_ms,
        end_ms=end_ms,
        zone=zone,
        alarms=tuple(AlarmRow(each, _done(each, log)) for each in alarms),
        figures=_figures(told, eemua.report([event for event in log if event.time.timestamp() * 1000 < end_ms])),
        covered_s=told.covered_s,
        notes=tuple(note for note in done if begin_ms <= note.time.timestamp() * 1000 < end_ms),
        events=tuple((e.time, e.device, e.kind, e.text) for e in within if not e.alarm and e.device),
    )
    if history is None:
        missing.append("the pod is not recorded: there are no energies and no trends ([history] in the pod file)")
        return msgspec.structs.replace(shift, missing=tuple(missing))
    return _with_history(shift, config, history, alarms, missing)


def _with_history(
    shift: Shift, config: PodConfig, history: History, alarms: Sequence[Stood], missing: list[str]
) -> Shift:
    begin_ms, end_ms = shift.begin_ms, shift.end_ms
    total, hours, picture = None, (), ""
    try:
        report = reporting.energy(history, config, begin_ms, end_ms, "hour", "pod", shift.zone)
        rows = [row for row in report.rows if isinstance(row, PodRow)]
        total, hours = rows[-1], tuple(rows[:-1])
        missing += report.notes
    except MalleeError as error:
        missing.append(f"energy: {error.what}")
    names = [f"{member.name}.{point}" for point in _DRAWN for member in (*config.skids, *config.pdus)]
    known = {series.name: series for series in history.series()}
    wanted = [known[name] for name in names if name in known and known[name].coding in ("number", "real")]
    plotted = plot(curves.curves(history, wanted, begin_ms, end_ms), begin_ms / 1000, end_ms / 1000, alarms)
    if empty(plotted):
        missing.append("trends: nothing was recorded in that time")
    else:
        try:
            picture = drawn(plotted, "svg", "", shift.zone).decode("utf-8")
        except MalleeError as error:
            missing.append(f"trends: {error.what} ({error.next})")
    seen = [
        (datetime.fromtimestamp((e.time_ms or e.seen_ms) / 1000, UTC), e.device, e.kind, e.what)
        for e in history.events(None, begin_ms, end_ms)
        if e.source == "journal"
    ]
    return msgspec.structs.replace(
        shift,
        total=total,
        hours=hours,
        picture=picture,
        events=tuple(sorted((*shift.events, *seen))),
        missing=tuple(missing),
    )


def _done(alarm: Stood, log: Sequence[Event]) -> tuple[tuple[datetime, str], ...]:
    end_s = float("inf") if alarm.end_s is None else alarm.end_s
    return tuple(
        (event.time, event.text)
        for event in log
        if (event.device, event.alarm) == (alarm.device, alarm.alarm)
        and event.kind in _BY_PEOPLE
        and alarm.begin_s <= event.time.timestamp() <= end_s
    )


def _figures(of_shift: eemua.Report, until_end: eemua.Report) -> tuple[eemua.Figure, ...]:
    """Of the shift; but what stands for a day is seen in the log of more than a shift."""
    standing = {figure.figure: figure for figure in until_end.figures if figure.figure == _OF_A_DAY}
    return tuple(standing.get(figure.figure, figure) for figure in of_shift.figures)
