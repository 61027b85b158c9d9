"""Read a scenario file. What it cannot mean, or can never judge, is refused with its line."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ...deploy import board
from ...device.codec import encode
from ...device.dictionary import Dictionary
from ...device.writing import plan_writes
from ...errors import ExitCode, MalleeError
from ...pod import lines as toml_lines
from ...pod import tomlfile
from ...pod.alarms.possible import possible_alarms
from ...pod.config import PodConfig
from ...resources import dictionary, pods
from ...suggest import did_you_mean
from .faults import FAULTS
from .kpis import KPIS
from .liarfaults import Says
from .model import Event, Expectation, Scenario
from .overriding import pod_of
from .targets import targets

_KINDS = {"controllers": "a controller or `all`", "sensors": "two sensors of a skid", "place": "a skid or a rack"}
BUNDLED = Path(__file__).resolve().parents[1] / "scenarios"


@dataclass(frozen=True)
class Loaded:
    """A scenario, where it stands, the pod it is about, and the parameters of its events as structures."""

    scenario: Scenario
    path: Path
    config: PodConfig
    pod_path: Path
    lines: dict[toml_lines.Path, int] = field(repr=False, default_factory=dict)
    pair: str = ""
    """The name of a combination of two scenarios, see mallee.sim.scenario.pairing."""

    @property
    def name(self) -> str:
        """How `mallee sim run` is told of it."""
        if self.pair:
            return self.pair
        return self.path.stem if self.path.parent == BUNDLED else str(self.path)

    def wrong(self, path: toml_lines.Path, what: str, likely: str, next_step: str) -> MalleeError:
        line = toml_lines.line_of(self.lines, path)
        return MalleeError(f"{self.path}:{line}: {what}", likely, next_step, ExitCode.USAGE)


def bundled() -> dict[str, Path]:
    """Scenarios that come with mallee, by name."""
    return {path.stem: path for path in sorted(BUNDLED.glob("*.toml"))}


def find(name: str) -> Path:
    """The file of a bundled scenario, or of that path. Raises MalleeError where there is neither."""
    known = bundled()
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return path
    raise MalleeError(
        f"there is no scenario {name!r}",
        "a typing error, or the path of a file without .toml",
        f"{did_you_mean(name, known)} (`mallee sim list` names them all)",
    )


def load(path: Path) -> Loaded:
    """The checked scenario. Raises MalleeError (exit code 2) with FILE:LINE."""
    return parse(tomlfile.read_text(path, "scenario", "`mallee sim list` names those that work"), path)


def parse(text: str, path: Path) -> Loaded:
    data, lines = tomlfile.parse(text, str(path))
    scenario = tomlfile.convert(data, lines, str(path), Scenario)
    pod_path = pods().get(scenario.pod, path.parent / scenario.pod)
    config, _ = pod_of(pod_path, scenario.over, f"{path}:{toml_lines.line_of(lines, ('over',))}")
    loaded = Loaded(scenario, path, config, pod_path, lines)
    for problem in _problems(loaded):
        raise problem
    return loaded


def parameters(event: Event) -> Any:
    """The event's parameters as the structure of its fault. Raises msgspec.ValidationError."""
    return msgspec.convert(event.parameters, FAULTS[event.fault].parameters)


def patterns_match(patterns: Iterable[str], device: str, name: str) -> bool:
    return any(fnmatch.fnmatchcase(f"{device}: {name}", pattern) for pattern in patterns)


def controllers_named(name: str, config: PodConfig) -> list[tuple[str, str]]:
    """(controller, profile) that a key of [settings] means."""
    of = [(s.name, "pump") for s in config.skids] + [(p.name, "pdu") for p in config.pdus]
    return [(controller, profile) for controller, profile in of if name in (controller, profile)]


def _problems(loaded: Loaded) -> Iterator[MalleeError]:
    scenario = loaded.scenario
    yield from _load(loaded)
    if scenario.memory_of not in board.names():
        yield _name(loaded, ("memory_of",), "board", scenario.memory_of, board.names())
    for index, event in enumerate(scenario.events):
        yield from _event(loaded, ("event", index), event)
    seen: set[str] = set()
    for index, expectation in enumerate(scenario.expectations):
        yield from _expectation(loaded, ("expect", index), expectation, scenario.host)
        if expectation.name in seen:
            yield loaded.wrong(
                ("expect", index, "name"),
                f"two expectations are named {expectation.name!r}",
                "one was copied",
                "give each its own name",
            )
        seen.add(expectation.name)
    yield from _alarms(loaded)
    yield from _settings(loaded, ("settings",), scenario.settings)
    yield from _counterproof(loaded, seen)


