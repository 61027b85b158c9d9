"""`mallee status`: every controller of the pod, once."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode
from ..pod.document import PodDocument
from ..pod.runner import scan_once
from ..pod.status import status_rows
from ..ui.sections import alarms
from .common import Common, Context
from .output import emit, rows_of

COLUMNS = ("device", "profile", "state", "lease", "alarms", "firmware", "address", "unit")


def register(app: App) -> None:
    app.command(status)


def status(*, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """State of every controller of the pod, and its alarms. Changes nothing.

    Exit code 0: all answer and no alarm is active; 3: none answers; 5: some do not answer, or alarms are active.
    """
    context = Context(common)
    document = clock.run(scan_once(context.pod(), timeout_s=context.timeout_s))
    rows = status_rows(document)
    emit(context.out, context.output, rows_of(rows), COLUMNS)
    if context.output == "table" and (document.alarms or document.findings):
        context.out.print(alarms(document, lines=10_000))
    return _exit_code(document)


def _exit_code(document: PodDocument) -> int:
    members = (*document.skids, *document.pdus)
    if not any(member.answering for member in members):
        return ExitCode.NO_ANSWER
    return ExitCode.FINDINGS if document.alarms or document.findings else ExitCode.DONE
