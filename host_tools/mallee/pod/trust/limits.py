"""Values that no equipment can show and no sensor can measure, in one snapshot of a controller. Pure.

Only what the controller calls good is judged: whatever it says that it does not know is no lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ...device.dictionary import Dictionary, Point
from ...reading import Quality, Scalar, Snapshot
from .settings import QuarantineSection

BRANCHES = 8
PHASES = 3
_SMALL_W = 2000.0
"""Less than this is no contradiction between power and current: inrush, and rounding of small currents."""
_PERCENT = ("level", "valve_position", "valve_command", "ambient_humidity", "pump_speed.", "pump_command.")
_FLOWS = ("flow", "facility_flow")


class Rated(msgspec.Struct, frozen=True):
    """What the pod file says of the equipment behind a PDU; None of a skid."""

    main_A: float | None = None
    phase_V: float | None = None
    """Nominal, to neutral."""


class Odd(msgspec.Struct, frozen=True):
    """A value that cannot be. `points` are not used; `text` says what speaks against them."""

    points: tuple[str, ...]
    text: str


def impossible(
    settings: QuarantineSection, dictionary: Dictionary, snapshot: Snapshot, rated: Rated
) -> tuple[Odd, ...]:
    """All of one snapshot, empty where every value may be true."""
    values = {name: reading.value for name, reading in snapshot.items() if reading.quality is Quality.GOOD}
    found = [odd for name, value in values.items() if (odd := _one(settings, dictionary, name, value, rated))]
    found += _counts(dictionary, values)
    found += _power(settings, values)
    return tuple(found)


def _one(settings: QuarantineSection, dictionary: Dictionary, name: str, value: Scalar, rated: Rated) -> Odd | None:
    point = dictionary.by_name[name]
    if isinstance(value, str):
        unknown = point.kind == "enum" and value not in {choice.name for choice in point.choices}
        return Odd((name,), f"{name} is {value}, which its map does not know") if unknown else None
    if not isinstance(value, int | float):
        return None
    low, high = _limits(settings, point, rated)
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    between = f"{low:g} to {high:g}" if low is not None and high is not None else f"at most {high:g}"
    return Odd((name,), f"{name} is {value:g} {_unit(point)} ({between} can be)")


def _limits(settings: QuarantineSection, point: Point, rated: Rated) -> tuple[float | None, float | None]:
    name = point.name
    if point.unit == "degC":
        return settings.temperature_degC
    if point.unit == "kPa":
        return settings.pressure_kPa
    if name.startswith(_PERCENT):
        return settings.percent
    if name in _FLOWS:
        return None, settings.flow_l_min
    if name.startswith("phase_current."):
        meters_A = BRANCHES * settings.branch_A
        return None, meters_A if rated.main_A is None else min(meters_A, settings.main_times * rated.main_A)
    if rated.phase_V is None:
        return None, None
    highest_V = settings.voltage_times * rated.phase_V
    if name.startswith("phase_voltage."):
        return None, highest_V
    if name.startswith("branch.") and name.endswith(".power"):
        return None, PHASES * settings.branch_A * highest_V
    return None, None


def _counts(dictionary: Dictionary, values: Mapping[str, Scalar]) -> Iterator[Odd]:
    """What the dictionary itself says of a controller's alarms."""
    count, first = values.get("alarm_count"), values.get("first_out")
    if isinstance(count, int) and count > len(dictionary.alarms):
        yield Odd(("alarm_count",), f"{count} of its {len(dictionary.alarms)} alarms are active")
    if isinstance(first, int) and first not in {alarm.code for alarm in dictionary.alarms}:
        yield Odd(("first_out",), f"first_out is {first}, and it has no such alarm")


def _power(settings: QuarantineSection, values: Mapping[str, Scalar]) -> Iterator[Odd]:
    power_W = values.get("power")
    volts = [values.get(f"phase_voltage.{phase}") for phase in range(1, PHASES + 1)]
    amps = [values.get(f"phase_current.{phase}") for phase in range(1, PHASES + 1)]
    known = [
        (v, a) for v, a in zip(volts, amps, strict=True) if isinstance(v, int | float) and isinstance(a, int | float)
    ]
    if not isinstance(power_W, int | float) or len(known) < PHASES:
        return
    apparent_VA = sum(v * a for v, a in known)
    if power_W > settings.power_times * apparent_VA + _SMALL_W:
        yield Odd(("power",), f"power is {power_W:g} W, and its voltages and currents make {apparent_VA:.0f} VA")


def _unit(point: Point) -> str:
    return "°C" if point.unit == "degC" else point.unit
