"""Whether somebody else talks on a serial line, found by listening: then nothing must be asked there."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from ..errors import ExitCode, MalleeError
from ..link.address import SerialAddress
from ..link.failures import GUESS_LEAST_S
from ..link.guessing import guess, reading_settings
from ..link.listening import Listener
from ..link.overheard import LineHeard
from ..link.rtu_frames import FRAME_MIN

LISTEN_S = 2.0
_QUIET_S = 10.0  # then whoever made those bytes is gone


class Others(NamedTuple):
    """`speaks`: where good frames were heard. `asks`: requests were among them that can be no answers. `unclear`: bytes that are
    good frames at no baud rate, and that may be somebody's."""

    speaks: SerialAddress | None = None
    asks: bool = False
    unclear: bool = False

    @property
    def talk(self) -> bool:
        return self.speaks is not None or self.unclear


async def listen_for_others(address: SerialAddress) -> Others:
    """Two seconds, where it is silent. Raises LinkDown."""
    async with Listener(address) as listener:
        await asyncio.sleep(LISTEN_S)
    return await others_in(address, listener.report())


async def others_in(address: SerialAddress, told: LineHeard) -> Others:
    """The same, of what was heard at `address`; bytes that were not understood there are listened to at every baud rate."""
    if told.sure_requests:
        return Others(address, asks=True)
    if not told.bytes:
        return Others()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    ending, quiet = loop.call_later(GUESS_LEAST_S, stop.set), loop.call_later(_QUIET_S, stop.set)

    def came() -> None:
        nonlocal quiet
        quiet.cancel()
        quiet = loop.call_later(_QUIET_S, stop.set)

    try:
        found = await guess(reading_settings(address.device), stop, rounds=1, came=came)
    finally:
        ending.cancel()
        quiet.cancel()
    if found.address is not None:
        return Others(found.address, asks=found.told.sure_requests > 0)
    if told.frames:
        return Others(address)
    cut_short = stop.is_set() and found.bytes > 0
    return Others(unclear=cut_short or told.noise_bytes >= FRAME_MIN * told.bursts)


def refused(device: str, others: Others) -> MalleeError:
    if others.speaks is None:
        return MalleeError(
            f"bytes come on {device} that are good frames at no baud rate: nothing was asked",
            "another master behind swapped wires, another protocol, or noise on a line that nobody biases",
            f"`mallee doctor {device}` says more; stop whoever talks, or add --force",
            ExitCode.REFUSED,
        )
    return MalleeError(
        f"another master talks on {device} ({others.speaks.baud} Bd {others.speaks.framing}): nothing was asked",
        "a program or a controller polls this line, and two masters garble each other's frames",
        f"`mallee listen '{others.speaks}'` hears who is there without asking; stop the other master, or add --force",
        ExitCode.REFUSED,
    )
