"""What the command line says about boards: parsed and checked before any test runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from ..errors import ExitCode, MalleeError
from ..link.address import as_port, parse_address
from ..suggest import did_you_mean
from .capabilities import CAPABILITIES, PROFILES

_COM = re.compile(r"^COM\d+$", re.IGNORECASE)
_SIMULATED = ("virtual", "emulated")
_HAS = {
    "virtual": {"bus", "faults", "plant", "pod", "power"},
    "emulated": {"bus", "console", "faults", "inputs", "power"},
}


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """One board. `board` is virtual, emulated, or the console's port; `bus` an address; `power` the commands for off and on."""

    board: str
    profile: str | None = None
    bus: str | None = None
    unit: int = 1
    power: tuple[str, str] | None = None
    pod: Path | None = None

    @property
    def kind(self) -> str:
        return self.board if self.board in _SIMULATED else "real"

    def lacks(self, capability: str) -> str | None:
        """Why this board does not have it, as far as that can be told before it was asked; None: it has it."""
        if self.kind in _HAS:
            if capability in _HAS[self.kind]:
                return None
            return f"the {self.kind} board does not have {CAPABILITIES[capability]}"
        given = {"bus": self.bus, "power": self.power, "pod": self.pod, "console": self.board}
        options = {"bus": "--board-bus", "power": "--board-power-on and --board-power-off", "pod": "--board-pod"}
        if capability not in given:
            return f"a real board does not have {CAPABILITIES[capability]}"
        return None if given[capability] else f"{options[capability]}: not given"


def setups(options: Any, count: int) -> list[Setup]:
    """Of `count` boards; options of several are divided by |, one for all needs none. Raises MalleeError."""
    parts = {
        name: _parts(getattr(options, f"board{name and '_'}{name}"), count, f"--board{name and '-'}{name}")
        for name in ("", "profile", "bus", "unit", "power_on", "power_off", "pod")
    }
    return [_setup(*(parts[name][index] for name in parts)) for index in range(count)]


def _parts(text: str | None, count: int, option: str) -> list[str | None]:
    if count == 1:  # a command of a shell may have a | in it
        return [text]
    parts: list[str | None] = [None] if text is None else [part or None for part in text.split("|")]
    if len(parts) not in (1, count):
        raise _wrong(
            option.replace("_", "-"),
            f"{text!r} is for {len(parts)} boards, and --count is {count}",
            "give one for each, or one",
        )
    return parts * count if len(parts) == 1 else parts


def _setup(
    board: str | None,
    profile: str | None,
    bus: str | None,
    unit: str | None,
    power_on: str | None,
    power_off: str | None,
    pod: str | None,
) -> Setup:
    board = board or ""
    kind = board if board in _SIMULATED else "real"
    if kind == "real":
        _check_port(board)
    if profile is not None and profile not in PROFILES:
        raise _wrong("--board-profile", f"there is no profile {profile!r}", did_you_mean(profile, PROFILES))
    if not (unit or "1").isdigit() or not 1 <= int(unit or 1) <= 247:
        raise _wrong("--board-unit", f"{unit!r} is no unit of a line", "units are numbers from 1 to 247")
    if kind != "real":
        for option, given in (("bus", bus), ("power-on", power_on), ("power-off", power_off)):
            if given:
                raise _wrong(
                    f"--board-{option}", f"the {kind} board brings its own", "leave it out, or name a real board"
                )
    if (power_on is None) != (power_off is None):
        raise _wrong("--board-power-on", "of the two commands for the supply one is missing", "give both")
    if bus is not None:
        bus = as_port(bus)
        device = getattr(parse_address(bus), "device", "")
        if device.startswith("/"):
            _check_exists("--board-bus", device, "the adapter")
    if pod is not None and not Path(pod).is_file():
        raise _wrong("--board-pod", f"there is no file {pod}", "examples/pod.toml is a pod file that works")
    power = None if power_on is None or power_off is None else (power_off, power_on)
    return Setup(
        board=board, profile=profile, bus=bus, unit=int(unit or 1), power=power, pod=None if pod is None else Path(pod)
    )


def _check_port(board: str) -> None:
    if "://" in board or _COM.match(board):
        return
    if not board.startswith("/"):
        raise _wrong(
            "--board",
            f"{board!r} is neither virtual nor emulated, and no port",
            f"{did_you_mean(board, _SIMULATED)} Or name its console: /dev/ttyACM0, COM3, socket://HOST:PORT",
        )
    _check_exists("--board", board, "the board")


def _check_exists(option: str, port: str, what: str) -> None:
    if not Path(port).exists():
        raise MalleeError(
            f"{option}: there is no port {port}",
            f"{what} is not plugged in, or its port has another name",
            "`python -m serial.tools.list_ports -v` lists the ports of this computer",
            ExitCode.USAGE,
        )


def _wrong(option: str, what: str, next_step: str) -> MalleeError:
    return MalleeError(
        f"{option}: {what}", "a typing error, or options that do not go together", next_step, ExitCode.USAGE
    )
