"""`mallee report`: what the pod used and how well, over a time."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode, MalleeError
from ..history import asking
from ..history.journals import ms_of
from ..history.report import currents, reporting
from ..history.report.periods import By, zone_of
from ..pod.hostfolder import host_folder
from ..pod.power import balance as balancing
from ..pod.reaching import nothing_runs
from ..shift import gathering
from ..shift.page import page
from .common import Common, Context
from .history import File, opened
from .output import emit, rows_of
from .picturing import write_picture

POD_COLUMNS = (
    "begin",
    "by",
    "it_kWh",
    "other_kWh",
    "cooling_kWh",
    "heat_kWh",
    "partial_pue",
    "cooling_per_heat",
    "covered",
)
POD_CSV = (
    "by", "begin", "end", "it_kWh", "other_kWh", "cooling_kWh", "heat_kWh", "partial_pue", "cooling_per_heat",
    "it_coverage_percent", "cooling_coverage_percent", "heat_coverage_percent", "ratios_percent", "bridged_kWh", "restarts",
    "it_source", "cooling_source",
)  # fmt: skip
PLACE_COLUMNS = ("begin", "by", "name", "quantity", "energy_kWh", "covered", "bridged_kWh", "restarts", "source")
PLACE_CSV = (
    "by", "begin", "end", "kind", "name", "quantity", "energy_kWh", "coverage_percent", "bridged_kWh", "restarts", "source",
)  # fmt: skip
BALANCE_COLUMNS = ("pdu", "phases_A", "unbalance", "neutral_A", "moves", "then", "then_A", "note")
BALANCE_CSV = (
    "pdu", "source", "begin", "end", "phases_A", "unbalance_percent", "neutral_A", "moves", "expected_phases_A",
    "expected_unbalance_percent", "expected_neutral_A", "note",
)  # fmt: skip
From = Annotated[str | None, Parameter(name="--from")]
For = Annotated[str | None, Parameter(name="--for")]
_TABLE_DIGITS = 3
_DEFAULT = "1d"
_SHIFT = "8h"


def register(app: App) -> None:
    group = App(
        name="report",
        help="Report on a time: energy, heat and PUE; how the load lies on the phases; a page of a shift.",
    )
    for command in (energy, balance, shift):
        group.command(command)
    app.command(group)


def energy(
    *,
    from_: From = None,
    to: str | None = None,
    for_: For = None,
    by: By = "day",
    of: reporting.Of = "pod",
    zone: str = "utc",
    history: File = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Energy of racks and cooling, heat removed, and partial PUE, by hour or day; the last row is the sum.

    What is in each figure, and what is not, stands in docs/reports.md.

    Parameters
    ----------
    from_
        2026-11-27T10:00, or a time ago such as 90m or 2d; otherwise from the beginning.
    to
        As --from; otherwise to the end.
    for_
        How long, such as 6h or 30d: from --from on, before --to, or until now.
    by
        hour, day, or total.
    of
        The pod as a whole, or each feed, pdu, branch, rack or skid.
    zone
        Whose hours and days, and of times without a zone: utc, local (this computer's), or a name as Europe/Berlin.
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    where = zone_of(zone)
    begin, end = asking.range_ms(from_, to, clock.utc_now(), for_, where)
    with opened(context, history) as found:
        report = reporting.energy(found, context.pod(), begin, end, by, of, where)
    rows = rows_of(report.rows)
    if context.output == "table":
        emit(context.out, "table", [_short(row) for row in rows], POD_COLUMNS if of == "pod" else PLACE_COLUMNS)
    else:
        emit(context.out, context.output, rows, POD_CSV if of == "pod" else PLACE_CSV)
    for note in report.notes:
        context.note(note)
    return ExitCode.DONE


def balance(
    *,
    from_: From = None,
    to: str | None = None,
    for_: For = None,
    live: Annotated[bool, Parameter(negative=())] = False,
    threshold: float = 100 * balancing.THRESHOLD,
    moves: int = balancing.MOVES,
    zone: str = "utc",
    history: File = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """How unequally each PDU's phases are loaded, and which branches to connect in another order.

    From the means of the last day in the history; where there is none, from the currents of now. Exit code 5 where a PDU is
    above the threshold, 3 where no PDU answers. Changes nothing.

    Parameters
    ----------
    from_
        2026-11-27T10:00, or a time ago such as 90m or 2d.
    to
        As --from.
    for_
        How long: from --from on, before --to, or until now.
    live
        The currents of now, though there is a history.
    threshold
        Percent of unbalance below which nothing is advised.
    moves
        How many branches of a PDU to move at most.
    zone
        Of times without one, and of those shown: utc, local, or a name as Europe/Berlin.
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    for option, value, most, unit in (("--moves", moves, 4, ""), ("--threshold", threshold, 200, " %")):
        if not 0 <= value <= most:
            what = f"{option} {value:g}{unit} is not from 0 to {most}{unit}"
            raise MalleeError(what, "a typing error", f"write a number from 0 to {most}")
    asked = not (from_ is None and to is None and for_ is None and history is None)
    if live and asked:
        raise MalleeError(
            "--live was given with a time or a history", "only one of them can be", "leave one of them out"
        )
    rows: list[reporting.BalanceRow] = []
    if not live:
        where = zone_of(zone)
        begin, end = asking.range_ms(from_, to, clock.utc_now(), for_ if asked else _DEFAULT, where)
        try:
            with opened(context, history) as found:
                rows = reporting.recorded_balance(found, context.pod(), begin, end, where, threshold / 100, moves)
        except MalleeError:
            if asked:
                raise
    if not asked and not any(row.moves is not None for row in rows):
        found_now = clock.run(currents.live_phases(context.pod(), context.timeout_s))
        rows = reporting.live_balance(found_now, threshold / 100, moves)
        if all(isinstance(each, str) for each in found_now.values()):
            raise nothing_runs(context.pod(), str(context.settings.pod_file))
    _emit_balance(context, rows)
    return ExitCode.FINDINGS if any((row.unbalance_percent or 0.0) >= threshold for row in rows) else ExitCode.DONE


