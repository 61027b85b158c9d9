"""A pod's topology as an SVG picture, by itself and with what is measured. Pure: it returns the text.

Colour tells state only, and always beside its word; fonts come from the viewer, so that pictures work offline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from ..config import Pdu, PodConfig
from .drawing import STYLE, box, line, text
from .graph import branch_name
from .layout import Box, Layout, cell_width, layout_of
from .live import Key, NodeState, branch_words

_BAD = ("tripped", "silent", "at its limit", "fault", "safe")
_CELL_H = 20


def svg_of(config: PodConfig, states: Mapping[Key, NodeState] | None = None, *, notes: Sequence[str] = ()) -> str:
    """The picture. With `states` every part shows what is measured there; `notes` are lines below it."""
    states = states or {}
    layout = layout_of(config, notes=len(notes), live=bool(states))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width:g} {layout.height:g}" '
        f'width="{layout.width:g}" height="{layout.height:g}" role="img" aria-label={quoteattr(config.pod.name)}>',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{layout.width:g}" height="{layout.height:g}"/>',
        text(24, 32, config.pod.name, "title"),
        *_pipes(layout, states),
        *_feeds(config, layout, states),
        *_wires(layout, states),
        *_pdus(config, layout, states),
        *_racks(config, layout, states),
        *(part for each in layout.skids for part in _box(each, "skid", "coolant pump skid", states)),
        *(text(24, layout.notes_y + 20 * n, note, "note") for n, note in enumerate(notes)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def shade(word: str) -> str:
    """CSS class of a state's word."""
    return "" if not word else "bad" if any(bad in word for bad in _BAD) else "warn"


def _feeds(config: PodConfig, layout: Layout, states: Mapping[Key, NodeState]) -> Iterator[str]:
    tops = {each.name: each for each in layout.pdus}
    for bus, feed in zip(layout.buses, config.feeds, strict=True):
        state = states.get(("feed", feed.name), NodeState())
        yield line(bus.x, bus.y, bus.x + bus.width, bus.y, f"bus {shade(state.word)}")
        yield text(24, bus.y - 5, "feed", "small")
        yield text(54, bus.y - 5, feed.name, "name")
        yield text(24, bus.y + 10, f"{feed.main_A:g} A, {feed.voltage_V:g} V", "small")
        yield text(bus.x + bus.width, bus.y - 7, _with(state.text, state.word), f"live end halo {shade(state.word)}")
        for pdu in config.pdus:
            if pdu.feed == feed.name:
                top = tops[pdu.name]
                x = top.middle
                yield line(x, bus.y, x, top.y, "wire")
                yield f'<circle class="dot" cx="{x:g}" cy="{bus.y:g}" r="4"/>'


def _with(live: str, word: str) -> str:
    return f"{live} – {word}" if live and word else live or word


def _pdus(config: PodConfig, layout: Layout, states: Mapping[Key, NodeState]) -> Iterator[str]:
    for place in layout.pdus:
        pdu = next(each for each in config.pdus if each.name == place.name)
        yield from _box(place, "pdu", f"main {pdu.main_A:g} A", states)
        yield from _cells(place, pdu, layout.cells, states)


def _cells(place: Box, pdu: Pdu, cells: int, states: Mapping[Key, NodeState]) -> Iterator[str]:
    step = cell_width(place, cells)
    for number, rack in enumerate(pdu.racks, 1):
        state = states.get(("branch", branch_name(pdu.name, number)), NodeState())
        x, y = place.x + step * (number - 1), place.y + place.height - _CELL_H
        told = f"branch {number}: {rack or 'not used'}" + (f", {_with(state.text, state.word)}" if states else "")
        kind = f"cell {shade(state.word)}" if rack else "cell unused"
        yield f'<g><title>{escape(told)}</title><rect class="{kind}" x="{x:g}" y="{y:g}" width="{step:g}" height="{_CELL_H}"/>'
        yield text(x + step / 2, y + 14, str(number), "small mid") + "</g>"


def _wires(layout: Layout, states: Mapping[Key, NodeState]) -> Iterator[str]:
    pdus, racks = ({each.name: each for each in boxes} for boxes in (layout.pdus, layout.racks))
    for wire in layout.wires:
        top, bottom = pdus[wire.pdu].y + pdus[wire.pdu].height, racks[wire.rack].y
        bend = (bottom - top) * 0.5
        words = branch_words(wire.pdu, wire.numbers, states)
        kind = shade(words)
        yield (
            f'<path class="wire {kind}" d="M{wire.x:g} {top:g} C{wire.x:g} {top + bend:g} {wire.end_x:g} '
            f'{bottom - bend:g} {wire.end_x:g} {bottom:g}"/>'
        )
        if words:
            yield text(wire.x, top + 15, words, f"small mid halo {kind}")


def _racks(config: PodConfig, layout: Layout, states: Mapping[Key, NodeState]) -> Iterator[str]:
    for place in layout.racks:
        rack = next(each for each in config.racks if each.name == place.name)
        yield from _box(place, "rack", f"{rack.power_kW:g} kW, priority {rack.priority}", states)


def _box(place: Box, kind: str, about: str, states: Mapping[Key, NodeState]) -> Iterator[str]:
    state = states.get((kind, place.name), NodeState())  # type: ignore[arg-type]
    yield box(place.x, place.y, place.width, place.height, f"box {shade(state.word)}")
    yield text(place.x + 10, place.y + 19, place.name, "name")
    if state.word:
        yield text(place.x + place.width - 10, place.y + 19, state.word, f"small end {shade(state.word)}")
    yield text(place.x + 10, place.y + 35, about, "small")
    for n, each in enumerate(state.lines):
        yield text(place.x + 10, place.y + 51 + 15 * n, each, "live")


def _pipes(layout: Layout, states: Mapping[Key, NodeState]) -> Iterator[str]:
    racks, skids = ({each.name: each for each in boxes} for boxes in (layout.racks, layout.skids))
    for pipes in layout.pipes:
        state = states.get(("loop", pipes.loop.name), NodeState())
        yield text(24, pipes.supply_y - 12, "loop", "small")
        yield text(52, pipes.supply_y - 12, pipes.loop.name, f"name {shade(state.word)}")
        if state.word:
            yield text(24, pipes.return_y + 20, state.word, f"small {shade(state.word)}")
        for y, name, kind in ((pipes.supply_y, "supply", "supply"), (pipes.return_y, "return", "return")):
            yield line(pipes.x, y, pipes.end_x, y, f"pipe {kind}")
            yield text(24, y + 4, name, "small")
        for names, boxes, below in ((pipes.loop.racks, racks, False), (pipes.loop.skids, skids, True)):
            for name in names:
                place = boxes[name]
                edge = place.y if below else place.y + place.height
                for part, y, kind in ((0.4, pipes.supply_y, "supply"), (0.6, pipes.return_y, "return")):
                    x = place.x + place.width * part
                    yield line(x, edge, x, y, f"pipe {kind}")
                    yield f'<circle class="joint" cx="{x:g}" cy="{y:g}" r="3.5"/>'
