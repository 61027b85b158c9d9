"""At which baud rate and framing a line speaks, from what others say on it: nothing is sent."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from .address import SerialAddress
from .listening import Listener
from .overheard import LineHeard, unheard

BAUDS = (
    19200,
    9600,
    115200,
    38400,
    57600,
    4800,
    2400,
    1200,
)  # the standard's default first, then by how common they are
READ_AS = ("8E1", "8N1")
"""A receiver that does not check parity hears 8O1 and 8N2 as well when it is set to 8E1: with 11 bits they look the same."""

_FRAMES_FOR_SURE = 2  # one may be chance: a check sum of 16 bits, at many places
_BURSTS_TO_GIVE_UP = 2  # without a good frame; the first one may have begun before the port was open
_BYTES_TO_GIVE_UP = 256  # on a line without a pause


class Guess(NamedTuple):
    """`address` None: at none of those that were tried. `bytes` came in all; `told` is what was heard at the last."""

    address: SerialAddress | None
    bytes: int
    told: LineHeard


def reading_settings(device: str) -> list[SerialAddress]:
    return [SerialAddress(device, baud, framing) for baud in BAUDS for framing in READ_AS]


async def guess(
    candidates: Sequence[SerialAddress],
    stop: asyncio.Event,
    tried: Callable[[SerialAddress], None] = lambda tried: None,
    *,
    rounds: int | None = None,
    came: Callable[[], None] = lambda: None,
) -> Guess:
    """The first of the candidates at which good frames are heard, and how many bytes came in all. Each is listened to until
    enough came to say no: silence tells nothing, so that it takes as long as others are silent. None: `stop` was set before, or
    each was tried `rounds` times. `came` is called when something comes. Raises LinkDown."""
    heard_bytes, told = 0, unheard(str(candidates[0]), 0, 0.0)
    for candidate in _round_and_round(candidates, rounds):
        tried(candidate)
        done = asyncio.Event()
        async with Listener(candidate) as listener:

            def news(listener: Listener = listener, done: asyncio.Event = done) -> None:
                came()
                told = listener.report()
                no = not told.frames and (told.bursts >= _BURSTS_TO_GIVE_UP or listener.raw_bytes >= _BYTES_TO_GIVE_UP)
                if no or told.frames >= _FRAMES_FOR_SURE:
                    done.set()

            listener.news = news
            ending = asyncio.ensure_future(stop.wait())
            ending.add_done_callback(lambda _, done=done: done.set())
            try:
                await listener.until(done)
            finally:
                ending.cancel()
        heard_bytes += listener.raw_bytes
        told = listener.report()
        if told.frames >= _FRAMES_FOR_SURE:
            return Guess(candidate, heard_bytes, told)
        if stop.is_set():
            break
    return Guess(None, heard_bytes, told)


def _round_and_round(candidates: Sequence[SerialAddress], rounds: int | None) -> Iterator[SerialAddress]:
    for _ in itertools.count() if rounds is None else range(rounds):
        yield from candidates
