"""`mallee status`: every controller of the pod, once."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode
from ..link.reporting import LinkReport
from ..pod.document import PodDocument
from ..pod.runner import scan_once
from ..pod.status import status_rows
from ..ui.sections import alarms
from .believing import quarantined
from .common import Common, Context
from .output import emit, rows_of

UNIT_COLUMNS = (
    "link", "unit", "requests", "answers", "exceptions", "timeouts", "given_up", "damaged", "late", "resyncs", "held_back",
    "rtt_p50_ms", "rtt_p99_ms",
)  # fmt: skip
LINK_COLUMNS = (
    "link", "load_percent", "bytes_out", "bytes_in", "noise_bytes", "wrong_unit", "echoes", "never_silent", "reconnects",
    "connect_failures",
)  # fmt: skip
SPARE = ("firmware", "profile", "unit", "lease", "address")
COLUMNS = ("device", "profile", "state", "lease", "alarms", "firmware", "address", "unit")


def register(app: App) -> None:
    app.command(status)


def status(
    *,
    links: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """State of every controller of the pod, and its alarms. Changes nothing. Which of them are in quarantine, the host says that
    runs here, if one does.

    Exit code 0: all answer and no alarm is active; 3: none answers; 5: some do not answer, or alarms are active.

    Parameters
    ----------
    links
        Instead of states: how each unit answered what this command asked, and what else was on its line.
    """
    context = Context(common)
    reports: list[LinkReport] = []
    config = context.pod()
    scan = scan_once(config, timeout_s=context.timeout_s, reports=reports, quarantined=quarantined(config))
    document = clock.run(scan)
    if links:
        _show_links(context, reports)
        return _exit_code(document)
    rows = status_rows(document)
    emit(context.out, context.output, rows_of(rows), COLUMNS, SPARE)
    if context.output == "table" and (document.alarms or document.findings):
        context.out.print(alarms(document, lines=10_000))
    return _exit_code(document)


def _show_links(context: Context, reports: list[LinkReport]) -> None:
    if context.output in ("json", "jsonl"):
        emit(context.out, context.output, rows_of(reports), ())
        return
    units = [{**row, **_exceptions(row)} for each in reports for row in rows_of(each.units)]
    emit(context.out, context.output, units, UNIT_COLUMNS)
    if context.output == "table":
        emit(context.out, context.output, rows_of(reports), LINK_COLUMNS)


def _exceptions(row: dict[str, Any]) -> dict[str, str]:
    return {"exceptions": ", ".join(f"{code}: {count}" for code, count in row["exceptions"].items())}


def _exit_code(document: PodDocument) -> int:
    if not any(member.answering for member in document.members):
        return ExitCode.NO_ANSWER
    return ExitCode.FINDINGS if document.alarms or document.findings else ExitCode.DONE
