"""`mallee sim run`, `list` and `soak`: what happens to a simulated pod, and what must come of it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import App, Parameter

from ..errors import ExitCode, MalleeError
from .common import Common, Context, simulator_part
from .output import emit, emit_line

if TYPE_CHECKING:
    from ..sim.scenario.reading import Loaded
    from ..sim.scenario.result import Result
    from ..sim.scenario.soak import Outcome

LIST_COLUMNS = ("name", "for_s", "counterproof", "title")
EXPECTATION_COLUMNS = ("verdict", "name", "bound", "value", "at_s")
OUTCOME_COLUMNS = ("verdict", "scenario", "seed", "log_hash")


def register(app: App) -> None:
    app.command(run)
    app.command(list_, name="list")
    app.command(soak)


def run(
    scenario: str,
    /,
    *,
    seed: int = 0,
    counterproof: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Run one scenario in virtual time: KPIs, alarms, verdicts and the hash of everything that happened.

    Real firmware, a host of its own, a plant; the same scenario and seed give the same hash. Exit code 5 when something did
    not come as it must.

    Examples: `mallee sim run pump_loss --seed 7`; `mallee sim run my.toml -o json`; `mallee sim run pump_loss+feed_lost`.

    Parameters
    ----------
    scenario
        Name of a bundled one (`mallee sim list`), path of a TOML file (docs/scenarios.md), or two of them joined by +: the faults
        of both at times that the seed chooses.
    seed
        Of everything random.
    counterproof
        Switch off the mechanism that the scenario names: the expectations that depend on it must fail.
    """
    context = Context(common)
    reading, runner = simulator_part("scenario.reading"), simulator_part("scenario.runner")
    loaded = _loaded(scenario, seed)
    if counterproof and loaded.scenario.counterproof is None:
        raise MalleeError(
            f"{loaded.name} has no counter-proof",
            "it has no table [counterproof], or is a pair of scenarios",
            f"one of these has: {', '.join(n for n, p in reading.bundled().items() if reading.load(p).scenario.counterproof)}",
        )
    result: Result = runner.run(loaded, seed, counterproof=counterproof, say=context.note)
    if context.output == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
    elif context.output == "jsonl":
        emit_line(result)
    else:
        rows = [msgspec.to_builtins(judged) for judged in result.expectations]
        emit(context.out, context.output, rows, EXPECTATION_COLUMNS)
    for failure in result.failures:
        context.err.print(f"failed: {failure}", markup=False)
    context.note(f"{loaded.name}, seed {seed}: {'passed' if result.passed else 'failed'}, log {result.log_hash[:16]}")
    return ExitCode.DONE if result.passed else ExitCode.FINDINGS


def list_(*, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """The scenarios that come with mallee."""
    context = Context(common)
    reading = simulator_part("scenario.reading")
    rows = []
    for name, path in reading.bundled().items():
        scenario = reading.load(path).scenario
        proof = "yes" if scenario.counterproof else ""
        rows.append({"name": name, "title": scenario.title, "for_s": scenario.for_s, "counterproof": proof})
    emit(context.out, context.output, rows, LIST_COLUMNS)
    return ExitCode.DONE


def soak(
    *scenarios: str,
    pairs: int = 20,
    seed: int = 0,
    jobs: int | None = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Run scenarios with many seeds, and two at once, on all cores; print what failed and how to replay it.

    Ctrl-C ends it with what was found so far. Exit code 5 when something failed.

    Example: `mallee sim soak --pairs 100 --seed 1`

    Parameters
    ----------
    scenarios
        Names of those to choose from; all that are bundled, unless said.
    pairs
        How many runs.
    seed
        Of the choice of scenarios and of their seeds.
    jobs
        Runs at once; one a core, unless said.
    """
    context = Context(common)
    part = simulator_part("scenario.soak")
    for name in scenarios:
        simulator_part("scenario.reading").load(simulator_part("scenario.reading").find(name))
    if pairs < 1 or (jobs is not None and jobs < 1):
        raise MalleeError("--pairs and --jobs are at least 1", "a typing error", "write a number from 1 up")
    todo = part.pairs(pairs, seed, scenarios or None)
    done = [0, 0]

    def ended(outcome: Outcome) -> None:
        done[0] += 1
        done[1] += not outcome.passed
        context.note(
            f"{done[0]}/{pairs} {outcome.scenario} seed {outcome.seed}: {'passed' if outcome.passed else 'FAILED'}"
        )
        if not outcome.passed:
            context.err.print("  " + "\n  ".join((*outcome.failures, f"replay: {outcome.replay}")), markup=False)
        if context.output == "jsonl":
            emit_line(outcome)

    work = part.Soak(todo, jobs or os.cpu_count() or 1, ended)
    interrupted: list[int] = []

    def interrupt(number: int, _: object) -> None:
        interrupted.append(number)
        work.stop()

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    context.note(f"{pairs} runs, {work.jobs} at once; Ctrl-C ends them")
    try:
        outcomes = work.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if context.output != "jsonl":
        rows = [{**msgspec.to_builtins(each), "verdict": "passed" if each.passed else "failed"} for each in outcomes]
        emit(context.out, context.output, rows, OUTCOME_COLUMNS)
    context.note(f"{done[0]} of {pairs} ran, {done[1]} failed")
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.FINDINGS if done[1] else ExitCode.DONE


def _loaded(name: str, seed: int) -> Loaded:
    reading = simulator_part("scenario.reading")
    first, plus, second = name.partition("+")
    if not plus or Path(name).is_file():
        return reading.load(reading.find(name))
    a, b = (reading.load(reading.find(part)) for part in (first, second))
    return simulator_part("scenario.pairing").combine(a, b, seed)
