"""Record a bus session: every request of every link that is opened meanwhile, and what came back, as the links' taps show it."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec

from ..errors import MalleeError
from ..link.base import Link
from ..link.opening import Opener, links_from, open_link
from ..link.rtu_frames import fits
from ..link.tap import TapFrame
from .session import FORMAT, Exchange, Head

_numbers = itertools.count()


class Recorder:
    """A tap. A request on a serial line that was not answered before the next one has no answer; `close` ends those of TCP, and
    the file."""

    def __init__(self, file: TextIO) -> None:
        self.exchanges = 0
        self.error: OSError | None = None
        """Why the file could not be written. The program that is recorded does not hear of it: its links work."""
        self._file = file
        self._open: dict[tuple[str, int, bytes], TapFrame] = {}
        self._line(Head(FORMAT))

    def __call__(self, frame: TapFrame) -> None:
        if frame.unit is None or not frame.pdu:
            return  # noise: the link counts it, and nobody can ask for it
        key = (frame.link, frame.unit, frame.data[:2] if frame.form == "tcp" else b"")
        asked = self._open.get(key)
        if frame.sent:
            if asked is not None:
                self._write(asked, None)
            self._open[key] = frame
        elif asked is not None and fits(asked.pdu, frame.pdu):
            del self._open[key]
            self._write(asked, frame.pdu)

    def close(self) -> None:
        for asked in self._open.values():
            self._write(asked, None)
        self._open.clear()
        try:
            self._file.close()
        except OSError as error:
            self.error = self.error or error

    def _write(self, asked: TapFrame, answer: bytes | None) -> None:
        time = asked.time.isoformat(timespec="milliseconds")
        hexadecimal = None if answer is None else answer.hex()
        self.exchanges += 1
        self._line(Exchange(asked.link, asked.unit or 0, asked.pdu.hex(), hexadecimal, time))

    def _line(self, line: msgspec.Struct) -> None:
        if self.error is None:
            try:
                self._file.write(msgspec.json.encode(line).decode() + "\n")
            except OSError as error:
                self.error = error


@contextmanager
def record(path: Path) -> Iterator[None]:
    """Within the block everything that goes over links is recorded to a file, for `Replay`. The devices are the real ones.

    A recording that was there is replaced when the block ends without an error and something was asked; otherwise it stays.
    Raises MalleeError where the file cannot be written, and where nothing was recorded.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.{next(_numbers)}")
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        recorder = Recorder(partial.open("x", encoding="utf-8"))
    except OSError as error:
        raise _cannot_write(path, error, "the folder does not exist or is read only") from error
    try:
        try:
            with links_from(_tapped(recorder)):
                yield
        finally:
            recorder.close()
        if recorder.error is not None:
            raise _cannot_write(path, recorder.error, "the disk is full") from recorder.error
        if not recorder.exchanges:
            raise MalleeError(
                f"nothing was recorded to {path}: no request went over a link",
                "the program goes on without its devices, or opens no pod",
                "see that the devices are there (`mallee status`), and record again: pytest --mallee-record",
            )
        partial.replace(path.resolve())
    finally:
        partial.unlink(missing_ok=True)


def _tapped(recorder: Recorder) -> Opener:
    def opener(address: str, timeout_s: float) -> Link:
        link = open_link(address, timeout_s=timeout_s, real=True)
        link.taps.append(recorder)
        return link

    return opener


def _cannot_write(path: Path, error: OSError, likely: str) -> MalleeError:
    return MalleeError(f"cannot write {path}: {error.strerror}", likely, "name another file")
