"""`mallee alarms`: what stands, what people do about it, and how much it asks of them."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode, MalleeError
from ..pod.alarms import asking, eemua
from ..pod.alarms.actions import Verb
from ..pod.alarms.store import AlarmStore
from ..pod.config import PodConfig
from ..pod.hostfolder import host_folder
from ..pod.reaching import nothing_runs
from ..pod.runner import scan_once
from . import completing
from .common import Common, Context, duration_s
from .output import emit, emit_document, rows_of

COLUMNS = ("priority", "device", "name", "state", "since", "explains", "note", "remedy")
CSV_COLUMNS = (
    "priority", "device", "name", "state", "active", "since", "count", "acknowledged_by", "shelved_until", "suppressed_by",
    "note",
)  # fmt: skip
FIGURE_COLUMNS = ("figure", "value", "limit", "verdict")
FREQUENT_COLUMNS = ("count", "share", "device", "alarm")
Device = Annotated[
    str,
    Parameter(completer=completing.alarm_places, help='Device or place as `mallee alarms` names it, such as "feed A".'),
]
Alarm = Annotated[str, Parameter(completer=completing.alarm_names, help="Name of the alarm.")]
Devices = Annotated[
    str,
    Parameter(
        completer=completing.alarm_places,
        help='Device or place, such as "feed A"; with * for alarms that are there now.',
    ),
]
Alarms = Annotated[str, Parameter(completer=completing.alarm_names, help="Name of the alarm, or a pattern.")]
Note = Annotated[str, Parameter(help="Why.")]
By = Annotated[str | None, Parameter(name="--by", help="Your name; otherwise the user's.")]


def register(app: App) -> None:
    group = App(name="alarms", help="Alarms of the pod: list them, acknowledge, shelve, and report.")
    group.default(show)
    for command in (ack, reset, shelve, unshelve, out_of_service, in_service, report):
        group.command(command)
    app.command(group)


def show(
    *,
    all_: Annotated[bool, Parameter(name=["--all", "-a"], negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Alarms that stand, and those that went unacknowledged, from the host that runs here; without one the pod is scanned once.

    Exit code 0: there are none; 3: no host runs and no controller answers; 5: there are some.

    Parameters
    ----------
    all_
        Also those that are shelved, out of service, or follow from another.
    """
    context = Context(common)
    config = context.pod()
    kept = AlarmStore(_folder(config)).view()
    if kept is None:
        document = clock.run(scan_once(config, timeout_s=context.timeout_s))
        if not any(member.answering for member in document.members):
            raise nothing_runs(config, str(context.settings.pod_file))
        context.note("no host runs here: this is what stands now, and nobody's acknowledgements")
        told, aside = document.alarms, document.suppressed
    else:
        told, aside = (*kept.alarms, *kept.returned), kept.suppressed
        if kept.load.flood:
            context.note(f"alarm flood: {kept.load.in_10_min} new alarms in 10 minutes")
    shown = [*told, *(aside if all_ else ())]
    if shown or context.output != "table":
        _emit(context, rows_of(shown))
    else:
        context.out.print("no alarms", style="green")
    if aside and not all_:
        context.note(f"{len(aside)} more are shelved, out of service, or follow from another: --all shows them")
    return ExitCode.FINDINGS if told else ExitCode.DONE


