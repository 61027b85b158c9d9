"""What a view is drawn from: a document, how old it is, what was before it, and what the person has chosen. Plain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from ...pod.document import Event, PodDocument
from .recent import Recent


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`age_s` is how old the document is now. `place` and `row` are what the person moved to, and may lie beyond what there is:
    views take what is nearest."""

    document: PodDocument
    age_s: float = 0.0
    source: str = ""
    stale: bool = False
    recent: Recent = field(default_factory=Recent)
    events: Sequence[Event] = ()
    place: int = 0
    row: int = 0
    aside: bool = False
    """Alarms are shown too that are not told."""


@dataclass(frozen=True)
class View:
    """`places` are what ←→ chooses among, `rows` counts what ↑↓ chooses among."""

    name: str
    draw: Callable[[Scene, int, int], RenderableType]
    places: Callable[[PodDocument], Sequence[str]] = lambda _: ()
    rows: Callable[[Scene], int] = lambda _: 0


def nearest(index: int, count: int) -> int:
    return max(0, min(index, count - 1))


def tabs(places: Sequence[str], chosen: int, width: int) -> Text:
    """Names to choose among, the chosen one marked by brackets too: colours may be off. Long lists show its neighbours."""
    text = Text(no_wrap=True, overflow="ellipsis")
    first = 0
    while first < chosen and sum(len(name) + 2 for name in places[first : chosen + 1]) > width - 4:
        first += 1
    if first:
        text.append("… ", style="dim")
    for at, name in enumerate(places[first:], first):
        text.append(f"[{name}]" if at == chosen else f" {name} ", style="bold reverse" if at == chosen else "dim")
    return text


class Clip:
    """A renderable in at most so many lines; where it has more, the last one says how many."""

    def __init__(self, what: RenderableType, lines: int, where: str = "") -> None:
        self._what, self._lines, self._where = what, lines, where

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._lines <= 0:
            return
        free = options.update(height=None)
        lines = console.render_lines(self._what, free, pad=False)
        over = len(lines) - self._lines
        shown = lines if over <= 0 else lines[: self._lines - 1]
        for line in shown:
            yield from line
            yield Segment.line()
        if over > 0:
            yield Text(f"and {over + 1} more lines{self._where}", style="dim", no_wrap=True)


class Beside:
    """Blocks in rows of so many columns, each `width` wide."""

    def __init__(self, blocks: Sequence[RenderableType], columns: int, width: int) -> None:
        self._blocks, self._columns, self._width = blocks, columns, width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        free = options.update(width=self._width, height=None)
        for at in range(0, len(self._blocks), self._columns):
            drawn = [console.render_lines(block, free, pad=True) for block in self._blocks[at : at + self._columns]]
            for row in range(max(map(len, drawn))):
                for column, lines in enumerate(drawn):
                    if column:
                        yield Segment("  ")
                    yield from lines[row] if row < len(lines) else [Segment(" " * self._width)]
                yield Segment.line()


def columns_of(count: int, least: int, width: int, most: int = 3) -> tuple[int, int]:
    """How many blocks stand beside each other, and how wide each is."""
    columns = max(1, min(count, most, (width + 2) // (least + 2)))
    return columns, (width - 2 * (columns - 1)) // columns
