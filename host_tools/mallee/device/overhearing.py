"""Other people's frames on a line, in the words of the dictionaries of those who speak."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from ..link.address import SerialAddress
from ..link.guessing import guess
from ..link.listening import Listener
from ..link.overheard import LineHeard, unheard
from ..link.overhearing import Heard
from ..link.tap import TapFrame
from .dictionary import Dictionary
from .frames import FrameReader, FrameRow
from .recognising import Recogniser


async def overhear(
    candidates: Sequence[SerialAddress],
    dictionaries: Mapping[int, Dictionary],
    show: Callable[[TapFrame, FrameRow], None],
    stop: asyncio.Event,
    settled: Callable[[SerialAddress], None] = lambda address: None,
) -> LineHeard:
    """Listen until `stop`; `show` has each frame as it comes. Returns what was heard in all. Raises LinkDown.

    Of several `candidates` (one port, ways to speak) the one at which frames are heard is taken first, and told to `settled`.
    `dictionaries` by unit are believed; a unit whose identity another master reads meanwhile is known from then on.
    """
    address, began_s = candidates[0], asyncio.get_running_loop().time()
    if len(candidates) > 1:
        found, heard_bytes, _ = await guess(candidates, stop)
        if found is None:
            return unheard(str(address), heard_bytes, asyncio.get_running_loop().time() - began_s)
        address = found
        settled(address)
    link, recogniser = str(address), Recogniser()
    reader = FrameReader({(link, unit): dictionary for unit, dictionary in dictionaries.items()})

    def heard(one: Heard) -> None:
        known = recogniser.hear(one)
        if known is not None and known[0] not in dictionaries:
            reader.know(link, *known)
        frame = listener.frame(one)
        show(frame, reader.read(frame))

    listener = Listener(address, heard)
    async with listener:
        await listener.until(stop)
    return listener.report()
