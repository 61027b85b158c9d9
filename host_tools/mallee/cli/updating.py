"""Progress of updates: a bar a controller on a terminal, else a note at each new step."""

from __future__ import annotations

from types import TracebackType

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from .common import Context

_WORDS = {
    "manifest": "says what comes",
    "files": "receives",
    "start": "restarts as soon as its equipment allows",
    "proof": "proves itself",
}


class Bringing:
    """What `deploy.updating.rollout` reports, on stderr."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._steps: dict[str, str] = {}

    def __enter__(self) -> Bringing:
        if self._context.err.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
            self._bar = Progress(*columns, console=self._context.err, transient=True)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, name: str, step: str, done: int, total: int) -> None:
        text = f"{name} {_WORDS[step]}"
        if self._bar is None:
            if self._steps.get(name) != step:
                self._steps[name] = step
                self._context.note(text + (f": {total} bytes" if step in ("manifest", "files") else ""))
            return
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(text)
        self._bar.update(self._tasks[name], description=text, completed=done, total=total or None)
