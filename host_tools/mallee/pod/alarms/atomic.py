"""Write a small file so that after a crash at any moment the old or the new one is there, whole."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PART = ".part"
"""What the name of a file ends with that is not whole yet; no reader looks at those."""


def write(path: Path, data: bytes, *, durable: bool = True, mode: int = 0o666) -> None:
    """Raises OSError. The data are on the disk before the name points at them, as POSIX rename() then promises. Not `durable`:
    who reads sees a whole file all the same, but a power cut may leave none. `mode`: who may do what, less the umask."""
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        with open(part, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    if durable and os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def clear(folder: Path) -> None:
    """Remove what writers that were killed left."""
    for part in folder.glob(f"*{PART}"):
        with suppress(OSError):
            part.unlink()
