"""The sections of the pod table: cooling, power, racks, alarms, bus. Each is a renderable for a given width."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..pod.document import AlarmState, Event, FeedState, PduState, PodDocument, RackState, SkidState
from . import cells

WIDE = 96  # columns from which on the tables show everything
PRIORITY_STYLE = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "cyan"}
SUPPLY_TOLERANCE_K = 0.5
PRESSURE_TOLERANCE = 0.03  # of the set-point


def _table(*columns: tuple[str, str]) -> Table:
    """A table without lines; columns are (heading, `left` or `right`)."""
    table = Table(box=None, header_style="dim", padding=(0, 1), pad_edge=False, collapse_padding=True, expand=True)
    for heading, justify in columns:
        table.add_column(heading, justify="right" if justify == "right" else "left", no_wrap=True)
    return table


def skids(states: Sequence[SkidState], width: int) -> RenderableType:
    wide = width >= WIDE
    columns = [
        ("skid", "left"),
        ("state", "left"),
        ("supply °C", "right"),
        ("return", "right"),
        ("ΔP kPa", "right"),
        ("l/min", "right"),
        ("pumps %", "right"),
        ("valve", "right"),
        ("heat kW", "right"),
    ]
    if wide:
        columns.append(("facility", "right"))
    table = _table(*columns)
    for skid in states:
        target = skid.active_differential_pressure.number
        row = [
            Text(skid.name, style="bold"),
            cells.state(skid),
            cells.against(skid.supply_temperature, skid.active_supply_temperature, 2, 1, SUPPLY_TOLERANCE_K),
            cells.number(skid.return_temperature),
            cells.against(
                skid.differential_pressure, skid.active_differential_pressure, 1, 1, PRESSURE_TOLERANCE * (target or 0)
            ),
            cells.number(skid.flow, 0),
            Text(" ").join([cells.number(speed, 0) for speed in skid.pump_speed]) or Text(cells.UNKNOWN, style="dim"),
            cells.number(skid.valve_position, 0),
            cells.number(skid.heat),
        ]
        if wide:
            row.append(cells.number(skid.facility_supply_temperature))
        table.add_row(*row)
    return table


def feeds(states: Sequence[FeedState], pdus: Sequence[PduState], width: int) -> RenderableType:
    """The feeds side by side, the PDUs of each below it."""
    beside = max(1, min(len(states), width // 38))
    each = width // beside - 2 * (beside > 1)
    grid = Table.grid(padding=(0, 2), expand=True)
    for _ in range(beside):
        grid.add_column(ratio=1)
    blocks = [_feed(feed, [pdu for pdu in pdus if pdu.feed == feed.name], each) for feed in states]
    for start in range(0, len(blocks), beside):
        grid.add_row(*blocks[start : start + beside])
    return grid


def _feed(feed: FeedState, pdus: Sequence[PduState], width: int) -> RenderableType:
    wide = width >= WIDE // 2 - 1
    columns = [(f"feed {feed.name}", "left"), ("state", "left"), ("kW", "right"), ("A", "right"), ("main", "right")]
    if wide:
        columns += [("N-1", "right"), ("branches", "left")]
    table = _table(*columns)
    row = [
        Text("all", style="bold"),
        Text("" if feed.pdus_known == feed.pdus else f"{feed.pdus_known} of {feed.pdus}", style="yellow"),
        _bold(cells.plain(feed.power_kW)),
        _bold(cells.plain(feed.current_A, 0)),
        _bold(cells.percent(feed.load)),
    ]
    if wide:
        survivor = None if feed.survivor_current_A is None else feed.survivor_current_A / feed.main_A
        row += [cells.percent(survivor, 1.0), cells.bar(feed.load, 8)]
    table.add_row(*row)
    for pdu in pdus:
        currents = [value for value in pdu.phase_current if value.number is not None]
        largest = max(currents, key=lambda value: value.number or 0.0, default=None)
        row = [
            Text(pdu.name),
            cells.state(pdu),
            cells.number(pdu.power, 1, 0.001),
            cells.plain(None) if largest is None else cells.number(largest, 0),
            cells.percent(pdu.load),
        ]
        if wide:
            survivor = None if pdu.survivor_current_A is None else pdu.survivor_current_A / pdu.main_A
            row += [cells.percent(survivor, 1.0), _branches(pdu)]
        table.add_row(*row)
    return table


def _bold(text: Text) -> Text:
    text.stylize("bold")
    return text


def _branches(pdu: PduState) -> Text:
    used = [branch for branch in pdu.branches if branch.rack]
    if not used or all(branch.closed is None for branch in used):
        return Text(cells.UNKNOWN, style="dim")
    closed = sum(branch.closed is True for branch in used)
    tripped = [str(branch.number) for branch in used if branch.tripped]
    text = Text(f"{closed} on")
    if tripped:
        text.append(f" trip {','.join(tripped)}", style="bold red")
    elif closed < len(used):
        text.append(f" {len(used) - closed} off", style="yellow")
    return text


def racks(states: Sequence[RackState], width: int) -> RenderableType:
    beside = max(1, min(4, width // 24))
    grid = Table.grid(padding=(0, 2), expand=True)
    for _ in range(beside):
        grid.add_column(ratio=1)
    found = []
    for rack in states:
        power = rack.power_kW if rack.power_kW is not None else rack.estimate_kW
        about = "" if rack.power_kW is not None or power is None else "≈"
        cell = Text(f"{rack.name} ", style="bold", no_wrap=True, overflow="ellipsis")
        cell.append(f"{about}{cells.plain(power)}", style="not bold")
        cell.append(" kW ", style="not bold dim")
        found.append(cell.append_text(cells.bar(None if power is None else power / rack.rated_kW, 6, 1.01)))
    for start in range(0, len(found), beside):
        grid.add_row(*found[start : start + beside])
    return grid


def alarms(
    document: PodDocument, lines: int, *, remedies: bool = True, rest_is: str = "`mallee status` lists all"
) -> RenderableType:
    """Alarms with what to do, then findings and notes, in at most so many lines."""
    shown: list[Text] = []
    rest = 0
    entries = [[_flood(document)]] if document.alarm_load.flood else []
    entries += [alarm_lines(alarm)[: 2 if remedies else 1] for alarm in document.alarms]
    entries += [
        [Text.assemble((f"{found.level:8} ", "yellow"), (found.where, "bold"), f" {found.what}")]
        for found in document.findings
    ]
    notes: dict[str, list[str]] = {}
    for member in (*document.skids, *document.pdus):
        if member.answering and member.lease.note:
            notes.setdefault(member.lease.note, []).append(member.name)
    entries += [
        [Text.assemble((f"{'note':8} ", "cyan"), (", ".join(names), "bold"), f" lease: {note}")]
        for note, names in notes.items()
    ]
    aside = _aside(document)
    entries += [[aside]] if aside else []
    for entry in entries:
        if len(shown) + len(entry) <= lines - (1 if rest or len(entries) > 1 else 0) or not shown:
            shown += entry[: max(1, lines)]
        else:
            rest += 1
    if rest:
        shown.append(Text(f"and {rest} more: {rest_is}", style="dim"))
    if not shown:
        shown.append(Text("no alarms", style="green"))
    for line in shown:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Group(*shown)


def _flood(document: PodDocument) -> Text:
    return Text(f"alarm flood: {document.alarm_load.in_10_min} new alarms in 10 minutes", style="bold red")


def _aside(document: PodDocument) -> Text | None:
    """What people may have to deal with, and what they do not see: in one line."""
    shelved = sum(alarm.state == "shelved" for alarm in document.suppressed)
    removed = sum(alarm.state == "out_of_service" for alarm in document.suppressed)
    found = [
        f"{count} {words}"
        for count, words in (
            (len(document.returned), "gone, not acknowledged"),
            (shelved, "shelved"),
            (removed, "out of service"),
        )
        if count
    ]
    return Text(f"{', '.join(found)}: `mallee alarms --all`", style="dim") if found else None


def alarm_lines(alarm: AlarmState) -> list[Text]:
    head = Text.assemble(
        (f"{alarm.priority:8}", PRIORITY_STYLE.get(alarm.priority, "")),
        " ",
        (alarm.device, "bold"),
        f" {alarm.name}",
        (f" since {alarm.since:%H:%M:%S}", "dim"),
        f": {alarm.condition}",
    )
    if alarm.first_out:
        head.append(" (first)", style="bold")
    if alarm.explains:
        head.append(f" (and {alarm.explains} that follow)", style="dim")
    if alarm.chattering:
        head.append(" chatters", style="yellow")
    if alarm.acknowledged_by:
        head.append(f" acknowledged by {alarm.acknowledged_by}", style="green")
    return [head, Text(f"         → {alarm.remedy}", style="italic")]


def events(recent: Sequence[Event]) -> RenderableType:
    lines = [
        Text.assemble((f"{event.time:%H:%M:%S} ", "dim"), (event.device, "bold"), f" {event.text}") for event in recent
    ]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Group(*lines)


def bus(document: PodDocument) -> Text:
    figures = document.bus
    rate = "" if document.requests_per_s is None else f"{document.requests_per_s:.0f} requests/s · "
    text = Text(f"bus  {rate}{figures.requests} requests", no_wrap=True, overflow="ellipsis", style="dim")
    if figures.rtt_p99_ms is not None:
        text.append(f" · p99 {figures.rtt_p99_ms:.0f} ms")
    for count, word in (
        (figures.timeouts, "timeouts"),
        (figures.exceptions, "exceptions"),
        (figures.reconnects, "reconnects"),
    ):
        text.append(f" · {count} {word}", style="yellow" if count else "")
    for count, word in (
        (figures.malformed, "malformed"),
        (figures.late, "late"),
        (document.scan_overruns, "late scans"),
    ):
        if count:
            text.append(f" · {count} {word}", style="yellow")
    return text
