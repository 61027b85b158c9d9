"""Scenario files: the bundled ones are sound; what is wrong in one, or can never be judged, is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("CoolProp")

from mallee.errors import ExitCode, MalleeError
from mallee.sim.scenario import pairing, reading
from mallee.sim.scenario.faults import FAULTS
from mallee.sim.scenario.overriding import laid_over, pod_of
from mallee.sim.scenario.soak import pairs

GOOD = """\
title = "a test"
for_s = 20
settings = { pump = { droop = 4.0 } }

[load]
steps = [[0, 0.6], [5, 1.0]]

[[event]]
at_s = 5
fault = "pump_stop"
target = "skid-1/1"
for_s = 3

[[event]]
at_s = 6
fault = "sensor_offset"
target = "skid-1/level"
with = { by = 2.0 }

[[expect]]
name = "flow"
kpi = "flow_l_min"
at_least = 1000
from_s = 10

[[expect]]
name = "leases"
kpi = "host_leases"
equals = 10
from_s = 3

[alarms]
expected = ["skid-1: pump_no_effect.1"]
forbidden = ["*: flow_critical"]

[counterproof]
fails = ["flow"]
settings = { pump = { pump_gain = 0.0 } }
over = { control = { feed_forward = false } }
"""
WRONG = [
    ("for_s = 20", "fro_s = 20", 2, "'fro_s'", "for_s"),
    ("for_s = 20", "for_s = -1", 2, "for_s", "> 0"),
    ("for_s = 20", "for_s = 20\nover = { control = { scan_s = 9.9 } }", 3, "lease_s", "scan"),
    ("for_s = 20", "for_s = 20\nover = { feed = { C = { main_A = 9 } } }", 3, "feed 'C'", "A"),
    ("for_s = 20", "for_s = 20\nover = { plant = { pumps = { rated_flow_kg_s = -1 } } }", 3, "rated_flow_kg_s", "> 0"),
    ("for_s = 20", "for_s = 20\nover = { plant = { pumps = { head_kPa = [9, 8, 8, 7, 1] } } }", 3, "monotonic", "fall"),
    ("[5, 1.0]]", "[5, 1.0]]\njob_end_s = 3", 7, "job_end_s without training", "leave it out"),
    ("[5, 1.0]]", "[5, -1.0]]", 6, "steps", ">= 0"),
    ('"pump_stop"', '"leak"', 11, "leak is about a skid or a rack: there is no 'skid-1/1'", "skid-1"),
    ('"pump_stop"', '"breaker_open"', 11, "breaker_open is about a breaker", "pdu"),
    ('"pump_stop"', '"sensors_swapped"', 11, "sensors_swapped is about two sensors", "skid-1"),
    ('"pump_stop"', '"air_in_loop"', 11, "air_in_loop is about the whole pod", "leave out"),
    ("for_s = 20", 'for_s = 20\npod = "nowhere.toml"', 1, "nowhere.toml", "pod file"),
    ("{ droop = 4.0 }", "{ drop = 4.0 }", 3, "'drop'", "droop"),
    ("{ droop = 4.0 }", "{ droop = 99.0 }", 3, "droop cannot be set to 99.0: the upper limit is 20", "limits"),
    ("settings = { pump", "settings = { pimp", 3, "'pimp'", "pump"),
    ("steps = [[0, 0.6]", "steps = [[1, 0.6]", 6, "steps", "0"),
    ("steps =", "constant = 0.5\nsteps =", 5, "[load]", "one of"),
    ("[5, 1.0]]", "[5, 1.5]]", 6, "steps", "<= 1"),
    ('"pump_stop"', '"pump_stops"', 10, "pump_stops", "pump_stop"),
    ('"skid-1/1"', '"skid-1/3"', 11, "skid-1/3", "skid-1/2"),
    ("at_s = 5", "at_s = 25", 9, "never happens", "for_s"),
    ("by = 2.0", "bye = 2.0", 18, "bye", "by"),
    ("by = 2.0", "by = 2e6", 18, "sensor_offset", "by"),
    ("with = { by = 2.0 }\n", "", 14, "sensor_offset", "by"),
    ('"flow_l_min"', '"flow_lmin"', 22, "flow_lmin", "flow_l_min"),
    ("at_least = 1000\n", "", 20, "no bound", "at_least"),
    ("at_least = 1000", "at_least = 1000\nat_most = 900", 23, "above at_most", "exchange"),
    ("at_least = 1000", "equals = 1\nat_most = 900", 20, "equals", "give"),
    ("from_s = 10", "from_s = 21", 24, "no sample", "for_s"),
    ("from_s = 10", "from_s = 10.2\nto_s = 10.7", 25, "no sample", "window"),
    ("from_s = 10", "from_s = 10\nto_s = 30", 25, "no sample", "window"),
    ('"host_leases"', '"host_leases"\nof = "skid-1"', 29, "whole pod", "leave out"),
    ('name = "leases"', 'name = "flow"', 27, "two expectations", "own name"),
    ("for_s = 20", "for_s = 20\nhost = false", 29, "host = false", "host"),
    ("flow_critical", "flow_kritical", 34, "flow_kritical", "flow_critical"),
    ('fails = ["flow"]', 'fails = ["flaw"]', 37, "flaw", "flow"),
    ('fails = ["flow"]', "fails = []", 36, "switches nothing off", "fails"),
    ("pump_gain = 0.0", "pump_gain = -1.0", 38, "pump_gain cannot be set to -1.0: the lower limit is 0", "limits"),
    ("feed_forward", "feed_foreward", 39, "feed_foreward", "feed_forward"),
    ("for_s = 20", 'for_s = 20\nmemory_of = "rp2_pica"', 3, "rp2_pica", "rp2_pico"),
    ("title =", "title", 1, "", "mend"),
    ('fault = "pump_stop"', 'fault = "controller_kill"', 11, "controller", ""),
]


def refused(text: str) -> MalleeError:
    with pytest.raises(MalleeError) as caught:
        reading.parse(text, Path("some.toml"))
    return caught.value


def test_a_good_file():
    loaded = reading.parse(GOOD, Path("some.toml"))
    assert len(loaded.scenario.events) == 2 and loaded.scenario.host


@pytest.mark.parametrize(("old", "new", "line", "what", "next_step"), WRONG, ids=[w[1][:40] or w[0] for w in WRONG])
def test_what_is_wrong_is_refused_with_its_line(old, new, line, what, next_step):
    assert old in GOOD
    error = refused(GOOD.replace(old, new, 1))
    assert error.code == ExitCode.USAGE and error.likely and error.next
    assert what in error.what, error.what
    assert f"some.toml:{line}:" in error.what or "nowhere" in error.what, error.what
    assert next_step in error.next, error.next


def test_what_cannot_be_undone_cannot_have_a_length():
    text = GOOD.replace('fault = "pump_stop"\ntarget = "skid-1/1"', 'fault = "controller_kill"\ntarget = "skid-1"')
    error = refused(text)
    assert "some.toml:12: controller_kill cannot be undone" in error.what


@pytest.mark.parametrize(
    ("given", "what", "next_step"),
    [
        ('point = "flaw", value = 1.0', "there is no input register of a pump 'flaw'", "flow"),
        ('point = "flow", value = 99999.0', "flow: 99999 l/min does not fit", "register"),
        ('point = "flow"', "missing required field `value`", "point, value"),
    ],
)
def test_a_liar_says_what_a_register_can_hold(given, what, next_step):
    fault = f'fault = "controller_says"\nwith = {{ {given} }}\ntarget = "skid-1"'
    error = refused(GOOD.replace('fault = "pump_stop"\ntarget = "skid-1/1"', fault))
    assert what in error.what and next_step in error.next


def test_a_name_that_is_none_is_explained():
    with pytest.raises(MalleeError, match="pump_lost") as caught:
        reading.find("pump_lost")
    assert "pump_loss" in caught.value.next


@pytest.mark.parametrize("name", reading.bundled())
def test_a_bundled_scenario_is_sound(name):
    scenario = reading.load(reading.find(name)).scenario
    assert len(scenario.expectations) >= 2
    mains = name.startswith("oversubscribed")  # they take minutes to open
    slow = name in ("partial_load", "staged")  # pressure falls for minutes, a skid stands by after five
    assert scenario.for_s <= (500 if slow else 360 if mains else 60 if scenario.host else 200)


def test_the_bundled_ones_are_the_named_ones_and_five_have_a_proof():
    names = set(reading.bundled())
    named = {
        "steady",
        "load_steps",
        "pump_loss",
        "sensor_loss",
        "noisy_bus",
        "dead_controller",
        "host_killed",
        "feed_lost",
    }
    assert named <= names
    assert sum(reading.load(path).scenario.counterproof is not None for path in reading.bundled().values()) >= 5


def test_a_pair_has_the_faults_of_both_at_times_of_the_seed():
    a, b = (reading.load(reading.find(name)) for name in ("pump_loss", "dead_controller"))
    pair = pairing.combine(a, b, 3)
    assert pair.name == "pump_loss+dead_controller"
    events = pair.scenario.events
    assert [e.fault for e in events] == ["pump_stop", "controller_kill", "controller_hang"]
    assert all(4 <= e.at_s <= 20 and (e.for_s is None or e.at_s + e.for_s <= 32.01) for e in events)
    assert (events[0].for_s is not None) == FAULTS["pump_stop"].undoable
    assert pairing.combine(a, b, 3).scenario == pair.scenario
    assert pairing.combine(a, b, 4).scenario != pair.scenario


def test_every_fault_is_met_in_a_scenario():
    met = {event.fault for path in reading.bundled().values() for event in reading.load(path).scenario.events}
    assert met == set(FAULTS)


def test_what_does_not_become_whole_again_is_in_no_pair():
    a, b = (reading.load(reading.find(name)) for name in ("leak_drains", "pump_loss"))
    with pytest.raises(MalleeError, match="leak_drains cannot be combined"):
        pairing.combine(a, b, 3)
    mixed = pairs(200, 1, ["leak_drains", "pump_loss", "steady"])
    assert any(pair.name == "leak_drains" for pair in mixed)
    assert not [pair for pair in mixed if "+" in pair.name and "leak_drains" in pair.name]


def test_what_a_soak_runs_is_a_function_of_its_seed():
    assert pairs(10, 1) == pairs(10, 1) != pairs(10, 2)
    assert sum("+" in pair.name for pair in pairs(10, 1)) in (
        3,
        4,
        5,
    )  # every other one, but for scenarios that cannot be combined


def test_a_soak_joins_scenarios_of_one_pod():
    found = [pair.name.split("+") for pair in pairs(60, 3) if "+" in pair.name]
    pods = [[reading.load(reading.find(name)).pod_path.name for name in names] for names in found]
    assert all(a == b for a, b in pods) and {a for a, _ in pods} == {"pod.toml", "serial_pod.toml"}


def test_a_line_is_named_by_its_port():
    text = """\
