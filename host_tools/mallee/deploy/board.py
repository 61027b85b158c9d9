"""A board's data, read from its board.py without running it; and the equipment's that hangs on it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, NamedTuple

from .. import resources
from ..errors import MalleeError
from ..suggest import did_you_mean


class Board(NamedTuple):
    name: str
    path: Path
    data: dict[str, Any]

    @property
    def architecture(self) -> str:
        return self.data["ARCHITECTURE"]

    @property
    def capabilities(self) -> dict[str, Any]:
        return self.data["CAPABILITIES"]

    @property
    def summary(self) -> str:
        """The first paragraph of the file's docstring, in one line."""
        text = ast.get_docstring(ast.parse(self.path.read_text(encoding="utf-8"))) or ""
        return " ".join(text.partition("\n\n")[0].split())


def names() -> list[str]:
    return sorted(path.parent.name for path in resources.boards_dir().glob("*/board.py"))


def load(name: str) -> Board:
    """Raises MalleeError with the nearest name."""
    known = names()
    if name not in known:
        raise MalleeError(
            f"there is no board {name!r}", "the name is misspelt, or the board is not described yet",
            f"{did_you_mean(name, known)}; boards/README.md says how to add one",
        )  # fmt: skip
    path = resources.boards_dir() / name / "board.py"
    return Board(name, path, read(path))


def equipment_path(profile: str) -> Path:
    """What hangs on a controller of this profile; on its flash the file is called equipment."""
    return resources.boards_dir() / "equipment" / f"{profile}.py"


def equipment(profile: str) -> dict[str, Any]:
    return read(equipment_path(profile))


def read(path: Path) -> dict[str, Any]:
    """Names and their constants, of a file that has nothing else."""
    data: dict[str, Any] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            data[node.targets[0].id] = ast.literal_eval(node.value)
    return data
