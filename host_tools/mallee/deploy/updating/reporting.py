"""Who runs what."""

from __future__ import annotations

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
    """In the order of `names`."""
    found: list[Running] = []
    for name in names:
        firmware = None
        try:
            device = await connect(name)
            firmware = device.identity.firmware if device.identity is not None else None
            found.append(Running(name=name, firmware=firmware, said=await look(device)))
        except MalleeError as error:
            found.append(Running(name=name, firmware=firmware, error=error.what))
    return found


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
        "failed_starts": said and said.failed_starts,
        "error": each.error,
    }
