"""The supply of a board, switched by tests; that of a real board is probed before anybody trusts it."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from ..errors import ExitCode, MalleeError
from .unit import Unit

_COMMAND_S = 60.0
_FADES_S = 1.0  # a board runs on from its capacitors for a moment
_SILENT_TRIES = 3


class Power(ABC):
    """`unit` is who has to answer again, within `start_s` of the supply's coming."""

    def __init__(self, unit: Unit, start_s: float) -> None:
        self._unit = unit
        self._start_s = start_s
        self.is_off = False

    def off(self) -> None:
        """Raises MalleeError where a command fails."""
        self.is_off = True
        self._off()

    def on(self) -> None:
        """Returns at once: `wait` waits until the controller runs. Raises MalleeError where a command fails."""
        self._on()
        self.is_off = False

    @abstractmethod
    def _off(self) -> None: ...

    @abstractmethod
    def _on(self) -> None: ...

    def wait(self) -> float:
        """Until the controller runs; its uptime then, in seconds. Raises MalleeError."""
        return self._unit.wait_until_it_runs(self._start_s)

    def cycle(self, off_s: float = 2.0) -> None:
        """Off for so long, on, and until it answers again. Raises MalleeError."""
        self.off()
        self._unit.time.run(off_s)
        self.on()
        self.wait()


class SwitchedPower(Power):
    """Of a simulation, which knows that it does what it says."""

    def __init__(self, unit: Unit, start_s: float, off: Callable[[], None], on: Callable[[], None]) -> None:
        super().__init__(unit, start_s)
        self._switch_off, self._switch_on = off, on

    def _off(self) -> None:
        with self._unit.time.held():
            self._switch_off()

    def _on(self) -> None:
        with self._unit.time.held():
            self._switch_on()


class CommandPower(Power):
    """Switched by commands of a shell: of a relay card, a socket with an interface, a USB hub."""

    def __init__(self, unit: Unit, start_s: float, off: str, on: str) -> None:
        super().__init__(unit, start_s)
        self._off_command, self._on_command = off, on

    def _off(self) -> None:
        _shell(self._off_command)

    def _on(self) -> None:
        _shell(self._on_command)


def _shell(command: str) -> None:
    try:
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=_COMMAND_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise _failed(command, f"it did not end within {_COMMAND_S:g} s") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise _failed(command, f"exit status {done.returncode}: {said}")


def _failed(command: str, how: str) -> MalleeError:
    return MalleeError(
        f"the command for the supply failed: {command!r}: {how}",
        "a typing error, or the switch is not connected",
        "run it by hand; it is --board-power-on and --board-power-off",
        ExitCode.USAGE,
    )


def switch_on(supplies: Sequence[Power]) -> None:
    """Those that are off; each gets its supply back, whatever becomes of another. Raises MalleeError: the first that failed."""
    dark, failed = [each for each in supplies if each.is_off], list[MalleeError]()
    for each in dark:
        try:
            each.on()
        except MalleeError as error:
            failed.append(error)
    if failed:
        raise failed[0]
    for each in dark:
        each.wait()


def probe(power: Power, unit: Unit) -> str | None:
    """Switch the board off and on once. None: it was silent without supply, and its uptime began anew; else what was seen."""
    if not unit.answers():
        return f"unit {unit.unit} did not answer before its supply was switched"
    try:
        try:
            power.off()
            unit.time.run(_FADES_S)
            if any(unit.answers() for _ in range(_SILENT_TRIES)):
                return f"unit {unit.unit} still answered {_FADES_S:g} s after the supply was switched off"
        finally:  # also behind a command that failed: nobody knows what it has done before
            on_s = unit.time.now_s  # a command may take its time, and the board starts meanwhile
            power.on()
        uptime_s = power.wait()
    except MalleeError as error:
        return error.what
    since_s = unit.time.now_s - on_s
    if uptime_s > since_s + 1.0:
        return f"unit {unit.unit} says {uptime_s:.0f} s of uptime {since_s:.0f} s after its supply came back: it was never off"
    return None
