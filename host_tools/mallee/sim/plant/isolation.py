"""Isolation valves of the racks: each closes a rack's hoses while every PDU with a leak rope at that rack says so.

A PDU has two leak ropes, one at the rack of its first branch and one at that of its fifth; the outputs for a rack's valve are
wired in series, feed by feed, so that one alone closes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from ...pod.config import PodConfig
from .electrical import BRANCHES

ROPES = 2


class Isolation:
    """`close(rack, closed)` moves the valve of a rack (from 0)."""

    def __init__(self, config: PodConfig, close: Callable[[int, bool], None]) -> None:
        index = {rack.name: i for i, rack in enumerate(config.racks)}
        self._close = close
        self._racks: dict[str, tuple[int | None, ...]] = {}
        for pdu in config.pdus:
            names = [*pdu.racks, *[""] * BRANCHES][:BRANCHES]
            self._racks[pdu.name] = tuple(index.get(names[rope * BRANCHES // ROPES]) for rope in range(ROPES))
        self._permits = dict.fromkeys(self._racks, 0)

    def racks(self, pdu: str) -> tuple[int | None, ...]:
        """Where its ropes are laid; None: nowhere."""
        return self._racks[pdu]

    def permit(self, pdu: str, valves: int) -> None:
        """What a PDU drives now: a bit a rope."""
        if valves == self._permits[pdu]:
            return
        self._permits[pdu] = valves
        for rack in {rack for rack in self._racks[pdu] if rack is not None}:
            series = [
                bits >> rope & 1
                for name, bits in self._permits.items()
                for rope, at in enumerate(self._racks[name])
                if at == rack
            ]
            self._close(rack, all(series))
