"""Who runs what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from ...device.device import Device
from ...errors import MalleeError
from .registers import Said, look


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Of one controller; `said` None where it knows no updates or does not answer."""

    name: str
    firmware: str | None = None
    said: Said | None = None
    error: str = ""


async def running(names: Sequence[str], connect: Callable[[str], Awaitable[Device]]) -> list[Running]:
    """In the order of `names`; all are asked at the same time."""
    return list(await asyncio.gather(*(_one(name, connect) for name in names)))


async def _one(name: str, connect: Callable[[str], Awaitable[Device]]) -> Running:
    firmware = None
    try:
        device = await connect(name)
        firmware = device.identity.firmware if device.identity is not None else None
        return Running(name=name, firmware=firmware, said=await look(device))
    except MalleeError as error:
        return Running(name=name, firmware=firmware, error=error.what)


def row(each: Running) -> dict[str, Any]:
    said = each.said
    return {
        "device": each.name,
        "board": said and said.board,
        "firmware": each.firmware,
        "application": said and said.application,
        "confirmed": said and said.confirmed,
        "state": said and said.state,
        "outcome": said and said.outcome,
        "policy": sorted(said.policy) if said else None,
        "trial_remaining_s": said and said.trial_remaining_s,
        # The register counts the present start, too, until it has lasted a minute: that one has not failed.
        "failed_starts": said and max(0, said.failed_starts - 1),
        "error": each.error,
    }
