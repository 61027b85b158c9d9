"""Power that goes in the middle of a write: how many more bytes a memory takes. The world says it (see hal/_world.py)."""

from micropython import const

FRAM = const(0)
FLASH = const(1)
left = [-1, -1]  # bytes; -1: as many as come
gone = []  # f(): the power is gone, and with it this program; it does not return


def take(memory, count):
    """`count` bytes are about to be written. Returns when all of them are taken."""
    rest = left[memory]
    if rest >= 0:
        if rest < count:
            gone[0]()
        left[memory] = rest - count
