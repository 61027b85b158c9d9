"""`mallee doctor`: what is wrong with a line, what may be behind it, and what to do."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter
from rich.text import Text

from .. import clock
from ..diagnosis.finding import Finding, examine
from ..diagnosis.line_checks import LINE_CHECKS
from ..diagnosis.line_measuring import UNITS, find_and_measure
from ..errors import ExitCode, MalleeError
from ..link.address import SerialAddress, SerialPort
from ..pod.linenames import find_line, is_address, units_on_lines
from .common import Common, Context, check_units
from .output import emit, rows_of
from .progress import Searching

COLUMNS = ("line", "check", "state", "seen", "cause", "certain", "remedy")
_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red", "unknown": "dim"}


def register(app: App) -> None:
    app.command(doctor)


def doctor(
    line: str | None = None,
    /,
    *,
    unit: tuple[int, ...] = (),
    force: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Examine a serial line: listen, ask, measure; say what is wrong, what may be the cause, and what to do. Writes nothing.

    It listens for two seconds first; where others talk it asks nothing, unless forced. Causes are in the order of their
    likelihood; one is called certain only where the evidence leaves no other. What the line's times really are is measured.

    Exit code 0: all is well; 4: others talk, so nothing was asked; 5: something is wrong.

    Parameters
    ----------
    line
        /dev/ttyUSB0, serial:///dev/ttyUSB0?baud=19200&framing=8E1, or a name from the pod file. None: every serial line
        of the pod file.
    unit
        Unit addresses to ask; repeat the option for each. Otherwise those of the pod file on this line, or 1 to 16.
    force
        Ask even where another master talks.
    """
    context = Context(common)
    check_units(unit, serial=True)
    code = ExitCode.DONE
    rows: list[dict[str, object]] = []
    for target, units in _lines(context, line, unit):
        with Searching(context) as progress:
            evidence = clock.run(find_and_measure(target, units, force=force, progress=progress, say=context.note))
        findings = examine(LINE_CHECKS, evidence)
        if context.output == "table":
            _show(context, str(evidence.address), findings)
        rows += [{"line": str(evidence.address), **row} for row in rows_of(findings)]
        if not evidence.asked:
            code = ExitCode.REFUSED
        elif code is ExitCode.DONE and any(finding.state in ("warn", "fail") for finding in findings):
            code = ExitCode.FINDINGS
    if context.output != "table":
        flat = context.output == "csv"
        emit(context.out, context.output, [_first_cause(row) for row in rows] if flat else rows, COLUMNS)
    return code


def _lines(
    context: Context, text: str | None, units: tuple[int, ...]
) -> list[tuple[SerialAddress | SerialPort, tuple[int, ...]]]:
    config = None if context.settings.bundled and (text is None or is_address(text)) else context.pod()
    of_pod = {} if config is None else units_on_lines(config)
    if text is None:
        if not of_pod:
            raise MalleeError(
                "there is no serial line to examine",
                "no pod file is in use, or its controllers are on the network",
                "name the line: `mallee doctor /dev/ttyUSB0`",
            )
        return [(address, units or known) for address, known in of_pod.items()]
    target = find_line(text, config)
    known = next((known for address, known in of_pod.items() if address.device == target.device), UNITS)
    return [(target, units or known)]


def _show(context: Context, line: str, findings: list[Finding]) -> None:
    context.out.print(line, style="bold", markup=False)
    for finding in findings:
        context.out.print(
            Text.assemble((f"{finding.state:8}", _STYLE[finding.state]), f"{finding.check:13}{finding.seen}"),
            soft_wrap=True,
        )
        for rank, cause in enumerate(finding.causes, 1):
            sure = "certain" if finding.certain else f"{rank}."
            context.out.print(f"          {sure} {cause.cause}: {cause.because}", markup=False, soft_wrap=True)
            context.out.print(f"             do: {cause.remedy}", markup=False, soft_wrap=True)
            if cause.tell:
                context.out.print(
                    f"             tells it apart: {cause.tell}", markup=False, soft_wrap=True, style="dim"
                )


def _first_cause(row: dict[str, object]) -> dict[str, object]:
    causes = row["causes"]
    first = causes[0] if isinstance(causes, list) and causes else {}
    return {**row, **{key: first.get(key) for key in ("cause", "remedy")}}