title = "lines"
pod = "serial"
for_s = 20

[[event]]
at_s = 5
fault = "line_cut"
target = "/dev/pod-power"
"""
    path = Path("some.toml")
    for target in ("/dev/pod-cooling", "pdu-a1"):
        reading.parse(text.replace("/dev/pod-power", target), path)
    error = refused(text.replace("pod-power", "pod-powr"))
    assert "some.toml:8:" in error.what and "/dev/pod-power" in error.next
    error = refused(text.replace("line_cut", "network_cut"))
    assert "some.toml:8: network_cut is about a controllers, and this pod has none" in error.what
    error = refused(text.replace('pod = "serial"\n', ""))
    assert "line_cut is about a wire, and this pod has none" in error.what
    error = refused(text.replace("line_cut", "line_noisy") + "with = { flip = 2.0 }\n")
    assert "parameters of line_noisy" in error.what


def test_an_overlaid_pod_is_the_pod_with_other_values(tmp_path):
    path = reading.load(reading.find("steady")).pod_path
    over = {"control": {"scan_s": 0.5}, "feed": {"A": {"main_A": 1000}}, "plant": {"racks": {"flow_l_min": 1.6}}}
    config, text = pod_of(path, over, "here")
    assert (config.control.scan_s, config.plant.racks.flow_l_min) == (0.5, 1.6)
    assert [feed.main_A for feed in config.feeds] == [1000, 2000]
    (tmp_path / "pod.toml").write_text(text, encoding="utf-8")
    assert pod_of(tmp_path / "pod.toml", {}, "here")[0] == config
    assert laid_over({"a": {"b": 1}}, {"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
