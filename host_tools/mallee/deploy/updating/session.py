"""One controller takes an image: bring it, start it on trial, look at it, and let it stay or send it back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from ...device.alarms import AlarmReading
from ...device.device import Device
from ...errors import ExitCode, MalleeError
from .bringing import LET_GO_S, LOOK_S, Advance, Bringing, Offer
from .patience import Patience
from .registers import Said, command, look, refused

_REMIND_S = 10.0
"""A start that waits is asked for again: after ten minutes without a word it is called off."""
_TRIES = 3
_CALL_OFF_S = 2.0
_LEAST_S = 5.0
"""A controller whose equipment is free needs two seconds to begin its restart."""
_PROOF_S = 20.0
"""A trial is not confirmed earlier (firmware/core/trial.py)."""
_OWN_ALARMS = frozenset(("lease_lost", "restarted", "update_failed", "fallback"))
"""What a restart, or the trial itself, brings: no reason to go back."""


class Session(Bringing):
    """Of one controller."""

    def __init__(self, device: Device, offer: Offer, patience: Patience, advance: Advance) -> None:
        super().__init__(device, offer, patience, advance)
        self._alarms: frozenset[str] | None = None
        """Active before it started the new firmware."""

    async def resume(self) -> bool:
        """Where a host was cut off: whether this release is on trial there, and has only to be proven. A start that it left
        waiting is called off; whoever waits for it yet is told."""
        said = await self._look()
        for _ in range(_TRIES):
            if said.state != "waiting":
                break
            await self._call_off()
            said = await self._look()
            if said.state != "waiting":
                self._patience.tell(f"{self.device.name}: a start that waited for its equipment is over")
        return said.state == "trial" and self._runs() == self._brings()

    async def _call_off(self) -> None:
        """Once: if it restarts meanwhile, what was meant for the start would end the trial."""
        with contextlib.suppress(MalleeError):  # an answer was lost; a look shows what is
            await command(self.device, "cancel")

    async def start(self) -> None:
        """Start it on trial, as soon as the equipment allows. Returns when the new firmware answers. Whoever will not be there to
        confirm it calls the start off."""
        left_s, loop = self.offer.wait_for_equipment_s, asyncio.get_running_loop()
        try:
            if (await self._look()).state != "ready":  # others were before it, and it has let go after ten minutes
                await self.bring()
            began_s = loop.time()
            while not await self._started(max(left_s, _LEAST_S)):
                left_s -= loop.time() - began_s
                await self.bring()
                began_s = loop.time()
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._call_off(), _CALL_OFF_S)
            raise

    async def _started(self, wait_s: float) -> bool:
        """False: it has let go, for its line was away or nobody came to it for ten minutes."""
        loop = asyncio.get_running_loop()
        self._advance("start", 0, 0)
        self._alarms = await self._active()
        uptime_s = self._told_s = await self._uptime_s()
        if not await self._activate(uptime_s):
            return False
        reminded_s = loop.time()
        end_s = reminded_s + wait_s
        while True:
            await asyncio.sleep(LOOK_S)
            said, now_s = await self._still_there(uptime_s)
            if said is None or said.state == "trial":
                await self._reconnect()
                said = await self._look()
                if said.state == "trial":
                    return True
                now_s = await self._uptime_s()
            if said.state != "waiting":
                if now_s < uptime_s:
                    raise self._went_back(said)
                if now_s >= self._told_s + LET_GO_S:
                    return False
                if said.state != "idle" and said.refusal != "none":
                    raise refused(self.device, said.refusal, "activate")
                raise self._ended()
            uptime_s = now_s
            if loop.time() >= end_s:
                await self._call_off()  # it would start when nobody is there to confirm it
                raise MalleeError(
                    f"{self.device.name} was not allowed to restart within {self.offer.wait_for_equipment_s:g} s",
                    "a branch is hot or waits for its turn, and a restart would leave it unprotected for seconds",
                    "run the same command again later: what was received is kept",
                    ExitCode.REFUSED,
                )
            if loop.time() >= reminded_s + _REMIND_S:
                await self._remind(uptime_s)
                reminded_s = loop.time()

    async def _activate(self, uptime_s: float) -> bool:
        """False: it has let go."""
        try:
            await self._command("activate")
        except MalleeError as error:
            if error.code != ExitCode.REFUSED:
                raise
            now_s, said = await self._uptime_s(), await self._look()
            if now_s >= uptime_s + LET_GO_S and said.state == "idle":
                return False
            if now_s >= uptime_s and said.state != "trial":
                raise
            # It was told before, and its answer got lost: it has restarted since.
        return True

    async def _still_there(self, uptime_s: float) -> tuple[Said | None, float]:
        """A look, and its uptime; None where it restarted, or an answer was lost."""
        try:
            now_s = await self._uptime_once_s()
            return (await look(self.device) if now_s >= uptime_s else None), now_s
        except MalleeError:
            return None, 0.0

    async def _remind(self, uptime_s: float) -> None:
        """Somebody is still there; and what alarms are active now was not brought by the new firmware."""
        with contextlib.suppress(MalleeError):  # it restarts, or an answer was lost
            alarms = _names(await self.device.read_alarms())
            await command(self.device, "activate")
            now_s = await self._uptime_once_s()
            if now_s >= uptime_s:
                self._alarms, self._told_s = alarms, now_s

    async def prove(self) -> None:
        """Look at the firmware on trial, and let it stay. Raises MalleeError where it went back, or was sent back."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _PROOF_S
        while True:
            said = await self._look()
            if said.state != "trial":
                raise self._went_back(said)
            self._advance("proof", round(_PROOF_S - max(0.0, end - loop.time())), round(_PROOF_S))
            if loop.time() >= end + 2.0:
                break
            await asyncio.sleep(LOOK_S)
        why = await self._wrong()
        if why:
            await self._command("cancel")
            raise MalleeError(
                f"{self.device.name} was sent back to its old firmware: {why}",
                "the new firmware does not suit this controller, or something happened at the same time",
                "mend that, then run the same command again: what was received is kept",
                ExitCode.FINDINGS,
            )
        try:
            await self._command("confirm")
        except MalleeError as error:
            if error.code != ExitCode.REFUSED:
                raise
            said = await self._look()
            if said.state == "trial" and said.outcome == "none":
                raise
            raise self._went_back(said) from error  # its equipment was not to be left alone until the trial had ended
        said = await self._look()
        if said.outcome != "confirmed" or said.application != said.confirmed:
            raise self._went_back(said)

    async def _wrong(self) -> str:
        """What is not as it should be; "" when all is."""
        await self._patience.ask(self.device.name, self.device.identify)
        if self._runs() != self._brings():
            (runs, _), (brings, _) = self._runs(), self._brings()
            return (
                f"it says that it is firmware {runs}, not {brings}"
                if runs != brings
                else "its dictionary is another one"
            )
        if self._alarms is None:  # a host that was cut off knew them
            return ""
        came = await self._active() - self._alarms
        return f"alarms that were not there before: {', '.join(sorted(came))}" if came else ""

    def _runs(self) -> tuple[str, int | None]:
        identity = self.device.identity
        return ("", None) if identity is None else (identity.firmware, identity.dictionary_hash)

    def _brings(self) -> tuple[str, int]:
        return self.offer.image.version_text, self.offer.image.dictionary_hash

    async def _active(self) -> frozenset[str]:
        return _names(await self._patience.ask(self.device.name, self.device.read_alarms))

    async def _reconnect(self) -> None:
        """Wait until somebody answers again; other firmware may have another dictionary."""

        async def connect() -> Device:
            return await Device.connect(self.device.link, self.device.unit, name=self.device.name)

        try:
            self.device = await self._patience.ask(self.device.name, connect, restarting=True)
        except MalleeError as error:
            raise MalleeError(
                f"{self.device.name} does not answer since it was told to restart: {error.what}",
                "the line is cut, or the new firmware does not answer on it",
                "run the same command again when it is back: without a host the controller has gone back to its old firmware, "
                "or called the start off",
                ExitCode.NO_ANSWER,
            ) from error

    def _went_back(self, said: Said) -> MalleeError:
        if said.outcome in ("none", "confirmed"):
            return MalleeError(
                f"{self.device.name} has restarted, and not tried the new firmware",
                "its supply was cut, or another host restarted it or ended the update",
                "run the same command again: what was received is kept",
                ExitCode.FINDINGS,
            )
        point = self.device.dictionary.by_name["update_outcome"]
        meaning = next(
            (choice.meaning for choice in point.choices if choice.name == said.outcome), "it does not say why"
        )
        return MalleeError(
            f"{self.device.name} runs its old firmware again: {said.outcome.replace('_', ' ')}",
            meaning,
            "`mallee log` and its console say more; nothing is lost",
            ExitCode.FINDINGS,
        )


def _names(alarms: Sequence[AlarmReading]) -> frozenset[str]:
    """Of those that a restart does not bring."""
    return frozenset(alarm.entry.name for alarm in alarms if alarm.active and alarm.entry.name not in _OWN_ALARMS)
