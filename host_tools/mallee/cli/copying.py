"""Progress of copying: a bar on a terminal when it takes over a second, else notes."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from .common import Context

_BAR_AFTER_S = 1.0


class Copying:
    """What `deploy.flashing.install` reports, on stderr."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._total = self._done = 0
        self._began_s = 0.0
        self._bar: Progress | None = None

    def __enter__(self) -> Copying:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def say(self, text: str) -> None:
        self._context.note(text)

    def begin(self, total_bytes: int) -> None:
        self._total, self._done, self._began_s = total_bytes, 0, time.monotonic()
        if not self._context.err.is_terminal:
            self.say(f"{total_bytes} bytes to write")

    def advance(self, path: str, count: int) -> None:
        self._done += count
        late = time.monotonic() - self._began_s >= _BAR_AFTER_S
        if self._bar is None and late and self._context.err.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
            self._bar = Progress(*columns, console=self._context.err, transient=True)
            self._bar.start()
            self._bar.add_task(path, total=self._total)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=path)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
