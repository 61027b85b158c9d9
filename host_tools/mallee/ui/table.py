"""The pod at one glance: a live table for a terminal of 80 × 24 and better of 100 × 30."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from rich.console import Console, ConsoleOptions, RenderResult
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ..pod.document import ControllerState, Event, PodDocument
from . import cells, sections

_ALARM_LINES_MIN = 2


class PodTable:
    """Renderable of one document. `speed` is virtual seconds a second where time is simulated; `events` recent ones."""

    def __init__(
        self,
        document: PodDocument | Mapping[str, Any],
        *,
        speed: float | None = None,
        events: Sequence[Event] = (),
        silent_s: float | None = None,
    ) -> None:
        if not isinstance(document, PodDocument):
            document = msgspec.convert(document, PodDocument)
        self.document = document
        self.speed = speed
        self.events = events
        self.silent_s = silent_s

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        document, width = self.document, options.max_width
        height = options.height or console.height
        yield self._header(width)
        yield _rule("cooling", document.skids)
        yield sections.skids(document.skids, width)
        yield _rule("power", document.pdus)
        yield sections.feeds(document.feeds, document.pdus, width)
        yield _rule("racks")
        yield sections.racks(document.racks, width)
        yield _rule("alarms")
        left = height - _fixed_lines(document, width)
        yield sections.alarms(document, max(_ALARM_LINES_MIN, left))
        spare = left - max(1, 2 * len(document.alarms) + len(document.findings)) - 1
        if self.events and spare > 0:
            yield _rule("events")
            yield sections.events(self.events[-spare:])
        yield sections.bus(document)

    def _header(self, width: int) -> Table:
        document, wide = self.document, width >= sections.WIDE
        heading = title(document)
        if self.silent_s is not None:
            heading.append(f" no word from the host for {self.silent_s:.0f} s: this is old", style="bold red")
        when = Text(f"{document.time:%Y-%m-%d %H:%M:%S} UTC" if wide else f"{document.time:%H:%M:%S}", style="dim")
        if self.speed is not None:
            when.append(f" ×{self.speed:.1f}", style="bold")
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(justify="center", no_wrap=True)
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(heading, figures(document, "   " if wide else " "), when)
        return grid


def title(document: PodDocument) -> Text:
    """Which pod, and where this host does not control it."""
    text = Text.assemble(("mallee ", "bold green"), (document.pod, "bold"))
    if document.advise:
        text.append(" advising only", style="yellow")
    elif document.role == "standby":
        who = "another host" if document.other_host is None else f"host {document.other_host}"
        text.append(f" standing by: {who} controls", style="yellow")
    return text


def figures(document: PodDocument, between: str) -> Text:
    totals = document.totals
    text = Text("")
    for value, digits, unit in (
        (totals.power_kW, 1, "kW"),
        (totals.heat_kW, 1, "kW heat"),
        (totals.flow_l_min, 0, "l/min"),
    ):
        text.append_text(_bold(cells.plain(value, digits))).append(f" {unit}{between}", style="dim")
    return text


def _bold(text: Text) -> Text:
    text.stylize("bold")
    return text


def _rule(title: str, members: Sequence[ControllerState] = ()) -> Rule:
    if not all(member.answering for member in members):
        title += f" ({cells.OLD} old value)"
    return Rule(Text(title, style="dim"), align="left", style="bright_black", characters="─")


def _fixed_lines(document: PodDocument, width: int) -> int:
    """Lines that everything but alarms and events takes."""
    beside = max(1, min(len(document.feeds), width // 38))
    per_feed = [2 + sum(pdu.feed == feed.name for pdu in document.pdus) for feed in document.feeds]
    feed_lines = sum(max(per_feed[at : at + beside]) for at in range(0, len(per_feed), beside))
    rack_lines = -(-len(document.racks) // max(1, min(4, width // 24)))
    return 1 + 4 + (1 + len(document.skids)) + feed_lines + rack_lines + 1


def render(
    document: PodDocument | Mapping[str, Any],
    *,
    speed: float | None = None,
    events: Iterable[Event] = (),
    silent_s: float | None = None,
) -> PodTable:
    """The table of a document, given as a PodDocument or as the plain data of its JSON. `silent_s`: how old it is, where
    its source has fallen silent."""
    return PodTable(document, speed=speed, events=tuple(events), silent_s=silent_s)
