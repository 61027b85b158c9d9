"""Files into the flash of an emulated Pico. Installing takes some twenty seconds, so the flash that results is kept in the
user's cache, under the hash of everything that went into it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from .console import Console
from .image import cache_dir
from .pico import Pico

FLASH_bytes = 2 * 1024 * 1024


def install(image: Path, files: Mapping[str, bytes], *, fresh: bool = False) -> bytes:
    """The flash of a board with `image` and `files`. `fresh` installs through the console whatever the cache holds."""
    digest = hashlib.sha256(image.read_bytes())
    for path, data in sorted(files.items()):
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    kept = cache_dir() / "emulated" / f"{digest.hexdigest()[:32]}.flash"
    if kept.is_file() and not fresh:
        flash = kept.read_bytes()
        if len(flash) == FLASH_bytes:
            return flash
    pico = Pico(image)
    pico.boot()
    console = Console(pico)
    console.enter()
    console.put(files)
    flash = bytes(pico.mcu.flash[:FLASH_bytes])
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{id(pico)}")
    partial.write_bytes(flash)
    partial.replace(kept)
    return flash
