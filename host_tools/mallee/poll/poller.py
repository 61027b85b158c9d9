"""Reads many devices on many links, each point at its own interval, and keeps what it read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from .. import clock
from ..device.decoding import Decoded, SpanDecoder
from ..device.device import Device
from ..device.spans import Span, halves
from ..errors import MalleeError
from ..link.base import Link
from ..link.failures import LinkError, Refused
from ..reading import Quality, Reading, Scalar, Snapshot
from .group import FAST, Group, spans_of, with_sequence
from .image import Image, Part
from .latching import can_latch, latch_command, latched_span
from .line import PolledLine
from .schedule import Job

_SPLITS = (2, 3)  # exceptions by which a device says that a span is too much for it: an address, or the count
_GOLDEN = 0.6180339887498949  # phases that are multiples of it never bunch


@dataclass(frozen=True, slots=True)
class Polled:
    """A group of a device has been read, or tried. `good`: every part of it was answered."""

    device: str
    group: str
    good: bool
    image: Image
    latch: int | None = None
    """The number of the latch by which the values are of one moment on the whole line; None: each controller has its own."""

    def snapshot(self) -> Snapshot:
        """All that is known of the device now."""
        return self.image.snapshot(asyncio.get_running_loop().time())


Subscriber = Callable[[Polled], None]


@dataclass(slots=True, eq=False)
class _Read:
    """One request of a group."""

    member: _Member
    group: Group
    span: Span
    decoder: SpanDecoder
    part: Part
    latched: SpanDecoder | None = None
    latch: int | None = None


@dataclass(slots=True, eq=False)
class _Member:
    device: Device
    line: PolledLine
    image: Image
    open: dict[str, int] = field(default_factory=dict)  # group: parts that are still to come in this round
    bad: set[str] = field(default_factory=set)
    jobs: list[Job] = field(default_factory=list)
    unsynchronised: int = 0


@dataclass(slots=True, eq=False)
class _Latch:
    """The broadcast of a line, before the fast blocks of all who take part."""

    line: PolledLine
    jobs: list[Job]
    number: int = 0
    failures: int = 0


class Poller:
    """`add` devices with their groups; `subscribe` to hear of each group that was read; `image` has what is known.

    The links are the caller's, and stay open. A unit that is silent costs the others next to nothing (see link/silence.py). A
    span that a device refuses is cut in halves, and stays so. Times are those of the running loop.
    """

    def __init__(self) -> None:
        self._lines: dict[int, PolledLine] = {}
        self._members: dict[str, _Member] = {}
        self._subscribers: list[Subscriber] = []
        self._phases = 0

    def add(
        self, device: Device, groups: Sequence[Group], *, in_flight: int | None = None, delay_s: float = 0.0
    ) -> Image:
        """Read these groups of the device, for the first time at once (or `delay_s` from now). `in_flight`: requests that it
        takes at once on TCP; None: 16 for a controller that has told its identity, else 1. Raises ValueError for a name that
        is taken."""
        if device.name in self._members:
            raise ValueError(f"{device.name} is polled already")
        line = self._line(device.link)
        taken = in_flight if in_flight is not None else 16 if device.identity is not None else 1
        line.schedule.allow(device.unit, taken)
        device.link.allow_in_flight(device.unit, taken)
        member = self._members[device.name] = _Member(device, line, Image(device.name))
        for group in with_sequence(device.dictionary, groups):
            for span in spans_of(device.dictionary, group):
                self._read(member, group, span, delay_s)
        line.pump()
        return member.image

    def latch(self, link: Link, interval_s: float) -> int:
        """From now on one broadcast each `interval_s` has all controllers of this serial line copy their fast blocks in the same
        moment, and their groups `fast` are read from the copies. Returns how many take part; 0 where the link has no
        broadcasts."""
        members = [m for m in self._members.values() if m.device.link is link and can_latch(m.device.dictionary)]
        if not link.broadcasts or not members:
            return 0
        line, jobs = self._line(link), []
        for member in members:
            decoder = SpanDecoder(latched_span(member.device.dictionary))
            for job in member.jobs:
                read: _Read = job.what
                if read.group.name == FAST and set(read.decoder.names) <= set(decoder.names):
                    line.schedule.remove(job)
                    read.latched, read.part.interval_s = decoder, interval_s
                    jobs.append(Job(job.unit, inf, read, fast=True))
            member.jobs = [job for job in member.jobs if not job.removed] + [j for j in jobs if j.what.member is member]
        latch = Job(0, interval_s, _Latch(line, jobs), fast=True, phase_s=asyncio.get_running_loop().time())
        line.schedule.add(latch, latch.phase_s)
        line.pump()
        return len(jobs)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """`subscriber(polled)` is called after each group that was read. Returns what ends that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    async def updates(self, device: str, group: str) -> AsyncIterator[Polled]:
        """The same for a loop: who is slower than the device gets the newest, and none twice."""
        newest: list[Polled] = []
        news = asyncio.Event()

        def hear(polled: Polled) -> None:
            if polled.device == device and polled.group == group:
                newest[:] = [polled]
                news.set()

        end = self.subscribe(hear)
        try:
            while True:
                await news.wait()
                news.clear()
                yield newest[0]
        finally:
            end()

    def image(self, device: str) -> Image:
        """What is known of a device. Raises KeyError."""
        return self._members[device].image

    def missed(self, device: str) -> int:
        """Due times of this device that passed without a request, because its line is too slow for what is asked of it."""
        return sum(job.missed for job in self._members[device].jobs)

    def unsynchronised(self, device: str) -> int:
        """Fast blocks of this device that were read as they were, because it had not heard the latch."""
        return self._members[device].unsynchronised

    async def write(self, device: str, values: Mapping[str, Scalar]) -> Snapshot:
        """Before all polls: write, read back, and remember. Returns what the device has afterwards. Raises as Device.write
        does."""
        member = self._members[device]
        snapshot = await member.device.write(values)
        polled = set(member.image.names)
        known: dict[str, Reading] = {name: reading for name, reading in snapshot.items() if name in polled}
        member.image.read_back(known, asyncio.get_running_loop().time())
        return snapshot

    async def close(self) -> None:
        """End polling. The links stay open, and images and counters stay readable."""
        for line in self._lines.values():
            await line.close()
        self._lines.clear()

    def _line(self, link: Link) -> PolledLine:
        return self._lines.setdefault(id(link), PolledLine(link, self._run))

    def _read(self, member: _Member, group: Group, span: Span, delay_s: float = 0.0) -> None:
        now_s = asyncio.get_running_loop().time() + delay_s
        part = Part(span.points, group.interval_s)
        member.image.add(part)
        self._phases += 1
        phase_s = now_s + group.interval_s * (self._phases * _GOLDEN % 1.0)
        read = _Read(member, group, span, SpanDecoder(span), part)
        job = Job(member.device.unit, group.interval_s, read, fast=group.name == FAST, phase_s=phase_s)
        member.jobs.append(job)
        member.open[group.name] = member.open.get(group.name, 0) + 1
        member.line.schedule.add(job, now_s)

    async def _run(self, job: Job) -> None:
        if isinstance(job.what, _Latch):
            await self._broadcast(job.what)
            return
        read: _Read = job.what
        member = read.member
        good = False
        try:
            decoded = await self._ask(read)
        except Refused as error:
            if error.exception_code in _SPLITS and self._split(job, read):
                return
            member.image.failed(read.part, Quality.REFUSED, error.what)
        except LinkError as error:
            member.image.failed(read.part, Quality.NO_ANSWER, error.what)
        else:
            member.image.came(read.part, decoded, asyncio.get_running_loop().time())
            good = True
        self._heard(read, good)

    async def _ask(self, read: _Read) -> Decoded:
        device = read.member.device
        if read.latched is not None and read.latch is not None:
            answer = await device.link.exchange(device.unit, read.latched.request)
            decoded = read.latched.decode(answer, clock.utc_now())
            if decoded["latch_number"].value == read.latch:
                return decoded
            read.member.unsynchronised += 1
            read.latch = None
        answer = await device.link.exchange(device.unit, read.decoder.request)
        return read.decoder.decode(answer, clock.utc_now())

    async def _broadcast(self, latch: _Latch) -> None:
        first: _Read = latch.jobs[0].what
        latch.number += 1
        number: int | None = latch.number
        try:
            await latch.line.link.broadcast(latch_command(first.member.device.dictionary, latch.number))
        except MalleeError:
            latch.failures += 1
            number = None
        now_s = asyncio.get_running_loop().time()
        for job in latch.jobs:
            job.what.latch = number
            latch.line.schedule.trigger(job, now_s)

    def _split(self, job: Job, read: _Read) -> bool:
        """Read the halves from now on. False: it is one point, and there is nothing to cut."""
        member = read.member
        if len(read.span.points) < 2:
            member.line.schedule.remove(job)  # the device does not have it: it is not asked for again
            member.jobs.remove(job)
            return False
        member.line.schedule.remove(job)
        member.jobs.remove(job)
        member.open[read.group.name] -= 1
        for span in halves(read.span):
            self._read(member, read.group, span)
        return True

    def _heard(self, read: _Read, good: bool) -> None:
        """Tell the subscribers when a group has come round."""
        member, group = read.member, read.group.name
        if not good:
            member.bad.add(group)
        member.open[group] -= 1
        if member.open[group] > 0:
            return
        member.open[group] = sum(1 for job in member.jobs if job.what.group.name == group)
        polled = Polled(member.device.name, group, group not in member.bad, member.image, read.latch)
        member.bad.discard(group)
        for subscriber in list(self._subscribers):
            subscriber(polled)
