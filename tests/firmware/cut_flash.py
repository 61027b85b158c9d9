"""The flash of a board whose power goes in the middle of a write, piece by piece, with littlefs on it.

It is as the rp2 port has it: blocks of 4096 bytes, pages of 256, mounted as its _boot.py does. That reformats on any error of
mounting, so a file system that does not mount is the loss of everything. Each half page that is programmed is a piece; an
erased block is two: garbage first, then 0xFF.
"""

import os

import vfs

BLOCK, PAGE, BLOCKS = 4096, 256, 16
EIO = 5


class Flash:
    """The power goes after `left` more pieces. Nothing is answered then but errors."""

    def __init__(self, data, left=1 << 29):
        self.data = data
        self.left = self.budget = left
        self.erases = 0

    @property
    def used(self):
        return self.budget - self.left

    def readblocks(self, block, buffer, offset=0):
        if not self.left:
            return -EIO
        at = block * BLOCK + offset
        buffer[:] = memoryview(self.data)[at : at + len(buffer)]
        return 0

    def writeblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        assert at % PAGE == 0 and len(buffer) % PAGE == 0
        for start in range(0, len(buffer), PAGE // 2):
            if not self.left:
                return -EIO
            half = memoryview(self.data)[at + start : at + start + PAGE // 2]
            assert bytes(half) == b"\xff" * len(half)  # NOR flash only clears bits: written twice is written wrong
            half[:] = buffer[start : start + PAGE // 2]
            self.left -= 1
        return 0

    def ioctl(self, operation, argument):
        if operation == 4:
            return len(self.data) // BLOCK
        if operation == 5:
            return BLOCK
        if operation == 6:
            self.erases += 1
            for content in (b"\x5a\xff\x00\xa7", b"\xff\xff\xff\xff"):
                if not self.left:
                    return -EIO
                self.data[argument * BLOCK : (argument + 1) * BLOCK] = content * (BLOCK // 4)
                self.left -= 1
        return 0


def mounted(flash, use):
    """`use()` in the file system; OSError is what an application sees of the power."""
    volume = vfs.VfsLfs2(flash, progsize=PAGE)
    vfs.mount(volume, "/flash")
    os.chdir("/flash")
    try:
        return use()
    except OSError as error:
        assert not flash.left, error
    finally:
        os.chdir("/")
        vfs.umount("/flash")
