"""`mallee calibrate`: make a meter of a PDU show what a reference meter shows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import App, Parameter

from .. import clock
from ..device import calibrating
from ..device.calibrating import PHASES, Look
from ..device.calibration import Corrections, Load, Shown, corrected
from ..device.device import Device
from ..errors import ExitCode, MalleeError
from ..pod.fleet import Fleet
from . import completing
from .common import Common, Context
from .output import emit
from .reference import asked, from_file

COLUMNS = ("device", "branch", "phase", "setting", "old", "new")
_COMMIT = 0xC0DE
_SET_UP = {
    Load.NO_LOAD: "voltage on, nothing switched on behind the branch",
    Load.NOMINAL: "nominal voltage and current, power factor 1",
    Load.HALF: "half the current, power factor 0.5",
}
T = TypeVar("T")


def register(app: App) -> None:
    app.command(calibrate)


def calibrate(
    device: completing.Device,
    /,
    *,
    branch: int,
    point: list[Load] | None = None,
    reference: Path | None = None,
    windows: int = 5,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Calibrate the meter of one branch against a reference meter: measure, compute, ask, write, read again, ask, store.

    Three points, in this order: no load, nominal load at power factor 1, half load at power factor 0.5. docs/calibration.md says
    how they are wired.

    Exit code 4: what was measured or told cannot be a calibration, or did not hold; the corrections are as they were.

    Example: `mallee calibrate pdu-a1 --branch 3 --reference meter.toml`.

    Parameters
    ----------
    device
        Name from the pod file, or an address: tcp://HOST:PORT#UNIT.
    branch
        1 to 8.
    point
        Only this point: no-load, nominal or half; may be repeated. What the others found stays as it is.
    reference
        TOML file with what the reference meter shows; without it you are asked.
    windows
        How many renewals of the meter's values are averaged, three a second.
    dry_run
        Measure and show what would be written.
    yes
        Do not ask before writing and storing.
    """
    context = Context(common)
    loads = [load for load in Load if load in (point or list(Load))]
    _check(branch, windows, loads, reference is not None)
    told = from_file(reference, loads) if reference is not None else {}
    with clock.runner() as runner:
        return _calibrate(_Station(context, runner, device, branch, windows), loads, told, dry_run, yes)


def _calibrate(station: _Station, loads: list[Load], told: dict[Load, list[Shown]], dry_run: bool, yes: bool) -> int:
    context, branch = station.context, station.branch
    old = station.run(lambda found: calibrating.corrections(found, branch))
    seen: dict[Load, Look] = {}
    for load in loads:
        if sys.stdin.isatty():
            context.ask(f"{load}: {_SET_UP[load]}. Press Enter when it stands still. ")
        if load is not Load.NO_LOAD and load not in told:
            told[load] = asked(context, load)
        seen[load] = station.look()
    new = [_corrected(phase, old[phase - 1], seen, told, branch) for phase in PHASES]
    rows = [
        {
            "device": station.device,
            "branch": branch,
            "phase": phase,
            "setting": name,
            "old": value,
            "new": round(after, 6),
        }
        for phase, before, ahead in zip(PHASES, old, new, strict=True)
        for (name, value), after in zip(asdict(before).items(), asdict(ahead).values(), strict=True)
    ]
    emit(context.out, context.output, rows, COLUMNS)
    if dry_run:
        return ExitCode.DONE
    context.confirm("Write them?", yes)
    station.run(lambda found: calibrating.write(found, branch, new))
    _verify(station, old, told.get(loads[-1]))
    _store(station, yes)
    return ExitCode.DONE


class _Station:
    """The device, connected anew for each step: between two a person changes the load."""

    def __init__(self, context: Context, runner: asyncio.Runner, device: str, branch: int, windows: int) -> None:
        self.context = context
        self._runner = runner
        self.device = device
        self.branch = branch
        self.windows = windows
        self._pod = context.pod()

    def run(self, step: Callable[[Device], Awaitable[T]]) -> T:
        async def connected() -> T:
            async with Fleet(self._pod, timeout_s=self.context.timeout_s) as fleet:
                return await step(await fleet.device(self.device))

        return self._runner.run(connected())

    def look(self) -> Look:
        return self.run(lambda found: calibrating.look(found, self.branch, self.windows))


def _check(branch: int, windows: int, loads: list[Load], told: bool) -> None:
    if not 1 <= branch <= 8 or not 1 <= windows <= 100:
        raise MalleeError(
            f"--branch {branch} --windows {windows}",
            "a typing error",
            "a PDU has branches 1 to 8; average 1 to 100 windows",
        )
    if loads != [Load.NO_LOAD] and not told and not sys.stdin.isatty():
        raise MalleeError(
            "what the reference meter shows is not told, and nobody can be asked",
            "the command runs in a script",
            "write it to a file and add --reference FILE; docs/calibration.md has one",
        )
    if len(loads) > 1 and not sys.stdin.isatty():
        raise MalleeError(
            f"nobody is here to change the load between {len(loads)} points",
            "the command runs in a script",
            "run it once for each point, in their order: --point no-load, then --point nominal, then --point half",
        )


def _corrected(
    phase: int, old: Corrections, seen: dict[Load, Look], told: dict[Load, list[Shown]], branch: int
) -> Corrections:
    last = next(reversed(seen.values()))
    return corrected(
        old,
        {load: look.phases[phase - 1] for load, look in seen.items()},
        {load: rows[phase - 1] for load, rows in told.items()},
        frequency_Hz=last.frequency_Hz,
        leading=last.leading,
        where=f"branch {branch} phase {phase}",
    )


def _verify(station: _Station, old: list[Corrections], told: list[Shown] | None) -> None:
    """The last load still stands there: what is shown now has to be what the reference shows, else all is as it was."""
    shown = station.look()
    branch = station.branch
    if told is None:  # without load there is nothing to compare but zero
        told = [Shown(phase.voltage_V, 0.0, 0.0) for phase in shown.phases]
    found = calibrating.findings(shown, told, branch)
    if found:
        station.run(lambda device: calibrating.write(device, branch, old))
        raise MalleeError(
            "read again, the meter is still off: " + "; ".join(found),
            "the load changed, or the reference was read at another moment; the corrections are as they were",
            "wait until the load stands still, and repeat the calibration",
            ExitCode.REFUSED,
        )
    station.context.note(f"read again: branch {branch} agrees with the reference")


def _store(station: _Station, yes: bool) -> None:
    try:
        station.context.confirm("Store them in the controller's flash?", yes)
    except MalleeError as error:
        raise MalleeError(
            "the corrections are in force until the controller starts anew, and not stored",
            error.likely,
            f"`mallee set {station.device} commit {_COMMIT}` stores them, with every other setting",
            error.code,
        ) from error
    station.run(lambda found: found.write({"commit": _COMMIT}))
