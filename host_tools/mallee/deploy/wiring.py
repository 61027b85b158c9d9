"""Render docs/wiring.md: every pin of every board, where it goes and the level it must have during reset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import resources
from . import board as boards

PROFILES = {"PUMP": "pump skid", "PDU": "PDU"}


class Wire(NamedTuple):
    """One pin of a board: `signal` as the tables in boards/signals.py call it, `element` of several, from 1, or 0."""

    signal: str
    element: int
    gpio: int

    @property
    def name(self) -> str:
        return f"{self.signal}.{self.element}" if self.element else self.signal


def wires(pins: dict[str, Any]) -> list[Wire]:
    """The pins of a profile, or of the board's own RS485, in the order of their GPIO."""
    return sorted(_wires(pins), key=lambda wire: wire.gpio)


def _wires(pins: dict[str, Any], group: str = "") -> Iterator[Wire]:
    for key, value in pins.items():
        signal = f"{group}.{key}" if group else key
        if isinstance(value, dict):
            yield from _wires(value, signal)
        elif isinstance(value, tuple):
            yield from (Wire(signal, index, gpio) for index, gpio in enumerate(value, start=1))
        elif key not in ("id", "uart") and value is not None:
            yield Wire(signal, 0, value)


def signals() -> dict[str, Any]:
    """boards/signals.py: BUS, PUMP, PDU (name to meaning) and HEADERS."""
    return boards.read(resources.boards_dir() / "signals.py")


def outputs(profile: str, pins: dict[str, Any], line: dict[str, Any] | None = None) -> tuple[int, ...]:
    """The pins among these of a profile ("PUMP", "PDU"), and of its RS485 `line`, that are outputs with a declared level during
    reset."""
    meaning = signals()
    found: list[int] = []
    for table, rows in ((meaning[profile], wires(pins)), (meaning["BUS"], wires({"rs485": line or {}}))):
        for wire in rows:
            _, direction, level, _ = table[wire.signal]
            if direction == "out" and level:
                found.append(wire.gpio)
    return tuple(sorted(found))


def positions(header: str) -> dict[int, str]:
    """GPIO to its number on the board's headers."""
    rows = signals()["HEADERS"][header]
    return {at: f"{prefix}{n}" for prefix, row in rows for n, at in enumerate(row, start=1) if isinstance(at, int)}


def page() -> str:
    found = [boards.load(name) for name in boards.names()]
    real = [board for board in found if board.architecture != "host"]
    lines = [
        "<!-- Rendered from boards/ by `make docs`; change it there. -->\n",
        "# Wiring\n",
        "One table a board and profile: which pin goes where, and the level that the wire must have while the controller is in",
        "reset. *Reserved* pins are not used by this firmware yet; wired today, they stay right. Supplies and grounds of the",
        "chips are not listed. None of the boards has been run on hardware yet (boards/README.md).\n",
        "A chip that is not wired reads *not fitted*; nothing has to be there for a board to come up and answer.\n",
    ]
    for board in real:
        lines += _board(board, signals())
    return "\n".join(lines)


def _board(board: boards.Board, meaning: dict[str, Any]) -> list[str]:
    at = positions(board.data["HEADER"])
    gp = "GP" if board.data["CHIP"].startswith("rp2") else "GPIO"
    lines = [f"## {board.name}\n", board.summary, ""]
    line = board.data.get("RS485")
    if line is not None:
        tx, rx = (f"{gp}{line[role]} (pin {at[line[role]]})" for role in ("tx", "rx"))
        lines += [
            "**First contact**, with nothing else wired: a serial adapter with 3.3 V levels, no transceiver; the direction pin",
            f"stays free. Adapter RX to {tx}, adapter TX to {rx}, GND to GND. Never an adapter with 5 V levels.\n",
            "RS-485, through a transceiver with 3.3 V logic; 120 Ω at both ends of the bus:\n",
            *_table(wires({"rs485": line}), meaning["BUS"], at, gp),
        ]
    if "ETHERNET" in board.data:
        taken = ", ".join(f"{gp}{wire.gpio}" for wire in wires(board.data["ETHERNET"]))
        lines += [f"The Ethernet chip of the board has {taken}: leave these pins free.\n"]
    for profile, title in PROFILES.items():
        lines += [f"### {board.name}, {title}\n", *_table(wires(board.data[profile]), meaning[profile], at, gp)]
    return lines


def _table(found: list[Wire], meaning: dict[str, Any], at: dict[int, str], gp: str) -> list[str]:
    lines = ["| GPIO | pin | signal | goes to | direction | during reset |", "|---|---|---|---|---|---|"]
    for wire in found:
        goes, direction, level, why = meaning[wire.signal]
        reset = f"{level} ({why})" if why else level
        if isinstance(goes, tuple):
            goes = goes[wire.element - 1]
        pin = at.get(wire.gpio, "on the board")
        lines.append(f"| {gp}{wire.gpio} | {pin} | `{wire.name}` | {goes} | {direction} | {reset} |")
    return [*lines, ""]
