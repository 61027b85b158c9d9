"""Evidence for the doctor's checks: a skid and a PDU that are well, looked at twenty times, and what a test changes in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from mallee import resources
from mallee.device.alarms import AlarmReading
from mallee.device.identity import Identity
from mallee.diagnosis.checks import diagnose
from mallee.diagnosis.evidence import Asked, Evidence, Look
from mallee.diagnosis.finding import Finding
from mallee.pod.config import Pdu, Skid
from mallee.reading import Quality, Reading, Scalar

LOOKS, EVERY_S = 20, 0.25
UTC_S = 1_767_225_600.0
_TIME = datetime.fromtimestamp(UTC_S, UTC)
COMMON: dict[str, Scalar] = {
    "state": "local", "lease_state": "none", "memory_kind": "fram", "counter_saves": 100, "expected_chips": frozenset(),
    "answering_chips": frozenset({"converter_1"}), "chip_errors": 0, "first_out": None, "reset_reason": "power_on",
    "uptime": 5000, "boot_count": 3, "loop_period": 100, "clock": None, "clock_source": "none", "sequence": 0,
}  # fmt: skip
SKID: dict[str, Scalar] = COMMON | {
    **{f"supply_temperature_sensor.{n}": 37.0 for n in (1, 2, 3)}, "supply_temperature": 37.0,
    "return_temperature": 47.0, "facility_supply_temperature": 32.0, "facility_return_temperature": 44.0,
    "differential_pressure": 200.0, "supply_pressure": 350.0, "return_pressure": 150.0,
    "filter_differential_pressure": 5.0, "flow": 620.0, "facility_flow": 500.0, "level": 60.0,
    "valve_position": 66.0, "valve_command": 66.0, "ambient_temperature": 25.0, "ambient_humidity": 40.0,
    **{f"pump_speed.{n}": 53.0 for n in (1, 2)}, **{f"pump_command.{n}": 53.0 for n in (1, 2)},
    **{f"pump_state.{n}": "running" for n in (1, 2)}, **{f"pump_head_ratio.{n}": 100.0 for n in (1, 2)},
    "filter_loading": 5.0, "filter_warning": 80.0, "pump_worn": 80.0, "leak_rope": "dry",
}  # fmt: skip
PDU: dict[str, Scalar] = COMMON | {
    "frequency": 50.0,
    "closed": frozenset(f"branch_{n}" for n in range(1, 9)), "tripped": frozenset(),
    **{f"phase_current.{p}": 160.0 for p in (1, 2, 3)}, **{f"phase_voltage.{p}": 240.0 for p in (1, 2, 3)},
    "neutral_current": 0.0, "undervoltage": 204.0, "overvoltage": 264.0, "leak_rope.1": "dry", "leak_rope.2": "dry",
    **{f"branch_switch.{n}": True for n in range(1, 9)}, **{f"branch.{n}.state": "closed" for n in range(1, 9)},
    **{f"branch.{n}.current": 20.0 for n in range(1, 9)},
    **{f"branch.{n}.voltage.{p}": 240.0 for n in range(1, 9) for p in (1, 2, 3)},
    **{f"branch.{n}.phase_current.{p}": 20.0 for n in range(1, 9) for p in (1, 2, 3)},
    **{f"branch.{n}.phase_power.{p}": 4790.0 for n in range(1, 9) for p in (1, 2, 3)},
}  # fmt: skip


def seen(
    profile: str,
    others: Mapping[str, Scalar] | None = None,
    *,
    alarms: tuple[str, ...] = (),
    rows: dict[str, list[float]] | None = None,
    **values: Scalar,
) -> Evidence:
    """A healthy controller with these values in place of its own; `rows` are values look by look. In a name `__` is a dot."""
    known = (SKID if profile == "pump" else PDU) | {name.replace("__", "."): value for name, value in values.items()}
    known |= others or {}
    dictionary = resources.dictionary(profile)
    entry = (
        Skid("skid-1", "tcp://192.0.2.1")
        if profile == "pump"
        else Pdu("pdu-1", "tcp://192.0.2.1", feed="A", main_A=500, racks=())
    )

    def readings(look: int) -> dict[str, Reading]:
        now = known | {"sequence": look * 5 // 2, "uptime": _moved(known["uptime"], look)}
        now |= {name: row[look] for name, row in (rows or {}).items()}
        return {name: _reading(name, value) for name, value in now.items() if name in dictionary.by_name}

    looks = tuple(Look(look * EVERY_S, 0.002, UTC_S + look * EVERY_S, readings(look)) for look in range(LOOKS))
    active = tuple(AlarmReading(entry_, entry_.name in alarms) for entry_ in dictionary.alarms)
    identity = Identity(profile, (1, 6), 1, "0.1.0", 1, "5E71A1", entry.name)
    return Evidence(
        entry, profile, None, identity=identity, dictionary=dictionary, asked=Asked(40, 40, rtt_p50_ms=2, rtt_p99_ms=3),
        looks=looks, values=readings(LOOKS - 1), alarms=active, journal=(),
    )  # fmt: skip


def _moved(uptime: Scalar, look: int) -> Scalar:
    return uptime + int(look * EVERY_S) if isinstance(uptime, int) else uptime


def _reading(name: str, value: Scalar) -> Reading:
    return Reading(name, value, "", _TIME, 0.0, Quality.NOT_AVAILABLE if value is None else Quality.GOOD)


def lost(evidence: Evidence, *names: str) -> Evidence:
    """The same with these points in fault."""
    faults = {name: Reading(name, None, "", _TIME, 0.0, Quality.FAULT) for name in names}
    looks = tuple(replace(look, values={**look.values, **faults}) for look in evidence.looks)
    return replace(evidence, looks=looks, values={**evidence.values, **faults})


def wrong(evidence: Evidence) -> dict[str, Finding]:
    """What is not well, by check."""
    return {each.check: each for each in diagnose(evidence) if each.state in ("warn", "fail")}


def noise(around: float, by: float, seed: int = 1) -> list[float]:
    """Values that turn round nearly always."""
    return [around + by * ((look * (seed + 3)) % 5 - 2) * (-1) ** look for look in range(LOOKS)]
