"""The calibration steps: what `mallee calibrate` does at one point, within an acceptance (docs/calibration.md)."""

from __future__ import annotations

from collections.abc import Sequence

from ..device import calibrating
from ..device.calibrating import PHASES, Look
from ..device.calibration import Corrections, Load, Shown, corrected
from ..device.device import Device
from ..errors import MalleeError
from ..link.failures import LinkDown, NoAnswer
from .machine import Measured
from .model import Calibration, Value

COMMIT = 0xC0DE


def settings_of(branch: int) -> tuple[str, ...]:
    """The registers that a calibration of that branch writes."""
    return tuple(calibrating.points(branch, [Corrections()] * len(PHASES)))


async def calibrate(device: Device, of: Calibration, reference: Sequence[Shown] | None) -> Measured:
    """Look; where the meter shows what the reference shows, nothing is written. Else correct it, look again, and store it where
    that holds. `reference` None: there is no load, and nothing is what it shall show. Raises MalleeError where nobody answers."""
    load = Load(of.load)
    try:
        seen = await calibrating.look(device, of.branch)
        told = _told(seen, reference)
        if not (wrong := calibrating.findings(seen, told, of.branch)):
            return Measured(_values(of.branch, seen), True, "it agrees as it is")
        old = await calibrating.corrections(device, of.branch)
        await calibrating.write(device, of.branch, [_new(of, load, phase, old, seen, told) for phase in PHASES])
        again = await calibrating.look(device, of.branch)
        if left := calibrating.findings(again, _told(again, reference), of.branch):
            return Measured(_values(of.branch, again), False, "corrected, it is still off: " + "; ".join(left))
        await device.write({"commit": COMMIT})
    except (NoAnswer, LinkDown):
        raise
    except MalleeError as error:
        return Measured({}, False, f"{error.what} ({error.likely})")
    return Measured(
        _values(of.branch, again),
        True,
        "corrected and stored; it was " + "; ".join(wrong),
        stays=settings_of(of.branch),
    )


def _told(seen: Look, reference: Sequence[Shown] | None) -> Sequence[Shown]:
    return [Shown(phase.voltage_V, 0.0, 0.0) for phase in seen.phases] if reference is None else reference


def _new(
    of: Calibration, load: Load, phase: int, old: Sequence[Corrections], seen: Look, told: Sequence[Shown]
) -> Corrections:
    return corrected(
        old[phase - 1],
        {load: seen.phases[phase - 1]},
        {load: told[phase - 1]},
        frequency_Hz=seen.frequency_Hz,
        leading=seen.leading,
        where=f"branch {of.branch} phase {phase}",
    )


def _values(branch: int, seen: Look) -> dict[str, Value]:
    return {
        f"branch.{branch}.{name}.{phase}": round(value, 3)
        for phase, shown in zip(PHASES, seen.phases, strict=True)
        for name, value in (
            ("voltage", shown.voltage_V),
            ("phase_current", shown.current_A),
            ("phase_power", shown.power_W),
        )
    }
