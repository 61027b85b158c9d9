"""Record a bus session: every request of every link that is opened meanwhile, and what came back, as the links' taps show it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec

from ..errors import MalleeError
from ..link.base import Link
from ..link.opening import links_from, real_link
from ..link.rtu_frames import fits
from ..link.tap import TapFrame
from .session import FORMAT, Exchange, Head


class Recorder:
    """A tap. A request on a serial line that was not answered before the next one has no answer; `close` ends those of TCP."""

    def __init__(self, file: TextIO) -> None:
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

    def _write(self, asked: TapFrame, answer: bytes | None) -> None:
        time = asked.time.isoformat(timespec="milliseconds")
        hexadecimal = None if answer is None else answer.hex()
        self._line(Exchange(asked.link, asked.unit or 0, asked.pdu.hex(), hexadecimal, time))

    def _line(self, line: msgspec.Struct) -> None:
        self._file.write(msgspec.json.encode(line).decode() + "\n")


@contextmanager
def record(path: Path) -> Iterator[None]:
    """Within the block everything that goes over links is recorded to a file, for `Replay`. The devices are the real ones. Raises
    MalleeError where the file cannot be written."""
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise MalleeError(
            f"cannot write {path}: {error.strerror}", "the folder does not exist or is read only", "name another file"
        ) from error
    with file:
        recorder = Recorder(file)

        def opener(address: str, timeout_s: float) -> Link:
            link = real_link(address, timeout_s=timeout_s)
            link.taps.append(recorder)
            return link

        with links_from(opener):
            yield
        recorder.close()
