"""The physics check names the one sensor that lies, and nobody while all is well or not known."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.pod.document import PodDocument
from mallee.pod.topology.physics import PhysicsState, disagreements, step
from mallee.pod.topology.views import View, odd_one
from mallee.pod.topology.watching import PhysicsWatch

from .documents import CONFIG, document
from .healthy_pod import (
    Change,
    healthy,
    lost,
    plus,
    summed,
    times,
    with_branch,
    with_pdu,
    with_skid,
    with_total,
)

BRANCHES = [(index, number) for index in range(8) for number in range(1, 9)]
SKID_POINTS = (
    "flow", "supply_temperature", "return_temperature", "facility_flow", "facility_supply_temperature",
    "facility_return_temperature", "differential_pressure",
)  # fmt: skip


def named(told: PodDocument) -> list[tuple[str, str]]:
    return [each.key for each in disagreements(CONFIG, told)]


@pytest.mark.parametrize("factor", [0.0, 0.8, 1.25])
@pytest.mark.parametrize(("index", "number"), BRANCHES)
def test_a_branch_whose_power_lies(index: int, number: int, factor: float) -> None:
    expected = [(f"{CONFIG.pdus[index].name}.{number}", "power")]
    told = with_branch(healthy(), index, number, "power", times(factor))
    assert named(told) == expected
    assert named(summed(told)) == expected, "the sums that it spoils are not named a second time"
    (finding,) = disagreements(CONFIG, told)
    assert finding.off == pytest.approx(12_000 * (factor - 1))
    assert finding.others == ("current", f"the other branches of {CONFIG.pdus[index].racks[number - 1]}")


@pytest.mark.parametrize("factor", [0.5, 1.4])
@pytest.mark.parametrize(("index", "number"), BRANCHES[::5])
def test_a_branch_whose_current_lies(index: int, number: int, factor: float) -> None:
    told = with_branch(healthy(), index, number, "current", times(factor))
    assert named(told) == [(f"{CONFIG.pdus[index].name}.{number}", "current")]
    assert named(summed(told))[0] == (f"{CONFIG.pdus[index].name}.{number}", "current")


@pytest.mark.parametrize("factor", [0.5, 0.95, 1.05, 2.0])
@pytest.mark.parametrize("index", range(8))
def test_a_pdu_whose_total_lies(index: int, factor: float) -> None:
    assert named(with_total(healthy(), index, times(factor))) == [(CONFIG.pdus[index].name, "power")]


@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize("index", range(2))
def test_a_feed_whose_meter_lies(index: int, factor: float) -> None:
    told = healthy()
    feeds = list(told.feeds)
    feeds[index] = msgspec.structs.replace(feeds[index], power_kW=(feeds[index].power_kW or 0.0) * factor)
    told = msgspec.structs.replace(told, feeds=tuple(feeds))
    assert named(told) == [(f"feed {CONFIG.feeds[index].name}", "power")]
    assert "kW" in disagreements(CONFIG, told)[0].finding().what


@pytest.mark.parametrize("index", range(2))
@pytest.mark.parametrize(
    ("point", "change", "sensor"),
    [
        ("flow", times(1.25), "flow"),
        ("flow", times(0.75), "flow"),
        ("supply_temperature", plus(2.5), "supply temperature"),
        ("supply_temperature", plus(-2.5), "supply temperature"),
        ("return_temperature", plus(2.5), "return temperature"),
        ("return_temperature", plus(-2.5), "return temperature"),
        ("facility_supply_temperature", plus(4.0), "facility supply temperature"),
        ("facility_supply_temperature", plus(-4.0), "facility supply temperature"),
        ("facility_return_temperature", plus(4.0), "facility return temperature or facility flow"),
        ("facility_flow", times(0.7), "facility return temperature or facility flow"),
    ],
)
def test_a_skid_whose_sensor_lies(index: int, point: str, change: Change, sensor: str) -> None:
    assert named(with_skid(healthy(), index, point, change)) == [(CONFIG.skids[index].name, sensor)]


@pytest.mark.parametrize("change", [times(0.7), times(1.4)])
def test_a_pressure_that_lies_accuses_nobody_else(change: Change) -> None:
    assert named(with_skid(healthy(), 0, "differential_pressure", change)) == []


def test_what_is_told_says_how_much_and_against_what() -> None:
    (one,) = disagreements(CONFIG, with_skid(healthy(), 0, "supply_temperature", plus(3.0)))
    assert one.finding().where == "skid-1"
    assert one.finding().what == (
        "supply temperature disagrees: 40.0 °C, off by +3.0 °C from heat by the facility water and "
        "electrical power of the racks (37.0 °C)"
    )


def test_both_sides_of_every_skid_against_the_racks() -> None:
    told = healthy()
    for index in range(8):
        for number in range(1, 9):
            told = with_branch(told, index, number, "power", times(1.6))
            told = with_branch(told, index, number, "current", times(1.6))
    assert named(summed(told)) == [("loop coolant", "electrical power of the racks")]


def test_a_feed_that_is_lost_is_no_liar() -> None:
    told = healthy(0.8)
    for index, pdu in enumerate(CONFIG.pdus):
        factor = 0.0 if pdu.feed == "A" else 2.0
        for number in range(1, 9):
            told = with_branch(told, index, number, "power", times(factor))
            told = with_branch(told, index, number, "current", times(factor))
        if pdu.feed == "A":
            told = with_pdu(told, index, phase_voltage=tuple(times(0.0)(v) for v in told.pdus[index].phase_voltage))
    assert named(summed(told)) == []


def test_documents_with_troubles_of_other_kinds_name_nobody() -> None:
    assert named(document()) == []


small = st.floats(-1.0, 1.0)


@given(
    st.floats(0.2, 1.0), st.floats(25, 45), st.floats(10, 24), st.lists(small, min_size=40, max_size=40), st.booleans()
)
def test_healthy_pods_name_nobody(load: float, supply: float, facility: float, errors: list[float], sums: bool) -> None:
    """Every sensor is off a little: powers by 2 %, flows by 2 %, temperatures by 0.2 K."""
    told = healthy(load, supply, facility)
    for index in range(8):
        for number in (1, 4, 8):
            told = with_branch(told, index, number, "power", times(1 + 0.02 * errors[(index + number) % 40]))
    for index in range(2):
        for n, point in enumerate(SKID_POINTS):
            error = errors[7 * index + n]
            change = plus(0.2 * error) if "temperature" in point else times(1 + 0.02 * error)
            told = with_skid(told, index, point, change)
    assert named(summed(told) if sums else told) == []


@given(st.data())
def test_unknown_values_name_nobody(data: st.DataObject) -> None:
    told = healthy(data.draw(st.floats(0.2, 1.0)))
    for index, number in data.draw(st.lists(st.sampled_from(BRANCHES), max_size=30)):
        point = data.draw(st.sampled_from(("power", "current")))
        told = with_branch(told, index, number, point, lost)
    for index in data.draw(st.sets(st.integers(0, 7))):
        told = with_total(told, index, lost)
    for index in data.draw(st.sets(st.integers(0, 7))):
        told = with_pdu(told, index, phase_voltage=(), phase_current=())
    for index, point in data.draw(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(SKID_POINTS)), max_size=8)):
        told = with_skid(told, index, point, lost)
    assert named(told) == []


@given(st.data())
def test_with_witnesses_unknown_a_liar_is_named_or_nobody(data: st.DataObject) -> None:
    told = with_skid(healthy(), 0, "return_temperature", plus(3.0))
    for index, point in data.draw(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(SKID_POINTS)), max_size=4)):
        told = with_skid(told, index, point, lost)
    assert set(named(told)) <= {("skid-1", "return temperature"), ("skid-1", "supply or return temperature")}


def test_one_apart_from_three_and_nobody_from_two() -> None:
    views = [View("a", 10.0), View("b", 10.5), View("c", 13.0)]
    assert odd_one(views, 1.0) == (views[2], 10.25)
    assert odd_one(views, 3.0) is None
    assert odd_one(views[1:], 1.0) is None
    assert odd_one([*views[:2], View("c", None)], 1.0) is None
    assert odd_one([View("a", 0.0), View("b", 10.0), View("c", 20.0)], 1.0) is None, "two apart: nobody can tell"


def told_at(documents: list[PodDocument]) -> list[int]:
    """Seconds in which something is told; a document a second."""
    state, told = PhysicsState(), []
    for second, each in enumerate(documents):
        state, findings = step(CONFIG, state, each, float(second))
        if findings:
            told.append(second)
    return told


def test_nothing_is_told_within_ten_seconds_of_a_load_step_and_only_what_lasts() -> None:
    liar = with_total(healthy(0.8), 2, times(1.2))
    settings = CONFIG.physics
    first = int(settings.quiet_s + settings.hold_s)
    assert told_at([liar] * 30) == list(range(first, 30))
    after = with_total(healthy(0.5), 2, times(1.2))
    assert told_at([liar] * 30 + [after] * 30) == [*range(first, 30), *range(30 + first, 60)]
    passing = [healthy(0.8)] * 20 + [liar] * 4 + [healthy(0.8)] * 10
    assert told_at(passing) == []


def test_heat_waits_until_it_has_come_through() -> None:
    liar = with_skid(healthy(0.8), 0, "supply_temperature", plus(3.0))
    settings = CONFIG.physics
    first = int(settings.heat_quiet_s + settings.heat_hold_s)
    assert told_at([liar] * (first + 5)) == list(range(first, first + 5))


def test_the_watch_adds_findings_to_the_document() -> None:
    watch = PhysicsWatch(CONFIG)
    liar = with_branch(healthy(), 0, 3, "power", times(2.0))
    documents = [watch.judged(liar, float(second)) for second in range(20)]
    assert documents[0] is liar
    assert [finding.where for finding in documents[-1].findings] == ["pdu-a1.3"]
