"""What is said of registers that no rule sets: from dictionaries and readings alone."""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase

import pytest
from mallee import resources
from mallee.device.dictionary import Dictionary
from mallee.pod.maps.load import load_map
from mallee.pod.why import registers
from mallee.pod.why.answer import Answer
from mallee.reading import Quality, Reading, Scalar

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PUMP, PDU = resources.dictionary("pump"), resources.dictionary("pdu")
LEASED: dict[str, Scalar] = {
    "state": "leased", "safe_reason": "none", "first_out": None, "lease_state": "active", "lease_holder": 7,
    "lease_remaining": 9,
}  # fmt: skip
LOCAL = {**LEASED, "state": "local", "lease_state": "none"}


def ask(dictionary: Dictionary, name: str, values: dict[str, Scalar], quality: Quality = Quality.GOOD) -> Answer:
    readings = {
        each: Reading(
            each, values.get(each), dictionary.by_name[each].unit, NOW, 0.2, quality if each == name else Quality.GOOD
        )
        for each in registers.related(dictionary, name)
    }
    return registers.answer(dictionary, "d", name, readings)


@pytest.mark.parametrize("dictionary", [PUMP, PDU], ids=["pump", "pdu"])
def test_every_register_of_every_profile_has_an_answer(dictionary: Dictionary) -> None:
    for name in dictionary.by_name:
        for values in ({}, LEASED, LOCAL):
            answer = ask(dictionary, name, values)
            assert answer.why and not answer.why.startswith("; ") and f"d.{name}" not in answer.ask


def test_what_decides_names_registers_that_there_are() -> None:
    names = [*PUMP.by_name, *PDU.by_name]
    for rule in registers.DECIDED:
        own = next(name for name in names if fnmatchcase(name, rule.names))
        dictionary = PUMP if own in PUMP.by_name else PDU
        for pattern in (*(name for name, _ in rule.by), *rule.also):
            assert pattern.replace("*", "1") in dictionary.by_name, pattern
        for pattern, ordinary in rule.by:
            point = dictionary.by_name[pattern.replace("*", "1")]
            assert {word for word in ordinary if isinstance(word, str)} <= {choice.name for choice in point.choices}
    for pattern, instead in registers.INSTEAD:
        assert any(fnmatchcase(name, pattern) for name in names)
        assert all(each.replace("*", "1") in names for each in instead)


@pytest.mark.parametrize(
    ("lease", "says"),
    [
        ("active", "host 7 asks for it (remote_supply_temperature)"),
        ("holding", "its lease lapsed, and it is held"),
        ("ramping", "it moves from remote_supply_temperature to supply_temperature_setpoint"),
        ("none", "it follows supply_temperature_setpoint, the controller's own"),
        (None, "does not say whose"),
    ],
)
def test_whose_set_point_is_in_force(lease, says) -> None:
    answer = ask(PUMP, "active_supply_temperature", {**LEASED, "lease_state": lease, "active_supply_temperature": 37.0})
    assert answer.set_by == "controller" and says in answer.why


