"""The flash file system of a virtual board: a directory that outlives restarts within a run, flashed like a real one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .. import __version__
from ..deploy.board import equipment_path
from ..deploy.identity import build_info
from ..deploy.updating import keys
from ..device.dictionary import encode, hash_of
from ..resources import dictionary


def unique_id(name: str, seed: int = 0) -> bytes:
    """Eight bytes, the same for the same name and seed."""
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8]


def device_key(name: str, seed: int = 0) -> bytes:
    """Of a simulated controller, the same for the same name and seed: no secret."""
    return hashlib.sha256(f"{seed}/{name}/key".encode()).digest()


def install(
    directory: Path,
    *,
    name: str,
    profile: str,
    unit: int,
    port: int = 502,
    baud: int | None = None,
    framing: str | None = None,
    seed: int = 0,
    allow_unsigned: bool = False,
) -> None:
    """Write what flashing a board writes beside the firmware: equipment.py, build_info.py, dictionary.bin and the device key."""
    directory.mkdir(parents=True, exist_ok=True)
    described = dictionary(profile)
    (directory / "equipment.py").write_bytes(equipment_path(profile).read_bytes())
    (directory / "dictionary.bin").write_bytes(encode(described))
    (directory / keys.FILE_NAME).write_bytes(keys.on_controller(device_key(name, seed), allow_unsigned=allow_unsigned))
    serial = unique_id(name, seed).hex().upper()
    (directory / "build_info.py").write_bytes(
        build_info(
            profile=profile,
            dictionary_hash=hash_of(described),
            version=__version__,
            unit=unit,
            name=name,
            serial=serial,
            port=port,
            baud=baud,
            framing=framing,
        )
    )
