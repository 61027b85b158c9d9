"""PDUs: the phases of each as bars, and its branches with rack, current, power, thermal state and position. Pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...pod.document import BranchState, PduState, PodDocument
from .. import cells
from .scene import Beside, Clip, Scene, columns_of, nearest, tabs

_LEAST_WIDTH = 62
_PHASE_LINES = 6  # the name, three phases, the sums, the headings


def places(document: PodDocument) -> tuple[str, ...]:
    return tuple(pdu.name for pdu in document.pdus)


def rows(scene: Scene) -> int:
    """↑↓ moves through the branches of the chosen one."""
    pdus = scene.document.pdus
    return len(pdus[nearest(scene.place, len(pdus))].branches) if pdus else 0


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    pdus = scene.document.pdus
    if not pdus:
        return Text("this pod has no PDU", style="dim")
    chosen = nearest(scene.place, len(pdus))
    columns, each = columns_of(len(pdus), _LEAST_WIDTH, width)
    block = _PHASE_LINES + max(len(pdu.branches) for pdu in pdus) + 1
    down = max(1, (height - 1) // block)
    room = columns * down
    first = 0 if len(pdus) <= room else min(chosen // columns * columns, len(pdus) - 1)
    lines = height - 1 if down == 1 else block
    blocks = [
        _block(pdu, each, lines, scene.row if at == chosen else 0, at == chosen)
        for at, pdu in enumerate(pdus[first : first + room], first)
    ]
    return Clip(Group(tabs(places(scene.document), chosen, width), Beside(blocks, columns, each)), height)


def _block(pdu: PduState, width: int, height: int, row: int, chosen: bool) -> RenderableType:
    head = Text("►" if chosen else " ", no_wrap=True, overflow="ellipsis")
    head.append(f"{pdu.name}  ", style="bold").append_text(cells.state(pdu)).append(f"  feed {pdu.feed}  ", style="dim")
    head.append_text(cells.number(pdu.power, 1, 0.001)).append(" kW  main ", style="dim")
    head.append_text(cells.percent(pdu.load)).append(f" of {pdu.main_A:.0f} A", style="dim")
    if pdu.survivor_current_A is not None:
        head.append("  N-1 ", style="dim").append_text(cells.percent(pdu.survivor_current_A / pdu.main_A, 1.0))
    if not pdu.answering and pdu.silent_s is not None:
        head.append(f"  silent for {pdu.silent_s:.0f} s", style="bold red")
    lines: list[RenderableType] = [head, *_phases(pdu, width), _sums(pdu)]
    shown = max(1, height - _PHASE_LINES - 1)
    first = max(0, min(nearest(row, len(pdu.branches)) - shown // 2, len(pdu.branches) - shown))
    lines.append(_branches(pdu.branches[first : first + shown]))
    hidden = len(pdu.branches) - min(shown, len(pdu.branches))
    if hidden:
        lines.append(Text(f"  {hidden} more branches: ↑↓", style="dim"))
    return Group(*lines)


def _phases(pdu: PduState, width: int) -> list[Text]:
    found = []
    for n in range(3):
        current = pdu.phase_current[n] if n < len(pdu.phase_current) else None
        amps = None if current is None else current.number
        load = None if amps is None else amps / pdu.main_A
        text = Text.assemble((f"  L{n + 1} ", "dim"), no_wrap=True)  # dim as a base would dim all that follows
        shown = cells.plain(None) if current is None else cells.number(current)
        text.append_text(_right(shown, 7)).append(" A ", style="dim")
        text.append_text(cells.bar(load, max(8, width - 38))).append_text(_right(cells.percent(load), 6))
        if n < len(pdu.phase_voltage):
            text.append_text(_right(cells.number(pdu.phase_voltage[n]), 8)).append(" V", style="dim")
        found.append(text)
    return found


def _sums(pdu: PduState) -> Text:
    text = Text.assemble(("  unbalance ", "dim"), no_wrap=True, overflow="ellipsis")
    text.append_text(cells.number(pdu.unbalance)).append(" %   ", style="dim")
    text.append_text(cells.number(pdu.frequency, 2)).append(" Hz   ", style="dim")
    return text.append_text(cells.number(pdu.energy, 1, 0.001)).append(" kWh", style="dim")


def _branches(branches: tuple[BranchState, ...]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1), pad_edge=False, collapse_padding=True, expand=True)
    for name, justify in (("  n", "right"), ("rack", "left"), ("state", "left"), ("A", "right"), ("kW", "right")):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column("thermal", no_wrap=True, width=15)
    for branch in branches:
        thermal = branch.thermal.number
        share = None if thermal is None else thermal / 100
        heat = cells.bar(share, 8, 0.8)
        table.add_row(
            f"  {branch.number}",
            branch.rack or Text("no rack", style="dim"),
            state(branch),
            cells.number(branch.current),
            cells.number(branch.power, 1, 0.001),
            heat.append(" ").append_text(_right(cells.percent(share, 0.8), 6)),
        )
    return table


def state(branch: BranchState) -> Text:
    """One word."""
    if branch.tripped:
        return Text("tripped", style="bold red")
    if branch.closed is None:
        return Text(cells.UNKNOWN, style="dim")
    return Text("on", style="green") if branch.closed else Text("off", style="yellow")


def _right(text: Text, width: int) -> Text:
    return Text(" " * max(0, width - text.cell_len), style="").append_text(text)
