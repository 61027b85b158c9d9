"""A pod's topology as a tree of lines, and as rows. Pure.

Racks stand behind each PDU that feeds them, branches together where they feed the same rack; coolant is a second trunk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from ..config import Pdu, PodConfig
from .graph import Graph, Node, branch_name, graph_of, loops_of
from .live import Key, NodeState, branch_words, span


class Line(msgspec.Struct, frozen=True):
    """One line: a name in front, what the pod file says of it, what is measured, and the word of a state that is not well."""

    name: str
    about: str = ""
    live: str = ""
    word: str = ""
    behind: tuple[Line, ...] = ()


def tree_of(config: PodConfig, states: Mapping[Key, NodeState] | None = None) -> Line:
    """The whole pod. With `states` each line has what is measured there."""
    states = states or {}
    trunks: list[Line] = []
    if config.feeds:
        site = config.power.site_kW
        feeds = tuple(
            _line(
                "feed",
                feed.name,
                f"feed {feed.name}",
                f"main {feed.main_A:g} A, {feed.voltage_V:g} V, {feed.policy}",
                states,
                tuple(_pdu(config, pdu, states) for pdu in config.pdus if pdu.feed == feed.name),
            )
            for feed in config.feeds
        )
        trunks.append(Line("power", "" if site is None else f"site {site:g} kW", behind=feeds))
    loops = tuple(
        _line("loop", loop.name, f"loop {loop.name}", "", states, _on_loop(config, loop.skids, loop.racks, states))
        for loop in loops_of(config)
    )
    if loops:
        trunks.append(Line("coolant", behind=loops))
    if config.devices:
        others = tuple(Line(device.name, device.address) for device in config.devices)
        trunks.append(Line("devices of others", behind=others))
    return Line(config.pod.name, _counts(config), behind=tuple(trunks))


def rows_of_graph(config: PodConfig, states: Mapping[Key, NodeState] | None = None) -> list[dict[str, Any]]:
    """A row for each node: its limit, what it hangs on, and what is measured there."""
    graph = graph_of(config)
    return [_row(graph, node, (states or {}).get((node.kind, node.name))) for node in graph.nodes]


def _row(graph: Graph, node: Node, state: NodeState | None) -> dict[str, Any]:
    before = graph.before(node.kind, node.name)
    row = msgspec.to_builtins(node) | {
        "fed_by": [each.name for each in before if each.kind in ("feed", "pdu", "branch")],
        "cooled_by": [each.name for each in before if each.kind in ("loop", "skid")],
    }
    return row if state is None else row | msgspec.to_builtins(state)


def _counts(config: PodConfig) -> str:
    parts = [(len(config.feeds), "feed"), (len(config.pdus), "PDU"), (len(config.racks), "rack")]
    parts.append((len(config.skids), "skid"))
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts if count)


def _line(
    kind: Any, name: str, shown: str, about: str, states: Mapping[Key, NodeState], behind: Sequence[Line] = ()
) -> Line:
    state = states.get((kind, name), NodeState())
    return Line(shown, about, state.text, state.word, tuple(behind))


def _pdu(config: PodConfig, pdu: Pdu, states: Mapping[Key, NodeState]) -> Line:
    groups = [
        (rack, [number for number, _ in group])
        for rack, group in groupby(enumerate(pdu.racks, 1), key=lambda each: each[1])
        if rack
    ]
    rating = "" if pdu.branch_A is None else f", branches {pdu.branch_A:g} A"
    behind = [_branches(config, pdu, rack, numbers, states) for rack, numbers in groups]
    return _line("pdu", pdu.name, pdu.name, f"main {pdu.main_A:g} A{rating}", states, behind)


def _branches(config: PodConfig, pdu: Pdu, rack: str, numbers: Sequence[int], states: Mapping[Key, NodeState]) -> Line:
    """A run of branches that feed one rack; its power is their sum, and each that is not well is told by its number."""
    rating = next(each for each in config.racks if each.name == rack)
    known = [states.get(("branch", branch_name(pdu.name, number)), NodeState()) for number in numbers]
    powers = [state.power_kW for state in known if state.power_kW is not None]
    live = f"{sum(powers):.0f} kW" if powers and len(powers) == len(known) else ""
    return Line(
        f"{'branch' if len(numbers) == 1 else 'branches'} {span(numbers)} → {rack}",
        f"{rating.power_kW:g} kW, priority {rating.priority}",
        live,
        branch_words(pdu.name, numbers, states),
    )


def _on_loop(
    config: PodConfig, skids: Sequence[str], racks: Sequence[str], states: Mapping[Key, NodeState]
) -> tuple[Line, ...]:
    cooled = {rack.name: rack for rack in config.racks}
    return (
        *(_line("skid", name, name, "skid", states) for name in skids),
        *(_line("rack", name, name, f"{cooled[name].liquid_kW:g} kW liquid", states) for name in racks),
    )
