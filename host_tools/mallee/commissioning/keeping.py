"""The session on disk: written whole and durably after every change; a kill at any moment leaves the one before or after."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from .. import locking
from ..errors import ExitCode, MalleeError
from ..pod.alarms import atomic
from .model import FORMAT, Session


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Within the block nobody else goes on with this session: two would move the same outputs. Raises MalleeError."""
    place = path.with_name(f"{path.name}.lock")
    try:
        lock = locking.hold(place)
    except locking.Held as error:
        raise MalleeError(
            f"somebody else goes on with {path} now",
            "the same acceptance runs in another terminal",
            "finish it there, or end it there and go on here",
            ExitCode.REFUSED,
        ) from error
    except sqlite3.Error as error:
        raise cannot_write(path, str(error)) from error
    try:
        yield
    finally:
        lock.close()
        with suppress(OSError):
            place.unlink()


def save(path: Path, session: Session) -> None:
    """Raises MalleeError: what cannot be kept is not begun."""
    try:
        atomic.write(path, msgspec.json.format(msgspec.json.encode(session), indent=1))
    except OSError as error:
        raise cannot_write(path, error.strerror or str(error)) from error


def cannot_write(path: Path, why: str) -> MalleeError:
    return MalleeError(
        f"cannot write {path}: {why}",
        "the folder does not exist or is read only, or the disk is full",
        "name another file: --session FILE; nothing is moved without one",
    )


def load(path: Path) -> Session | None:
    """None: there is none yet. Raises MalleeError for a file that is no session of this release."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MalleeError(
            f"cannot read {path}: {error.strerror}", "another file was named", "name the session"
        ) from error
    try:
        session = msgspec.json.decode(data, type=Session)
        if session.format != FORMAT:
            raise ValueError(f"its format is {session.format}, not {FORMAT}")
    except (msgspec.DecodeError, ValueError) as error:
        raise MalleeError(
            f"{path} is no session of an acceptance: {error}",
            "another file was named, or it is of another release",
            "name another file: --session FILE",
            ExitCode.USAGE,
        ) from error
    return session
