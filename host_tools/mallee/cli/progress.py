"""Progress of a search: a bar on a terminal when it takes over a second, else a note at each new way to ask."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import BarColumn, Progress, TextColumn

from ..device.linesearch import Step
from .common import Context

_BAR_AFTER_S = 1.0


class Searching:
    """`with Searching(context) as progress`: `progress(step)` as a search calls it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._began_s = time.monotonic()
        self._bar: Progress | None = None
        self._noted: tuple[object, int] | None = None

    def __enter__(self) -> Searching:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, step: Step) -> None:
        what = f"{step.address.device} {step.address.baud} {step.address.framing}: {step.units} addresses"
        if not self._context.err.is_terminal:
            if (step.address, step.units) != self._noted:
                self._noted = step.address, step.units
                self._context.note(what)
            return
        if self._bar is None and time.monotonic() - self._began_s >= _BAR_AFTER_S:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
            self._bar = Progress(*columns, console=self._context.err, transient=True)
            self._bar.start()
            self._bar.add_task(what)
        if self._bar is not None:
            found = f", {step.found} found" if step.found else ""
            self._bar.update(self._bar.task_ids[0], completed=step.asked, total=step.units, description=what + found)
