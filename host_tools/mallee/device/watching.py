"""Poll some points of one device at an interval, and keep count of how that went."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec

from ..reading import Quality, Snapshot
from .device import Device


class WatchSummary(msgspec.Struct):
    """Polls made, polls that got no answer, and the 99th percentile of round trips."""

    polls: int = 0
    losses: int = 0
    late: int = 0
    rtt_p50_ms: float | None = None
    rtt_p99_ms: float | None = None


async def watch(
    device: Device, points: Sequence[str], interval_s: float, summary: WatchSummary, stop: asyncio.Event
) -> AsyncIterator[Snapshot]:
    """Snapshots until `stop`; a lost poll is a snapshot too, its values None. `summary` is kept up to date."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    while not stop.is_set():
        snapshot = await device.read_many(points)
        summary.polls += 1
        summary.losses += any(failure.quality is Quality.NO_ANSWER for failure in snapshot.failures)
        statistics = device.link.statistics.unit(device.unit)
        p50, p99 = statistics.rtt_s(0.5), statistics.rtt_s(0.99)
        summary.rtt_p50_ms = None if p50 is None else p50 * 1000
        summary.rtt_p99_ms = None if p99 is None else p99 * 1000
        yield snapshot
        due_s += interval_s
        if due_s < loop.time():
            missed = int((loop.time() - due_s) // interval_s) + 1
            summary.late += missed
            due_s += missed * interval_s
        try:
            async with asyncio.timeout_at(due_s):
                await stop.wait()
        except TimeoutError:
            continue
