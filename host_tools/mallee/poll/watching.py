"""Poll some points of one device at an interval, and keep count of how that went."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import msgspec

from ..device.device import Device
from ..reading import Quality, Snapshot
from .group import Group
from .poller import Polled, Poller

_GROUP = "watched"


class WatchSummary(msgspec.Struct):
    """Polls made, polls that got no answer, polls that came too late to be made, and percentiles of round trips."""

    polls: int = 0
    losses: int = 0
    late: int = 0
    rtt_p50_ms: float | None = None
    rtt_p99_ms: float | None = None


async def watch(
    device: Device, points: Sequence[str], interval_s: float, summary: WatchSummary, stop: asyncio.Event
) -> AsyncGenerator[Snapshot, None]:
    """Snapshots until `stop`. After a lost poll values are those of the last one, with their age, and soon stale. `summary` is
    kept up to date."""
    news: asyncio.Queue[Polled | None] = asyncio.Queue(
        maxsize=1
    )  # who shows slower than the device answers sees the newest
    poller = Poller()

    def hear(polled: Polled | None) -> None:
        if news.full():
            news.get_nowait()
        news.put_nowait(polled)

    async def stopped() -> None:
        await stop.wait()
        hear(None)

    def counted(polled: Polled) -> None:
        _count(summary, device, polled, poller)
        hear(polled)

    poller.subscribe(counted)
    ending = asyncio.create_task(stopped())
    try:
        if not stop.is_set():
            poller.add(device, [Group(_GROUP, tuple(points), interval_s)])
        while (polled := await news.get()) is not None and not stop.is_set():
            yield polled.image.snapshot(asyncio.get_running_loop().time(), points)
    finally:
        ending.cancel()
        await poller.close()


def _count(summary: WatchSummary, device: Device, polled: Polled, poller: Poller) -> None:
    now_s = asyncio.get_running_loop().time()
    failures = polled.image.snapshot(now_s).failures
    summary.polls += 1
    summary.losses += any(failure.quality is Quality.NO_ANSWER for failure in failures)
    summary.late = poller.missed(polled.device)
    statistics = device.link.statistics.unit(device.unit)
    p50, p99 = statistics.rtt_s(0.5), statistics.rtt_s(0.99)
    summary.rtt_p50_ms = None if p50 is None else p50 * 1000
    summary.rtt_p99_ms = None if p99 is None else p99 * 1000
