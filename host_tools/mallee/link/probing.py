"""One request on a serial line, and everything that comes after it, with times: what a search and a diagnosis look at.

A link waits for an answer and goes on; who wants to know whether two units answer, or how an adapter hands bytes over, has to
wait until nothing more comes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from .address import SerialAddress
from .failures import LinkDown
from .rtu_frames import ADU_MAX, FRAME_MIN, answer_length, encode, fits, silence_s, whole
from .statistics import LinkStatistics
from .wire import Wire

_BABBLE_S = 1.0  # a line on which it is never silent is asked all the same, after so long


@dataclass(frozen=True, slots=True)
class Probe:
    """What came after a request. `pieces` are as the adapter handed them over, each with its time in seconds after the request's
    last bit. A request whose good answer has its own bytes cannot be told from its echo: ask something else."""

    unit: int
    request: bytes
    pieces: tuple[tuple[float, bytes], ...]
    echoed: bool
    """The request itself came back first."""
    frames: tuple[tuple[int, bytes], ...]
    """Good frames, echo apart: unit and PDU."""
    lead: bytes
    """Bytes of no good frame in front of the first frame."""
    noise_bytes: int
    """All bytes of no good frame."""
    before: bytes
    """What came before it was silent enough to ask."""

    @property
    def answers(self) -> list[bytes]:
        return [pdu for unit, pdu in self.frames if unit == self.unit and fits(self.request, pdu)]

    @property
    def silent(self) -> bool:
        return not self.frames and not self.noise_bytes

    @property
    def delay_s(self) -> float | None:
        """From the request's last bit until the first piece of an answer was handed over; None with an echo in front of it."""
        return self.pieces[0][0] if self.pieces and not self.echoed else None

    @property
    def size(self) -> int:
        return sum(len(data) for _, data in self.pieces)

    @property
    def piece_gap_s(self) -> float | None:
        """Median of the times between pieces: how often the adapter hands over while bytes come. None: less than three came."""
        times = [at_s for at_s, _ in self.pieces]
        return median(b - a for a, b in pairwise(times)) if len(times) > 2 else None


class Prober:
    """`async with Prober(address)`. Raises LinkDown for a port that cannot be opened or goes away."""

    def __init__(self, address: SerialAddress) -> None:
        self.address = address
        self._why: Exception | None = None
        self._wire = Wire(address, LinkStatistics(serial=True), self._lost)
        self.character_s, self.silence_s = self._wire.character_s, silence_s(address.baud)

    async def __aenter__(self) -> Prober:
        await self._wire.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._wire.close()

    async def ask(self, unit: int, request: bytes, *, wait_s: float, linger_s: float) -> Probe:
        """Wait `wait_s` for the first byte after the request, then until nothing came for `linger_s`."""
        loop = asyncio.get_running_loop()
        before = await self._wire.silence(_BABBLE_S)
        try:
            ends_s = self._wire.send(encode(unit, request))
        except (OSError, AssertionError) as error:
            raise LinkDown(str(self.address), f"the port went away ({self._why or error})") from error
        pieces: list[tuple[float, bytes]] = []
        until_s = ends_s + wait_s
        latest_s = until_s + 4 * ADU_MAX * self.character_s + linger_s  # nobody answers longer; a babbler does
        while loop.time() < min(until_s, latest_s):
            await self._wire.news(min(until_s, latest_s))
            data = self._wire.take()
            if data:
                pieces.append((loop.time() - ends_s, data))
                echo = sum(len(piece) for _, piece in pieces) <= len(request) + 3
                until_s = max(until_s if echo else 0.0, loop.time() + linger_s)
            if not self._wire.open:
                raise LinkDown(str(self.address), f"the port went away ({self._why})")
        return sort(unit, request, pieces, before or b"")

    def _lost(self, error: Exception) -> None:
        self._why = error


def sort(unit: int, request: bytes, pieces: list[tuple[float, bytes]], before: bytes = b"") -> Probe:
    """What came, told apart. Pure."""
    data, sent = b"".join(piece for _, piece in pieces), encode(unit, request)
    at = data.find(sent)
    frames: list[tuple[int, bytes]] = []
    noise = lead = b""
    if at >= 0:
        noise, data = data[:at], data[at + len(sent) :]
    start = 0
    while start < len(data):
        length = answer_length(data, start) if len(data) - start >= FRAME_MIN else None
        if length is None or not whole(data, start, length):
            noise += data[start : start + 1]
            start += 1
            continue
        if not frames:
            lead = noise
        frames.append((data[start], data[start + 1 : start + length - 2]))
        start += length
    return Probe(unit, request, tuple(pieces), at >= 0, tuple(frames), lead, len(noise), before)
