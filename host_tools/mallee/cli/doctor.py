"""`mallee doctor`: what is wrong with a pod, a controller or a line, what may be behind it, and what to do."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from cyclopts import App, Parameter
from rich.text import Text

from .. import clock
from ..diagnosis.asking import diagnose_all, plan_of
from ..diagnosis.diagnosing import PlacedFindings
from ..diagnosis.finding import Finding
from ..errors import ExitCode
from ..pod.linenames import is_address
from ..pod.reaching import nothing_runs
from .common import Common, Context, check_units, duration_s
from .completing import Device
from .output import emit, rows_of
from .progress import Searching

COLUMNS = ("where", "check", "state", "seen", "cause", "certain", "remedy")
_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red", "unknown": "dim"}


def register(app: App) -> None:
    app.command(doctor)


def doctor(
    what: Device | None = None,
    /,
    *,
    unit: tuple[int, ...] = (),
    for_: Annotated[str, Parameter(name="--for")] = "5s",
    every: Annotated[bool, Parameter(name="--all", negative=())] = False,
    force: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Examine a pod, a controller or a serial line: say what is wrong, what may be the cause, and what to do. Writes nothing.

    From the port to the physics: connection, address, map, restarts, clock, lease, memory, chips, interlocks, and whether
    sensors, valves, pumps, meters and contactors bear each other out (docs/doctor.md has every check). It works beside a running
    host. On a serial line it listens for two seconds first; where others talk it asks nothing, unless forced. Causes are in the
    order of their likelihood; one is called certain only where the evidence leaves no other.

    Exit code 0: all is well; 3: nobody answers; 4: others talk, so nothing was asked; 5: something is wrong.

    Parameters
    ----------
    what
        A controller by its name or address (pdu-a1, tcp://HOST:PORT#UNIT, serial:///dev/ttyUSB0#11), or a serial line
        (/dev/ttyUSB0, serial:///dev/ttyUSB0?baud=19200&framing=8E1). None: the whole pod of the pod file.
    unit
        Unit addresses to ask on a serial line; repeat the option for each. Otherwise those of the pod file, or 1 to 16.
    for_
        How long controllers are looked at. Some faults show in the noise of values, or after a while.
    every
        Show the checks that found nothing as well. A single controller or line always shows all.
    force
        Ask even where another master talks.
    """
    context = Context(common)
    check_units(unit, serial=True)
    for_s = duration_s(for_, "--for")
    config = None if context.settings.bundled and what is not None and is_address(what) else context.pod()
    plan = plan_of(what, config, unit)
    with Searching(context) as progress:
        diagnosis = clock.run(
            diagnose_all(
                plan, for_s=for_s, timeout_s=context.timeout_s, force=force, progress=progress, say=context.note
            )
        )
    if context.output == "table":
        _show(context, diagnosis.found, every or len(plan.controllers) < 2)
        if config is not None and plan.whole and diagnosis.code is ExitCode.NO_ANSWER:
            context.note(nothing_runs(config, str(context.settings.pod_file)).next)
        return diagnosis.code
    rows = [{"where": where, **row} for where, findings in diagnosis.found for row in rows_of(findings)]
    flat = context.output == "csv"
    emit(context.out, context.output, [_first_cause(row) for row in rows] if flat else rows, COLUMNS)
    return diagnosis.code


def _show(context: Context, found: list[PlacedFindings], every: bool) -> None:
    for where, findings in found:
        failed = any(finding.state == "fail" for finding in findings)
        quiet = (
            ("ok", "unknown") if failed else ("ok",)
        )  # what could not be checked behind a failure goes without saying
        shown = [finding for finding in findings if every or finding.state not in quiet]
        context.out.print(where, style="bold", markup=False, end="" if not shown else "\n")
        if not shown:
            context.out.print(f": {len(findings)} check{'s' if len(findings) != 1 else ''}, all ok", markup=False)
        for finding in shown:
            _show_finding(context, finding)
    count = Counter(finding.state for _, findings in found for finding in findings)
    context.out.print(", ".join(f"{count[state]} {state}" for state in _STYLE if count[state]), markup=False)


def _show_finding(context: Context, finding: Finding) -> None:
    context.out.print(
        Text.assemble((f"{finding.state:8}", _STYLE[finding.state]), f"{finding.check:18}{finding.seen}"),
        soft_wrap=True,
    )
    for rank, cause in enumerate(finding.causes, 1):
        sure = "certain" if finding.certain else f"{rank}."
        context.out.print(f"          {sure} {cause.cause}: {cause.because}", markup=False, soft_wrap=True)
        context.out.print(f"             do: {cause.remedy}", markup=False, soft_wrap=True)
        if cause.tell:
            context.out.print(f"             tells it apart: {cause.tell}", markup=False, soft_wrap=True, style="dim")


def _first_cause(row: dict[str, object]) -> dict[str, object]:
    causes = row["causes"]
    first = causes[0] if isinstance(causes, list | tuple) and causes else {}
    return {**row, **{key: first.get(key) for key in ("cause", "remedy")}}
