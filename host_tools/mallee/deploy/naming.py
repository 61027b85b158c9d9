"""Drivers that a skid's equipment names (OTHERS): whether they exist, and whether the board has their pins.

The firmware imports them by these names when it starts, so what is wrong here would be a controller that does not start.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import MalleeError
from ..suggest import did_you_mean

TICKED = ("level", "supply_pressure", "return_pressure")
"""Transmitters of the hard tick's interlocks (firmware/pump/profile.py): they have to hang on its converters."""


def named_drivers(firmware: Path, equipment: Mapping[str, Any], pins: Mapping[str, Any], board: str) -> list[str]:
    """Names of drivers, each once. Raises MalleeError."""
    needs = _needs(firmware)
    found: list[str] = []
    for name, driver, _ in equipment.get("OTHERS", ()):
        if driver not in needs:
            raise MalleeError(
                f"OTHERS of the equipment: {name} is on {driver!r}, and there is no such driver of a sensor",
                "the name is misspelt, or the driver is not written yet",
                f"{did_you_mean(driver, needs)}; docs/drivers.md lists them",
            )
        missing = [pin for pin in needs[driver] if pin not in pins]
        if missing:
            raise MalleeError(
                f"OTHERS of the equipment: {name} is on {driver!r}, and {board} has no {', '.join(missing)}",
                "this board has no free pins for it, or they are not described",
                f"add them to PUMP of boards/{board}/board.py, or take another board",
            )
        if name in TICKED:
            raise MalleeError(
                f"OTHERS of the equipment: {name} is on {driver!r}",
                "an interlock of the hard tick needs it a thousand times a second, and only converters are that fast",
                "put it into ANALOG of the equipment",
            )
        if driver not in found:
            found.append(driver)
    return found


def _needs(firmware: Path) -> dict[str, tuple[str, ...]]:
    """Pins that each driver of a sensor needs: its constant NEEDS."""
    needs: dict[str, tuple[str, ...]] = {}
    for path in sorted((firmware / "drivers").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "NEEDS":
                needs[path.stem] = ast.literal_eval(node.value)
    return needs
