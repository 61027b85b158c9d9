"""Values over time: from the last minutes, or from a history with its gaps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from mallee.errors import NotFound
from mallee.history.compaction import MINUTE_MS
from mallee.history.gaps import Gap
from mallee.web.ring import Ring
from mallee.web.trends import MOST_ROWS, names, trend

from .. import documents
from ..history_files import BEGIN_MS, Filler, make, values

END_MS = BEGIN_MS + 10_000_000


@pytest.fixture
def ring() -> Ring:
    """Of 20 s, 6 of which are missing."""
    found, document = Ring(), documents.document()
    for second in (*range(8), *range(14, 20)):
        found.add(msgspec.structs.replace(document, time=document.time + timedelta(seconds=second)))
    return found


def test_without_a_history_it_is_what_was_seen_and_holes_stay_holes(ring: Ring) -> None:
    until_ms = round(documents.NOW.timestamp() * 1000) + 19_000
    found = trend(ring, None, ["skid-1.flow", "pod.heat"], "15m", until_ms, 1.0)
    assert not found.recorded and found.to_ms - found.from_ms == 900_000
    flow, heat = found.series
    assert (flow.unit, heat.unit) == ("l/min", "kW") and flow.lows is None
    assert flow.values == [1192.0] * 8 + [None] + [1192.0] * 6
    assert flow.times_ms[8] == flow.times_ms[7] + 1  # the line ends there
    assert heat.values[0] == pytest.approx(2 * 415.3)
    assert trend(ring, None, ["skid-1.flow"], "3s", until_ms, 1.0).series[0].values == [1192.0] * 4


def test_names_are_told_with_the_nearest(ring: Ring, tmp_path: Path) -> None:
    assert {"skid-1.flow", "feed B.headroom"} <= {each.name for each in names(ring, tmp_path / "none.db")}
    with pytest.raises(NotFound, match=r"skid-1.flwo") as error:
        trend(ring, None, ["skid-1.flwo"], "15m", 1 << 40, 1.0)
    assert error.value.next.startswith("did you mean 'skid-1.flow', ")
    with pytest.raises(NotFound) as error:
        trend(Ring(), None, ["skid-1.flow"], "15m", 1 << 40, 1.0)
    assert "wait" in error.value.next


def test_a_history_is_read_with_its_gaps(ring: Ring, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = make(path)
    Filler(store).add(*range(100), *range(160, 200))
    end_ms = BEGIN_MS + 160_000
    with store.database:
        store.database.execute(
            "INSERT INTO gap (device, from_ms, to_ms, cause, reason) VALUES (?, ?, ?, ?, ?)",
            Gap("skid-1", BEGIN_MS + 99_000, end_ms, "no_answer", "a cable"),
        )
        store.database.execute(
            "INSERT INTO gap (device, from_ms, to_ms, cause, reason) VALUES (?, ?, ?, ?, ?)",
            Gap("pdu-9", BEGIN_MS + 99_000, end_ms, "no_answer", "of another device"),
        )
    store.close(END_MS)
    found = trend(ring, path, ["skid-1.temperature", "pod.heat"], "10m", BEGIN_MS + 200_000, 1.0)
    assert found.recorded
    temperature = found.series[0]
    assert temperature.unit == "degC" and len(temperature.values) == 141
    assert temperature.values[:100] == [values("skid-1", n)[0][0] for n in range(100)]
    assert temperature.values[0] is None  # a sensor fault
    assert temperature.values[100] is None and temperature.values[101] == values("skid-1", 160)[0][0]
    assert [(gap.device, gap.cause, gap.reason) for gap in found.gaps] == [("skid-1", "no_answer", "a cable")]
    assert len(found.series[1].values) == 0  # computed, seen at another time
    assert {"skid-1.temperature", "skid-1.ratio", "pod.heat"} <= {each.name for each in names(ring, path)}
    assert "skid-1.state" not in {each.name for each in names(ring, path)}  # words are no lines


def test_a_long_time_comes_by_the_minute_with_lowest_and_highest(ring: Ring, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = make(path)
    Filler(store, step_ms=10_000).add(*range(MOST_ROWS // 4))
    store.close(END_MS)
    found = trend(ring, path, ["skid-1.temperature"], "6h", BEGIN_MS + 6 * 3_600_000, 1.0)
    (series,) = found.series
    assert series.lows is not None and series.highs is not None and 80 <= len(series.values) <= 90
    for low, value, high in zip(series.lows, series.values, series.highs, strict=True):
        assert low is not None and value is not None and high is not None and low <= value <= high
    assert {b - a for a, b in zip(series.times_ms, series.times_ms[1:], strict=False)} == {MINUTE_MS}
    first = [values("skid-1", n)[0][0] for n in range(7)]
    known = [value for value in first if isinstance(value, float)]
    assert series.lows[0] is not None and series.lows[0] <= max(known)
