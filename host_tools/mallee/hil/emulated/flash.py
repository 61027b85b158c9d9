"""Files into the flash of an emulated Pico: its file system is made on this computer, or, where that cannot be, by the same steps
as `mallee flash`. The flash that results is kept in the user's cache, under the hash of everything that went into it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from ...deploy.flashing.console import Console
from ...deploy.flashing.install import put
from . import littlefs
from .image import cache_dir
from .pico import Pico
from .usb import EmulatedDoor

FLASH_bytes = 2 * 1024 * 1024
_FORMAT = b"3"  # of what installing leaves in the flash besides the files themselves


def install(image: Path, files: Mapping[str, bytes], *, fresh: bool = False) -> bytes:
    """The flash of a board with `image` and `files`. `fresh` installs through the console, whatever the cache holds.

    Nothing is started: the caller boots the flash.
    """
    digest = hashlib.sha256(_FORMAT + image.read_bytes())
    for path, data in sorted(files.items()):
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    kept = cache_dir() / "emulated" / f"{digest.hexdigest()[:32]}.flash"
    if kept.is_file() and not fresh:
        flash = kept.read_bytes()
        if len(flash) == FLASH_bytes:
            return flash
    flash = None if fresh else _made(image, files)
    if flash is None:
        flash = _put(image, files)
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}")
    partial.write_bytes(flash)
    partial.replace(kept)
    return flash


def _made(image: Path, files: Mapping[str, bytes]) -> bytes | None:
    system = littlefs.made(files)
    if system is None:
        return None
    flash = bytearray(flash_of(Pico(image)))
    flash[littlefs.START_bytes : littlefs.START_bytes + len(system)] = system
    return bytes(flash)


def _put(image: Path, files: Mapping[str, bytes]) -> bytes:
    pico = Pico(image)
    pico.boot()
    console = Console(EmulatedDoor(pico))
    console.open()
    put(console, files)
    return flash_of(pico)


def flash_of(pico: Pico) -> bytes:
    """What a power cut now would leave."""
    return bytes(pico.mcu.flash[:FLASH_bytes])
