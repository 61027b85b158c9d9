"""What the keys do, and what the signs mean. Pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .scene import Clip, Scene

KEYS = (
    ("1 … 6, Tab", "a view: pod, skids, PDUs, alarms, trends, bus"),
    ("← →  (h l)", "another skid, PDU or group of trends"),
    ("↑ ↓  (k j)", "another alarm, branch, trend or link"),
    ("a", "acknowledge the chosen alarm (alarms)"),
    ("s, u", "shelve it for a while; end that (alarms)"),
    ("t", "show alarms that are shelved, out of service or follow from others, too"),
    ("Esc", "leave a question, or put a message away"),
    ("?", "this page, and back"),
    ("q, Ctrl-C", "end, with a summary"),
)
SIGNS = (
    ("–", "not known"),
    ("12.3*", "old: the controller did not answer since"),
    ("STALE", "all of it is old: the host that wrote it has fallen silent"),
    ("37.2/37.0", "measured, and the set-point in force"),
    ("61→64", "measured, and commanded where that differs"),
    ("≈", "estimated, because a branch is not known"),
)


def draw(scene: Scene | None, width: int, height: int) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for key, meaning in KEYS:
        grid.add_row(key, meaning)
    grid.add_row("", "")
    for sign, meaning in SIGNS:
        grid.add_row(sign, meaning)
    where = Text(
        "But for a, s and u, which ask the host, this only looks: nothing is written to a controller, and no lease is taken. "
        "docs/watch.md says more.",
        style="dim",
    )
    return Clip(Group(grid, Text(""), where), height)
