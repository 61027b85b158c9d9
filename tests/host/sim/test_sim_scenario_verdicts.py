"""Each invariant can be broken, and says by what; each kind of expectation can fail."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

pytest.importorskip("CoolProp")

from mallee.pod.document import Value
from mallee.sim.loads import Constant
from mallee.sim.plant.settle import settle
from mallee.sim.podworld import PodEquipment
from mallee.sim.scenario.invariants import Invariants
from mallee.sim.scenario.kpis import Series, View
from mallee.sim.scenario.model import AlarmSection, Expectation
from mallee.sim.scenario.result import FAILED, PASSED, UNKNOWN, judge
from mallee.sim.world import World

from ..documents import CONFIG, document, troubled


@pytest.fixture
def view():
    equipment = PodEquipment(CONFIG, Constant())
    settle(equipment.plant, equipment.demand_W(0.0), 37.0, 200.0)
    server = SimpleNamespace(heard_us=9_900_000)
    world = SimpleNamespace(controller=lambda name: SimpleNamespace(server=server), server=server)
    return View(world, CONFIG, equipment)  # type: ignore[arg-type]


def broken(view: View, **options: object) -> tuple[Invariants, list[str]]:
    arguments = {"may_throttle": False, "alarms": AlarmSection(), **options}
    invariants = Invariants(view, **arguments)  # type: ignore[arg-type]
    invariants.sample(9.0)
    invariants.document(document(), 10.0)
    invariants.finish(11.0)
    return invariants, [invariant.name for invariant in invariants.all if not invariant.kept]


def test_a_pod_in_order_breaks_none(view):
    assert broken(view)[1] == []


def test_a_branch_that_draws_what_nobody_takes(view):
    view.equipment.plant.electrical.pdus["pdu-a1"].branches[0].shelf_W *= 1.2
    assert broken(view)[1] == ["energy_balance"]


def test_heat_that_nobody_accounts_for(view):
    plant = view.equipment.plant
    plant.balance.rack_J, plant.balance.facility_J = 1e8, 0.9e8
    invariants, names = broken(view)
    assert names == ["energy_balance"] and "coolant loop" in invariants.energy.what


def test_flow_from_nowhere(view):
    view.equipment.plant.skids["skid-1"].hydraulics.flow_kg_s *= 1.01
    assert broken(view)[1] == ["mass_balance"]


def test_a_device_that_throttles(view):
    view.equipment.plant.racks[3].case_degC = 85.1
    invariants, names = broken(view)
    assert names == ["no_device_throttles"]
    assert "rack-4" in invariants.throttle.what and invariants.throttle.first_s == 9.0
    assert "no_device_throttles" not in broken(view, may_throttle=True)[1]


def test_an_alarm_that_does_not_go(view):
    found = troubled()
    invariants = Invariants(view, False, AlarmSection())
    invariants.document(document(), 9.0)
    invariants.document(msgspec.structs.replace(document(), alarms=found.alarms), 10.0)
    invariants.finish(11.0)
    assert not invariants.alarms_clear.kept and found.alarms[0].name in invariants.alarms_clear.what
    invariants = Invariants(view, False, AlarmSection(standing=("*",)))
    invariants.document(msgspec.structs.replace(document(), alarms=found.alarms), 10.0)
    invariants.document(document(), 10.5)
    invariants.document(msgspec.structs.replace(document(), alarms=found.alarms), 11.0)
    invariants.finish(11.0)
    assert invariants.alarms_clear.kept
    (record, *_) = invariants.alarms.values()
    assert (record.comings, record.first_s, record.last_s, record.active) == (2, 10.0, 11.0, True)


def test_a_value_that_is_older_than_it_says(view):
    view.world.server.heard_us = 8_000_000
    invariants, names = broken(view)
    assert names == ["ages_are_true"] and "last heard 2.00 s ago" in invariants.ages.what


def test_a_value_that_is_called_good_when_it_is_stale(view):
    skid = msgspec.structs.replace(
        document().skids[0], flow=Value(value=1.0, age_s=3.5, quality=document().skids[0].flow.quality)
    )
    invariants = Invariants(view, False, AlarmSection())
    invariants.document(msgspec.structs.replace(document(), skids=(skid,)), 10.0)
    assert not invariants.ages.kept and "skid-1 flow" in invariants.ages.what


VALUES = [1.0, 2.0, 3.0, None]


@pytest.mark.parametrize(
    ("bounds", "verdict", "value"),
    [
        ({"at_least": 1.0, "to_s": 2}, PASSED, 1.0),
        ({"at_least": 1.5, "to_s": 2}, FAILED, 1.0),
        ({"at_most": 2.5, "to_s": 2}, FAILED, 3.0),
        ({"at_least": 1.5, "at_most": 3.0, "from_s": 1, "to_s": 2}, PASSED, None),
        ({"at_least": 2.5, "over": "some", "to_s": 2}, PASSED, 3.0),
        ({"at_least": 3.5, "over": "some", "to_s": 2}, FAILED, 3.0),
        ({"equals": 2.0, "from_s": 1, "to_s": 1}, PASSED, 2.0),
        ({"equals": 2.0, "to_s": 1}, FAILED, 1.0),
        ({"at_most": 2.0, "over": "mean", "to_s": 2}, PASSED, 2.0),
        ({"at_most": 1.9, "over": "mean", "to_s": 2}, FAILED, 2.0),
        ({"at_least": 1.0}, UNKNOWN, 1.0),
        ({"at_least": 1.5}, FAILED, 1.0),
        ({"at_least": 1.0, "from_s": 3}, UNKNOWN, None),
    ],
)
def test_expectations(bounds, verdict, value):
    series = Series(View(World(), CONFIG, PodEquipment(CONFIG, Constant())), set())
    series.times_s = [0.0, 1.0, 2.0, 3.0]
    series.values["supply_temperature_degC", ""] = VALUES
    judged = judge(Expectation(name="x", kpi="supply_temperature_degC", **bounds), series, 3.0)
    assert judged.verdict == verdict
    assert value is None or judged.value == pytest.approx(value)
