"""One cause is one alarm: dead buses, lost feeds, and rules that point at each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee import resources
from mallee.pod.alarms.cause_rules import RULES, Rule
from mallee.pod.alarms.conditions import DeviceAlarms, severity, stem
from mallee.pod.alarms.desk import AlarmDesk
from mallee.pod.alarms.pod_alarms import POD_ALARMS
from mallee.pod.alarms.suppression import Standing, causes
from mallee.pod.alarms.topology import Topology, topology
from mallee.pod.config import Feed, Pdu, PodConfig, PodSection, Skid
from mallee.pod.loader import load_pod

from .books import START, Case, entry, kinds, names

POD = load_pod(resources.examples_dir() / "pod.toml")


def told(desk: AlarmDesk, lost: set[str], config: PodConfig, s: float) -> list[tuple[str, str]]:
    devices = [DeviceAlarms(c.name, c.name in lost, readings=()) for c in config.members]
    shown, _ = desk.scan(devices, (), (), s, START)
    return [(alarm.device, alarm.name) for alarm in shown.active]


def pod_on(addresses: list[str]) -> PodConfig:
    pdus = tuple(
        Pdu(f"pdu-{n}", address, n % 247 + 1, feed="A", main_A=100.0, racks=()) for n, address in enumerate(addresses)
    )
    return PodConfig(pod=PodSection("p"), feeds=(Feed("A", 1000.0),), pdus=pdus)


@pytest.mark.parametrize(
    ("addresses", "place", "name"),
    [
        (["serial:///dev/ttyUSB0"] * 40, "line /dev/ttyUSB0", "line_silent"),
        (["tcp://192.0.2.7:502"] * 40, "line 192.0.2.7:502", "line_silent"),
        ([f"tcp://192.0.2.7:{502 + n % 4}" for n in range(40)], "gateway 192.0.2.7", "gateway_silent"),
        ([f"tcp://192.0.2.{n + 1}" for n in range(40)], "feed A", "feed_silent"),
    ],
)
def test_a_dead_bus_of_40_controllers_is_one_alarm(addresses, place, name) -> None:
    config = pod_on(addresses)
    desk = AlarmDesk(config)
    everyone = {c.name for c in config.members}
    assert told(desk, set(), config, 0.0) == []
    # It went in the middle of a scan: half of them had answered already.
    assert told(desk, {f"pdu-{n}" for n in range(20)}, config, 1.0) == []
    for s in range(2, 30):
        assert told(desk, everyone, config, float(s)) == [(place, name)]
    hidden = 40 + (4 if name == "gateway_silent" else 0)  # its lines too
    assert desk.shown.active[0].explains == desk.shown.load.suppressed == hidden and desk.shown.load.told == 1
    assert all(alarm.suppressed_by == f"{place}: {name}" for alarm in desk.shown.suppressed)
    # The first one is back: the bus lives, the others are missed each for itself, after a while.
    assert told(desk, everyone - {"pdu-0"}, config, 30.0) == []
    left = told(desk, everyone - {"pdu-0"}, config, 45.0)
    assert len(left) == (3 + 9 if name == "gateway_silent" else 39)  # of four lines, three are dead as a whole


def test_the_widest_silence_is_told_and_the_nearest_name_of_it() -> None:
    skids = tuple(Skid(f"skid-{n}", f"serial:///dev/cooling{n // 2}", n + 1) for n in range(4))
    config = PodConfig(pod=PodSection("p"), skids=skids)
    desk = AlarmDesk(config)
    told(desk, {"skid-0", "skid-1"}, config, 0.0)
    assert told(desk, {"skid-0", "skid-1"}, config, 1.0) == [("line /dev/cooling0", "line_silent")]
    everyone = {skid.name for skid in skids}
    assert told(desk, everyone, config, 2.0) == [("pod", "pod_silent")]
    assert told(desk, everyone, config, 3.0) == [("pod", "pod_silent")]


def test_the_topology_of_the_default_pod() -> None:
    found = topology(POD)
    assert {place.name for place in found.silence} == {"gateway 127.0.0.1", "feed A", "feed B"}
    assert found.inside["feed A"] == {"pdu-a1", "pdu-a2", "pdu-a3", "pdu-a4"}
    assert {"feed A", "feed B", "skid-1"} <= found.inside["gateway 127.0.0.1"]
    assert found.racks["pdu-a1"] == found.racks["pdu-b1"] == ("rack-1", "rack-2")


def test_a_consequence_waits_for_its_cause_is_told_under_it_and_not_after_it() -> None:
    case = Case(entry("pump_no_effect.1", priority="high"), entry("flow_low"))
    assert names(case.scan(1, "flow_low")) == ["flow_low"]
    shown = case.scan(1, "flow_low", "pump_no_effect.1")  # it takes a moment longer to see than what it does
    assert names(shown) == ["pump_no_effect.1"] and shown.active[0].explains == 1
    assert shown.suppressed[0].suppressed_by == "d: pump_no_effect.1"
    assert kinds(case) == ["alarm_suppressed", "alarm"]
    assert names(case.scan(1, "flow_low")) == []  # the pump turns again, and flow comes back
    assert names(case.scan(8, "flow_low")) == []
    assert names(case.scan(3, "flow_low")) == ["flow_low"]  # it does not come back: that is news
    assert kinds(case) == ["alarm"]


def test_nothing_is_hidden_under_what_is_less_urgent() -> None:
    case = Case(entry("pump_no_effect.1", priority="high"), entry("flow_critical", priority="critical"))
    assert names(case.scan(1, "flow_critical", "pump_no_effect.1")) == ["flow_critical", "pump_no_effect.1"]


def test_a_cause_that_is_shelved_still_explains_but_one_out_of_service_does_not() -> None:
    case = Case(entry("pump_no_effect.1", priority="high"), entry("flow_low"))
    both = ("flow_low", "pump_no_effect.1")
    case.scan(1, *both)
    assert (
        names(case.scan(1, *both, actions=(case.action("shelve", "pump_no_effect.1", for_s=60, note="known"),))) == []
    )
    assert names(case.scan(1, *both, actions=(case.action("out_of_service", "pump_no_effect.1"),))) == ["flow_low"]


@pytest.mark.parametrize(("later_s", "expected"), [(1.0, 1), (3600.0, 2)])
def test_parts_that_fail_together_have_one_cause_and_apart_two(later_s, expected) -> None:
    case = Case(entry("metering_fault.1"), entry("metering_fault.5"))
    case.scan(1, "metering_fault.1")
    assert len(case.scan(later_s, "metering_fault.1", "metering_fault.5").active) == expected


def test_a_controller_that_comes_and_goes_hides_nothing_more_urgent_while_it_answers() -> None:
    case = Case(
        entry("no_answer", priority="high"), entry("restarted", priority="low"), entry("leak.1", priority="critical")
    )
    shown = case.scan()
    for _ in range(3):
        case.scan(5, "no_answer")
        shown = case.scan(5, "restarted", "leak.1")
    assert names(shown) == ["leak.1", "no_answer"] and shown.active[1].chattering
    assert names(case.scan(5, "no_answer", "restarted", "leak.1")) == [
        "no_answer"
    ]  # what it said is not known any more


@pytest.mark.parametrize(
    ("racks", "expected"),
    [(("r1", "r2"), ["leak.1"]), (("r2", "r1"), ["leak.1", "leak.1"])],
)
def test_a_leak_that_both_feeds_see_is_one_if_their_ropes_are_of_the_same_racks(racks, expected) -> None:
    places = Topology(racks={"a": ("r1", "r2"), "b": racks})
    case = Case(entry("leak.1", priority="critical"), device="a", topology=places)
    case.entries["b", "leak.1"] = entry("leak.1", priority="critical")
    assert names(case.scan(1, "leak.1")) == expected


def test_the_rules_name_alarms_that_there_are() -> None:
    known = {stem(alarm.name) for profile in ("pump", "pdu") for alarm in resources.dictionary(profile).alarms}
    known |= {alarm.name for alarm in POD_ALARMS}
    for rule in RULES:
        assert rule.cause in known and rule.why
        assert set(rule.explains) - {"*", "="} <= known, rule


def test_trips_ground_faults_and_welded_contactors_are_never_hidden_but_by_silence() -> None:
    untouchable = {"instantaneous_trip", "ground_fault", "contactor_welded", "trip_ahead", "leak_stop", "tick_stopped"}
    for rule in RULES:
        if not rule.blind and rule.where != "number":
            assert not untouchable & set(rule.explains), rule


NAMES = st.sampled_from(["a.1", "a.2", "b", "c", "d"])
RULE = st.builds(
    lambda cause, explains, where, blind: Rule(cause=cause, explains=(explains,), where=where, why="w", blind=blind),
    st.sampled_from("abcd"),
    st.sampled_from(["a", "b", "c", "d", "*", "="]),
    st.sampled_from(["device", "number", "loop", "racks", "inside", "pod"]),
    st.booleans(),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y"]), NAMES, st.sampled_from(["critical", "high", "low"]), st.booleans()),
        unique_by=lambda each: each[:2],
        max_size=10,
    ),
    st.lists(RULE, max_size=8),
)
def test_whatever_the_rules_say_everything_hidden_has_a_visible_root(alarms, rules) -> None:
    standing = [
        Standing((device, name), priority, order, active=active, ended_ago_s=0.0 if active else 5.0)
        for order, (device, name, priority, active) in enumerate(alarms)
    ]
    places = Topology(inside={"x": frozenset({"y"})}, loops=(frozenset("xy"),), racks={"x": ("r",), "y": ("r",)})
    found = causes(standing, places, rules)
    by_key = {each.key: each for each in standing}
    for hidden, root in found.items():
        assert by_key[hidden].active
        assert root not in found, "the root itself is told"
    if found and all(each.active for each in standing) and not any(rule.blind for rule in rules):
        worst = min(severity(each.priority) for each in standing)
        assert any(severity(each.priority) == worst for each in standing if each.key not in found)
