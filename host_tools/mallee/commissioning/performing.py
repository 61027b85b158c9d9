"""Carry out what the session's step asks for: read, write, wait, measure. What follows from it is machine.py's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from .. import clock
from ..device.device import Device
from ..diagnosis.diagnosing import findings_of
from ..diagnosis.measuring import look_at_all
from ..errors import ExitCode, MalleeError
from ..link.failures import LinkDown, NoAnswer
from ..pod.config import PodConfig
from ..pod.fleet import Fleet, find_controller
from ..reading import Quality, Reading, Scalar
from .machine import Measured, PutBack, Remembered
from .model import Limit, Step, Value, Write, holds

_EVERY_S = 0.5
_DOCTOR_S = 4.0
_TRIES = 3
NOW, ANSWERING = "now", "answering_chips"
"""In place of a value: this computer's date; what that point reads."""


class Performer:
    """Of one pod. Every method raises MalleeError where a controller does not answer."""

    def __init__(self, config: PodConfig, fleet: Fleet) -> None:
        self._config = config
        self._fleet = fleet
        self._devices: dict[str, Device] = {}

    async def remember(self, step: Step) -> Remembered:
        """What is in the registers that the step writes."""
        device = await self._device(step.device)
        return Remembered(await _values(device, [write.point for write in step.do]))

    async def measure(self, step: Step) -> Measured:
        """Do it, and wait until what is expected holds, or its time is over. What was written stays."""
        if step.kind == "doctor":
            return await self._doctor(step)
        device = await self._device(step.device)
        note = ""
        try:
            for write in _together(step.do):
                await device.write(await _meant(device, write))
        except MalleeError as error:
            note = f"{error.what} ({error.likely})"
        values, good = await _wait(device, step.expect, step.settle_s)
        serial = ""
        if step.kind == "identity":
            identity = await device.identify()
            serial = identity.serial_number or ""
            wanted = "pump" if find_controller(self._config, step.device) in self._config.skids else "pdu"
            if identity.profile != wanted:
                good, note = False, f"it is a {identity.profile}, and the pod file has a {wanted}"
        return Measured(values, good and not note, note, serial)

    async def put_back(self, step: Step, before: Mapping[str, Value]) -> PutBack:
        """Everything as it was. Not by any host's leave: what was moved is put back whoever is there."""
        device = await self._device(step.device)
        wrong = ""
        for left in reversed(range(_TRIES)):
            try:
                await device.write({name: _scalar(value) for name, value in before.items()})
                for write in step.after:
                    await device.write({write.point: _scalar(write.value)})
                break
            except MalleeError as error:
                wrong = error.what
                if not left and isinstance(error, NoAnswer | LinkDown):
                    raise  # it stays to be put back, by whoever goes on
                if not left:
                    return PutBack(False, f"NOT PUT BACK: {wrong}", written=False)
                await asyncio.sleep(1.0)
        values, good = await _wait(device, step.back, step.back_s)
        if good:
            return PutBack(True)
        missing = ", ".join(
            f"{limit.point} is {values[limit.point]}" for limit in step.back if not holds(limit, values[limit.point])
        )
        return PutBack(False, f"put back, and then {missing}")

    async def _doctor(self, step: Step) -> Measured:
        entry = find_controller(self._config, step.device)
        evidence = await look_at_all(self._config, [entry], for_s=_DOCTOR_S)
        found = [each for _, findings in findings_of(evidence) for each in findings]
        failed = [f"{each.check}: {each.seen}" for each in found if each.state == "fail"]
        warned = [f"{each.check}: {each.seen}" for each in found if each.state == "warn"]
        values: dict[str, Value] = {
            "fail": len(failed),
            "warn": len(warned),
            "ok": sum(each.state == "ok" for each in found),
        }
        return Measured(values, not failed, "; ".join([*failed, *warned]))

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


def _together(writes: Sequence[Write]) -> Iterable[list[Write]]:
    """Those of one kind in one go, so that settings that depend on each other are not refused; commands one by one."""
    plain = [write for write in writes if write.point != "commit"]
    yield from ([plain] if plain else [])
    yield from ([write] for write in writes if write.point == "commit")


async def _meant(device: Device, writes: Sequence[Write]) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {}
    for write in writes:
        if write.value == NOW and write.point == "set_clock":
            values[write.point] = int(clock.utc_now().timestamp())
        elif write.value == ANSWERING:
            values[write.point] = (await device.read(ANSWERING)).value
        else:
            values[write.point] = _scalar(write.value)
    return values


async def _wait(device: Device, expect: Sequence[Limit], settle_s: float) -> tuple[dict[str, Value], bool]:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + settle_s
    while True:
        values = await _values(device, [limit.point for limit in expect])
        good = all(holds(limit, values[limit.point]) for limit in expect)
        if good or loop.time() >= end_s:
            return values, good
        await asyncio.sleep(_EVERY_S)


async def _values(device: Device, names: Sequence[str]) -> dict[str, Value]:
    if not names:
        return {}
    snapshot = await device.read_many(list(dict.fromkeys(names)))
    return {name: _plain(snapshot[name]) for name in snapshot}


def _plain(reading: Reading) -> Value:
    if reading.quality is not Quality.GOOD:
        return None
    return sorted(reading.value) if isinstance(reading.value, frozenset) else reading.value


def _scalar(value: Value) -> Scalar:
    return frozenset(value) if isinstance(value, list) else value
