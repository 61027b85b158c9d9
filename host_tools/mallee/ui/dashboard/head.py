"""The two lines above every view: which pod, how it is, how old that is; and the views. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from rich.text import Text

from .. import sections
from ..table import figures, title
from .scene import Scene


def head(scene: Scene, width: int) -> Text:
    """What is old says so first of all."""
    document, wide = scene.document, width >= sections.WIDE
    text = title(replace(document, advise=False))  # the source says it
    when = f"{document.time:%Y-%m-%d %H:%M:%S} UTC" if wide else f"{document.time:%H:%M:%S}"
    if scene.stale:
        text.append(" ")
        text.append(f" STALE: {scene.age_s:.0f} s old ", style="bold white on red")
    elif scene.source:
        text.append(f"  {scene.source}", style="dim")
    right = figures(document, "   " if wide else " ").append(when, style="bold red" if scene.stale else "dim")
    text.truncate(max(0, width - right.cell_len - 1), overflow="ellipsis", pad=True)
    return text.append(" ").append_text(right)


def view_line(names: Sequence[str], chosen: int, scene: Scene | None, width: int) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    for at, name in enumerate(names):
        label = f" {at + 1} {name} "
        told = 0 if scene is None else len(scene.document.alarms) + len(scene.document.returned)
        if name == "alarms" and told:
            label = f" {at + 1} {name} ({told}) "
        style = "bold reverse" if at == chosen else "bold red" if name == "alarms" and told else ""
        text.append(f"[{label.strip()}]" if at == chosen else label, style=style)
    text.truncate(width, overflow="ellipsis")
    return text
