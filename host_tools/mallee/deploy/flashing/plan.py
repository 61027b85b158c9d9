"""What has to be done so that a board holds what it shall: a pure function of what is wanted and what is there.

Ours are our folders' modules and a few names at the top. Everything else on the board (settings, boot.py, whatever a person
put there) is never touched. MicroPython looks for a folder, then for `.py`, then for `.mpy`: a `.py` beside one of our
modules would win, so it is removed too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal, NamedTuple

from ...errors import ExitCode, MalleeError
from .state import BoardState

Action = Literal["unchanged", "written", "removed"]

STARTER = "main.py"
INFO = "build_info.py"
PARTIAL = {"main.py": "main.new", "build_info.py": "build_info.new"}  # written under these names, then renamed
OUR_FOLDERS = frozenset({"core", "drivers", "maps", "pdu", "pump"})
OUR_NAMES = frozenset(
    {
        "application.mpy",
        "board.mpy",
        "build_info.mpy",
        "dictionary.bin",
        "slots.a",
        "slots.b",
        "starts.bin",
        *PARTIAL.values(),
    }
)
SLOTS = frozenset({"slot_a", "slot_b"})
"""What updates over the bus have brought: whoever flashes a board wants what is flashed to run."""
_PAIR_BLOCKS = 2  # littlefs keeps a folder in pairs of blocks
_RESERVE_BLOCKS = 4  # it copies on write
# A small file has no block of its own. How small depends on how a port set littlefs up.
_SURELY_OWN, _NEVER_OWN = 1022, 128


class Row(NamedTuple):
    path: str
    bytes: int
    action: Action


class Plan(NamedTuple):
    """`write` in the order of writing, without build_info.py and main.py, which come last and are in `last`."""

    write: tuple[str, ...]
    last: tuple[str, ...]
    remove: tuple[str, ...]
    keep: tuple[str, ...]
    make_folders: tuple[str, ...]
    remove_folders: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        return not (self.write or self.last or self.remove)


def make_plan(wanted: Mapping[str, bytes], state: BoardState) -> Plan:
    """Raises MalleeError where a folder of the board takes the place of one of our files, or the other way round."""
    folders = sorted({parent for path in wanted for parent in _parents(path)})
    _no_obstacles(wanted, folders, state)
    same = {path for path, data in wanted.items() if state.files.get(path) == (len(data), _digest(data))}
    remove = sorted(path for path in state.files if path not in wanted and _ours(path, wanted))
    changed = sorted(path for path in wanted if path not in same)
    if (changed or remove) and STARTER in wanted and STARTER not in changed:
        changed.append(STARTER)  # it is taken away first, so that a board cut off in the middle starts to its prompt
        same.discard(STARTER)
    left = {parent for path in state.files if path not in remove for parent in _parents(path)}
    empty = [
        f for f in state.folders if f.partition("/")[0] in OUR_FOLDERS | SLOTS and f not in left and f not in folders
    ]
    return Plan(
        write=tuple(path for path in changed if path not in (INFO, STARTER)),
        last=tuple(path for path in (INFO, STARTER) if path in changed),
        remove=tuple(remove),
        keep=tuple(sorted(same)),
        make_folders=tuple(folder for folder in folders if folder not in state.folders),
        remove_folders=tuple(sorted(empty, reverse=True)),
    )


def rows(plan: Plan, wanted: Mapping[str, bytes], state: BoardState) -> list[Row]:
    """One row a file, in the order of paths."""
    done = [Row(path, len(wanted[path]), "written") for path in (*plan.write, *plan.last)]
    done += [Row(path, len(wanted[path]), "unchanged") for path in plan.keep]
    done += [Row(path, state.files[path][0], "removed") for path in plan.remove]
    return sorted(done)


def bytes_to_write(plan: Plan, wanted: Mapping[str, bytes]) -> int:
    return sum(len(wanted[path]) for path in (*plan.write, *plan.last))


def shortage_bytes(plan: Plan, wanted: Mapping[str, bytes], state: BoardState) -> int:
    """How much is missing in the file system, in whole blocks; 0 when everything fits. What is replaced is removed before.

    littlefs takes two blocks for a folder, two more when one that is written to splits, and a few while it copies on write. On
    the real thing a fresh board needed 2 blocks beyond files and folders, and one that was written to before as many as 14
    (tests/host/test_flash_space.py).
    """
    written = (*plan.write, *plan.last)
    if not written:
        return 0
    block = state.block_bytes
    folders = {path.rpartition("/")[0] for path in written}
    need = sum(_blocks(len(wanted[path]), block, _NEVER_OWN) for path in written)
    need += _PAIR_BLOCKS * (len(plan.make_folders) + len(folders)) + _RESERVE_BLOCKS
    gone = {*plan.remove, *(path for path in written if path in state.files and path != INFO)}
    have = state.free_bytes // block + sum(
        _blocks(size, block, _SURELY_OWN) for size in (state.files[p][0] for p in gone)
    )
    return max(0, need - have) * block


def _blocks(size: int, block_bytes: int, inline: int) -> int:
    """Blocks of a file: each but the first begins with pointers to others, two on average; a small file lies in its folder."""
    return -(-size // (block_bytes - 8)) if size > inline else 0


def _ours(path: str, wanted: Mapping[str, bytes]) -> bool:
    stem, _, ending = path.rpartition(".")
    if path in OUR_NAMES or path.partition("/")[0] in SLOTS:
        return True
    if ending == "py" and f"{stem}.mpy" in wanted:
        return True
    return ending in ("py", "mpy") and path.partition("/")[0] in OUR_FOLDERS and "/" in path


def _no_obstacles(wanted: Mapping[str, bytes], folders: list[str], state: BoardState) -> None:
    for path in wanted:
        stem = path.rpartition(".")[0]
        for folder in (path, stem) if path.endswith((".py", ".mpy")) else (path,):
            if folder in state.folders:
                raise _obstacle(f"the board has a folder {folder!r}, which MicroPython would take instead of {path}")
    for folder in folders:
        if folder in state.files:
            raise _obstacle(f"the board has a file {folder!r} where a folder has to be")


def _obstacle(what: str) -> MalleeError:
    return MalleeError(
        what,
        "something else was installed on this board before",
        "remove it (`mpremote rm -r :NAME`) if nobody needs it, then run the same command again",
        ExitCode.REFUSED,
    )


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
