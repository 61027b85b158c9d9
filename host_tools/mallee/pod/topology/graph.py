"""A pod as a graph: what feeds what, and what cools what. Pure.

Electrical edges go from feed to PDU to branch to rack, coolant edges from skid to loop to rack. Names of different kinds may be
the same, so a node is told by its kind and name; a branch is named PDU.NUMBER, as its points are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from ..config import Loop, PodConfig

Kind = Literal["feed", "pdu", "branch", "rack", "loop", "skid"]
COMMON_LOOP = "coolant"
"""Name of the loop of a pod file that has none."""


class Node(msgspec.Struct, frozen=True):
    kind: Kind
    name: str
    limit: float | None = None
    unit: str = ""
    """Of `limit`: A or kW."""
    priority: int | None = None
    """Of a rack; 0 is the most important."""


class Edge(msgspec.Struct, frozen=True):
    """`medium`: power or coolant. Ends are (kind, name)."""

    medium: Literal["power", "coolant"]
    start: tuple[Kind, str]
    end: tuple[Kind, str]


class Graph(msgspec.Struct, frozen=True):
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def of(self, kind: Kind) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.kind == kind)

    def behind(self, kind: Kind, name: str) -> tuple[Node, ...]:
        """What hangs directly on that node, in the order of the pod file."""
        ends = {edge.end for edge in self.edges if edge.start == (kind, name)}
        return tuple(node for node in self.nodes if (node.kind, node.name) in ends)

    def before(self, kind: Kind, name: str) -> tuple[Node, ...]:
        """What that node hangs on directly."""
        starts = {edge.start for edge in self.edges if edge.end == (kind, name)}
        return tuple(node for node in self.nodes if (node.kind, node.name) in starts)


def branch_name(pdu: str, number: int) -> str:
    return f"{pdu}.{number}"


def loops_of(config: PodConfig) -> tuple[Loop, ...]:
    """Those of the file; without any, one of all skids and all racks. None where the pod has no skid: what cools it is not in
    the file."""
    if config.loops or not config.skids:
        return config.loops
    cooled = tuple(rack.name for rack in config.racks if rack.liquid_kW > 0)
    return (Loop(name=COMMON_LOOP, skids=tuple(skid.name for skid in config.skids), racks=cooled),)


def graph_of(config: PodConfig) -> Graph:
    """Of a pod whose file is sound."""
    return Graph(nodes=tuple(_nodes(config)), edges=tuple(_edges(config)))


def _nodes(config: PodConfig) -> Iterator[Node]:
    yield from (Node("feed", feed.name, feed.main_A, "A") for feed in config.feeds)
    for pdu in config.pdus:
        yield Node("pdu", pdu.name, pdu.main_A, "A")
        for number, rack in enumerate(pdu.racks, 1):
            if rack:
                yield Node("branch", branch_name(pdu.name, number), pdu.branch_A, "A")
    yield from (Node("rack", rack.name, rack.power_kW, "kW", rack.priority) for rack in config.racks)
    yield from (Node("loop", loop.name) for loop in loops_of(config))
    yield from (Node("skid", skid.name) for skid in config.skids)


def _edges(config: PodConfig) -> Iterator[Edge]:
    for pdu in config.pdus:
        yield Edge("power", ("feed", pdu.feed), ("pdu", pdu.name))
        for number, rack in enumerate(pdu.racks, 1):
            if rack:
                branch = branch_name(pdu.name, number)
                yield Edge("power", ("pdu", pdu.name), ("branch", branch))
                yield Edge("power", ("branch", branch), ("rack", rack))
    for loop in loops_of(config):
        yield from (Edge("coolant", ("skid", skid), ("loop", loop.name)) for skid in loop.skids)
        yield from (Edge("coolant", ("loop", loop.name), ("rack", rack)) for rack in loop.racks)
