"""Look at controllers for a while, and note what comes: the evidence of a diagnosis. Only reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from .. import clock
from ..device.device import Device
from ..device.dictionary import LATCHED, Dictionary
from ..device.identity import read_identity
from ..errors import MalleeError
from ..link.base import Link
from ..link.failures import LinkDown, NoAnswer, OthersTalk, Refused
from ..pod.config import Controller, MappedDevice, PodConfig, Skid
from ..pod.fleet import Fleet, connect
from .evidence import Asked, Evidence, Look, Stage

LOOK_EVERY_S = 0.25
"""Looks at one controller; a serial line that is shared by many may make it longer."""
FOR_S = 5.0
_OWN_TIME = (
    "uptime", "clock", "clock_source", "reset_reason", "boot_count", "loop_period", "loop_worst_execution",
    "loop_worst_lateness", "loop_overruns", "tick_count", "tick_overruns",
)  # fmt: skip
"""One behind the other: one request."""
_TRIES = 3
_AGAIN_S = 1.0
T = TypeVar("T")


async def look_at_all(
    config: PodConfig,
    controllers: Sequence[Controller],
    *,
    for_s: float = FOR_S,
    timeout_s: float = 1.0,
    known: bool = True,
) -> dict[str, Evidence]:
    """Evidence of each, by name; all are looked at together. `known`: they stand in the pod file."""
    async with Fleet(config, timeout_s=timeout_s) as fleet:
        looked = await asyncio.gather(*(_look(fleet, each, config if known else None, for_s) for each in controllers))
    found = {evidence.entry.name: evidence for evidence in looked}
    return {
        name: replace(evidence, beside={other: each for other, each in found.items() if other != name})
        for name, evidence in found.items()
    }


async def _look(fleet: Fleet, entry: Controller, config: PodConfig | None, for_s: float) -> Evidence:
    evidence = Evidence(entry, None if config is None else _profile(entry), config)
    try:
        link = fleet.link(entry.name)
    except MalleeError as error:
        return replace(evidence, stage="address", error=error.document())
    try:
        evidence = await _examine(link, evidence, for_s)
    except MalleeError as error:
        stage, document = _stage(error), error.document()
        evidence = replace(evidence, stage=stage, error=document)
    return replace(evidence, asked=_asked(link, entry.unit))


def _profile(entry: Controller) -> str:
    return "other" if isinstance(entry, MappedDevice) else "pump" if isinstance(entry, Skid) else "pdu"


def _stage(error: MalleeError) -> Stage:
    if isinstance(error, OthersTalk):
        return "others"
    if isinstance(error, LinkDown):
        return "port"
    return "unit" if isinstance(error, NoAnswer) else "map"


async def _examine(link: Link, evidence: Evidence, for_s: float) -> Evidence:
    """Raises MalleeError where nobody answers, or somebody else."""
    entry = evidence.entry
    if not isinstance(entry, MappedDevice):
        identity = await _again(lambda: read_identity(link, entry.unit))
        evidence = replace(evidence, identity=identity)
    device = await _again(lambda: connect(link, entry))
    if isinstance(entry, MappedDevice):
        return replace(evidence, dictionary=device.dictionary)
    looks = await _looks(device, for_s)
    evidence = replace(evidence, identity=device.identity, dictionary=device.dictionary, looks=looks)
    return await _everything(device, evidence)


async def _again(ask: Callable[[], Awaitable[T]]) -> T:
    """One that starts anew just now answers a moment later."""
    for left in reversed(range(_TRIES)):
        try:
            return await ask()
        except (NoAnswer, LinkDown) as error:
            if not left or isinstance(error, OthersTalk):
                raise
        await asyncio.sleep(_AGAIN_S)
    raise AssertionError


async def _looks(device: Device, for_s: float) -> tuple[Look, ...]:
    """Fast blocks and the controller's own time, until the time is over. One that does not answer is asked on."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + for_s
    looks: list[Look] = []
    while True:
        due_s = loop.time() + LOOK_EVERY_S
        try:
            looks.append(await _one(device))
        except OthersTalk:
            raise
        except (NoAnswer, LinkDown, Refused):
            pass  # the link counts it
        if due_s > end_s:
            return tuple(looks)
        await asyncio.sleep(max(0.0, due_s - loop.time()))


async def _one(device: Device) -> Look:
    loop = asyncio.get_running_loop()
    own = await device.read_many(_OWN_TIME)
    began_s = loop.time()
    fast = await device.read_fast()
    took_s = loop.time() - began_s
    at_s = began_s + took_s / 2
    return Look(at_s, took_s, clock.utc_now().timestamp() - took_s / 2, {**own, **fast})


async def _everything(device: Device, evidence: Evidence) -> Evidence:
    names = _points(device.dictionary)
    try:
        values = await device.read_many(names)
        evidence = replace(evidence, values=dict(values))
        evidence = replace(evidence, alarms=tuple(await device.read_alarms()))
        evidence = replace(evidence, journal=tuple(await device.read_journal()))
    except OthersTalk:
        raise
    except MalleeError as error:
        evidence = replace(evidence, error=error.document())
    return evidence


def _points(dictionary: Dictionary) -> list[str]:
    """All but the copy that a latch command made."""
    return [point.name for point in dictionary.points if not point.name.startswith(LATCHED)]


def _asked(link: Link, unit: int) -> Asked:
    total, its = link.statistics, link.statistics.unit(unit)
    p50, p99 = its.rtt_s(0.5), its.rtt_s(0.99)
    return Asked(
        its.requests, its.answers, sum(its.exceptions.values()), its.damaged, total.connects,
        None if p50 is None else 1000 * p50, None if p99 is None else 1000 * p99,
    )  # fmt: skip
