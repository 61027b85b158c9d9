"""What corrects one phase of a meter, from what it showed and what a reference meter showed. Pure.

A meter shows V = gV v, I = gI i + oI and P = gV gI p + oP of what its front end gives it (v, i, p), and the angle between voltage
and current too large by what the current arrives late. Three points tell all of it: no load the offsets, a load at unity power
factor the gains, and one at power factor 0.5 the angle, which hardly matters at unity (Microchip DS20005965, chapter 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import acos, pi

from ..errors import ExitCode, MalleeError


class Load(StrEnum):
    """Points of a calibration, in the order in which they are taken."""

    NO_LOAD = "no-load"
    NOMINAL = "nominal"
    HALF = "half"


@dataclass(frozen=True, slots=True)
class Corrections:
    """Settings of one phase, as `firmware/maps/pdu_calibration.py` explains them."""

    voltage_gain: float = 1.0
    current_gain: float = 1.0
    current_offset: float = 0.0
    """A"""
    power_offset: float = 0.0
    """W"""
    current_delay: float = 0.0
    """Microseconds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a meter shows of one phase."""

    voltage_V: float
    current_A: float
    power_W: float


OFF_MAX = 0.20
"""A gain that has to change by more is not a tolerance but a wrong transformer, range, or phase."""
TOLERANCE = 0.001
"""Of what the meter shows afterwards: 0.1 %, as its data sheet promises."""
_IDLE_A = 0.5
_UNITY = 0.95
_HALF = (0.3, 0.7)
_ANGLE_MAX_deg = 5.0
_STEPS_MAX = 0.005  # of voltage and current at half load, once gains are right
_OFFSET_MAX_A, _OFFSET_MAX_W = 0.0639, 10.48  # as the registers have them


def corrected(
    old: Corrections,
    shown: Mapping[Load, Shown],
    reference: Mapping[Load, Shown],
    *,
    frequency_Hz: float,
    leading: bool = False,
    where: str = "this phase",
) -> Corrections:
    """Corrections that make the meter show what the reference showed; points that were not taken leave theirs as they are.

    `leading`: at half load the current was ahead of the voltage. Raises MalleeError for what cannot be a calibration.
    """
    offset_A = -old.current_offset / old.current_gain  # of the front end, before the gains
    offset_W = -old.power_offset / (old.voltage_gain * old.current_gain)
    if Load.NO_LOAD in shown:
        idle = shown[Load.NO_LOAD]
        if idle.current_A > _IDLE_A:
            raise _wrong_order(f"{where}: {idle.current_A:.2f} A flow at the point without load", Load.NO_LOAD)
        offset_A = (idle.current_A - old.current_offset) / old.current_gain
        offset_W = (idle.power_W - old.power_offset) / (old.voltage_gain * old.current_gain)
    gains = old
    if Load.NOMINAL in shown:
        gains = _gains(old, shown[Load.NOMINAL], reference[Load.NOMINAL], offset_A, where)
    new = replace(
        gains,
        current_offset=-gains.current_gain * offset_A,
        power_offset=-gains.voltage_gain * gains.current_gain * offset_W,
    )
    if abs(new.current_offset) > _OFFSET_MAX_A or abs(new.power_offset) > _OFFSET_MAX_W:
        raise MalleeError(
            f"{where}: without load it shows {offset_A:.3f} A and {offset_W:.2f} W",
            f"more than the chip can correct ({_OFFSET_MAX_A:g} A, {_OFFSET_MAX_W:g} W): current flows, or the chip is damaged",
            "switch off what hangs on the branch, and repeat the point without load",
            ExitCode.REFUSED,
        )
    if Load.HALF in shown:
        late = _late_us(old, new, shown[Load.HALF], reference[Load.HALF], frequency_Hz, leading, where)
        new = replace(new, current_delay=old.current_delay - late)
    return new


def as_corrected(old: Corrections, new: Corrections, shown: Shown) -> Shown:
    """What the meter would show with `new`, angle aside, where it shows this with `old`."""
    voltage, current = new.voltage_gain / old.voltage_gain, new.current_gain / old.current_gain
    return Shown(
        shown.voltage_V * voltage,
        (shown.current_A - old.current_offset) * current + new.current_offset,
        (shown.power_W - old.power_offset) * voltage * current + new.power_offset,
    )


def check_reference(reference: Shown, load: Load, where: str) -> None:
    """Raises MalleeError when a reference meter cannot have shown this at that point."""
    for what, value in (
        ("voltage", reference.voltage_V),
        ("current", reference.current_A),
        ("power", reference.power_W),
    ):
        if not value > 0:
            raise MalleeError(
                f"{where}: the reference {what} is {value:g}",
                "a value was left out, or the reference meter is not connected to this phase",
                "a point with load needs voltage, current and active power of each phase, all above 0",
                ExitCode.REFUSED,
            )
    factor = reference.power_W / (reference.voltage_V * reference.current_A)
    low, high = (_UNITY, 1.02) if load is Load.NOMINAL else _HALF
    if not low <= factor <= high:
        raise _wrong_order(f"{where}: the reference's power factor is {factor:.2f} at the point {load}", load)


def _gains(old: Corrections, shown: Shown, reference: Shown, offset_A: float, where: str) -> Corrections:
    current = (shown.current_A - old.current_offset) / old.current_gain - offset_A
    for what, seen, told in (
        ("voltage", shown.voltage_V, reference.voltage_V),
        ("current", current * old.current_gain, reference.current_A),
    ):
        if not abs(seen - told) <= OFF_MAX * told:
            raise MalleeError(
                f"{where}: the meter shows a {what} of {seen:.2f} where the reference shows {told:.2f}",
                f"more than {OFF_MAX:.0%} off: another transformer or range, or the reference sits at another branch or phase",
                "compare wiring, transformer ratio and the order of the phases with docs/wiring.md",
                ExitCode.REFUSED,
            )
    new = replace(
        old,
        voltage_gain=old.voltage_gain * reference.voltage_V / shown.voltage_V,
        current_gain=reference.current_A / current,
    )
    for gain in (new.voltage_gain, new.current_gain):
        if not 0.5 <= gain < 2:
            raise MalleeError(
                f"{where}: it would take a gain of {gain:.3f}",
                "the chip takes 0.5 to 2",
                "change the burden resistor or the divider, so that nominal values need a gain near 1",
                ExitCode.REFUSED,
            )
    return new


def _late_us(
    old: Corrections, new: Corrections, seen: Shown, reference: Shown, frequency_Hz: float, leading: bool, where: str
) -> float:
    """How much later than it should the current arrives now."""
    shown = as_corrected(old, new, seen)
    for what, value, told in (
        ("voltage", shown.voltage_V, reference.voltage_V),
        ("current", shown.current_A, reference.current_A),
    ):
        if abs(value - told) > _STEPS_MAX * told:
            raise _wrong_order(
                f"{where}: at half load the meter's {what} would be {value:.2f}, the reference's {told:.2f}", Load.HALF
            )
    apparent = shown.voltage_V * shown.current_A
    if not abs(shown.power_W) <= apparent:
        raise _wrong_order(f"{where}: {shown.power_W:.0f} W of {apparent:.0f} VA at half load", Load.HALF)
    right = acos(reference.power_W / (reference.voltage_V * reference.current_A))
    late = acos(shown.power_W / apparent) - right
    if leading:
        late = -late
    if abs(late) > _ANGLE_MAX_deg * pi / 180:
        raise MalleeError(
            f"{where}: the angle between voltage and current is {late * 180 / pi:.1f} degrees off",
            f"no transformer is off by more than {_ANGLE_MAX_deg:g} degrees: phases are exchanged, or a transformer is reversed",
            "compare the order of the phases and the direction of the transformers with docs/wiring.md",
            ExitCode.REFUSED,
        )
    return late / (2 * pi * frequency_Hz) * 1e6


def _wrong_order(what: str, load: Load) -> MalleeError:
    wanted = {
        Load.NO_LOAD: "voltage on, nothing switched on behind the branch",
        Load.NOMINAL: "nominal voltage and current at a power factor of 1",
        Load.HALF: "half the current at a power factor of 0.5",
    }[load]
    return MalleeError(
        what,
        "the points were exchanged, or one before was left out: they build on each other in the order "
        + ", ".join(Load),
        f"this point is: {wanted}; take the points in their order",
        ExitCode.REFUSED,
    )