def _load(loaded: Loaded) -> Iterator[MalleeError]:
    load = loaded.scenario.load
    given = [name for name in ("constant", "steps", "csv", "training") if getattr(load, name) is not None]
    if len(given) != 1:
        yield loaded.wrong(
            ("load",),
            f"[load] has {' and '.join(given) or 'nothing'}",
            "a load is one of constant, steps, csv and training",
            "keep one of them",
        )
    if load.steps is not None:
        times = [at_s for at_s, _ in load.steps]
        if not times or times[0] != 0 or times != sorted(set(times)):
            yield loaded.wrong(
                ("load", "steps"),
                "the steps of the load do not begin at 0 s and rise",
                "a time was left out, or is out of order",
                "write [[0, 0.6], [10, 1.0]]: at each time in s, the fraction of rated power from then on",
            )
    if load.job_end_s is not None and load.training is None:
        yield loaded.wrong(
            ("load", "job_end_s"), "job_end_s without training", "only generated training has jobs", "leave it out"
        )
    if load.csv is not None and not (loaded.path.parent / load.csv).is_file():
        yield loaded.wrong(("load", "csv"), f"there is no {load.csv}", "the path is relative to this file", "mend it")


def _name(loaded: Loaded, path: toml_lines.Path, kind: str, name: str, known: Iterable[str]) -> MalleeError:
    return loaded.wrong(
        path, f"there is no {kind} {name!r}", "a typing error, or a name of another pod", did_you_mean(name, known)
    )


def _target(loaded: Loaded, path: toml_lines.Path, key: str, of: str, kind: str, name: str) -> Iterator[MalleeError]:
    """Whether `name` is one of what `of`, a fault or a KPI, is about."""
    known = targets(kind, loaded.config)
    if name in known:
        return
    if not known:
        likely = "its controllers are on serial lines only" if of.startswith("network") else "all of it is on a network"
        yield loaded.wrong((*path, key), f"{of} is about a {kind}, and this pod has none", likely, "name another pod")
    elif known == [""]:
        likely = "it has no parts that could be named"
        yield loaded.wrong((*path, key), f"{of} is about the whole pod, not {name!r}", likely, f"leave out `{key}`")
    else:
        likely = "a typing error, or a name of another pod"
        yield loaded.wrong(
            (*path, key),
            f"{of} is about {_KINDS.get(kind, f'a {kind}')}: there is no {name!r}",
            likely,
            did_you_mean(name, known),
        )


def _event(loaded: Loaded, path: toml_lines.Path, event: Event) -> Iterator[MalleeError]:
    fault = FAULTS.get(event.fault)
    if fault is None:
        yield _name(loaded, (*path, "fault"), "fault", event.fault, FAULTS)
        return
    yield from _target(loaded, path, "target", event.fault, fault.target, event.target)
    if event.at_s >= loaded.scenario.for_s:
        yield loaded.wrong(
            (*path, "at_s"),
            f"{event.fault} at {event.at_s:g} s never happens: the run ends at {loaded.scenario.for_s:g} s",
            "the run was made shorter, or the time is wrong",
            "bring it forward, or raise for_s",
        )
    if event.for_s is not None and not fault.undoable:
        yield loaded.wrong(
            (*path, "for_s"),
            f"{event.fault} cannot be undone",
            "it is over at once, or its length is a parameter of its own",
            "leave out for_s",
        )
    if fault.needs_host and not loaded.scenario.host:
        yield loaded.wrong(path, f"{event.fault} needs a host", "host = false", "leave out the event, or host = false")
    try:
        found = parameters(event)
    except msgspec.ValidationError as error:
        names = [f.encode_name for f in msgspec.structs.fields(fault.parameters)]
        yield loaded.wrong(
            (*path, "with"),
            f"parameters of {event.fault}: {str(error).replace('Object', 'it')}",
            "a typing error, or a value that cannot be",
            f"it takes {', '.join(names) or 'none'}; docs/scenarios.md has their limits",
        )
        return
    if event.fault == "stranger_writes" and event.target in targets(fault.target, loaded.config):
        yield from _settings(loaded, (*path, "with"), {event.target: {found.point: found.value}})
    if event.fault == "controller_says" and event.target in targets(fault.target, loaded.config):
        yield from _said(
            loaded, (*path, "with"), dictionary(controllers_named(event.target, loaded.config)[0][1]), found
        )


