"""What can be wrong with the file of the history, in three parts each."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..errors import ExitCode, MalleeError
from ..locking import error_name

_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


class DamagedFile(MalleeError):
    """The file is ours, or may have been, and cannot be read."""


class NoRoom(MalleeError):
    """Nothing can be written, because the disk or the file's own bound is full."""


def is_full(error: sqlite3.Error) -> bool:
    return error_name(error).startswith(_FULL)


def is_damage(error: sqlite3.Error) -> bool:
    return error_name(error).startswith(_DAMAGED)


def of_sqlite(path: Path, error: sqlite3.Error) -> MalleeError:
    """SQLite's error in the words of a history file."""
    name = error_name(error)
    if is_full(error):
        return NoRoom(
            f"{path}: nothing more can be written: {error}",
            "the disk is full, or a quota is reached",
            "free space there, or lower max_size_MB in [history]; what was recorded before is there",
            ExitCode.USAGE,
        )
    if is_damage(error):
        return DamagedFile(
            f"{path}: the file is damaged: {error}",
            "the disk lost something, or another program wrote into it",
            "`mallee history check` says how far it can be read; `mallee run` moves it aside and begins another",
            ExitCode.FINDINGS,
        )
    if name.startswith(_BUSY):
        return MalleeError(
            f"{path}: another program holds the file: {error}",
            "a backup or a database browser has it open and locked",
            "close that program; copy the file with `sqlite3 FILE .backup` rather than under a lock",
            ExitCode.REFUSED,
        )
    return MalleeError(
        f"{path}: {error}",
        "the folder or the file cannot be written or read by this user",
        "give the user of `mallee run` the folder, or write another path in [history]",
        ExitCode.USAGE,
    )


def no_folder(path: Path) -> MalleeError:
    return MalleeError(
        f"{path}: there is no folder {path.parent}",
        "the path in [history] is misspelt, or a disk is not mounted",
        f"make the folder: mkdir -p {path.parent}",
        ExitCode.USAGE,
    )


def no_file(path: Path) -> MalleeError:
    return MalleeError(
        f"{path}: there is no history yet",
        "`mallee run` has not recorded anything there, or the path is misspelt",
        "run the pod with [history] in its file, or name the file with --history",
        ExitCode.USAGE,
    )


def foreign(path: Path, what: str) -> MalleeError:
    return MalleeError(
        f"{path} is no history of mallee: {what}",
        "the path belongs to another program's file",
        "write another path in [history]; the file was not touched",
        ExitCode.USAGE,
    )


def newer(path: Path, version: int, ours: int) -> MalleeError:
    return MalleeError(
        f"{path} has format {version}, this mallee knows up to {ours}",
        "a newer mallee wrote it",
        "update mallee, or write another path in [history]; the file was not touched",
        ExitCode.USAGE,
    )


def written_by_another(path: Path, who: str) -> MalleeError:
    return MalleeError(
        f"{path} is being written by another mallee{who}",
        "`mallee run` of the same pod runs already",
        "end the other one, or give this pod another path in [history]; reading it (`mallee export`) goes beside it",
        ExitCode.REFUSED,
    )
