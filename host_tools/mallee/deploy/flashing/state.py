"""What a board is and holds, as it says itself."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ...errors import ExitCode, MalleeError
from . import on_board

# MicroPython's py/persistentcode.h, MP_NATIVE_ARCH_*: what `sys.implementation._mpy >> 10` counts.
ARCHITECTURES = (
    None, "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa", "xtensawin", "rv32imc",
    "rv64imc",
)  # fmt: skip


class Runs(Protocol):
    """Anything that runs code on a MicroPython and returns what it printed."""

    def run(self, code: str) -> str: ...


class BoardState(NamedTuple):
    """One look at a board. `files` is path -> (bytes, SHA-256 or "" where the size differs from what is wanted)."""

    version: tuple[int, ...]
    machine: str
    build: str
    mpy: int
    serial: str
    block_bytes: int
    free_bytes: int
    running: bool
    """An application of ours was interrupted in order to ask."""
    watchdog: bool
    info: str
    """Text of its build_info.py, empty without one."""
    files: dict[str, tuple[int, str]]
    folders: frozenset[str]

    @property
    def architecture(self) -> str | None:
        index = (self.mpy >> 10) & 0x0F
        return ARCHITECTURES[index] if index < len(ARCHITECTURES) else None

    @property
    def mpy_version(self) -> tuple[int, int]:
        return self.mpy & 0xFF, self.mpy >> 8 & 3


def survey(board: Runs, wanted: Mapping[str, int]) -> BoardState:
    """Look at a board; `wanted` is path -> bytes of what shall be there. Raises MalleeError."""
    printed = board.run(on_board.SURVEY)
    try:
        first, *rest = (ast.literal_eval(line) for line in printed.splitlines() if line)
        said: dict[str, Any] = first
        sizes: dict[str, int] = {path: size for path, size in rest if size >= 0}
        found = BoardState(
            version=tuple(said["version"]),
            machine=said["machine"],
            build=said["build"],
            mpy=said["mpy"],
            serial=said["serial"],
            block_bytes=said["block"],
            free_bytes=said["free"],
            running=said["running"],
            watchdog=said["armed"],
            info=said["info"],
            files={path: (size, "") for path, size in sizes.items()},
            folders=frozenset(path for path, size in rest if size < 0),
        )
    except (ValueError, SyntaxError, KeyError, TypeError) as error:
        raise _nonsense(printed) from error
    same = [path for path, size in sizes.items() if wanted.get(path) == size]
    found.files.update({path: (sizes[path], digest) for path, digest in hashes(board, same).items()})
    return found


def hashes(board: Runs, paths: Sequence[str]) -> dict[str, str]:
    """SHA-256 of files that are there, read back from its flash. Raises MalleeError."""
    if not paths:
        return {}
    printed = board.run(on_board.HASHES + on_board.HASHES_OF.format(paths=tuple(paths)))
    digests = printed.split()
    if len(digests) != len(paths) or any(len(digest) != 64 for digest in digests):
        raise _nonsense(printed)
    return dict(zip(paths, digests, strict=True))


def _nonsense(printed: str) -> MalleeError:
    return MalleeError(
        f"the board's answer makes no sense: {printed[-120:]!r}",
        "bytes were lost on the cable, or something else on the board prints",
        "run the same command again; with another cable if it stays so",
        ExitCode.NO_ANSWER,
    )
