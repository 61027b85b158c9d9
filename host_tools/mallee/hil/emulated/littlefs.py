"""The file system of a Pico with files in it, made by MicroPython's Unix port on this computer: in half a second, where the
emulated board takes a minute to be flashed over its console. It is formatted as the board's own _boot.py does it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ...errors import MalleeError
from ...sim.runtime import micropython

BLOCK_bytes = 4096
START_bytes, SIZE_bytes = 0xA0000, 1408 * 1024
"""Where MicroPython 1.25 keeps it on an RPI_PICO (ports/rp2: MICROPY_HW_FLASH_STORAGE_BYTES at the end of 2 MB)."""
_MAKE = """
import os, sys, vfs
class Flash:
    def __init__(self, count):
        self.count, self.data = count, bytearray(b"\\xff" * (4096 * count))
    def readblocks(self, block, buffer, offset=0):
        at = 4096 * block + offset
        buffer[:] = self.data[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = 4096 * block + offset
        self.data[at : at + len(buffer)] = buffer
    def ioctl(self, what, block):
        if what == 6:
            self.data[4096 * block : 4096 * (block + 1)] = b"\\xff" * 4096
        return {4: self.count, 5: 4096}.get(what, 0)
def copy(source, target):
    for entry in os.ilistdir(source):
        there, here = source + "/" + entry[0], target + "/" + entry[0]
        if entry[1] & 0x4000:
            os.mkdir(here)
            copy(there, here)
        else:
            with open(there, "rb") as file, open(here, "wb") as made:
                made.write(file.read())
flash = Flash(int(sys.argv[3]))
vfs.VfsLfs2.mkfs(flash, progsize=256)
vfs.mount(vfs.VfsLfs2(flash, progsize=256), "/made")
copy(sys.argv[1], "/made")
vfs.umount("/made")
with open(sys.argv[2], "wb") as file:
    file.write(flash.data)
"""


def made(files: Mapping[str, bytes]) -> bytes | None:
    """`SIZE_bytes` of flash; None where this computer has no MicroPython, or one that cannot do it."""
    try:
        command = micropython()
    except MalleeError:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        folder, result = Path(scratch, "files"), Path(scratch, "flash")
        folder.mkdir()
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        script = Path(scratch, "make.py")
        script.write_text(_MAKE, encoding="utf-8")
        arguments = [str(folder), str(result), str(SIZE_bytes // BLOCK_bytes)]
        done = subprocess.run(
            [command, "-X", "heapsize=16m", str(script), *arguments], capture_output=True, check=False
        )
        return result.read_bytes() if done.returncode == 0 else None
