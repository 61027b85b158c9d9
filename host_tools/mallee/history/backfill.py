"""What controllers keep while nobody asks: journals and counters of energy, read after each silence and now and then; and beside
the counters what lies in the same registers and changes slowly, the phase currents of branches."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from .. import clock
from ..device.device import Device
from ..device.dictionary import Dictionary
from ..device.selecting import fast_points
from ..errors import MalleeError
from ..pod.member import Member
from ..pod.runner import wait_until
from ..reading import Quality, Reading, Snapshot
from .energy import UNITS
from .journals import ms_of
from .scanned import Heard, JournalRead, Scanned
from .series import is_recorded

EVERY_S = 60.0
_LOOK_S = 1.0
_PHASE_CURRENT = re.compile(r"branch\.\d+\.phase_current\.\d")
_STATE = ("journal_sequence", "boot_count", "uptime", "memory_kind")
_LASTING = "fram"  # the kind of memory in which a journal outlives a start


class Backfill:
    """Reads one controller after another, each once a minute and when it has come back. `take` gets what was read."""

    def __init__(self, members: Sequence[Member], take: Callable[[Scanned], None]) -> None:
        self._members = members
        self._take = take
        self._read_s: dict[str, float] = {}
        self._sequences: dict[str, float | None] = {}
        self.failures = 0
        """Reads that a controller did not answer, or refused."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            for member in self._members:
                if not member.answered or member.device is None:
                    self._read_s.pop(member.name, None)  # when it comes back, at once
                elif loop.time() - self._read_s.get(member.name, float("-inf")) >= EVERY_S:
                    self._read_s[member.name] = loop.time()
                    await self._read(member.device)
            await wait_until(stop, loop.time() + _LOOK_S)

    async def _read(self, device: Device) -> None:
        slow = slow_points(device.dictionary)
        state = [name for name in _STATE if name in device.dictionary.by_name]
        try:
            found = await device.read_many([*slow, *state])
        except MalleeError:
            self.failures += 1
            return
        heard = _slow(device, found, slow)
        journals = await self._journal(device, found)
        if heard or journals:
            now_s = asyncio.get_running_loop().time()
            self._take(Scanned(ms_of(clock.utc_now()), now_s, heard, (), journals, extra=True))

    async def _journal(self, device: Device, found: Snapshot) -> list[JournalRead]:
        """The whole ring, where there is something new in it."""
        newest = found.number("journal_sequence")
        if not newest or self._sequences.get(device.name) == newest:
            return []
        try:
            entries = await device.read_journal()
        except MalleeError:
            self.failures += 1
            return []
        self._sequences[device.name] = newest
        lasting = found.value("memory_kind") == _LASTING
        boot, uptime_s = found.number("boot_count"), found.number("uptime")
        return [JournalRead(device.name, entries, _whole(boot), _whole(uptime_s), lasting)]


def slow_points(dictionary: Dictionary) -> list[str]:
    """Counters of energy that do not come with each scan, and phase currents of branches, from which phase balance is advised."""
    foreign = dictionary.foreign
    fast = {point.name for point in fast_points(dictionary)} if foreign is None else {foreign.probe}
    return [
        p.name
        for p in dictionary.points
        if (p.unit in UNITS or _PHASE_CURRENT.fullmatch(p.name)) and is_recorded(p) and p.name not in fast
    ]


def _slow(device: Device, found: Snapshot, names: Sequence[str]) -> list[Heard]:
    readings: dict[str, Reading] = {name: found[name] for name in names}
    if not any(reading.quality is Quality.GOOD for reading in readings.values()):
        return []
    snapshot = Snapshot(device.name, found.when, readings)
    return [Heard(device.name, device.dictionary, snapshot, interval_s=EVERY_S)]


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
