"""The doctor's checks on evidence, one cause at a time; its page."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from mallee.device.journal import JournalEntry
from mallee.diagnosis import pages
from mallee.diagnosis.checks import diagnose
from mallee.diagnosis.evidence import Evidence
from mallee.diagnosis.pdu_checks import OPEN_PHASE
from mallee.errors import ErrorDocument

from ..conftest import ROOT
from .doctored import LOOKS, UTC_S, lost, noise, seen, wrong

DECLARED = {
    check.name: {cause.cause for cause in check.causes} for _, group in pages.GROUPS for check in group if check.causes
}


@pytest.mark.parametrize("profile", ["pump", "pdu"])
def test_who_is_well_has_no_finding(profile):
    findings = diagnose(seen(profile))
    assert {each.check: each.seen for each in findings if each.state in ("warn", "fail")} == {}
    assert len(findings) == (20 if profile == "pump" else 16)


DUE = 25.6
"""Efficiency of a pump of the default pod at 53 % speed that gives 310 l/min, in percent: 188 kPa by its curve, 3.80 kW."""
LESS_HEAD = {
    "pump_command.2": 0.0,
    "pump_speed.2": 0.0,
    "pump_state.2": "stopped",
    "flow": 310.0,
    "facility_flow": 250.0,
}

# What is changed; which check tells it, its first cause, and whether that is certain.
CAUSES = {
    "crossed transformers": (
        seen("pdu", {f"branch.3.phase_power.{p}": -2400.0 for p in (1, 2)}),
        ("meters", "current transformers of two phases are in each other's place", False),
    ),
    "all transformers": (
        seen("pdu", {f"branch.3.phase_power.{p}": -4790.0 for p in (1, 2, 3)}),
        ("meters", "all transformers of the branch are the wrong way round, or it feeds back", False),
    ),
    "open phase": (
        seen("pdu", branch__4__phase_current__2=0.0),
        ("phases", OPEN_PHASE.cause, False),
    ),
    "poles welded": (
        seen(
            "pdu", alarms=("contactor_welded.5",), branch_switch__5=False, branch__5__state="open",
            closed=frozenset(f"branch_{n}" for n in range(1, 9) if n != 5),
        ),
        ("contactors", "contacts of the contactor are welded", False),
    ),
    "some poles welded": (
        seen(
            "pdu",
            {"branch.5.phase_current.1": 0.0, "branch.5.phase_current.2": 20.0},
            alarms=("contactor_welded.5",), branch_switch__5=False, branch__5__state="open",
            closed=frozenset(f"branch_{n}" for n in range(1, 9) if n != 5),
        ),
        ("contactors", "contacts of the contactor are welded", True),
    ),
    "contact says closed": (
        seen("pdu", branch_switch__5=False, branch__5__state="disagrees", branch__5__current=0.0),
        ("contactors", "contacts of the contactor are welded", False),
    ),
    "does not close": (
        seen(
            "pdu", branch__5__state="disagrees", branch__5__current=0.0,
            closed=frozenset(f"branch_{n}" for n in range(1, 9) if n != 5),
        ),
        ("contactors", "its coil, or the driver of the coil, does not act", False),
    ),
    "phase of the supply": (
        seen("pdu", alarms=("phase_loss.2",), phase_voltage__2=1.0),
        ("supply", "a fuse, a broken conductor or a loose terminal upstream", False),
    ),
    "rope": (
        seen("pdu", alarms=("leak_rope_fault.1",), leak_rope__1="cut"),
        ("leak ropes", "a wire of the rope, its plug or its end resistor is missing, or its wires touch", True),
    ),
    "missing meter": (
        seen("pdu", expected_chips=frozenset({"converter_1", "meter_3"})),
        ("chips", "the chip has no supply, a broken solder joint, or is defective", False),
    ),
    "meter that fell silent": (
        seen("pdu", alarms=("metering_fault.3",), answering_chips=frozenset({"converter_1", "meter_3"})),
        ("chips", "the chip has no supply, a broken solder joint, or is defective", False),
    ),
    "nothing is kept": (
        seen("pump", memory_kind="none"),
        ("memory", "the memory fails when it is written, or the flash is full or worn", False),
    ),
    "no FRAM, alone": (seen("pump", memory_kind="file"), ("memory", "this board has none", False)),
    "host fell silent": (
        seen("pump", lease_state="holding", lease_holder=3, alarms=("lease_lost",)),
        ("lease", "the host that controlled it ended or hangs, or the network from it is broken", True),
    ),
    "tripped": (
        seen("pump", state="tripped", first_out=16, alarms=("dry_run",), since_trip=5000),
        ("interlocks", "an interlock or a protection acted", False),
    ),
    "safe": (
        seen("pdu", state="safe", safe_reason="no_converter"),
        ("interlocks", "the board cannot protect what it switches", True),
    ),
    "sensor out of range": (
        lost(seen("pump", alarms=("sensor_fault",)), "facility_return_temperature"),
        ("sensors", "a wire is cut or shorted, or the transmitter is defective", False),
    ),
    "pressures exchanged": (
        seen("pump", supply_pressure=150.0, return_pressure=350.0),
        ("supply and return", "two sensors are connected in each other's place", True),
    ),
    "facility temperatures exchanged": (
        seen("pump", facility_supply_temperature=44.0, facility_return_temperature=32.0),
        ("supply and return", "two sensors are connected in each other's place", False),
    ),
    "meter of the facility": (
        seen("pump", facility_flow=0.0),
        ("facility water", "the facility flow meter shows nothing", True),
    ),
    "no water, alone": (
        seen("pump", {f"supply_temperature_sensor.{n}": 46.5 for n in (1, 2, 3)}, facility_flow=0.0, supply_temperature=46.5),
        ("facility water", "an isolating valve in the facility water of this skid is closed, or its strainer is blocked", False),
    ),
    "valve stuck": (
        seen("pump", valve_command=90.0, alarms=("valve_deviation",)),
        ("facility water", "the valve is stuck, or its actuator has no supply", False),
    ),
    "filter": (
        seen("pump", filter_loading=60.0, filter_differential_pressure=12.0),
        ("filter", "the filter is loaded with particles", False),
    ),
    "pump without effect": (
        seen("pump", pump_state__2="fault", pump_speed__2=0.0, alarms=("pump_no_effect.2", "flow_critical")),
        ("pumps", "its drive tripped, its motor is seized, or its coupling is broken", False),
    ),
    "pump worn": (
        seen("pump", pump_head_ratio__1=70.0, alarms=("pump_worn.1",)),
        ("pump wear", "impeller or wear rings are worn, or air is in the coolant", False),
    ),
    "pump worn, by its power": (
        seen("pump", LESS_HEAD, pump_head_ratio__1=70.0, alarms=("pump_worn.1",), pump_efficiency__1=0.7 * DUE),
        ("pump wear", "impeller or wear rings are worn, or air is in the coolant", False),
    ),
    "pump of another curve": (
        seen("pump", LESS_HEAD, pump_head_ratio__1=70.0, alarms=("pump_worn.1",), pump_efficiency__1=DUE),
        ("pump wear", "the curve is another pump's, or its speed feedback reads high", False),
    ),
    "pump that drags": (
        seen("pump", pump_efficiency__1=DUE, pump_efficiency__2=0.7 * DUE),
        ("pump wear", "bearings, seal, motor or drive take more than they should", False),
    ),
    "pumps that wear": (
        seen("pump", {f"pump_head_ratio.{n}": 90.0 for n in (1, 2)}, pump_efficiency__1=0.8 * DUE, pump_efficiency__2=0.8 * DUE),
        ("pump wear", "impeller or wear rings are worn, or air is in the coolant", False),
    ),
    "power of both pumps": (
        seen("pump", pump_efficiency__1=0.7 * DUE, pump_efficiency__2=0.7 * DUE),
        ("pump wear", "its power transmitter, or [plant.pumps] of the pod file, is wrong", False),
    ),
    "heat": (
        seen("pump", facility_flow=800.0),
        ("heat balance", "a temperature or flow sensor at the exchanger is wrong", False),
    ),
    "date": (
        seen("pump", clock=int(UTC_S) + 20, clock_source="host"),
        ("clock", "its date was set wrong, or was set long ago and has drifted since", False),
    ),
    "restarted once": (
        seen("pump", reset_reason="fault", alarms=("restarted",)),
        ("restarts", "its firmware ends with an error", False),
    ),
    "an alarm that nothing explains": (
        seen("pump", alarms=("humidity_lost", "supply_pressure_high")),
        ("sensors", "", False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CAUSES if name != "an alarm that nothing explains"])
def test_a_cause_is_named_alone_and_first(name):
    evidence, (check, cause, certain) = CAUSES[name]
    found = wrong(evidence)
    assert list(found) == [check], {each: finding.seen for each, finding in found.items()}
    assert found[check].causes[0].cause == cause and found[check].certain == certain
    assert all(each.because and each.remedy for each in found[check].causes)
    assert {each.cause for each in found[check].causes} <= DECLARED[check]


def test_alarms_that_nothing_explains_are_told_by_their_priority():
    (finding,) = wrong(CAUSES["an alarm that nothing explains"][0]).values()
    assert (finding.check, finding.state) == ("alarms", "warn") and len(finding.causes) == 2
    (finding,) = wrong(seen("pump", alarms=("over_temperature",))).values()
    assert (finding.check, finding.state) == ("alarms", "fail") and "valve stuck" in finding.causes[0].cause
    assert not finding.causes[0].cause.endswith(".")  # a colon stands behind it


def start(reason: str, number: int) -> JournalEntry:
    return JournalEntry(sequence=number, time=None, uptime_s=0, kind="start", what=reason, code=1, value=number)


def test_starts_in_the_journal_tell_a_loop_that_is_slower_than_the_look():
    evidence = replace(
        seen("pdu", uptime=30, reset_reason="watchdog"), journal=tuple(start("watchdog", n) for n in range(1, 5))
    )
    found = wrong(evidence)
    assert (
        list(found) == ["restarts"] and found["restarts"].state == "fail" and "4 by watchdog" in found["restarts"].seen
    )
    long_ago = replace(evidence, looks=seen("pdu", uptime=90_000, reset_reason="watchdog").looks)
    old = replace(long_ago, values=long_ago.looks[-1].values)
    assert wrong(old)["restarts"].state == "warn"


def test_a_date_that_all_have_is_this_computers():
    evidence = CAUSES["date"][0]
    other = replace(evidence, entry=replace_name(evidence, "skid-2"))
    finding = wrong(replace(evidence, beside={"skid-2": other}))["clock"]
    assert finding.causes[0].cause == "this computer's own date or time is wrong" and finding.state == "warn"


def replace_name(evidence: Evidence, name: str):
    return msgspec.structs.replace(evidence.entry, name=name)


def test_skids_without_water_everywhere_are_the_buildings():
    evidence = CAUSES["no water, alone"][0]
    finding = wrong(replace(evidence, beside={"skid-2": evidence}))["facility water"]
    assert finding.causes[0].cause == "the building gives no facility water"
    finding = wrong(replace(evidence, beside={"skid-2": seen("pump")}))["facility water"]
    assert not finding.certain and finding.causes[0].cause.startswith("an isolating valve")
    assert "feedback" in finding.causes[1].because, "a valve whose feedback lies looks the same"


RAMP = [0.1 * look for look in range(LOOKS)]


def test_slow_time_is_the_crystals_only_where_others_go_right():
    """Its steps are counted at half their rate."""
    slow = seen("pdu", loop_period=50)
    alone = wrong(slow)["clock"]
    assert "50.5 % too slow" in alone.seen and not alone.certain and len(alone.causes) == 2
    beside = wrong(replace(slow, beside={"pdu-2": seen("pdu")}))["clock"]
    assert beside.certain and beside.causes[0].cause == "its crystal is wrong or damaged"
    everywhere = wrong(replace(slow, beside={"pdu-2": slow}))
    assert everywhere["clock"].causes[0].cause == "this computer's own date or time is wrong"


def test_uneven_phases_are_loads_where_the_fast_channel_says_so_too():
    amps = {"phase_current.1": 200.0, "branch.2.phase_current.1": 60.0}
    told = wrong(seen("pdu", amps | {"branch.2.current": 60.0}))["phases"]
    assert told.certain and "by branches 2" in told.seen and told.state == "warn"
    doubted = wrong(seen("pdu", amps))["phases"]
    assert not doubted.certain and doubted.causes[1].cause.startswith("a current transformer of that phase")


def test_a_sensor_that_did_not_follow_is_told_without_any_noise():
    rows = {f"supply_temperature_sensor.{n}": [37.0 + each for each in RAMP] for n in (1, 2)}
    finding = wrong(seen("pump", rows=rows))["standing still"]
    assert finding.certain and "supply_temperature_sensor.3" in finding.seen
    rows = {"supply_pressure": [350.0 + 10 * each for each in RAMP], "return_pressure": [150.0] * LOOKS}
    told = {each.check: each for each in diagnose(seen("pump", rows=rows))}["standing still"]
    assert told.state == "fail" and "differential_pressure" in told.seen


def test_noise_tells_a_sensor_that_stands_still_and_no_steady_one():
    names = [f"supply_temperature_sensor.{n}" for n in (1, 2, 3)] + [
        "facility_supply_temperature",
        "facility_return_temperature",
    ]
    rows = {name: noise(40.0 if "return" in name else 37.0, 0.02, n) for n, name in enumerate(names)}
    told = {each.check: each for each in diagnose(seen("pump", rows=rows))}["standing still"]
    assert told.state == "fail" and "return_temperature was 47" in told.seen and not told.certain
    everything = rows | {"return_temperature": noise(47.0, 0.02, 7)}
    told = {each.check: each for each in diagnose(seen("pump", rows=everything))}["standing still"]
    assert told.state == "ok", "pressures that stand still may have their noise below the last digit"
    assert {each.check: each for each in diagnose(seen("pump"))}["standing still"].state == "unknown"


def test_nothing_is_told_of_heat_that_is_on_its_way():
    rows = {"return_temperature": [52.0 + each for each in RAMP]}
    told = {each.check: each for each in diagnose(seen("pump", rows=rows, facility_flow=300.0))}
    assert told["heat balance"].state == "unknown"


@pytest.mark.parametrize(
    ("stage", "message", "check", "cause"),
    [
        ("port", "no connection to tcp://192.0.2.1: connection refused", "port", "the controller runs no server there"),
        ("port", "no connection to tcp://192.0.2.1: nothing accepted it", "port", "the controller is off"),
        ("unit", "unit 1 did not answer within 1 s", "address", "it has another unit address"),
        ("map", "the dictionary that it serves is wrong", "map", "its firmware does not bring the map"),
    ],
)
def test_who_is_not_reached_is_told_once(stage, message, check, cause):
    evidence = replace(seen("pump"), stage=stage, error=ErrorDocument(3, message, "", ""), looks=())
    if stage != "map":
        evidence = replace(evidence, identity=None)
    findings = diagnose(evidence)
    (found,) = [each for each in findings if each.state == "fail"]
    assert found.check == check and found.causes[0].cause.startswith(cause) and len(findings) == 4


def test_losses_are_told_where_nothing_restarted():
    evidence = seen("pdu")
    evidence = replace(evidence, asked=replace(evidence.asked, requests=50))
    assert list(wrong(evidence)) == ["line"] and "10 of 50" in wrong(evidence)["line"].seen


def test_two_names_of_one_controller_and_a_name_of_another():
    evidence = seen("pdu")
    found = wrong(replace(evidence, beside={"pdu-2": evidence}))
    assert list(found) == ["address"] and found["address"].certain


def test_every_check_is_on_the_page_and_the_page_is_up_to_date():
    text = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    assert text == pages.page(), "run: make docs"
    for _, group in pages.GROUPS:
        for check in group:
            assert f"### {check.name}\n" in text and check.looks_at
