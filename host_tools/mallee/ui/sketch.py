"""A drawing in characters: what is put later lies above. Pure."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text


class Sketch:
    """Of so many columns and rows, blank at first. What falls outside is not drawn."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells = [[" "] * width for _ in range(height)]
        self._styles: list[list[str | Style]] = [[""] * width for _ in range(height)]

    def put(self, x: int, y: int, what: str | Text, style: str = "") -> int:
        """Returns the column behind it."""
        text = what if isinstance(what, Text) else Text(what, style=style)
        styles: list[str | Style] = [text.style] * len(text.plain)
        for span in text.spans:
            for at in range(span.start, min(span.end, len(styles))):
                styles[at] = span.style
        for at, character in enumerate(text.plain):
            if 0 <= x + at < self.width and 0 <= y < self.height:
                self._cells[y][x + at], self._styles[y][x + at] = character, styles[at]
        return x + len(text.plain)

    def right(self, x: int, y: int, what: str | Text, style: str = "") -> None:
        """So that it ends before column `x`."""
        self.put(x - len(what.plain if isinstance(what, Text) else what), y, what, style)

    def across(self, x: int, y: int, until: int, character: str = "─", style: str = "dim") -> None:
        self.put(x, y, character * (until - x), style)

    def down(self, x: int, y: int, until: int, character: str = "│", style: str = "dim") -> None:
        for row in range(y, until):
            self.put(x, row, character, style)

    def box(self, x: int, y: int, width: int, height: int, style: str = "dim") -> None:
        self.put(x, y, "┌" + "─" * (width - 2) + "┐", style)
        for row in range(y + 1, y + height - 1):
            self.put(x, row, "│" + " " * (width - 2) + "│", style)
        self.put(x, y + height - 1, "└" + "─" * (width - 2) + "┘", style)

    def lines(self) -> list[Text]:
        return [self._line(row) for row in range(self.height)]

    def _line(self, row: int) -> Text:
        text = Text(no_wrap=True)
        for character, style in zip(self._cells[row], self._styles[row], strict=True):
            text.append(character, style=style or None)
        text.rstrip()
        return text
