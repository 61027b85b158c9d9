"""Whether a bundle fits a board. What does not fit is refused before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ExitCode, MalleeError
from ..board import Board
from ..build import Manifest
from .plan import Plan, shortage_bytes
from .state import BoardState


def micropython_of(board: Board) -> dict[str, Any]:
    """Which MicroPython a board wants, as its data says: build, machine, minimum, download, install; {} where it says nothing."""
    return board.data.get("MICROPYTHON", {})


def how_to_install(board: Board | None) -> str:
    """How a person puts MicroPython onto the board."""
    wanted = micropython_of(board) if board is not None else {}
    if not wanted:
        return "put MicroPython on it: micropython.org/download, then run the same command again"
    return f"put MicroPython on it ({wanted['install']}; file: {wanted['download']}), then run the same command again"


def check_fit(manifest: Manifest, board: Board, state: BoardState) -> None:
    """Raises MalleeError (code 4)."""
    wanted = micropython_of(board)
    if wanted and not _is(state, wanted):
        raise _refused(
            f"this is a {state.machine or 'board'} with MicroPython for {state.build or 'another board'};"
            f" the bundle is for {manifest.board}",
            "the wrong board is plugged in, the wrong --board was given, or MicroPython for another board is on it",
            f"plug in the right one; if it is a {wanted['machine']}: {how_to_install(board)}",
        )
    if state.architecture != manifest.architecture:
        raise _refused(
            f"this MicroPython runs machine code for {state.architecture or 'no'} processor;"
            f" the bundle is for {manifest.architecture}",
            "the wrong board is plugged in, or its MicroPython was built without native code",
            f"name the right --board, or {how_to_install(board)}",
        )
    minimum = tuple(wanted.get("minimum", ()))
    if state.version < minimum:
        raise _refused(
            f"MicroPython {_text(state.version)} is too old; {board.name} needs {_text(minimum)} or newer",
            "it was put on long ago",
            how_to_install(board),
        )
    if _text(state.mpy_version) != manifest.mpy:
        raise _refused(
            f"this MicroPython {_text(state.version)} loads .mpy {_text(state.mpy_version)}; the bundle has {manifest.mpy}",
            "MicroPython and the compiler of the bundle are of different times",
            f"{how_to_install(board)}; or build the bundle with a mallee that fits",
        )


def check_space(plan: Plan, wanted: Mapping[str, bytes], state: BoardState) -> None:
    """Raises MalleeError (code 4)."""
    missing = shortage_bytes(plan, wanted, state)
    if missing:
        raise _refused(
            f"the board's file system is too full: {missing} bytes are missing, {state.free_bytes} are free",
            "files that are not mallee's lie on it: " + (", ".join(_foreign(plan, wanted, state)) or "none is known"),
            "remove what nobody needs (`mpremote rm :NAME`), then run the same command again",
        )


def _foreign(plan: Plan, wanted: Mapping[str, bytes], state: BoardState) -> list[str]:
    others = sorted((size, path) for path, (size, _) in state.files.items() if path not in wanted)
    return [f"{path} ({size} bytes)" for size, path in reversed(others[-3:]) if path not in plan.remove]


def _is(state: BoardState, wanted: Mapping[str, Any]) -> bool:
    if state.build:  # since 1.25; a variant of a build has a dash behind it
        return state.build.partition("-")[0] == wanted["build"]
    return state.machine == wanted["machine"]


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _refused(what: str, likely: str, next_step: str) -> MalleeError:
    return MalleeError(what, likely, f"{next_step}; nothing was changed", ExitCode.REFUSED)
