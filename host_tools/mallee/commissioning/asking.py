"""What a controller reads, as an acceptance wants it: values that are not good are not known, and alarms are values too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from ..device.codec import raw_limits
from ..device.device import Device
from ..errors import MalleeError
from ..reading import Quality, Reading, Scalar
from .model import ACTIVE, NORMAL, Limit, Value, Write, holds, in_words

_EVERY_S, _AGAIN_S = 0.5, 2.0
_ALARM = "alarm."
_RESET = "reset_latch"


async def values(device: Device, names: Iterable[str]) -> dict[str, Value]:
    wanted = list(dict.fromkeys(names))
    points = [name for name in wanted if not name.startswith(_ALARM)]
    found: dict[str, Value] = {}
    if points:
        snapshot = await device.read_many(points)
        found |= {name: _plain(snapshot[name]) for name in points}
    if len(points) < len(wanted):
        states = {f"{_ALARM}{each.entry.name}": each.active for each in await device.read_alarms()}
        told: dict[bool | None, Value] = {True: ACTIVE, False: NORMAL, None: None}
        found |= {name: told[states.get(name)] for name in wanted if name not in found}
    return {name: found[name] for name in wanted}


async def wait(device: Device, expect: Sequence[Limit], settle_s: float) -> tuple[dict[str, Value], bool]:
    """Until all of it holds, or the time is over. Of a limit that need not last, the value with which it held is told. There is
    time to ask again in any case: an answer that was lost on the line is no finding."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + max(settle_s, _AGAIN_S)
    held: dict[str, Value] = {}
    while True:
        now = await values(device, [limit.point for limit in expect])
        held |= {limit.point: now[limit.point] for limit in expect if limit.once and holds(limit, now[limit.point])}
        now |= held
        good = all(holds(limit, now[limit.point]) for limit in expect)
        if good or loop.time() >= end_s:
            return now, good
        await asyncio.sleep(_EVERY_S)


async def missing(device: Device, limits: Sequence[Limit]) -> str:
    """What does not hold, in words; empty: all of it holds."""
    now = await values(device, [limit.point for limit in limits])
    return "; ".join(
        f"{limit.point} is {now[limit.point]}, and it takes {in_words(limit)}"
        for limit in limits
        if not holds(limit, now[limit.point])
    )


async def meant(device: Device, writes: Sequence[Write]) -> dict[str, Scalar]:
    """What is to be written, in numbers."""
    now = await values(device, [write.of for write in writes if write.of])
    return {write.point: _part(device, write, now[write.of]) if write.of else scalar(write.value) for write in writes}


def _part(device: Device, write: Write, value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalleeError(
            f"{write.of} is not known, and {write.point} depends on it",
            "its sensor is at fault, or not fitted",
            f"`mallee get {device.name} {write.of}` says which",
        )
    point = device.dictionary.by_name[write.point]
    low, high = raw_limits(point)
    raw = round(value * write.part / 10**point.scale)
    raw = raw if low is None else max(raw, low)
    raw = raw if high is None else min(raw, high)
    return round(raw * 10**point.scale, max(0, -point.scale))


async def to_reset(device: Device, write: Write) -> bool:
    """Whether this is to be written: a latch that did not come cannot be reset."""
    if write.point != _RESET:
        return True
    return any(each.active and each.entry.code == write.value for each in await device.read_alarms())


def numbers(before: Mapping[str, Value]) -> dict[str, Scalar]:
    return {name: scalar(value) for name, value in before.items()}


def scalar(value: Value) -> Scalar:
    return frozenset(value) if isinstance(value, list) else value


def _plain(reading: Reading) -> Value:
    if reading.quality is not Quality.GOOD:
        return None
    return sorted(reading.value) if isinstance(reading.value, frozenset) else reading.value
