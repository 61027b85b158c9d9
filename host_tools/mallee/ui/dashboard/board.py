"""The dashboard's one page: two lines on top, the chosen view, what was said, and the keys. Pure: a scene in, lines out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from . import alarms, bus, loop, overview, pdus, trends
from . import help as help_page
from .head import head, view_line
from .scene import Scene, View

VIEWS = (
    View("pod", overview.draw),
    View("skids", loop.draw, loop.places),
    View("PDUs", pdus.draw, pdus.places, pdus.rows),
    View("alarms", alarms.draw, rows=alarms.rows),
    View("trends", trends.draw, trends.places, trends.rows),
    View("bus", bus.draw, rows=bus.rows),
)
_KEYS = "1-6 views"
_MORE = {"alarms": "↑↓ choose  a acknowledge  s shelve  u unshelve  t all"}


class Board:
    """`said` is what came of the last action, until it is put away."""

    def __init__(
        self,
        scene: Scene | None,
        view: int,
        width: int,
        height: int,
        *,
        helping: bool = False,
        said: Sequence[Text] = (),
    ) -> None:
        self._scene, self._view, self._helping, self._said = scene, VIEWS[view], helping, said
        self._at, self._width, self._height = view, width, height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = self._width
        free = options.update(width=width, height=None)
        # What to do next stands last, and must not be cut off.
        said = [line for text in self._said for line in console.render_lines(text, free, pad=False)]
        said = said[: max(1, self._height - 4)]
        body_lines = max(1, self._height - 3 - len(said))
        names = [view.name for view in VIEWS]
        if self._scene is None:
            top, body = Text("mallee", style="bold green"), Text("waiting for the first document …", style="dim")
        else:
            top, body = head(self._scene, width), self._view.draw(self._scene, width, body_lines)
        if self._helping:
            body = help_page.draw(self._scene, width, body_lines)
        lines = console.render_lines(top, free, pad=False)[:1]
        lines += console.render_lines(view_line(names, self._at, self._scene, width), free, pad=False)[:1]
        shown = console.render_lines(body, free, pad=False)[:body_lines]
        lines += shown + [[] for _ in range(body_lines - len(shown))]
        lines += said
        lines += console.render_lines(self._keys(), free, pad=False)[:1]
        for at, line in enumerate(lines):
            if at:
                yield Segment.line()
            yield from line

    def _keys(self) -> Text:
        parts = [_KEYS]
        if self._scene is not None:
            if len(self._view.places(self._scene.document)) > 1:
                parts.append("←→ another")
            if self._view.name in _MORE:
                parts.append(_MORE[self._view.name])
            elif self._view.rows(self._scene) > 1:
                parts.append("↑↓ move")
        parts += ["? help", "q end"]
        return Text("  ".join(parts), style="reverse", no_wrap=True, overflow="ellipsis")
