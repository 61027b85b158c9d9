"""Where the parts of a pod stand in its picture, in pixels. Pure.

Feeds are busbars over the whole width; each PDU stands above the racks it feeds, so that wires are short; loops are two pipes
below the racks they cool, skids below those.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import msgspec

from ..config import Loop, Pdu, PodConfig
from .graph import loops_of

COLUMN, GAP, LEFT, RIGHT, TOP = 168, 20, 120, 24, 64
BUS_STEP = 44
_BOX_H, _CELLS_H, _LINE_H = 44, 24, 15
_WIRES_H, _LOOP_STEP, _STUB = 88, 64, 44


class Box(msgspec.Struct, frozen=True):
    name: str
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


class Wire(msgspec.Struct, frozen=True):
    """Branches `numbers` of a PDU to a rack, from the middle of their cells."""

    pdu: str
    rack: str
    numbers: tuple[int, ...]
    x: float
    end_x: float


class Pipes(msgspec.Struct, frozen=True):
    loop: Loop
    supply_y: float
    return_y: float
    x: float
    end_x: float


class Layout(msgspec.Struct, frozen=True):
    width: float
    height: float
    buses: tuple[Box, ...]
    pdus: tuple[Box, ...]
    cells: int
    """Cells of a PDU, one a branch."""
    wires: tuple[Wire, ...]
    racks: tuple[Box, ...]
    pipes: tuple[Pipes, ...]
    skids: tuple[Box, ...]
    notes_y: float
    """Below it there is room for lines of text."""


def layout_of(config: PodConfig, *, notes: int = 0, live: bool = False) -> Layout:
    """`notes`: lines of text below the picture. `live`: with room for values."""
    values_h = _LINE_H if live else 0
    pdu_h, rack_h, skid_h = _BOX_H + _CELLS_H + values_h, _BOX_H + values_h, _BOX_H + 2 * values_h
    loops = loops_of(config)
    columns = max(len(config.pdus), len(config.racks), len(config.skids), 3)
    width = LEFT + columns * COLUMN + RIGHT
    buses = tuple(
        Box(feed.name, LEFT, TOP + n * BUS_STEP, columns * COLUMN - GAP, 0) for n, feed in enumerate(config.feeds)
    )
    y = TOP + len(buses) * BUS_STEP + (8 if buses else 0)
    pdus = _row([pdu.name for pdu in ordered(config)], columns, y, pdu_h)
    y += pdu_h + _WIRES_H if pdus else 0
    racks = _row([rack.name for rack in config.racks], columns, y, rack_h)
    y += rack_h if racks else 0
    pipes: list[Pipes] = []
    for loop in loops:
        y += _LOOP_STEP
        pipes.append(Pipes(loop, y, y + 26, LEFT, LEFT + columns * COLUMN - GAP))
    y += 26 + _STUB if loops else 0
    skids = _row([skid for loop in loops for skid in loop.skids], columns, y, skid_h)
    y += skid_h if skids else 0
    cells = max((len(pdu.racks) for pdu in config.pdus), default=0)
    return Layout(
        width=width,
        height=y + 40 + 20 * notes,
        buses=buses,
        pdus=pdus,
        cells=cells,
        wires=_wires(config, pdus, racks, cells),
        racks=racks,
        pipes=tuple(pipes),
        skids=skids,
        notes_y=y + 40,
    )


def ordered(config: PodConfig) -> list[Pdu]:
    """PDUs by the racks they feed, those of the same racks side by side in the order of the feeds."""
    racks = {rack.name: n for n, rack in enumerate(config.racks)}
    feeds = {feed.name: n for n, feed in enumerate(config.feeds)}

    def place(pdu: Pdu) -> tuple[float, int]:
        used = [racks[rack] for rack in pdu.racks if rack]
        return (sum(used) / len(used) if used else len(racks)), feeds[pdu.feed]

    return sorted(config.pdus, key=place)


def _row(names: Sequence[str], columns: int, y: float, height: float) -> tuple[Box, ...]:
    """Boxes spread evenly over the columns."""
    pitch = columns * COLUMN / max(len(names), 1)
    left = LEFT + (pitch - COLUMN) / 2
    return tuple(Box(name, left + n * pitch, y, COLUMN - GAP, height) for n, name in enumerate(names))


def cell_width(box: Box, cells: int) -> float:
    return box.width / max(cells, 1)


def _wires(config: PodConfig, pdus: Sequence[Box], racks: Sequence[Box], cells: int) -> tuple[Wire, ...]:
    boxes = {box.name: box for box in racks}
    found: list[tuple[str, str, tuple[int, ...], float]] = []
    for box in pdus:
        pdu = next(each for each in config.pdus if each.name == box.name)
        step = cell_width(box, cells)
        for rack, group in groupby(enumerate(pdu.racks, 1), key=lambda each: each[1]):
            numbers = tuple(number for number, _ in group)
            if rack:
                found.append((pdu.name, rack, numbers, box.x + step * (numbers[0] + numbers[-1] - 1) / 2))
    wires: list[Wire] = []
    for name, rack, numbers, x in found:
        beside = [each for each in found if each[1] == rack]
        place = beside.index((name, rack, numbers, x)) + 1
        end_x = boxes[rack].x + boxes[rack].width * place / (len(beside) + 1)
        wires.append(Wire(name, rack, numbers, x, end_x))
    return tuple(wires)