def test_the_dew_point_guard_is_told() -> None:
    values = {
        **LEASED, "active_supply_temperature": 38.5, "remote_supply_temperature": 37.0, "dew_point": 36.0,
        "dew_point_margin": 2.5,
    }  # fmt: skip
    assert "raised to the dew point plus 2.5 K" in ask(PUMP, "active_supply_temperature", values).why
    assert "on its way" in ask(PUMP, "active_supply_temperature", {**values, "dew_point": 20.0}).why
    assert "raised" not in ask(PUMP, "active_supply_temperature", {**values, "active_supply_temperature": 37.0}).why


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"branch.3.state": "tripped", "branch.3.trip_cause": "leak", "branch_switch.3": True},
            "Water on the leak rope",
        ),
        ({"branch.3.state": "not_permitted", "branch_switch.3": True}, "the host took its permit"),
        ({"branch.3.state": "open", "branch_switch.3": False}, "branch_switch.3 is off: a person or another master"),
        ({"branch.3.state": "waiting", "branch_switch.3": True}, "waits for its turn"),
        ({"branch.3.state": "disagrees", "branch_switch.3": False}, "did not do what it was told"),
        ({"branch.3.state": "closed", "branch.3.trip_cause": "none", "branch_switch.3": True}, "Contactor closed"),
        ({}, "State of the branch"),
    ],
)
def test_why_a_branch_is_off(values, says) -> None:
    answer = ask(PDU, "branch.3.state", {**LEASED, **values})
    assert says in answer.why
    assert {"d.branch_switch.3", "d.permit", "d.branch.3.trip_cause"} <= {fact.name for fact in answer.inputs}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"pump_state.2": "locked"}, "pump_state.2 is locked: Stopped by a latched interlock"),
        ({"pump_state.2": "stopped", "operation": "standby"}, "operation is standby"),
        ({"pump_state.2": "running", "operation": "run", "mode": "flow"}, "Pump speed holds the secondary flow"),
    ],
)
def test_why_a_pump_turns_as_it_does(values, says) -> None:
    assert says in ask(PUMP, "pump_command.2", {**LEASED, **values}).why


def test_the_first_alarm_and_the_state_are_told_with_what_to_do() -> None:
    answer = ask(PDU, "branch.3.state", {**LEASED, "state": "tripped", "first_out": 18, "since_trip": 4000})
    text = " ".join(answer.notes)
    assert "d is tripped" in text and "overload_trip.3 (critical) 4 s ago" in text
    assert PDU.alarm_by_code[18].remedy in text and "host 7 holds the lease" in text


@pytest.mark.parametrize(
    ("dictionary", "name", "set_by", "says", "ask_also"),
    [
        (PUMP, "minimum_speed", "setting", "no rule of the host writes it", ()),
        (PUMP, "supply_temperature_setpoint", "setting", "not in force", ("d.active_supply_temperature",)),
        (PUMP, "commit", "command", "acts when it is written", ()),
        (PUMP, "remote_flow", "lease", "host 7 writes it", ()),
        (PUMP, "remote_epoch", "lease", "the lease itself", ("d.lease_state",)),
        (PUMP, "flow", "nobody", "nobody sets it", ("d.active_differential_pressure", "d.pump_command.1")),
        (PUMP, "supply_temperature", "nobody", "median", ("d.active_supply_temperature", "d.valve_command")),
        (PUMP, "latched.flow", "controller", "a copy", ("d.flow",)),
        (PDU, "branch_switch.4", "switch", "a person or another master", ("d.branch.4.state",)),
        (PDU, "branch.4.power", "nobody", "Active power", ("d.branch.4.state",)),
        (PDU, "lease_state", "controller", "A host holds the lease", ()),
    ],
)
def test_who_writes_a_register(dictionary, name, set_by, says, ask_also) -> None:
    answer = ask(dictionary, name, LEASED)
    assert (answer.set_by, answer.ask) == (set_by, ask_also)
    assert says in answer.why


def test_a_setting_says_whether_it_is_at_its_default() -> None:
    assert "it is at its default" in ask(PUMP, "minimum_speed", {**LOCAL, "minimum_speed": 15.0}).why
    assert "its default is 15 %" in ask(PUMP, "minimum_speed", {**LOCAL, "minimum_speed": 20.0}).why


def test_a_device_of_another_make_is_only_read() -> None:
    shelf = load_map(resources.examples_dir() / "shelf.toml")
    for name in shelf.by_name:
        answer = ask(shelf, name, {})
        assert answer.set_by == "nobody" and "the host only reads" in answer.why and answer.notes == ()


def test_what_is_not_known_says_so() -> None:
    assert "It is not known now: fault" in ask(PUMP, "flow", LEASED, Quality.FAULT).why
