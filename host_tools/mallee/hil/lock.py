"""One process at a time has a board: a lock that ends with its holder, also when it is killed (mallee.locking)."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import ExitCode, MalleeError
from ..locking import Held, hold
from ..paths import user_state_dir


@contextmanager
def locked(port: str) -> Iterator[None]:
    """Within the block nobody else of this account has `port`. Raises MalleeError that says who has it."""
    folder = user_state_dir() / "boards"
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", real_name(port)).strip("-")
    lock, holder = folder / f"{name}.lock", folder / f"{name}.holder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = hold(lock)
    except Held:
        raise _in_use(port, holder) from None
    except (sqlite3.Error, OSError) as error:
        raise MalleeError(
            f"the lock of {port} cannot be had: {error}",
            f"{folder} cannot be written",
            "correct its access rights, or set XDG_STATE_HOME to another folder",
            ExitCode.USAGE,
        ) from error
    try:
        with suppress(OSError):  # only what the refused one is told
            holder.write_text(f"process {os.getpid()} ({' '.join(sys.argv)[:200]})", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        held.close()


def real_name(port: str) -> str:
    """A port has several names: /dev/serial/by-id/… is a link."""
    return os.path.realpath(port) if port.startswith("/") else port


def _in_use(port: str, holder: Path) -> MalleeError:
    try:
        who = holder.read_text(encoding="utf-8")
    except OSError:
        who = "another process"
    return MalleeError(
        f"the board at {port} is in use by {who}",
        "another test run has it, or this one was split over several processes (pytest -n)",
        "wait until that one has ended, or end it: the lock ends with it. With pytest-xdist, run boards with -n 0",
        ExitCode.REFUSED,
    )
