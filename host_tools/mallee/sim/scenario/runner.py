"""One run of a scenario: the world, the host as a process of its own, faults at their times, and the verdicts at the end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ...device.device import Device
from ...link.opening import open_link
from ...pod.config import PodConfig
from ...pod.document import PodDocument
from .. import loop
from ..hostprocess import HostProcess, private_folders, run_command
from ..loads import Constant, Load, Recorded, Steps, read_csv
from ..podworld import PodEquipment
from ..trainingload import Training
from ..world import World
from .faults import FAULTS
from .invariants import Invariants
from .kpis import KPIS, Series, View
from .model import Event, LoadSection
from .overriding import laid_over, pod_of
from .reading import Loaded, controllers_named, parameters, patterns_match
from .result import FAILED, PASSED, Result, judge, ranges
from .standing import Standing
from .stranger import Stranger

_KEPT = ("MALLEE_MICROPYTHON",)


def run(
    loaded: Loaded, seed: int, *, counterproof: bool = False, say: Callable[[str], None] = lambda _: None
) -> Result:
    """Run it to its end; `say` gets what happens. With `counterproof` as its [counterproof] has it.

    Raises MalleeError for a load that cannot be read, or a pod that has no steady state.
    """
    return _Run(loaded, seed, counterproof, say).run()


class _Run:
    def __init__(self, loaded: Loaded, seed: int, counterproof: bool, say: Callable[[str], None]) -> None:
        self.loaded = loaded
        self.scenario = loaded.scenario
        self.seed = seed
        self.host: HostProcess | None = None
        self.standing = Standing()
        self.strangers: list[Stranger] = []
        self._counterproof = counterproof
        self._proof = loaded.scenario.counterproof if counterproof else None
        self._say = say
        self._happened: list[str] = []
        more = self._proof.over if self._proof else {}
        self.config, self._pod_text = pod_of(loaded.pod_path, self.scenario.over, str(loaded.path), more)

    def run(self) -> Result:
        scenario = self.scenario
        load = _load(scenario.load, self.loaded.path.parent, self.seed)
        memory, noise = scenario.memory_of, scenario.noise_percent
        with World.from_pod(self.config, seed=self.seed, load=load, noise=noise, memory_of=memory) as world:
            self.world = world
            assert isinstance(world.equipment, PodEquipment)
            self.equipment = world.equipment
            world.controllers.on_death.append(lambda name, reason: self._note(f"{name}: {reason}"))
            settings = laid_over(scenario.settings, self._proof.settings if self._proof else {})
            loop.run_in_world(world, _write_settings(self.config, settings))
            self._start_host()
            self._view = View(world, self.config, self.equipment, self.host, strangers=self.strangers)
            self._invariants = Invariants(self._view, scenario.may_throttle, scenario.alarms)
            self._series = Series(
                self._view, {(e.kpi, e.of) for e in scenario.expectations if not self._unheard(e.kpi)}
            )
            world.on_grid.append(self._sample)
            for event in scenario.events:
                self._schedule(event)
            world.run(round(scenario.for_s * 1e6))
            self._invariants.finish(world.now_s)
            return self._result(world.log_hash)

    # The stage of faults.

    def another_host(self, host_id: int) -> HostProcess:
        environment = {**self._environment(), "MALLEE_HOST_ID": str(host_id)}
        return HostProcess(
            self.world,
            run_command(self._pod_file),
            on_document=self._other_document,
            restart_s=None,
            environment=environment,
        )

    def _environment(self) -> dict[str, str]:
        """Of hosts: no settings of whoever runs this."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MALLEE_") or k in _KEPT}
        return {**kept, **private_folders(self.world.directory)}

    @property
    def _pod_file(self) -> Path:
        return self.world.directory / "pod.toml"

    def _start_host(self) -> None:
        self._pod_file.write_text(self._pod_text, encoding="utf-8")
        wanted = self.scenario.host if self._proof is None or self._proof.host is None else self._proof.host
        if wanted:
            self.host = HostProcess(
                self.world,
                run_command(self._pod_file),
                on_document=self._document,
                on_end=self._host_ended,
                environment=self._environment(),
            )

    def _unheard(self, kpi: str) -> bool:
        return self.host is None and KPIS[kpi].needs_host

    # While it runs.

    def _note(self, text: str) -> None:
        line = f"{self.world.now_s:.2f} s  {text}"
        self._happened.append(line)
        self._say(line)

    def _schedule(self, event: Event) -> None:
        fault = FAULTS[event.fault]
        told = f"{event.fault} {event.target}".strip()
        if fault.needs_host and self.host is None:  # a counter-proof without a host
            return

        def begin() -> None:
            self.world.log.record(self.world.now_us, "fault", event.target, event.fault.encode())
            self._note(told)
            undo = fault.begin(self, event.target, parameters(event))
            if undo is not None and event.for_s is not None:
                self.world.queue.at(self.world.now_us + round(event.for_s * 1e6), lambda: end(undo))

        def end(undo: Callable[[], None]) -> None:
            self._note(f"{told}: undone")
            undo()

        self.world.queue.at(round(event.at_s * 1e6), begin)

    def _sample(self, now_us: int) -> None:
        if self._series.sample(now_us):
            self._invariants.sample(now_us / 1e6)

    def _document(self, plain: object) -> None:
        document = msgspec.convert(plain, PodDocument)
        self._view.document, self._view.document_us = document, self.world.now_us
        self._invariants.document(document, self.world.now_s)

    def _other_document(self, plain: object) -> None:
        self._view.other_document = msgspec.convert(plain, PodDocument)

    def _host_ended(self, status: int, errors: str) -> None:
        self._note(f"the host ended with status {status}")
        for line in errors.strip().splitlines()[-3:] if status > 0 else ():
            self._note(f"host: {line}")

    # At the end.

    def _result(self, log_hash: str) -> Result:
        scenario = self.scenario
        judged = tuple(
            judge(e, self._series, scenario.for_s) for e in scenario.expectations if not self._unheard(e.kpi)
        )
        alarms = self._invariants.alarms
        if self._proof is not None:
            by_name = {j.name: j for j in judged}
            failures = [
                f"counter-proof: {name!r} still holds: {by_name[name].value}"
                for name in self._proof.fails
                if by_name[name].verdict != FAILED
            ]
        else:
            failures = [
                f"{j.name}: {j.kpi} {j.of} {j.bound} is {j.verdict}: {_number(j.value)}"
                + ("" if j.at_s is None else f" at {j.at_s:g} s")
                for j in judged
                if j.verdict != PASSED
            ]
            failures += [f"{i.name}: at {i.first_s:.2f} s {i.what}" for i in self._invariants.all if not i.kept]
            failures += [
                f"alarm {pattern!r} never came"
                for pattern in scenario.alarms.expected
                if not any(patterns_match([pattern], *key) for key in alarms)
            ]
            failures += [
                f"forbidden alarm {device}: {name} at {record.first_s:.2f} s"
                for (device, name), record in alarms.items()
                if patterns_match(scenario.alarms.forbidden, device, name)
                and not patterns_match(scenario.alarms.expected, device, name)
            ]
            told = [f"{device}: {name}" for (device, name), record in alarms.items() if record.told]
            if scenario.alarms.told_at_most is not None and len(told) > scenario.alarms.told_at_most:
                failures.append(
                    f"{len(told)} alarms were told, {scenario.alarms.told_at_most} at most: {', '.join(told)}"
                )
        return Result(
            scenario=self.loaded.name,
            seed=self.seed,
            counterproof=self._proof is not None,
            passed=not failures,
            failures=tuple(failures),
            virtual_s=self.world.now_s,
            kpis=ranges(self._series, {name: kpi.unit for name, kpi in KPIS.items()}),
            expectations=judged,
            invariants=tuple(self._invariants.all),
            alarms=tuple(alarms.values()),
            happened=tuple(self._happened),
            log_hash=log_hash,
        )


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.4g}"


def _load(section: LoadSection, folder: Path, seed: int) -> Load:
    if section.csv is not None:
        recorded: Recorded = read_csv(folder / section.csv, speed=section.csv_speed)
        return recorded
    if section.steps is not None:
        return Steps(*section.steps)
    if section.training is not None:
        return Training(section.training, seed, section.job_end_s)
    return Constant(1.0 if section.constant is None else section.constant)


async def _write_settings(config: PodConfig, settings: dict[str, dict[str, Any]]) -> None:
    for name, values in settings.items():
        for controller, _ in controllers_named(name, config):
            entry = next(c for c in config.controllers if c.name == controller)
            link = open_link(entry.address)
            try:
                await (await Device.connect(link, entry.unit, name=controller)).write(values)
            finally:
                await link.close()
