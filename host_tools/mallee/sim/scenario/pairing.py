"""A nasty pair: the faults of two scenarios in one run, at times that the seed chooses. Pure.

`mallee sim run A+B --seed N` runs it. Every lasting fault is undone, and at the end the pod must be whole again.
"""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec

from ...errors import ExitCode, MalleeError
from ..memory import OWN
from .faults import FAULTS
from .model import AlarmSection, Event, Expectation, LoadSection
from .overriding import laid_over, pod_of
from .reading import Loaded

FOR_S = 60.0
_FIRST_S, _LAST_S = 4.0, 20.0
_UNDONE_BY_S = 32.0


def combine(a: Loaded, b: Loaded, seed: int) -> Loaded:
    """Both scenarios' faults, settings and standing alarms; instead of their expectations: that the pod recovers.

    Raises MalleeError when they are about different pods, or one says that it cannot be combined.
    """
    if a.pod_path != b.pod_path:
        raise MalleeError(
            f"{a.name} and {b.name} are about different pods", "each names its own", "combine others", ExitCode.USAGE
        )
    for one in (a, b):
        if not one.scenario.pairs:
            raise MalleeError(
                f"{one.name} cannot be combined",
                "it says pairs = false: the pod does not become whole again after it",
                "combine others",
                ExitCode.USAGE,
            )
    source = random.Random(f"{seed}/{a.name}+{b.name}")
    events = tuple(_moved(event, source) for event in (*a.scenario.events, *b.scenario.events))
    host = a.scenario.host or b.scenario.host
    over = laid_over(a.scenario.over, b.scenario.over)
    config, _ = pod_of(a.pod_path, over, f"{a.name}+{b.name}")
    scenario = msgspec.structs.replace(
        a.scenario,
        title=f"{a.scenario.title}, and: {b.scenario.title}"[:200],
        description="",
        for_s=FOR_S,
        over=over,
        settings=laid_over(a.scenario.settings, b.scenario.settings),
        host=host,
        noise_percent=max(a.scenario.noise_percent, b.scenario.noise_percent),
        memory_of=a.scenario.memory_of if a.scenario.memory_of != OWN else b.scenario.memory_of,
        may_throttle=a.scenario.may_throttle or b.scenario.may_throttle,
        load=_load(a.scenario.load, b.scenario.load),
        events=events,
        expectations=tuple(_recovered(config.control.differential_pressure_kPa, len(config.controllers), host)),
        alarms=AlarmSection(standing=(*a.scenario.alarms.standing, *b.scenario.alarms.standing)),
        counterproof=None,
    )
    return replace(a, scenario=scenario, config=config, pair=f"{a.name}+{b.name}")


def _moved(event: Event, source: random.Random) -> Event:
    at_s = round(source.uniform(_FIRST_S, _LAST_S), 2)
    for_s = round(source.uniform(1.0, _UNDONE_BY_S - at_s), 2) if FAULTS[event.fault].undoable else None
    return msgspec.structs.replace(event, at_s=at_s, for_s=for_s)


def _load(a: LoadSection, b: LoadSection) -> LoadSection:
    return b if a == LoadSection(constant=1.0) else a


def _recovered(pressure_kPa: float, controllers: int, host: bool) -> list[Expectation]:
    def at_end(name: str, kpi: str, at_least: float | None, at_most: float | None) -> Expectation:
        return Expectation(name=name, kpi=kpi, at_least=at_least, at_most=at_most, from_s=FOR_S - 1.0)

    found = [
        at_end("differential pressure is back", "differential_pressure_kPa", 0.9 * pressure_kPa, 1.1 * pressure_kPa),
        at_end("every rack has its power", "unserved_kW", None, 0.1),
    ]
    if host:
        found += [
            at_end("every controller answers", "host_answering", controllers, None),
            at_end("every lease is ours", "host_leases", controllers, None),
            at_end("the host speaks", "host_age_s", None, 3.0),
        ]
    return found
