"""One controller with its real firmware; what its inputs read is in the hands of the session, see tests/system/bench.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mallee.device.device import Device

from ...system.bench import Bench
from .patched import Patch, patched

FULL_DUTY = 65_535
POLL_s = 0.02


class Rig:
    """`equipment` is the Skid or PduBench of tests/system/bench.py."""

    def __init__(self, bench: Bench, device: Device) -> None:
        self.bench = bench
        self.device = device
        self.equipment: Any = bench.equipment

    @property
    def now_s(self) -> float:
        return self.bench.world.now_us / 1e6

    async def value(self, name: str) -> Any:
        return (await self.device.read(name)).value

    async def alarms(self) -> set[str]:
        return {reading.entry.name for reading in await self.device.read_alarms() if reading.active}

    async def until(self, condition: Callable[[], bool], limit_s: float, every_s: float = POLL_s / 2) -> float:
        """Virtual seconds until what the equipment does meets `condition`; `limit_s` where it never does."""
        began = self.now_s
        while not condition() and self.now_s - began < limit_s:  # noqa: ASYNC110 - this is how virtual time goes on
            await asyncio.sleep(every_s)
        return min(limit_s, self.now_s - began)

    async def until_alarm(self, name: str, limit_s: float, every_s: float = POLL_s) -> float:
        """Virtual seconds until that alarm is active; `limit_s` where it never is."""
        began = self.now_s
        while name not in await self.alarms() and self.now_s - began < limit_s:  # noqa: ASYNC110
            await asyncio.sleep(every_s)
        return min(limit_s, self.now_s - began)

    def grant_us(self) -> int:
        """When the controller sees what is set now: inputs move on the world's grid."""
        grid = self.bench.world.grid_us
        return -(-self.bench.world.now_us // grid) * grid


def run(
    profile: str,
    session: Callable[[Rig], Awaitable[Any]],
    *changes: Patch,
    equipment: Any = None,
    prepare: Callable[[Bench], None] = lambda _: None,
) -> Any:
    """What `session` returns. `equipment` stands for the bench's own; `prepare` is called before the controller starts."""
    found: list[Any] = []
    with patched(*changes):
        bench = Bench(profile)
        if equipment is not None:
            bench.equipment = equipment
        prepare(bench)

        async def test(device: Device) -> None:
            found.append(await session(Rig(bench, device)))

        bench.run(test)
    return found[0]