def ack(
    device: Devices,
    alarm: Alarms,
    /,
    *,
    note: str = "",
    by: By = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Acknowledge an alarm: it was seen, and by whom.

    Parameters
    ----------
    note
        What you found, or do about it.
    """
    return _ask(common, "acknowledge", device, alarm, by, note)


def reset(
    device: Device, alarm: Alarm, /, *, by: By = None, common: Annotated[Common | None, Parameter(name="*")] = None
) -> int:
    """Clear an alarm of the pod that latched, once its condition has gone. What a controller latches is reset there."""
    return _ask(common, "reset", device, alarm, by)


def shelve(
    device: Devices,
    alarm: Alarms,
    /,
    *,
    for_: Annotated[str, Parameter(name="--for")],
    note: Note,
    by: By = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Put an alarm aside for a while. It comes back by itself.

    Parameters
    ----------
    for_
        How long, such as 30m or 8h; 24h at most.
    """
    return _ask(common, "shelve", device, alarm, by, note, duration_s(for_, "--for"))


def unshelve(
    device: Device, alarm: Alarm, /, *, by: By = None, common: Annotated[Common | None, Parameter(name="*")] = None
) -> int:
    """End shelving before its time."""
    return _ask(common, "unshelve", device, alarm, by)


def out_of_service(
    device: Device,
    alarm: Alarm,
    /,
    *,
    note: Note,
    by: By = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Take an alarm out of service for maintenance, until somebody puts it back with `in-service`."""
    return _ask(common, "out_of_service", device, alarm, by, note)


def in_service(
    device: Device, alarm: Alarm, /, *, by: By = None, common: Annotated[Common | None, Parameter(name="*")] = None
) -> int:
    """Put an alarm back into service."""
    return _ask(common, "in_service", device, alarm, by)


def report(*, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """What the alarms asked of people, against EEMUA 191 and ISA-18.2. Exit code 5 when a figure misses its limit."""
    context = Context(common)
    folder = _folder(context.pod())
    log, unreadable = AlarmStore(folder).events()
    if not log:
        raise MalleeError(
            "there is no alarm log to report on",
            "no `mallee run` ran here for this pod, or it ran as another user",
            f"run one; its log would be in {folder}",
        )
    found = eemua.report(log, unreadable)
    if context.output in ("json", "jsonl"):
        emit_document(context.output, found)
    else:
        emit(context.out, context.output, [_figure_row(figure) for figure in found.figures], FIGURE_COLUMNS)
        if context.output == "table" and found.most_frequent:
            emit(context.out, context.output, rows_of(found.most_frequent), FREQUENT_COLUMNS)
    hours = found.covered_s / 3600
    context.note(f"{found.told} alarms in {hours:.1f} h of a running host, {found.lines_unreadable} lines unreadable")
    return ExitCode.FINDINGS if any(figure.ok is False for figure in found.figures) else ExitCode.DONE


def _folder(config: PodConfig) -> Path:
    return host_folder(config)


def _figure_row(figure: eemua.Figure) -> dict[str, object]:
    verdict = {True: "ok", False: "over", None: "too few to tell"}[figure.ok]
    return {
        "figure": figure.figure,
        "value": None if figure.value is None else round(figure.value, 4),
        "limit": figure.limit,
        "verdict": verdict,
    }


def _emit(context: Context, rows: list[dict[str, object]]) -> None:
    if context.output == "table":
        rows = [{**row, "explains": row["explains"] or None} for row in rows]
    emit(context.out, context.output, rows, CSV_COLUMNS if context.output == "csv" else COLUMNS)


def _ask(
    common: Common | None,
    verb: Verb,
    device: str,
    alarm: str,
    by: str | None,
    note: str = "",
    for_s: float | None = None,
) -> int:
    context = Context(common)
    config = context.pod()
    wanted = asking.action(verb, device, alarm, by=by or user(), now=clock.utc_now(), note=note, for_s=for_s)
    outcome = clock.run(asking.ask(_folder(config), config, wanted))
    if context.output == "table":
        context.note(f"{asking.SAID[verb]}: {', '.join(outcome.done)}")
    else:
        emit(context.out, context.output, [{"id": outcome.id, "verb": verb, "alarm": each} for each in outcome.done],
             ("id", "verb", "alarm"))  # fmt: skip
    return ExitCode.DONE


def user() -> str:
    try:
        return getpass.getuser()
    except (OSError, ImportError, KeyError) as error:
        raise MalleeError(
            "nobody knows who you are here", "this computer has no name for this user", "give --by NAME"
        ) from error