def _said(loaded: Loaded, path: toml_lines.Path, book: Dictionary, found: Says) -> Iterator[MalleeError]:
    """What a liar says has to fit a register that can be read."""
    inputs = {point.name: point for point in book.points if point.table == "input"}
    if found.point not in inputs:
        yield _name(loaded, (*path, "point"), f"input register of a {book.profile}", found.point, inputs)
        return
    try:
        encode(inputs[found.point], found.value)
    except ValueError as error:
        yield loaded.wrong(
            (*path, "value"), f"{found.point}: {error}", "a typing error", "give what its register holds"
        )


def _expectation(loaded: Loaded, path: toml_lines.Path, expect: Expectation, host: bool) -> Iterator[MalleeError]:
    kpi = KPIS.get(expect.kpi)
    if kpi is None:
        yield _name(loaded, (*path, "kpi"), "KPI", expect.kpi, KPIS)
        return
    never = "the expectation could never be judged"
    yield from _target(loaded, path, "of", expect.kpi, kpi.of, expect.of)
    if kpi.needs_host and not host:
        yield loaded.wrong((*path, "kpi"), f"{expect.kpi} is what a host says, and host = false", never, "run a host")
    bounds = [b for b in ("at_least", "at_most", "equals") if getattr(expect, b) is not None]
    if not bounds or ("equals" in bounds and len(bounds) > 1):
        yield loaded.wrong(
            path,
            f"{expect.name!r} has {' and '.join(bounds) or 'no bound'}",
            never,
            "give at_least, at_most, or equals",
        )
    if expect.at_least is not None and expect.at_most is not None and expect.at_least > expect.at_most:
        yield loaded.wrong(
            (*path, "at_least"),
            f"at_least = {expect.at_least:g} is above at_most = {expect.at_most:g}",
            "nothing can be both",
            "exchange them",
        )
    to_s = loaded.scenario.for_s if expect.to_s is None else expect.to_s
    if to_s > loaded.scenario.for_s or int(to_s) < expect.from_s:
        yield loaded.wrong(
            (*path, "to_s" if expect.to_s is not None else "from_s"),
            f"no sample lies between {expect.from_s:g} s and {to_s:g} s: there is one each second of {loaded.scenario.for_s:g} s",
            never,
            "widen the window, or raise for_s",
        )


def _alarms(loaded: Loaded) -> Iterator[MalleeError]:
    pairs = possible_alarms(loaded.config)
    for key in ("expected", "forbidden", "standing"):
        for pattern in getattr(loaded.scenario.alarms, key):
            if not any(patterns_match([pattern], *pair) for pair in pairs):
                near = did_you_mean(pattern, (f"{device}: {name}" for device, name in pairs))
                yield loaded.wrong(
                    ("alarms", key), f"no alarm can ever match {pattern!r}", "a typing error", f"{near} (DEVICE: NAME)"
                )
        if getattr(loaded.scenario.alarms, key) and not loaded.scenario.host:
            yield loaded.wrong(("alarms", key), "alarms are what a host says, and host = false", "", "run a host")


def _settings(loaded: Loaded, path: toml_lines.Path, settings: dict[str, dict[str, Any]]) -> Iterator[MalleeError]:
    for name, values in settings.items():
        means = controllers_named(name, loaded.config)
        if not means:
            known = ["pump", "pdu", *(c.name for c in loaded.config.controllers)]
            yield _name(loaded, (*path, name), "controller or profile", name, known)
            continue
        try:
            plan_writes(dictionary(means[0][1]), values)
        except MalleeError as error:
            yield loaded.wrong((*path, name), error.what, error.likely, error.next)


def _counterproof(loaded: Loaded, names: set[str]) -> Iterator[MalleeError]:
    proof = loaded.scenario.counterproof
    if proof is None:
        return
    for name in proof.fails:
        if name not in names:
            yield _name(loaded, ("counterproof", "fails"), "expectation", name, names)
    if not proof.fails or not (proof.settings or proof.over or proof.host is not None):
        yield loaded.wrong(
            ("counterproof",),
            "the counter-proof switches nothing off, or nothing must fail",
            "it would prove nothing",
            "give host, settings or over, and the names of expectations in fails",
        )
    yield from _settings(loaded, ("counterproof", "settings"), proof.settings)
    pod_of(
        loaded.pod_path,
        loaded.scenario.over,
        f"{loaded.path}:{toml_lines.line_of(loaded.lines, ('counterproof', 'over'))}",
        proof.over,
    )
    if proof.host is False:
        for index, expect in enumerate(loaded.scenario.expectations):
            if expect.name in proof.fails:
                yield from _expectation(loaded, ("expect", index), expect, False)
