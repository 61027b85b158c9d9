"""Poll one device and hand over every frame of that, in words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ..device.device import Device
from ..device.frames import FrameReader, FrameRow
from ..link.base import Link
from ..link.tap import TapFrame
from .group import Group
from .poller import Poller


async def trace(
    link: Link,
    connect: Callable[[], Awaitable[Device]],
    points: Callable[[Device], Sequence[str]],
    interval_s: float,
    show: Callable[[TapFrame, FrameRow], None],
    stop: asyncio.Event,
) -> None:
    """Tap the link, `await connect()` to the device, and poll its points until `stop`. `show` has each frame, those of
    connecting as well. Raises MalleeError where nobody answers."""
    reader = FrameReader()

    def tap(frame: TapFrame) -> None:
        show(frame, reader.read(frame))

    link.taps.append(tap)
    poller = Poller()
    try:
        device = await connect()
        reader.know(link.address, device.unit, device.dictionary)
        poller.add(device, [Group("traced", tuple(points(device)), interval_s)])
        await stop.wait()
    finally:
        await poller.close()
        link.taps.remove(tap)
