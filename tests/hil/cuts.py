"""Power cuts at every write to a flash that was recorded on an emulated board: what starts afterwards, judged by the real chooser
of the firmware in the real littlefs, on the Unix port of MicroPython."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mallee.hil.emulated import writes as flash_writes
from mallee.hil.emulated.flash import FLASH_bytes
from mallee.hil.emulated.writes import Write

from ..conftest import RUNNER, run_micropython

FILES_FROM = 640 * 1024
"""Where the file system begins: MicroPython keeps the upper 1408 kB of a Pico's flash for it (ports/rp2/boards/RPI_PICO)."""
LOOKER = RUNNER.with_name("cuts_on_micropython.py")
FILLER = RUNNER.with_name("fill_on_micropython.py")
_LIMIT_S = 1200
_BLOCK_bytes = 4096
_ERASE, _PROGRAM = 1, 0


class Application(NamedTuple):
    slot: int  # 0: flashed, 1 and 2: brought by updates
    files: Mapping[str, bytes]


class Looked(NamedTuple):
    """`outcomes` by cut: what starts, "?" if on trial, and what starts after that, as in "new? old"; "failed". Cut 0 is before
    all writes, cut 2 n − 1 in the middle of the n-th, cut 2 n behind it. `failures`: the cut, and what is wrong."""

    outcomes: list[str]
    failures: list[tuple[int, str]]

    def told(self) -> dict[str, int]:
        return {outcome: self.outcomes.count(outcome) for outcome in dict.fromkeys(self.outcomes)}


def filled(image: bytes, files: Mapping[str, bytes], scratch: Path) -> bytes:
    """The flash of a board with MicroPython and these files, in a second: by an emulated board's console it takes minutes."""
    folder, made = scratch / "files", scratch / "made.bin"
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    blocks = (FLASH_bytes - FILES_FROM) // _BLOCK_bytes
    _run(FILLER, folder, made, blocks)
    return image[:FILES_FROM] + made.read_bytes()


def flash_after(before: bytes, writes: Sequence[Write], cut: int) -> bytes:
    """The whole flash as this cut leaves it."""
    return flash_writes.cut(before, writes[: cut // 2], writes[cut // 2] if cut % 2 else None)


def look(
    before: bytes,
    writes: Sequence[Write],
    board: Mapping[str, bytes],
    applications: Mapping[str, Application],
    scratch: Path,
) -> Looked:
    """Every cut. `board`: files that stay as they are whatever is brought."""
    for write in writes:
        assert write.address >= FILES_FROM and write.address + write.size_bytes <= FLASH_bytes, write
    image, written, told = (scratch / name for name in ("before.bin", "writes.bin", "told.json"))
    image.write_bytes(before[FILES_FROM:FLASH_bytes])
    written.write_bytes(b"".join(map(_packed, writes)))
    known = {name: {"slot": each.slot, "files": _digests(each.files)} for name, each in applications.items()}
    told.write_text(json.dumps({"board": _digests(board), **known}), encoding="utf-8")
    found = json.loads(_run(LOOKER, image, written, told))
    outcomes = [outcome for count, outcome in found["outcomes"] for _ in range(count)]
    assert len(outcomes) == 1 + 2 * len(writes)
    return Looked(outcomes, [(number, why) for number, why in found["failures"]])


def _run(script: Path, *arguments: object) -> str:
    """What it printed."""
    done = run_micropython("-X", "heapsize=64m", str(script), *map(str, arguments), timeout=_LIMIT_S)
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout


def _packed(write: Write) -> bytes:
    kind = _ERASE if write.data is None else _PROGRAM
    head = bytes((kind,)) + (write.address - FILES_FROM).to_bytes(4, "big") + write.size_bytes.to_bytes(4, "big")
    return head + (write.data or b"")


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
