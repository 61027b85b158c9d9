"""The calibration of a PDU's meter over its bus: look at a branch closely, write its corrections, see that they hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from statistics import fmean

from ..errors import ExitCode, MalleeError
from ..reading import Scalar
from .calibration import TOLERANCE, Corrections, Shown
from .device import Device
from .writing import plan_writes

PHASES = (1, 2, 3)
_POLL_S = 0.15
_RENEWED_S = 0.3  # the close look renews its three phases this often
_PATIENCE_S = 6.0
_UNSTEADY = 0.002
_IDLE_STEP_A, _IDLE_STEP_W = 0.02, 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """Means of some windows of a branch: three phases, the line's frequency, and whether the current leads."""

    phases: tuple[Shown, ...]
    frequency_Hz: float
    leading: bool


async def look(device: Device, branch: int, windows: int = 5) -> Look:
    """The mean of that many renewals of the close look. Raises MalleeError where the load does not stand still."""
    _require(device)
    await device.write({"close_branch": branch})
    try:
        rows = await _rows(device, branch, windows + 1)
        rest = await device.read_many(["frequency", f"branch.{branch}.reactive_power"])
    finally:
        await device.write({"close_branch": 0})
    rows = rows[1:]  # the first may have begun before the load was as it is
    phases = tuple(_mean([row[phase - 1] for row in rows], f"branch {branch} phase {phase}") for phase in PHASES)
    frequency, reactive = rest["frequency"].number, rest[f"branch.{branch}.reactive_power"].number
    if not frequency or reactive is None:
        raise _blind(device, branch)
    return Look(phases, frequency, reactive < 0)


async def corrections(device: Device, branch: int) -> list[Corrections]:
    """As they stand in the controller now, by phase."""
    _require(device)
    names = {
        (phase, field.name): f"branch.{branch}.{field.name}.{phase}"
        for phase in PHASES
        for field in fields(Corrections)
    }
    found = await device.read_many(names.values())
    values = {key: found[name].number for key, name in names.items()}
    if any(value is None for value in values.values()):
        raise _blind(device, branch)
    return [
        Corrections(**{field.name: float(values[phase, field.name] or 0.0) for field in fields(Corrections)})
        for phase in PHASES
    ]


def points(branch: int, new: Sequence[Corrections]) -> dict[str, Scalar]:
    """The registers of a branch's corrections."""
    return {
        f"branch.{branch}.{name}.{phase}": value
        for phase, one in zip(PHASES, new, strict=True)
        for name, value in asdict(one).items()
    }


async def write(device: Device, branch: int, new: Sequence[Corrections]) -> None:
    """Write all of them, and wait until the chip has read them back. Raises MalleeError; a value that does not fit is refused
    before anything is sent."""
    values = points(branch, new)
    plan_writes(device.dictionary, values)
    await device.write(values)
    for _ in range(int(_PATIENCE_S / _POLL_S)):
        await asyncio.sleep(_POLL_S)
        pending = (await device.read("calibration_pending")).value
        if isinstance(pending, frozenset) and f"branch_{branch}" not in pending:
            return
    raise MalleeError(
        f"{device.name}: the metering chip of branch {branch} did not take its calibration",
        "the chip does not answer, or does not keep what is written to it",
        f"`mallee status` shows its alarm (metering_fault.{branch}); the settings are written and not committed",
        ExitCode.REFUSED,
    )


def findings(shown: Look, reference: Sequence[Shown], branch: int) -> list[str]:
    """Values that are still more than TOLERANCE off, in words."""
    found: list[str] = []
    for phase, seen, told in zip(PHASES, shown.phases, reference, strict=True):
        for name, value, right, least in (
            ("V", seen.voltage_V, told.voltage_V, 0.0),
            ("A", seen.current_A, told.current_A, _IDLE_STEP_A),
            ("W", seen.power_W, told.power_W, _IDLE_STEP_W),
        ):
            if abs(value - right) > max(least, TOLERANCE * abs(right)):
                found.append(f"branch {branch} phase {phase}: {value:.3f} {name} instead of {right:.3f} {name}")
    return found


async def _rows(device: Device, branch: int, count: int) -> list[tuple[Shown, ...]]:
    names = ["close_shown", "close_sequence"]
    names += [f"close_{what}.{phase}" for what in ("voltage", "current", "power") for phase in PHASES]
    rows: list[tuple[Shown, ...]] = []
    last: Scalar = None
    for _ in range(int((_PATIENCE_S + count * _RENEWED_S) / _POLL_S)):
        await asyncio.sleep(_POLL_S)
        found = await device.read_many(names)
        values = [found[name].number for name in names]
        if values[0] != branch or values[1] == last or any(value is None for value in values):
            continue
        last = values[1]
        volts, amps, watts = (tuple(v or 0.0 for v in values[at : at + 3]) for at in (2, 5, 8))
        rows.append(tuple(Shown(*row) for row in zip(volts, amps, watts, strict=True)))
        if len(rows) == count:
            return rows
    raise _blind(device, branch)


def _mean(rows: Sequence[Shown], where: str) -> Shown:
    values: list[float] = []
    for name, least in (("voltage_V", 0.0), ("current_A", _IDLE_STEP_A), ("power_W", _IDLE_STEP_W)):
        column = [getattr(row, name) for row in rows]
        mean, spread = fmean(column), max(column) - min(column)
        if spread > max(least, _UNSTEADY * abs(mean)):
            raise MalleeError(
                f"{where}: {name} moved by {spread:.3f} around {mean:.3f} while it was averaged",
                f"the load does not stand still: {_UNSTEADY:.1%} is the most that a calibration allows",
                "use a constant load, wait until it is warm, and take this point again",
                ExitCode.REFUSED,
            )
        values.append(mean)
    return Shown(*values)


def _require(device: Device) -> None:
    if "close_branch" not in device.dictionary.by_name:
        raise MalleeError(
            f"{device.name} has no meters that can be calibrated",
            "only PDUs have them, with firmware of map 1.5 or later",
            "of a PDU, update the firmware: `mallee flash`",
            ExitCode.REFUSED,
        )


def _blind(device: Device, branch: int) -> MalleeError:
    return MalleeError(
        f"{device.name}: branch {branch} shows no new values",
        "its metering chip is not fitted or at fault, or another program looks at another branch",
        f"`mallee get DEVICE quality 'branch.{branch}.*'` shows what is measured",
        ExitCode.NO_ANSWER,
    )
