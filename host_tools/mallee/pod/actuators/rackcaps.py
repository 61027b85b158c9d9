"""The power limits of a pod's racks, brought to where they are wanted in the background: a manager that hangs holds up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from ...errors import MalleeError
from .limiter import LimitRead, PowerLimiter

_BACK_OFF_S = (1.0, 2.0, 5.0, 10.0)
_READ_EACH_S = 30.0  # somebody else may set it too, and a manager that restarts may forget it
_SAME_W = 1.0


class CapState(msgspec.Struct, frozen=True):
    """What is known of one rack's limit. `ready`: it answered, or failed, since the beginning, or since `look_again`.
    `reachable`: the last request succeeded. `limit_kW` as it was last read or set; None: none, or not known."""

    ready: bool = False
    reachable: bool = False
    limit_kW: float | None = None
    least_kW: float | None = None
    """What the manager takes at the least; None: it does not say."""
    why: str = ""


class RackCaps:
    """`limiters` by rack. `want` says what shall be in force, and until when this host may see to it: a rack knows no lease, and
    a host that was stopped meanwhile must not undo what its successor did. A task for each rack does it, until `close`."""

    def __init__(self, limiters: Mapping[str, PowerLimiter], *, read_only: bool = False) -> None:
        self._limiters = dict(limiters)
        self._read_only = read_only
        self.states = {name: CapState() for name in self._limiters}
        self._until_s = float("-inf")
        self.too_late = 0
        """Limits that were not set, because this host was not sure any more to control the pod."""
        self._wanted: dict[str, float | None] = {}
        self._news = {name: asyncio.Event() for name in self._limiters}
        self._tasks = [asyncio.create_task(self._keep(name)) for name in self._limiters]

    def want(self, caps_kW: Mapping[str, float], until_s: float) -> None:
        """From now on: these limits, and none for the other racks. Nothing is set after loop time `until_s`."""
        self._until_s = until_s
        for name in self._limiters:
            wanted = caps_kW.get(name)
            if name not in self._wanted or self._wanted[name] != wanted:
                self._wanted[name] = wanted
                self._news[name].set()

    def look_again(self) -> None:
        """What was read may be old: it is not `ready` before it was read anew. Managers that do not answer are not waited for."""
        for name, state in self.states.items():
            if state.reachable:
                self.states[name] = msgspec.structs.replace(state, ready=False)
                self._news[name].set()

    def stand_back(self) -> None:
        """Another host sees to the limits."""
        self._until_s = float("-inf")
        self._wanted.clear()

    async def close(self) -> None:
        """The limits that are in force stay: they are what keeps the mains closed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(limiter.close() for limiter in self._limiters.values()), return_exceptions=True)

    async def _keep(self, name: str) -> None:
        failed = 0
        while True:
            self._news[name].clear()
            try:
                await self._bring(name)
                failed = 0
            except MalleeError as error:
                failed += 1
                state = self.states[name]
                self.states[name] = msgspec.structs.replace(state, ready=True, reachable=False, why=error.what)
            wait_s = _READ_EACH_S if not failed else _BACK_OFF_S[min(failed, len(_BACK_OFF_S)) - 1]
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news[name].wait()
                    if failed:  # a manager that fails is not asked more often because more is wanted
                        await asyncio.sleep(wait_s)

    async def _bring(self, name: str) -> None:
        """Read, and set and read again where it is not as wanted."""
        limiter = self._limiters[name]
        read = await limiter.read()
        in_force_W = read.limit_W
        self._heard(name, read)
        if self._read_only or name not in self._wanted:
            return
        wanted = self._wanted[name]
        wanted_W = None if wanted is None else 1000.0 * wanted
        if _alike(wanted_W, in_force_W):
            return
        if asyncio.get_running_loop().time() > self._until_s:
            self.too_late += 1
            self._wanted.pop(name, None)  # who still wants it says so again
            return
        await limiter.set(wanted_W)
        read = await limiter.read()
        in_force_W = read.limit_W
        self._heard(name, read)
        if not _alike(wanted_W, in_force_W):
            told = "no limit" if in_force_W is None else f"{in_force_W:.0f} W"
            raise MalleeError(
                f"{name}: {told} is in force where {'none' if wanted_W is None else f'{wanted_W:.0f} W'} was set",
                "the manager rounds or bounds limits, or somebody else sets them too",
                "compare `minimum_kW` with the least limit that the manager takes",
            )

    def _heard(self, name: str, read: LimitRead) -> None:
        self.states[name] = CapState(
            ready=True,
            reachable=True,
            limit_kW=None if read.limit_W is None else read.limit_W / 1000.0,
            least_kW=None if read.least_W is None else read.least_W / 1000.0,
        )


def _alike(one_W: float | None, other_W: float | None) -> bool:
    if one_W is None or other_W is None:
        return one_W is other_W
    return abs(one_W - other_W) <= _SAME_W
