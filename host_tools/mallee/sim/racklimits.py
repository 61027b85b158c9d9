"""Racks whose power can be limited: their managers in the virtual network, and what a limit does to what they draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import urlsplit

from ..pod.config import Rack
from .network import Network, numeric
from .plant.electrical import Electrical
from .redfish import HttpConversation, RackManager, RedfishService
from .service import Service

TIME_CONSTANT_S = 0.7
"""A limit is reached like this: within two seconds, as Dynamo (Wu et al., ISCA 2016) has it, to a twentieth."""
_LEAST_PART = 0.25  # of its rating, the least that a manager takes: an assumption


class RackLimits:
    """Of the racks that have a `power_limit`."""

    def __init__(self, racks: Sequence[Rack], electrical: Electrical) -> None:
        self._allowed_W: list[float] = [math.inf] * len(racks)
        self._managers: list[RackManager | None] = [None] * len(racks)
        self._places: dict[tuple[str, int], dict[str, RackManager]] = {}
        for index, rack in enumerate(racks):
            if not rack.power_limit:
                continue
            parts = urlsplit(rack.power_limit)
            port = parts.port or (443 if parts.scheme.endswith("https") else 80)
            place = numeric(parts.hostname or ""), port
            rated_W = 1000.0 * rack.power_kW
            manager = self._managers[index] = RackManager(
                name=parts.path.rstrip("/").rsplit("/", 1)[-1],
                rated_W=rated_W,
                least_W=_LEAST_PART * rated_W,
                power_W=lambda index=index: electrical.supplied_W[index],
                set_point_W=rated_W,
            )
            self._places.setdefault(place, {})[manager.name] = manager

    def join(self, network: Network) -> None:
        """Put the managers into the network."""
        for (host, port), managers in self._places.items():
            redfish = RedfishService(managers)
            network.services[host, port] = Service(
                f"rack managers {port}", lambda redfish=redfish: HttpConversation(redfish)
            )

    @property
    def limited_racks(self) -> int:
        """How many have a limit in force."""
        return sum(manager is not None and manager.limit_W is not None for manager in self._managers)

    def limited(self, demand_W: list[float], dt_s: float) -> list[float]:
        """What racks draw of what they want, `dt_s` seconds after the last time."""
        if not self._places:
            return demand_W
        share = 1.0 - math.exp(-dt_s / TIME_CONSTANT_S)
        drawn = list(demand_W)
        for index, manager in enumerate(self._managers):
            if manager is None:
                continue
            limit = manager.limit_W
            if limit is None:
                self._allowed_W[index] = math.inf
                continue
            allowed = min(self._allowed_W[index], demand_W[index])
            self._allowed_W[index] = limit if allowed <= limit else allowed + (limit - allowed) * share
            drawn[index] = min(demand_W[index], self._allowed_W[index])
        return drawn
