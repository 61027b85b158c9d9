"""The heap of a virtual board, so that it is as tight as that of a real one.

Objects of the Unix port are those of a 64-bit machine, but native code lies outside its heap. Measured, the same firmware
running: an emulated Pico uses 154 kB of 241 kB for either profile (docs/boards.md), the Unix port 168 kB for a skid and 166 kB
for a PDU (`heap_free` of a board like that less what the simulator's modules take): 1.09 and 1.08 times as much. Since then slow
code of the PDU became bytecode, 4 kB that this heap has and that of the measurement had not.

A real board is given compiled modules, and so is this one: compiling takes more heap than the firmware does.
"""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from ..deploy.board import load
from ..deploy.compiling import compile_mpy
from ..deploy.folding import folded
from ..deploy.shrinking import shrunk
from ..errors import MalleeError

OWN = "virtual"
BYTES_PER_BYTE = 1.15
_ARCHITECTURES = {"x86_64": "x64", "AMD64": "x64"}
"""Machines whose native code mpy-cross and the Unix port both know."""


def heap_bytes(board: str) -> int:
    """For the firmware, without the simulator's part. Raises MalleeError for a board that is not known."""
    real: int = load(board).data["MEMORY"]["heap_bytes"]
    return real if board == OWN else round(BYTES_PER_BYTE * real)


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="mallee-compiled-")


def _sources(folder: Path) -> dict[str, str]:
    """Its modules; those of the firmware as a bundle would have them."""
    texts = {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.py"))}
    if not (folder / "maps").is_dir():
        return texts
    return shrunk({named: folded(text, named, folder) for named, text in texts.items()})


@cache
def compiled(folders: Sequence[Path]) -> tuple[Path, ...]:
    """The same modules as .mpy for this machine, once in a process. Raises MalleeError where that cannot be."""
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise MalleeError(
            f"the heap of a real board cannot be tried on {platform.machine()}",
            "the firmware must be compiled for it, and mpy-cross and the Unix port agree on x86-64 only",
            "run it on an x86-64 machine, or leave out memory_of",
        )
    targets = tuple(Path(_scratch().name) / str(number) for number in range(len(folders)))
    jobs = [(n, text, t) for f, t in zip(folders, targets, strict=True) for n, text in _sources(f).items()]

    def compile_one(job: tuple[str, str, Path]) -> None:
        named, text, target = job
        place = (target / named).with_suffix(".mpy")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(compile_mpy(text, named, architecture))

    for folder, target in zip(folders, targets, strict=True):
        for start in folder.glob("start.py"):  # the port runs a source, and looks beside it for modules first
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(start, target)
    with ThreadPoolExecutor() as pool:
        list(pool.map(compile_one, jobs))
    return targets
