"""`open` of a virtual board whose power will go in the middle of a write to flash; see tearing.py.

littlefs shows what was written when the file is closed, and until then what was there before, of a new file nothing (its
DESIGN.md, "copy-on-write"; the firmware meets the real one at every piece of every write in tests/firmware/mp_power_cuts.py).
"""

import builtins
import os

import tearing

_open = builtins.open


class _Written:
    """A file that is written as a whole."""

    def __init__(self, name, mode):
        self._name = name
        self._mode = mode
        self._parts = []
        try:
            os.stat(name)
        except OSError:
            _open(name, mode).close()

    def write(self, data):
        tearing.take(tearing.FLASH, len(data))
        self._parts.append(bytes(data))
        return len(data)

    def close(self):
        with _open(self._name, self._mode) as file:
            for part in self._parts:
                file.write(part)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.close()


def _opened(name, mode="r", *more, **named):
    if tearing.left[tearing.FLASH] >= 0 and mode[0] == "w":
        return _Written(name, mode)
    return _open(name, mode, *more, **named)


builtins.open = _opened
