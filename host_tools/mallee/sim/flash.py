"""The flash file system of a virtual board: a directory that outlives restarts within a run, flashed like a real one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .. import __version__
from ..device.dictionary import encode, hash_of
from ..resources import dictionary


def unique_id(name: str, seed: int = 0) -> bytes:
    """Eight bytes, the same for the same name and seed."""
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8]


def install(directory: Path, *, name: str, profile: str, unit: int, port: int, seed: int = 0) -> None:
    """Write what flashing a board writes beside the firmware: build_info.py and dictionary.bin."""
    directory.mkdir(parents=True, exist_ok=True)
    described = dictionary(profile)
    version = tuple(int(part) for part in __version__.split(".")[:3])
    (directory / "dictionary.bin").write_bytes(encode(described))
    serial = unique_id(name, seed).hex().upper()
    lines = (
        '"""Written when this controller was flashed: who it is."""',
        "",
        f"DICTIONARY_HASH = 0x{hash_of(described):016X}",
        f'SERIAL = "{serial}"',
        f"NAME = {name!r}",
        f'PROFILE = "{profile}"',
        f"UNIT = {unit}",
        f"PORT = {port}",
        f"VERSION = {version!r}",
    )
    (directory / "build_info.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
