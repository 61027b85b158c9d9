"""How the lines are: counters of all together, then of each link, and who does not answer. Pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ...link.address import parse_address
from ...pod.document import ControllerState
from .. import cells
from .scene import Clip, Scene, nearest

_FIGURES = (
    "timeouts", "exceptions", "late", "malformed", "damaged", "resyncs", "unproven", "wrong_unit", "noise_bytes", "echoes",
    "never_silent", "unknown", "held_back", "reconnects", "connect_failures",
)  # fmt: skip
"""Of those, each one that is not 0 asks for a look."""
_WIDE = 110


def rows(scene: Scene) -> int:
    return len(scene.document.links)


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    head = _sums(scene, width)
    silent = [member for member in scene.document.members if not member.answering]
    lines = [Rule(Text("not answering", style="dim"), align="left", style="bright_black")] if silent else []
    told = [_silent(member) for member in silent]
    room = max(3, height - 4 - min(len(told), 5) - bool(told) - 1)
    return Clip(Group(head, *lines, *told[:5], _rule("links"), _links(scene, room, width)), height)


def _sums(scene: Scene, width: int) -> RenderableType:
    document, bus = scene.document, scene.document.bus
    grid = Table.grid(padding=(0, 3))
    rate = "–" if document.requests_per_s is None else f"{document.requests_per_s:.0f}"
    first = Text.assemble(
        (rate, "bold"), (" requests/s   ", "dim"), (str(bus.requests), "bold"), (" requests, ", "dim")
    )
    first.append(f"{bus.answers}").append(" answers   round trip p50 ", style="dim")
    first.append_text(cells.plain(bus.rtt_p50_ms)).append(" ms, p99 ", style="dim")
    first.append_text(cells.plain(bus.rtt_p99_ms)).append(" ms", style="dim")
    if bus.load is not None:
        first.append("   busiest line ", style="dim").append_text(cells.percent(bus.load, 0.7))
    grid.add_row(first)
    wrong = Text("")
    for name in _FIGURES:
        count = getattr(bus, name)
        if count:
            wrong.append(f"{count} {name.replace('_', ' ')}   ", style="yellow")
    if document.scan_overruns:
        wrong.append(f"{document.scan_overruns} late scans   ", style="yellow")
    grid.add_row(wrong if wrong.plain else Text("nothing lost, late or damaged", style="green"))
    sent = f"{bus.bytes_out / 1e6:.2f} MB out, {bus.bytes_in / 1e6:.2f} MB in, scan {document.scan} every {document.scan_s:g} s"
    grid.add_row(Text(sent, style="dim"))
    return grid


def _silent(member: ControllerState) -> Text:
    since = "never heard" if member.silent_s is None else f"silent for {member.silent_s:.0f} s"
    text = Text.assemble((member.name, "bold"), (f" {since}", "bold red"), no_wrap=True, overflow="ellipsis")
    if member.not_asked:
        text.append(" not asked: another master talks on its line", style="yellow")
    return text.append(f"  {member.reason}", style="dim")


def _links(scene: Scene, height: int, width: int) -> RenderableType:
    links = scene.document.links
    if not links:
        return Text("the host that runs tells no counters of its links: it is of an older mallee", style="dim")
    shown = max(1, height - 1)
    first = max(0, min(nearest(scene.row, len(links)) - shown // 2, len(links) - shown))
    wide = width >= _WIDE
    table = Table(box=None, header_style="dim", padding=(0, 1), pad_edge=False, collapse_padding=True, expand=True)
    table.add_column("link", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in ("requests", "lost", "except.", "damaged", "late", "p99 ms", "load"):
        table.add_column(name, justify="right", no_wrap=True)
    if wide:
        for name in ("reconnects", "noise bytes", "held back"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("who", no_wrap=True, overflow="ellipsis", ratio=1)
    names: dict[str, list[str]] = {}
    for member in scene.document.members:
        names.setdefault(str(parse_address(member.address)), []).append(member.name)
    for link in links[first : first + shown]:
        who = ", ".join(names.get(link.link, []))
        row: list[Text | str] = [_place(link.link, "" if wide else who), str(link.requests)]
        row += [_count(n) for n in (link.timeouts, link.exceptions, link.damaged, link.late)]
        row += [cells.plain(link.rtt_p99_ms), cells.percent(link.load, 0.7)]
        if wide:
            row += [_count(n) for n in (link.reconnects, link.noise_bytes, link.held_back)]
            row.append(Text(who, style="dim"))
        table.add_row(*row)
    return table


def _place(link: str, who: str) -> Text:
    return Text.assemble(link.removeprefix("tcp://").removeprefix("serial://"), (f" {who}" if who else "", "dim"))


def _count(number: int) -> Text:
    return Text(str(number), style="yellow" if number else "dim")


def _rule(title: str) -> Rule:
    return Rule(Text(title, style="dim"), align="left", style="bright_black", characters="─")
