"""Which firmware modules a profile needs: the import graph from main.py, read as source and never run."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from .dictionary import PROFILES

WRITTEN_LATER = {"board", "equipment", "build_info", "release"}  # of the board, of the profile, of this one controller
# Modules that only boards with these networks (the capability of that name) have a use for.
NETWORKED = {"core.tcp": ("socket", "w5500"), "core.ethernet": ("w5500",)}


def modules(firmware: Path, profile: str, network: str | None = None, drivers: Sequence[str] = ()) -> dict[str, Path]:
    """Path in the bundle, without its ending, of every module that `profile` reaches; other profiles are left out.

    `network` is the board's capability of that name; `drivers` those that the equipment names, which nothing imports by name.
    """
    others = {name for name in PROFILES if name != profile}
    found: dict[str, Path] = {}
    waiting = ["main", *(f"drivers.{name}" for name in drivers)]
    while waiting:
        name = waiting.pop()
        if name in found or others & set(name.split(".")) or network not in NETWORKED.get(name, (network,)):
            continue
        path = _file_of(firmware, name)
        if path is None:
            continue  # MicroPython's own
        found[name] = path
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        waiting += sorted(_imports(path))
    return {_place(name, path): path for name, path in sorted(found.items())}


def _file_of(firmware: Path, name: str) -> Path | None:
    base = firmware.joinpath(*name.split("."))
    if base.is_dir():
        base = base / "__init__"
    path = base.with_suffix(".py")
    return path if path.is_file() else None


def _place(name: str, path: Path) -> str:
    place = name.replace(".", "/")
    return f"{place}/__init__" if path.name == "__init__.py" else place


def _imports(path: Path) -> set[str]:
    """Every name that might be a module: `from core import tick` may mean core.tick or an attribute of core."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found - WRITTEN_LATER
