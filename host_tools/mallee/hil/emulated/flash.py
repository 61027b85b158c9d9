"""Files into the flash of an emulated Pico, by the same steps as `mallee flash`. The flash that results is kept in the
user's cache, under the hash of everything that went into it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ...deploy.flashing.console import Console
from ...deploy.flashing.install import put
from .image import cache_dir
from .pico import Pico
from .usb import EmulatedDoor

FLASH_bytes = 2 * 1024 * 1024
_FORMAT = b"2"  # of what installing leaves in the flash besides the files themselves


def install(image: Path, files: Mapping[str, bytes], *, fresh: bool = False) -> bytes:
    """The flash of a board with `image` and `files`. `fresh` installs through the console whatever the cache holds.

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
    pico = Pico(image)
    pico.boot()
    console = Console(EmulatedDoor(pico))
    console.open()
    put(console, files)
    flash = flash_of(pico)
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{id(pico)}")
    partial.write_bytes(flash)
    partial.replace(kept)
    return flash


def flash_of(pico: Pico) -> bytes:
    """What a power cut now would leave."""
    return bytes(pico.mcu.flash[:FLASH_bytes])
