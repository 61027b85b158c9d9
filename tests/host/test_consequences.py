"""What is said before a dangerous point is written: which power or cooling goes, and what has to be typed for it."""

from __future__ import annotations

import re

import pytest
from mallee import resources
from mallee.pod.consequences import _RULES, consequences, is_worst
from mallee.pod.loader import load_pod
from mallee.reading import Scalar

POD = load_pod(resources.examples_dir() / "pod.toml")
PUMP, PDU = resources.dictionary("pump"), resources.dictionary("pdu")
ALL = frozenset(f"branch_{n}" for n in range(1, 9))


def told(device: str, point: str, new: Scalar, old: Scalar = None) -> tuple[str, bool]:
    dictionary = PUMP if device.startswith("skid") else PDU
    found = consequences(POD, device, dictionary, {point: new}, {point: old})
    return " / ".join(each.text for each in found), is_worst(found)


@pytest.mark.parametrize(
    ("device", "point", "new", "old", "said", "worst"),
    [
        ("pdu-a1", "branch_switch.5", False, True, f"branch 5 is opened: {POD.pdus[0].racks[4]} on feed A loses", True),
        ("pdu-a1", "branch_switch.5", True, False, "is live; nobody may be working there", False),
        ("tcp://192.0.2.7:502#1", "branch_switch.5", False, True, "what hangs on it loses this supply", True),
        ("pdu-a1", "permit", ALL - {"branch_2"}, ALL, f"branches 2 ({POD.pdus[0].racks[1]} on feed A)", True),
        ("pdu-a1", "permit", 0xFD, ALL, "no permission for branches 2 (", True),
        ("pdu-a1", "permit", ALL, ALL - {"branch_2"}, "may close", False),
        ("pdu-a1", "branch.3.instantaneous", 700, 440, "limit of branch 3 that protects", True),
        ("pdu-a1", "thermal_limit", 3.0, 1.69, "Trip limit of the thermal image", True),
        ("pdu-a1", "leak_branches_1", frozenset(), ALL, "a leak opens them", True),
        ("pdu-a1", "branch.3.current_gain.2", 1.1, 1.0, "its energy counters and its trips follow", False),
        ("skid-1", "operation_setpoint", "standby", "run", "may cool no more: Pumps stopped", True),
        ("skid-1", "operation_setpoint", 3, "run", "the skid is to service", True),
        ("skid-1", "operation_setpoint", "run", "service", "pumps may start at once", False),
        ("skid-1", "supply_pressure_stop", 1200, 600, "The skid stops, latched, above this supply pressure", True),
        ("skid-1", "reset_latch", 17, 0, "open the valves, check the charge pressure", False),
        ("skid-1", "reset_latch", 17, 17, "the latch of", False),  # it acts again
        ("skid-1", "reset_latch", 0xACE, 0, "every latch whose condition has gone", False),
        ("skid-1", "reset_latch", 9999, 0, "there is no alarm 9999", False),
        ("skid-1", "commit", 0xC0DE, 0, "kept over a restart", False),
        ("skid-1", "remote_holder", 0, 1, "who controls this device changes", True),
        ("skid-1", "over_temperature", 60, 45, "Supply temperature alarm", False),
        ("skid-1", "flow_setpoint", 650, 600, "", False),
        ("pdu-a1", "branch_switch.5", False, False, "", False),  # as it is
    ],
)
def test_what_follows_is_named(device: str, point: str, new: Scalar, old: Scalar, said: str, worst: bool) -> None:
    text, is_bad = told(device, point, new, old)
    assert (said in text if said else text == "") and is_bad is worst


def test_where_nothing_is_known_everything_may_follow() -> None:
    """A dry run does not ask the device."""
    found = consequences(
        POD, "pdu-a1", PDU, {"branch_switch.1": False, "branch_switch.2": False, "permit": frozenset()}
    )
    assert len(found) == 3 and all(each.worst for each in found)


def test_a_switch_of_a_device_that_is_not_ours_is_one_too() -> None:
    found = consequences(POD, "pdu-a1", _with_coil(), {"busbar_output": False}, {"busbar_output": True})
    assert is_worst(found) and "busbar_output is switched off" in found[0].text


def _with_coil():
    from msgspec.structs import replace

    switch = replace(PDU.by_name["branch_switch.1"], name="busbar_output")
    return replace(PDU, points=(*PDU.points, switch))


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in _RULES])
def test_every_rule_fits_a_point_that_can_be_written(pattern: str) -> None:
    points = [point for each in (PUMP, PDU) for point in each.points if point.writable]
    for part in pattern.split("|") if "(?:" not in pattern and "(" not in pattern.replace("(\\d+)", "") else [pattern]:
        assert any(re.fullmatch(part, point.name) for point in points), part
