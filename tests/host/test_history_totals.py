"""Sums that are not recorded: of what is, where all of it is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from mallee.history.compaction import HOUR_MS
from mallee.history.curves import Curve, Point
from mallee.history.frames import FrameCoder
from mallee.history.recently import latest
from mallee.history.rows import Entry, StoredFrame
from mallee.history.series import Layout, Series
from mallee.history.totals import Total, curve_of, totals
from mallee.web.ring import Ring
from mallee.web.trends import names, trend

from .documents import CONFIG
from .history_files import BEGIN_MS, make

BY_NAME = {total.name: total for total in totals(CONFIG)}
PDUS = tuple(pdu.name for pdu in CONFIG.pdus)


def curve(name: str, *values: float | None, late_s: float = 0.0) -> Curve:
    return Curve(name, "W", [Point(second + late_s, value) for second, value in enumerate(values)])


def test_what_is_summed_is_that_of_the_document() -> None:
    assert set(BY_NAME) == {
        "pod.power", "pod.heat", "pod.flow", "feed A.power", "feed A.current", "feed B.power", "feed B.current",
    }  # fmt: skip
    assert BY_NAME["pod.power"].parts == tuple(f"{pdu}.power" for pdu in PDUS)
    assert BY_NAME["feed A.current"].groups[1] == tuple(f"pdu-a{number}.phase_current.2" for number in range(1, 5))


def test_a_sum_is_known_where_all_its_parts_are() -> None:
    total = Total("feed A.power", "kW", 0.001, (("a.power", "b.power"),))
    parts = {
        "a.power": curve("a.power", 1000, 2000, None, 4000),
        "b.power": curve("b.power", 500, 500, 500, 500, late_s=0.4),
    }
    assert curve_of(total, parts, 1.0) == Curve(
        "feed A.power", "kW", [Point(0, 1.5), Point(1, 2.5), Point(2, None), Point(3, 4.5)]
    )
    far = {**parts, "b.power": Curve("b.power", "W", parts["b.power"].points[:1])}
    assert [point.value for point in curve_of(total, far, 1.0).points] == [1.5, 2.5, None, None]
    assert {point.value for point in curve_of(total, {"a.power": parts["a.power"]}, 1.0).points} == {None}
    assert curve_of(total, {}, 1.0).points == []


def test_the_current_of_a_feed_is_its_largest_phase() -> None:
    total = Total("feed A.current", "A", 1.0, (("a.1", "b.1"), ("a.2", "b.2")))
    parts = {
        "a.1": curve("a.1", 10, 30),
        "b.1": curve("b.1", 10, 30),
        "a.2": curve("a.2", 25, 25),
        "b.2": curve("b.2", 5, None),
    }
    assert [point.value for point in curve_of(total, parts, 1.0).points] == [30, None]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two hours of power, 1 kW a PDU and one more each minute; for a while pdu-b2 does not answer."""
    path = tmp_path / "history.db"
    store = make(path)
    layouts = [Layout(pdu, (Series(pdu, "power", "W", "number", "I"),)) for pdu in PDUS]
    forms = [(each, store.number(each), FrameCoder(each)) for each in layouts]
    for second in range(0, 7200, 10):
        time_ms = BEGIN_MS + 1000 * second
        values = [1000 + 1000 * (second // 60)]
        frames = [
            StoredFrame(
                number, time_ms - at, coder.encode(number, -at, values, None)
            )  # each was read at its own moment
            for at, (each, number, coder) in enumerate(forms)
            if each.device != "pdu-b2" or not 3000 <= second < 3600
        ]
        store.append(Entry(time_ms, frames))
    store.close(BEGIN_MS + 7_200_000)
    return path


def test_trends_have_sums_of_more_than_the_page_has_seen(history: Path) -> None:
    sums, until_ms = totals(CONFIG), BEGIN_MS + 2 * HOUR_MS
    known = {each.name: each.unit for each in names(Ring(), history, sums)}
    assert known["pod.power"] == "kW" and "pod.heat" not in known, "of the skids nothing is recorded"
    found = trend(Ring(), history, ["pod.power", "feed B.power"], "2h", until_ms, 10.0, sums)
    pod, feed = found.series
    assert found.recorded and (pod.name, pod.unit, pod.lows) == ("pod.power", "kW", None)
    assert pod.values[0] == pytest.approx(8.0) and pod.values[-1] == pytest.approx(8 * 120.0)
    missing = [time for time, value in zip(feed.times_ms, feed.values, strict=True) if value is None]
    assert len(missing) == 10 and all(3000 <= (time - BEGIN_MS) / 1000 <= 3620 for time in missing)


def test_the_dashboard_remembers_them(history: Path) -> None:
    found = latest(history, {"pod.power": 1.0, "pdu-a1.power": 0.001, "pod.heat": 1.0}, totals(CONFIG), 10.0)
    assert set(found) == {"pod.power", "pdu-a1.power"}
    assert found["pod.power"][-1][1] == pytest.approx(960.0) and found["pdu-a1.power"][-1][1] == pytest.approx(120.0)
    assert len(found["pod.power"]) == pytest.approx(90, abs=2)
