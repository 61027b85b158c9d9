"""A lock between processes that ends with its holder, also when it is killed: a transaction that never ends, on a small SQLite
file. So it works on every system that SQLite works on."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class Held(Exception):
    """Another process holds it."""


def error_name(error: sqlite3.Error) -> str:
    """SQLite's own name of it, with its extended part; "" where there is none."""
    return getattr(error, "sqlite_errorname", "") or ""


def hold(path: Path) -> sqlite3.Connection:
    """Held until the connection is closed or this process dies. Raises Held, or sqlite3.Error where the file cannot be had."""
    lock = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if error_name(error).startswith("SQLITE_BUSY"):
            raise Held from error
        raise
    return lock
