"""An image comes to one controller over its bus: what it does not have yet, until it is whole there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from ...device.device import Device
from ...errors import ExitCode, MalleeError
from ...link import pdus
from ...link.base import Priority
from .image import Image, manifest_of
from .patience import Patience
from .registers import Said, look, refused, tell

_MANIFEST_FILE, _CONTENT_FILE = 40, 41
_FILE_BYTES = 20_000
_PART_BYTES = 236
"""Of a record group: 244 fit into a request (MODBUS Application Protocol V1.1b3, 6.15)."""
LOOK_S = 0.25
LET_GO_S = 590.0
"""A controller lets go of an update after ten minutes without a word (firmware/core/receiving.py)."""
_FRUITLESS = 3
"""Beginnings in a row that lead to not a file more."""
_YOUNG_S = 10.0
"""With less uptime it may have restarted since, whatever it said before."""

Advance = Callable[[str, int, int], None]
"""Called with a step in words, and how many of how many bytes of it are done."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    image: Image
    key: bytes
    issued_s: int
    wait_for_equipment_s: float = 3600.0


class _LetGo(Exception):
    """The controller knows of no update any more: it restarted, waited too long, or another host ended this."""


class Bringing:
    """To one controller. Every method raises MalleeError; what was received stays on the controller then."""

    def __init__(self, device: Device, offer: Offer, patience: Patience, advance: Advance) -> None:
        self.device = device
        self.offer = offer
        self._patience = patience
        self._advance = advance
        self._told_s = 0.0
        """Its uptime when it last had a word of this update: a computer that sleeps misses what passes meanwhile."""
        self.sent_bytes = 0
        self.sent_files = 0

    async def bring(self) -> None:
        """Everything that it does not have yet, until it is whole there. Begins anew where the controller has let go of it: after
        a restart of its own, or a line that was away for longer than it waits. Raises MalleeError, exit code 4: it refuses, or
        somebody ended this."""
        fruitless = 0
        while fruitless < _FRUITLESS:
            before = self.sent_files
            try:
                return await self._bring()
            except _LetGo:
                now_s = await self._uptime_s()
                if max(self._told_s, _YOUNG_S) <= now_s < self._told_s + LET_GO_S:
                    raise self._ended() from None
                fruitless = fruitless + 1 if self.sent_files == before else 0
        raise MalleeError(
            f"{self.device.name} let go of the update again and again, before another file was whole",
            "it restarts",
            "`mallee update status` and `mallee log` say more; then run the same command again: what was received is kept",
            ExitCode.REFUSED,
        )

    async def _bring(self) -> None:
        image = self.offer.image
        assert self.device.identity is not None
        manifest = manifest_of(
            image, issued_s=self.offer.issued_s, serial=self.device.identity.serial_number or "", key=self.offer.key
        )
        self._told_s = await self._uptime_s()
        await self._command("begin")
        await self._send(_MANIFEST_FILE, manifest, "manifest")
        await self._ask("compare")
        said = await self._settled("compare", lambda said: said.state in ("comparing", "manifest"))
        paths = list(image.files)
        total = sum(len(image.files[paths[number]]) for number in said.wanted)
        done = 0
        for number in said.wanted:
            data = image.files[paths[number]]
            for last in (False, True):
                await self._ask("take", number)
                await self._send(_CONTENT_FILE, data, "files", done, total)
                said = await self._settled("take", lambda said, n=number: _taking(said, n))
                if number not in said.wanted:
                    break
                if last:
                    raise refused(self.device, "altered", f"take {paths[number]}")
            done += len(data)
            self.sent_files += 1
            self._told_s = await self._uptime_s()
        await self._ask("verify")
        said = await self._settled("verify", _verifying)
        if said.state != "ready":
            raise refused(self.device, said.refusal, "verify")

    async def _send(self, file: int, data: bytes, step: str, done: int = 0, total: int = 0) -> None:
        at = 0
        while at < len(data):
            number, inside = file + at // _FILE_BYTES, at % _FILE_BYTES
            part = data[at : at + min(_PART_BYTES, _FILE_BYTES - inside)]
            request = pdus.write_file(number, inside // 2, part + bytes(len(part) & 1))
            try:
                await self._patience.ask(
                    self.device.name,
                    lambda request=request: self.device.link.request(
                        self.device.unit, request, priority=Priority.PROBE
                    ),
                )
            except MalleeError as error:
                raise await self._why(error, step) from error
            at += len(part)
            self.sent_bytes += len(part)
            self._advance(step, done + at, total or len(data))

    async def _settled(self, what: str, busy: Callable[[Said], bool]) -> Said:
        """When it has done what it was told. Raises MalleeError where that went wrong."""
        while True:
            said = await self._look()
            if said.refusal not in ("none", "altered"):
                raise refused(self.device, said.refusal, what)
            if said.state == "idle":
                raise _LetGo(what)
            if not busy(said):
                return said
            await asyncio.sleep(LOOK_S / 5)

    # Asking.

    async def _command(self, name: str, file: int = 0) -> None:
        await self._patience.ask(self.device.name, lambda: tell(self.device, name, file))

    async def _ask(self, name: str, file: int = 0) -> None:
        """A command of an update that is under way. Raises _LetGo where the controller knows of none."""
        try:
            await self._command(name, file)
        except MalleeError as error:
            raise await self._why(error, name) from error

    async def _why(self, error: MalleeError, what: str) -> Exception:
        """What is behind a refusal in the middle of an update."""
        if error.code != ExitCode.REFUSED:
            return error
        said = await self._look()
        if said.state == "idle" and said.refusal in ("none", "not_now"):
            return _LetGo(what)
        return error if said.refusal in ("none", "altered") else refused(self.device, said.refusal, what)

    async def _look(self) -> Said:
        return await self._patience.ask(self.device.name, lambda: look(self.device))

    async def _uptime_s(self) -> float:
        return await self._patience.ask(self.device.name, self._uptime_once_s)

    async def _uptime_once_s(self) -> float:
        value = (await self.device.read("uptime")).value
        return float(value) if isinstance(value, int | float) else 0.0

    def _ended(self) -> MalleeError:
        return MalleeError(
            f"the update of {self.device.name} was ended by somebody else",
            "`mallee update cancel`, or another host updates it",
            "run the same command again, if it shall be updated: what was received is kept",
            ExitCode.REFUSED,
        )


def _taking(said: Said, number: int) -> bool:
    return said.state == "verifying" or (number in said.wanted and said.refusal == "none")


def _verifying(said: Said) -> bool:
    return said.state == "verifying" or (said.state == "receiving" and said.refusal == "none")
