"""A pod's topology as a tree for the terminal."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from ..pod.topology.svg import shade
from ..pod.topology.tree import Line

_STYLES = {"": "", "warn": "yellow", "bad": "bold red"}


def render(line: Line) -> Tree:
    """Names first; what the pod file says is dim, what is measured is plain, a state that is not well is a word in colour."""
    tree = Tree(_text(line), guide_style="dim")
    for each in line.behind:
        tree.children.append(render(each))
    return tree


def _text(line: Line) -> Text:
    text = Text(line.name, style="bold" if line.behind else "")
    if line.about:
        text.append(f"  {line.about}", style="not bold dim")
    if line.live:
        text.append(f"  {line.live}", style="not bold")
    if line.word:
        text.append(f"  {line.word}", style=f"not bold {_STYLES[shade(line.word)]}".strip())
    return text
