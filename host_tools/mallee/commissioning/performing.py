"""Carry out what the session's step asks for: read, write, wait, measure. What follows from it is machine.py's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from .. import clock
from ..device.calibration import Shown
from ..device.device import Device
from ..diagnosis.diagnosing import findings_of
from ..diagnosis.measuring import look_at_all
from ..errors import ExitCode, MalleeError
from ..link.failures import LinkDown, NoAnswer
from ..pod.config import PodConfig
from ..pod.fleet import Fleet, find_controller
from ..reading import Scalar
from .asking import meant, missing, numbers, scalar, to_reset, values, wait
from .leasing import give_back, take
from .machine import Measured, PutBack, Remembered
from .metering import calibrate, settings_of
from .model import Step, Value, Write, counting, holds

_DOCTOR_S = 4.0
_TRIES = 3
_PAUSE_S = 1.0
_REACHES, _HEAR_S = 5, 0.05
_TELLING_S = 0.5  # longer than a controller takes to tell what its tick tripped
NOW, ANSWERING = "now", "answering_chips"
"""In place of a value: this computer's date; what that point reads."""


class Performer:
    """Of one pod. Every method raises MalleeError where a controller does not answer."""

    def __init__(self, config: PodConfig, fleet: Fleet) -> None:
        self._config = config
        self._fleet = fleet
        self._devices: dict[str, Device] = {}

    async def lacking(self, step: Step) -> str:
        """Why there is nothing to try here, in words; empty: there is."""
        return await missing(await self._device(step.device), step.given) if step.given else ""

    async def remember(self, step: Step) -> Remembered:
        """What is in the registers that the step moves, before anybody does anything."""
        device = await self._device(step.device)
        moved = [*step.moved, *(settings_of(step.calibrate.branch) if step.calibrate else ())]
        return Remembered(await values(device, moved))

    async def measure(self, step: Step, reference: Sequence[Shown] | None = None) -> Measured:
        """Do it, and wait until what is expected holds, or its time is over. What was written stays."""
        if step.kind == "doctor":
            return await self._doctor(step)
        device = await self._device(step.device)
        note = await self._do(device, step)
        if step.calibrate is not None and not note:
            return await calibrate(device, step.calibrate, reference)
        found, good = await wait(device, step.expect, 0.0 if note else step.settle_s)
        found = await values(device, [write.point for write in step.do if write.of]) | found
        serial = ""
        if step.kind == "identity":
            identity = await device.identify()
            serial = identity.serial_number or ""
            wanted = "pump" if find_controller(self._config, step.device) in self._config.skids else "pdu"
            if identity.profile != wanted:
                good, note = False, f"it is a {identity.profile}, and the pod file has a {wanted}"
        return Measured(found, good and not note, note, serial)

    async def put_back(self, step: Step, before: Mapping[str, Value]) -> PutBack:
        """Everything as it was. Not by any host's leave: what was moved is put back whoever is there."""
        device = await self._device(step.device)
        kept = {name: value for name, value in before.items() if name in step.keep}
        moved = {name: value for name, value in before.items() if name not in kept}

        async def after() -> None:
            if step.lease_s:
                await give_back(device, self._config.pod.host_id)
            if step.after:
                await asyncio.sleep(_TELLING_S)
            for write in step.after:
                if await to_reset(device, write):
                    await device.write({write.point: scalar(write.value)})

        stages = (
            (lambda: device.write(numbers(moved)), _TRIES),
            (after, max(_TRIES, int(step.back_s / _PAUSE_S))),  # a cause that must go first takes its time
            (lambda: device.write(numbers(kept)), _TRIES),
        )
        for stage, tries in stages:
            if wrong := await _tried(stage, tries):
                return PutBack(False, f"NOT PUT BACK: {wrong}", written=False)
        back = counting(step.back, dict(before))
        found, good = await wait(device, back, step.back_s)
        if good:
            return PutBack(True)
        lost = ", ".join(
            f"{limit.point} is {found[limit.point]}" for limit in back if not holds(limit, found[limit.point])
        )
        return PutBack(False, f"put back, and then {lost}")

    async def _do(self, device: Device, step: Step) -> str:
        """Why it could not be done; empty: it is."""
        try:
            if step.first:
                await device.write(await meant(device, step.first))
            if step.first_until:
                _, ready = await wait(device, step.first_until, step.first_s)
                if not ready:
                    return await missing(device, step.first_until)
            for together in _together(step.do):
                await device.write(await self._meant(device, together))
            if step.lease_s:
                await take(device, self._config.pod.host_id, step.lease_s)
            if step.calibrate is not None:
                _, ready = await wait(device, step.expect, step.settle_s)
                return "" if ready else await missing(device, step.expect)
        except MalleeError as error:
            return f"{error.what} ({error.likely})"
        return ""

    async def _meant(self, device: Device, writes: Sequence[Write]) -> Mapping[str, Scalar]:
        now = int(clock.utc_now().timestamp())
        chips = await values(device, [ANSWERING] if any(write.value == ANSWERING for write in writes) else [])
        special = {NOW: now, ANSWERING: chips.get(ANSWERING)}
        plain = [
            Write(write.point, special[write.value])
            if isinstance(write.value, str) and write.value in special
            else write
            for write in writes
        ]
        return await meant(device, plain)

    async def _doctor(self, step: Step) -> Measured:
        entry = find_controller(self._config, step.device)
        evidence = await look_at_all(self._config, [entry], for_s=_DOCTOR_S)
        found = [each for _, findings in findings_of(evidence) for each in findings]
        failed = [f"{each.check}: {each.seen}" for each in found if each.state == "fail"]
        warned = [f"{each.check}: {each.seen}" for each in found if each.state == "warn"]
        counted: dict[str, Value] = {
            "fail": len(failed),
            "warn": len(warned),
            "ok": sum(each.state == "ok" for each in found),
        }
        return Measured(counted, not failed, "; ".join([*failed, *warned]))

    async def reach(self, name: str) -> None:
        """Back from a person: a controller closes a connection that is idle for minutes, which is heard of only now. Returns once
        it answers over a new one; where it does not in time, what comes next says so."""
        device = await self._device(name)
        await asyncio.sleep(_HEAR_S)
        for _ in range(_REACHES):
            try:
                await device.read("state")
                return
            except (NoAnswer, LinkDown):
                await asyncio.sleep(_PAUSE_S)

    async def require_free(self, name: str) -> None:
        """Raises MalleeError (exit code 4) where a host has this controller: what is moved would be moved under its hands."""
        device = await self._device(name)
        lease = await device.read_many(["lease_state", "lease_holder"])
        if lease.value("lease_state") == "active":
            raise MalleeError(
                f"{name} is controlled by host {lease.value('lease_holder')}",
                "`mallee run` or another host holds its lease: what is moved here would be moved under its hands",
                "stop that host for the acceptance, then run this again: it goes on where it was",
                ExitCode.REFUSED,
            )

    async def _device(self, name: str) -> Device:
        if name not in self._devices:
            self._devices[name] = await self._fleet.device(name)
        return self._devices[name]


async def _tried(stage: Callable[[], Awaitable[object]], tries: int) -> str:
    """What is wrong after so many tries; empty: it is done. Raises NoAnswer and LinkDown: it stays to be put back, by whoever
    goes on."""
    wrong = ""
    for left in reversed(range(tries)):
        try:
            await stage()
            return ""
        except MalleeError as error:
            wrong = error.what
            if not left and isinstance(error, NoAnswer | LinkDown):
                raise
            if left:
                await asyncio.sleep(_PAUSE_S)
    return wrong


def _together(writes: Sequence[Write]) -> Iterable[list[Write]]:
    """Those of one kind in one go, so that settings that depend on each other are not refused; commands one by one."""
    plain = [write for write in writes if write.point != "commit"]
    yield from ([plain] if plain else [])
    yield from ([write] for write in writes if write.point == "commit")
