"""`mallee export`: recorded values, for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode, MalleeError
from ..history import asking
from ..history import export as exporting
from ..history.compaction import Level
from . import completing
from .common import Common, Context
from .history import File, opened

Resolution = Literal["raw", "minute", "hour"]


def register(app: App) -> None:
    app.command(export)


def export(
    *points: completing.DevicePoint,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    resolution: Resolution = "raw",
    format: Literal["csv", "parquet"] = "csv",
    file: Annotated[Path | None, Parameter(name=["--file", "-f"])] = None,
    history: File = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Write recorded values as CSV or Parquet: a row a value, in order of time for each point, and a row where a gap begins.

    Where values are not kept any more as fine as asked for, the next coarser ones are written; a column says so.

    Parameters
    ----------
    points
        DEVICE.POINT or patterns, such as skid-1.supply_temperature or 'pdu-*.branch.*.power'.
    from_
        2026-11-27T10:00 (UTC), or a time ago such as 90m or 2d; otherwise from the beginning.
    to
        As --from; otherwise to the end.
    resolution
        raw: each scan; minute and hour: lowest, mean and highest.
    format
        Parquet needs the extra mallee[parquet], and --file.
    file
        Written when all of it is there, in place of one of that name. Otherwise CSV goes to stdout.
    history
        File of the history; otherwise that of [history] in the pod file.
    """
    context = Context(common)
    if not points:
        raise MalleeError(
            "no point was named",
            "`mallee export` writes what it is asked for",
            "name DEVICE.POINT or patterns; '*' is everything. `mallee history` shows the devices",
        )
    begin, end = asking.range_ms(from_, to, clock.utc_now())
    with opened(context, history) as found:
        series = asking.chosen(found.series(), points)
        rows = exporting.rows(found, series, begin, end, Level[resolution.upper()])
        if file is not None:
            count = exporting.to_file(rows, file, format)
            context.note(f"{file}: {count} rows")
        elif format == "csv":
            exporting.write_csv(rows, sys.stdout)
        else:
            raise MalleeError("Parquet is not written to stdout", "--file was left out", "add --file NAME.parquet")
        if found.damaged_blocks:
            context.note(f"{found.damaged_blocks} blocks could not be read; `mallee history check` says which")
    return ExitCode.FINDINGS if found.damaged_blocks else ExitCode.DONE
