"""Standard input and output as a shell may leave them: closed from the beginning, or from some moment on."""

from __future__ import annotations

import os
import sys

_MODES = {"stdin": "r", "stdout": "w", "stderr": "w"}


def open_missing() -> None:
    """`mallee status >&-`: nobody reads, which is no error. A socket that is opened later must not become number 1, and be
    printed into: /dev/null takes its place."""
    for descriptor, (name, mode) in enumerate(_MODES.items()):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            os.set_inheritable(descriptor, True)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def leave_closed_pipes() -> None:
    """Whoever read our output has seen enough, or the disk is full. Python would complain at its own end, and exit with 120, were
    anything left to be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
