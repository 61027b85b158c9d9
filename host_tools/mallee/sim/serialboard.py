"""The virtual board with an RS-485 transceiver instead of a network, as boards/rp2_pico has it."""

from __future__ import annotations

from pathlib import Path

from ..deploy.board import load


def line() -> dict[str, int]:
    """Pins of its transceiver."""
    found: dict[str, int] = load("rp2_pico").data["RS485"]
    return found


def write(directory: Path) -> Path:
    """Write its board.py into `directory`, which belongs on the path in front of the virtual board's; returns the directory."""
    board = load("virtual")
    changed = f'\nCAPABILITIES["network"] = None\nRS485 = {line()!r}\n'
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "board.py").write_text(board.path.read_text(encoding="utf-8") + changed, encoding="utf-8")
    return directory
