"""What a fault or a KPI can be about: names of a pod's parts, such as "skid-1/2" (its second pump). Pure."""

from __future__ import annotations

from ...deploy.board import equipment
from ...pod.config import PodConfig
from ..podlines import on_lines, ports

PUMPS = ("1", "2")
BRANCHES = tuple(str(number) for number in range(1, 9))


def sensors() -> list[str]:
    """Transmitters of every skid."""
    data = equipment("pump")
    return [row[0] for row in (*data["ANALOG"], *data["AMBIENT"])]


def targets(kind: str, config: PodConfig) -> list[str]:
    """Every name of that kind in this pod; "" is the pod as a whole.

    A rope is a skid's leak rope, or one of the two of a PDU. A breaker is the main of a feed or PDU, or that of a branch; sensors
    are two of one skid; a place is where coolant can leak.
    A serial line is named by its port, as in the pod file; "unit" is a controller on one, "networked" a controller on none,
    "wire" a line or a controller on one.
    """
    skids, pdus = [s.name for s in config.skids], [p.name for p in config.pdus]
    if kind == "pump":
        return [f"{skid}/{pump}" for skid in skids for pump in PUMPS]
    if kind == "sensor":
        return [f"{skid}/{sensor}" for skid in skids for sensor in sensors()]
    if kind == "branch":
        return [f"{pdu}/{branch}" for pdu in pdus for branch in BRANCHES]
    if kind == "rope":
        return [*skids, *(f"{pdu}/{rope}" for pdu in pdus for rope in ("1", "2"))]
    if kind == "breaker":
        return [*(feed.name for feed in config.feeds), *pdus, *targets("branch", config)]
    if kind == "sensors":
        return [f"{skid}/{a}/{b}" for skid in skids for a in sensors() for b in sensors() if a != b]
    if kind == "place":
        return [*skids, *(rack.name for rack in config.racks)]
    serial = list(on_lines(config))
    networked = [name for name in (*skids, *pdus) if name not in serial]
    if kind == "controllers":
        return [*networked, "all"] if networked else []
    plain = {
        "pod": [""],
        "skid": skids,
        "pdu": pdus,
        "feed": [feed.name for feed in config.feeds],
        "rack": [rack.name for rack in config.racks],
        "controller": [*skids, *pdus],
        "networked": networked,
        "line": list(ports(config)),
        "unit": serial,
        "wire": [*ports(config), *serial],
    }
    return plain[kind]


def split(target: str) -> tuple[str, str]:
    """Owner and part: "skid-1/2" → "skid-1", "2"; no part where none is named."""
    owner, _, part = target.partition("/")
    return owner, part
