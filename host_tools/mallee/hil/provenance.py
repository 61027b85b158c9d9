"""What a test ran on and against, for its report: names, versions and hashes. What is not known is left out."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .. import __version__
from .board import Board
from .unit import Unit

_GIT_S = 10.0


def of_session(project: Path) -> dict[str, str]:
    """The same for all tests: this program, and the commit of the tests."""
    found = {"mallee.version": __version__}
    commit = _git(project, "rev-parse", "HEAD")
    if commit:
        changed = _git(project, "status", "--porcelain", "--untracked-files=no")
        found["git.commit"] = f"{commit}-dirty" if changed else commit
    return found


def of_board(board: Board) -> dict[str, str]:
    """What the controller said when it was connected to, and where its program comes from."""
    found = {"board": str(board), "board.kind": board.kind} | of_unit(board.unit)
    return found | {f"board.{key}": value for key, value in board.origin.items()}


def of_unit(unit: Unit) -> dict[str, str]:
    """What the controller said when it was connected to."""
    identity = None if unit.known is None else unit.known.identity
    if identity is None:
        return {}
    major, minor = identity.map_version
    found = {
        "board.profile": identity.profile,
        "board.firmware": identity.firmware,
        "board.map": f"{major}.{minor}",
        "board.dictionary": f"{identity.dictionary_hash:016x}",
    }
    if identity.serial_number:
        found["board.serial"] = identity.serial_number
    if identity.name:
        found["board.name"] = identity.name
    return found


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=_GIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
