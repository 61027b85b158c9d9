"""A recorded hour of a skid for pictures: temperatures, flow and state, with a gap and a sensor fault; and its alarms."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

from mallee.history.frames import FrameCoder
from mallee.history.gaps import Change, Gap
from mallee.history.rows import Entry, StoredFrame
from mallee.history.series import Layout, Series
from mallee.pod.alarms.store import AlarmStore
from mallee.pod.document import Event
from mallee.pod.why.noting import Note
from mallee.pod.why.store import DecisionStore
from mallee.reading import Quality, Scalar

from .history_files import STATES, make

BEGIN_S = 1_774_778_400
"""2026-03-29T10:00Z"""
POD = """
[pod]
name = "p"
[[feed]]
name = "A"
main_A = 200.0
[[pdu]]
name = "pdu-a"
feed = "A"
main_A = 200.0
address = "tcp://127.0.0.1:9"
racks = ["rack-1"]
[[rack]]
name = "rack-1"
power_kW = 60.0
liquid_kW = 50.0
[[skid]]
name = "skid-1"
address = "tcp://127.0.0.1:9"
unit = 3
[history]
path = "h.db"
"""
LAYOUT = Layout(
    "skid-1",
    (
        Series("skid-1", "supply_temperature", "degC", "number", "h", -2),
        Series("skid-1", "return_temperature", "degC", "number", "h", -2),
        Series("skid-1", "flow", "l/min", "number", "H", -1),
        Series("skid-1", "state", "", "choice", "H", 0, STATES),
    ),
)
GAP_S = (1200, 1500)
FAULT_S = (2400, 2520)
"""Of the supply's sensor."""


def values(second: int) -> list[Scalar]:
    swing = math.sin(second / 300)
    return [round(37 + 0.4 * swing, 2), round(46 + 1.5 * swing, 2), round(600 - 50 * swing, 1), "running"]


def record(path: Path, seconds: int = 3600, every_s: int = 5) -> None:
    store, coder = make(path), FrameCoder(LAYOUT)
    number = store.number(LAYOUT)
    gap = Gap("skid-1", 1000 * (BEGIN_S + GAP_S[0] - every_s), 1000 * (BEGIN_S + GAP_S[1]), "no_answer", "")
    for second in range(0, seconds, every_s):
        time_ms = 1000 * (BEGIN_S + second)
        if GAP_S[0] <= second < GAP_S[1]:
            continue
        row, qualities = values(second), [Quality.GOOD] * 4
        if FAULT_S[0] <= second < FAULT_S[1]:
            row[0], qualities[0] = None, Quality.FAULT
        frame = StoredFrame(number, time_ms, coder.encode(number, 0, row, qualities))
        store.append(Entry(time_ms, [frame], changes=[Change(gap, False)] if second == GAP_S[1] else ()))
    store.close(1000 * (BEGIN_S + seconds))


_ALARMS = (
    (1180, "alarm", "skid-1", "no_answer", "high", "no_answer"),
    (1500, "alarm_gone", "skid-1", "no_answer", "high", "no_answer is gone"),
    (2000, "alarm", "feed A", "feed_lost", "critical", "feed_lost"),
    (2400, "alarm", "skid-1", "supply_sensor_fault.1", "medium", "supply_sensor_fault.1"),
    (2500, "alarm", "pdu-a", "overload_warning.1", "medium", "overload_warning.1"),
    (2530, "alarm_gone", "skid-1", "supply_sensor_fault.1", "medium", "supply_sensor_fault.1 is gone"),
    (7200, "alarm", "skid-1", "leak", "critical", "leak"),
)
_OTHERS = (
    (1250, "alarm_acknowledged", "skid-1", "no_answer", "high", "no_answer acknowledged by ada: <the cable>"),
    (2100, "lost", "pdu-a", "", "", "does not answer: it did not answer within this scan"),
)
"""What people did, and what was no alarm."""


def log_alarms(folder: Path, *, others: bool = False) -> None:
    store = AlarmStore(folder)
    store.open()
    store.append(
        Event(time=moment(at), kind=kind, device=device, text=text, alarm=alarm, priority=priority)
        for at, kind, device, alarm, priority, text in sorted(_ALARMS + (_OTHERS if others else ()))
    )


def note_decision(folder: Path) -> None:
    decided = Note(
        time=moment(600),
        target="skid-1.remote_differential_pressure",
        old=200.0,
        new=120.0,
        unit="kPa",
        rule="flow in proportion to the most loaded rack",
        outcome="written",
    )
    DecisionStore(folder).append([decided])


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(BEGIN_S + second, UTC)
