"""What is to be tested of a pod: derived from its pod file, and from what each dictionary says that a controller has. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..device.dictionary import Dictionary
from ..pod.config import Controller, PodConfig, Skid
from .model import Limit, Step, Write
from .plan_lease import lease_step
from .plan_pdu import pdu_steps
from .plan_skid import skid_steps

_COMMIT = 0xC0DE


def plan_of(config: PodConfig, dictionaries: dict[str, Dictionary], only: Sequence[str] = ()) -> tuple[Step, ...]:
    """Of the controllers named in `only`, or all, in the order of the pod file. `dictionaries` by controller."""
    steps: list[Step] = []
    for entry in config.controllers:
        if not only or entry.name in only:
            dictionary = dictionaries[entry.name]
            own = (skid_steps if isinstance(entry, Skid) else pdu_steps)(entry.name, dictionary)
            steps += [*_entry(entry), *own, lease_step(entry.name), *_exit(entry)]
    return tuple(steps)


def _entry(entry: Controller) -> Iterator[Step]:
    name = entry.name
    yield Step(
        id=f"{name}/identity",
        device=name,
        kind="identity",
        title=f"it is {name}, at unit {entry.unit}, with the equipment that the pod file says",
        expect=(Limit("name", one_of=(name,)), Limit("unit_address", low=entry.unit, high=entry.unit)),
    )
    yield Step(
        id=f"{name}/doctor",
        device=name,
        kind="doctor",
        title="the doctor has no finding",
        expect=(Limit("fail", high=0),),
    )
    yield Step(
        id=f"{name}/expected-chips",
        device=name,
        kind="set",
        title="the chips that answer are those that it shall have: a dead one is a fault from now on",
        do=(Write("expected_chips", "answering_chips"), Write("commit", _COMMIT)),
        expect=(Limit("answering_chips", holds="converter_1"),),
    )
    yield Step(
        id=f"{name}/clock",
        device=name,
        kind="set",
        title="its date is set",
        do=(Write("set_clock", "now"),),
        expect=(Limit("clock_source", one_of=("host",)),),
        settle_s=3.0,
    )


def _exit(entry: Controller) -> Iterator[Step]:
    name = entry.name
    yield Step(
        id=f"{name}/left",
        device=name,
        kind="measure",
        title="it is left as it was found: on its own set-points, without an alarm",
        expect=(Limit("state", one_of=("local",)), Limit("alarm_count", high=0)),
        settle_s=60.0,
    )