def shift(
    *,
    from_: From = None,
    to: str | None = None,
    for_: For = None,
    file: Annotated[Path | None, Parameter(name=["--file", "-f"])] = None,
    zone: str = "utc",
    history: File = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """One page of a shift: energy and PUE, alarms and what was done about them, trends, what the host did, events.

    HTML in one piece, without scripts: it opens anywhere, and prints. Trends need the extra mallee[plot].

    Parameters
    ----------
    from_
        2026-11-27T06:00, or a time ago such as 8h; otherwise the last 8 hours.
    to
        As --from.
    for_
        How long: from --from on, before --to, or until now.
    file
        Where to write it, such as shift.html; otherwise to stdout.
    zone
        Of times without one, and of those shown: utc, local, or a name as Europe/Berlin.
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    if context.output != "table":
        raise MalleeError(
            f"a page has no form {context.output}", f"-o {context.output} was asked for",
            "leave -o out; `mallee report energy`, `mallee alarms report` and `mallee log` have the parts as rows",
        )  # fmt: skip
    now = clock.utc_now()
    where = zone_of(zone)
    asked = from_ is not None or to is not None or for_ is not None
    begin, end = asking.range_ms(from_, to, now, for_ if asked else _SHIFT, where)
    config = context.pod()
    with ExitStack() as stack:
        recorded = history is not None or config.history is not None
        found = stack.enter_context(opened(context, history)) if recorded else None
        made = gathering.gather(config, found, host_folder(config), begin, min(end, ms_of(now)), where)
    text = page(made)
    if file is None:
        sys.stdout.write(text)
    else:
        write_picture(file, text)
        context.note(f"{file}: {len(made.alarms)} alarms")
    for line in made.missing:
        context.note(line)
    return ExitCode.DONE


def _emit_balance(context: Context, rows: list[reporting.BalanceRow]) -> None:
    plain = rows_of(rows)
    if context.output in ("table", "csv"):
        plain = [{**row, "moves": _said(row["moves"])} for row in plain]
    if context.output != "table":
        emit(context.out, context.output, plain, BALANCE_CSV)
        return
    names = {"unbalance_percent": "unbalance", "expected_unbalance_percent": "then", "expected_neutral_A": "then_A"}
    shown = [{names.get(name, name): value for name, value in row.items()} for row in plain]
    shown = [{**row, **{n: f"{row[n]:.1f} %" for n in ("unbalance", "then") if row[n] is not None}} for row in shown]
    emit(context.out, "table", shown, BALANCE_COLUMNS)
    for row in rows[:1]:
        context.note("currents of now" if row.begin is None else f"mean currents from {row.begin} to {row.end}")


def _said(moves: list[dict[str, Any]] | None) -> str | None:
    if moves is None:
        return None
    return "; ".join(f"branch {m['branch']} ({m['rack']}): {m['phases']}" for m in moves) or "none"


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """For a table: as many digits as people read, and the least of the coverages."""
    covered = [value for name, value in row.items() if name.endswith("coverage_percent") and value is not None]
    short = {name: round(value, _TABLE_DIGITS) if isinstance(value, float) else value for name, value in row.items()}
    return {
        **short,
        "begin": row["begin"][:16].replace("T", " "),
        "covered": f"{min(covered):.0f} %" if covered else None,
        "bridged_kWh": short["bridged_kWh"] or None,
        "restarts": short["restarts"] or None,
    }
