"""Alarms as a list to move in, and everything known of the chosen one: what to do, why, what else, who did what. Pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ...pod.document import AlarmState
from .. import sections
from .scene import Beside, Clip, Scene, nearest

_WIDE = 140
_DETAIL_LINES = 11
_STATE_STYLE = {
    "unacknowledged": "bold yellow",
    "latched_unacknowledged": "bold yellow",
    "returned_unacknowledged": "yellow",
    "acknowledged": "green",
    "latched_acknowledged": "green",
}
_SHORT = {
    "returned_unacknowledged": "gone, not ack'd",
    "latched_unacknowledged": "latched, not ack'd",
    "latched_acknowledged": "latched, ack'd",
    "suppressed_by_design": "follows",
}


def entries(scene: Scene) -> list[AlarmState]:
    """Active ones by priority and age, then those that went unacknowledged; when asked for, those that are not told."""
    document = scene.document
    return [*document.alarms, *document.returned, *(document.suppressed if scene.aside else ())]


def chosen(scene: Scene) -> AlarmState | None:
    found = entries(scene)
    return found[nearest(scene.row, len(found))] if found else None


def rows(scene: Scene) -> int:
    return len(entries(scene))


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    found, alarm = entries(scene), chosen(scene)
    summary = _summary(scene)
    if alarm is None:
        rest = _findings(scene)
        return Clip(Group(Text("no alarms", style="green"), summary, *rest), height)
    if width >= _WIDE:
        each = (width - 2) // 2
        left = Group(summary, _list(found, scene.row, height - 2), *_findings(scene))
        happened = [event for event in scene.events if event.alarm][-(height // 2) :]
        right = Group(_detail(alarm), Rule(Text("what happened", style="dim"), align="left", style="bright_black"))
        return Beside([Clip(left, height), Clip(Group(right, sections.events(happened)), height)], 2, each)
    listed = max(3, height - _DETAIL_LINES - 2)
    lines = [summary, _list(found, scene.row, min(listed, len(found) + 1)), _rule()]
    return Clip(Group(*lines, _detail(alarm), *_findings(scene)), height)


def _list(found: list[AlarmState], row: int, height: int) -> Table:
    """The chosen one in the middle where there are more than lines."""
    at, shown = nearest(row, len(found)), max(1, height - 1)
    first = max(0, min(at - shown // 2, len(found) - shown))
    table = Table(box=None, header_style="dim", padding=(0, 1), pad_edge=False, collapse_padding=True)
    table.add_column(" ", width=1)
    for name, least in (("priority", 8), ("where", 8), ("alarm", 12), ("since", 8), ("state", 12)):
        table.add_column(name, no_wrap=True, min_width=least)
    for n, alarm in enumerate(found[first : first + shown], first):
        style = "reverse" if n == at else ""
        table.add_row(
            "►" if n == at else " ",
            Text(alarm.priority, style=sections.PRIORITY_STYLE.get(alarm.priority, "")),
            Text(alarm.device, style="bold"),
            alarm.name,
            f"{alarm.since:%H:%M:%S}",
            Text(state(alarm), style=_STATE_STYLE.get(alarm.state, "dim")),
            style=style,
        )
    return table


def state(alarm: AlarmState) -> str:
    return _SHORT.get(alarm.state, alarm.state.replace("_", " "))


def _detail(alarm: AlarmState) -> RenderableType:
    """What to do stands before what it is, for a small screen shows the first lines."""
    head = Text.assemble(
        (f"{alarm.priority} ", sections.PRIORITY_STYLE.get(alarm.priority, "")), (alarm.device, "bold"), f" {alarm.name}",
        (f"  since {alarm.since:%Y-%m-%d %H:%M:%S} UTC", "dim"), no_wrap=True, overflow="ellipsis",
    )  # fmt: skip
    if alarm.first_out:
        head.append("  first of its group", style="bold")
    if alarm.chattering:
        head.append("  chatters", style="yellow")
    if alarm.count > 1:
        head.append(f"  {alarm.count} times", style="dim")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("do", Text(alarm.remedy, style="bold"))
    grid.add_row("because", alarm.condition)
    grid.add_row("likely", alarm.cause)
    grid.add_row("else", alarm.consequence)
    for label, text in _done(alarm):
        grid.add_row(label, text)
    return Group(head, grid)


def _done(alarm: AlarmState) -> list[tuple[str, str]]:
    found = []
    note = f": {alarm.note}" if alarm.note else ""
    if alarm.out_of_service_by:
        found.append(("out of service", f"by {alarm.out_of_service_by}{note}"))
    elif alarm.shelved_by:
        until = "" if alarm.shelved_until is None else f" until {alarm.shelved_until:%Y-%m-%d %H:%M:%S} UTC"
        found.append(("shelved", f"by {alarm.shelved_by}{until}{note}"))
    elif alarm.acknowledged_by:
        found.append(("acknowledged", f"by {alarm.acknowledged_by}{note}"))
    if alarm.suppressed_by:
        found.append(("follows", f"from {alarm.suppressed_by}"))
    if alarm.explains:
        found.append(("explains", f"{alarm.explains} that follow from it"))
    return found


def _summary(scene: Scene) -> Text:
    document, load = scene.document, scene.document.alarm_load
    text = Text(
        f"{len(document.alarms)} stand, {len(document.returned)} gone unacknowledged", no_wrap=True, overflow="ellipsis"
    )
    aside = len(document.suppressed)
    if aside:
        text.append(f", {aside} not told", style="dim").append("" if scene.aside else " (t shows them)", style="dim")
    text.append(f"   {load.in_10_min} in 10 minutes", style="dim")
    count = rows(scene)
    if count > 1:
        text.append(f"   {nearest(scene.row, count) + 1} of {count}")
    if load.flood:
        text.append("  flood", style="bold red")
    return text


def _findings(scene: Scene) -> list[Text]:
    return [
        Text.assemble((f"{found.level:8} ", "yellow"), (found.where, "bold"), f" {found.what}", overflow="fold")
        for found in scene.document.findings
    ]


def _rule() -> Rule:
    return Rule(style="bright_black", characters="─")
