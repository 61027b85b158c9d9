"""A plot as SVG or PNG, by matplotlib: a panel a unit, gaps left open, and below them when alarms stood."""

from __future__ import annotations

import importlib
import io
import math
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Literal

from ..errors import MalleeError
from ..history.curves import Curve
from .plotted import Panel, Plot, Stood

Form = Literal["svg", "png"]
_WIDTH_IN, _PANEL_IN, _ALARM_IN, _AROUND_IN = 10.0, 2.1, 0.24, 1.0
_DPI = 110
# Okabe and Ito, Color Universal Design (2008): told apart by who sees few colours; the dashes are for who sees none.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", "-.", ":")
_PRIORITY_COLOUR = {"critical": "#B2182B", "high": "#D6604D", "medium": "#E69F00", "low": "#56B4E9"}
_OPTIONS = {"svg.fonttype": "none", "svg.hashsalt": "mallee", "font.size": 9, "font.family": "sans-serif"}


def form_of(path: Path) -> Form:
    """By its ending. Raises MalleeError."""
    match path.suffix.lower():
        case ".svg":
            return "svg"
        case ".png":
            return "png"
        case other:
            raise MalleeError(
                f"--file: {path} ends with {other!r}" if other else f"--file: {path} has no ending",
                "pictures are SVG or PNG",
                "name a file that ends with .svg or .png; values for other programs are written by `mallee export`",
            )


def save(plotted: Plot, path: Path, title: str, zone: tzinfo | None = UTC) -> None:
    """Whole or not at all. Raises MalleeError where matplotlib is missing, or the file cannot be written."""
    data = drawn(plotted, form_of(path), title, zone)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise MalleeError(
            f"cannot write {path}: {error.strerror}",
            "the folder does not exist, or is read only",
            "name another file",
        ) from error


def drawn(plotted: Plot, form: Form, title: str = "", zone: tzinfo | None = UTC) -> bytes:
    """The same plot gives the same bytes."""
    matplotlib, dates = _library()
    alarms_in = _ALARM_IN * len(plotted.alarms) + (0.5 if plotted.alarms else 0.0)
    heights = [_PANEL_IN] * len(plotted.panels) + ([alarms_in] if plotted.alarms else [])
    with matplotlib.rc_context(_OPTIONS):
        figure = importlib.import_module("matplotlib.figure").Figure(
            figsize=(_WIDTH_IN, sum(heights) + _AROUND_IN), layout="constrained"
        )
        axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axis, panel in zip(axes, plotted.panels, strict=False):
            _panel(axis, panel)
        if plotted.alarms:
            _alarms(axes[-1], plotted, zone)
        locator = dates.AutoDateLocator(tz=zone or _local(plotted.end_s))
        axes[-1].xaxis.set_major_locator(locator)
        axes[-1].xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone or _local(plotted.end_s)))
        axes[-1].set_xlim(_moment(plotted.begin_s, zone), _moment(plotted.end_s, zone))
        axes[-1].set_xlabel(f"time, {_moment(plotted.end_s, zone):%Z}")
        if title:
            figure.suptitle(title, fontsize=11)
        file = io.BytesIO()
        figure.savefig(
            file, format=form, dpi=_DPI, metadata={"Date": None, "Creator": "mallee"} if form == "svg" else {}
        )
    return file.getvalue()


def _panel(axis: Any, panel: Panel) -> None:
    for at, curve in enumerate(panel.curves):
        _curve(
            axis,
            curve,
            _COLOURS[at % len(_COLOURS)],
            _DASHES[at // len(_COLOURS) % len(_DASHES) if len(panel.curves) > 7 else at % 4],
        )
    axis.set_ylabel(panel.unit or "1")
    axis.grid(color="#dddddd", linewidth=0.6)
    axis.ticklabel_format(axis="y", useOffset=False)
    axis.margins(y=0.12)
    axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, frameon=False)


def _curve(axis: Any, curve: Curve, colour: str, dashes: str) -> None:
    times = [datetime.fromtimestamp(point.time_s, UTC) for point in curve.points]
    axis.plot(
        times, [_known(point.value) for point in curve.points], dashes, color=colour, linewidth=1.2, label=curve.name
    )
    if any(point.low is not None for point in curve.points):
        lows, highs = [_known(p.low) for p in curve.points], [_known(p.high) for p in curve.points]
        axis.fill_between(times, lows, highs, color=colour, alpha=0.18, linewidth=0)


def _alarms(axis: Any, plotted: Plot, zone: tzinfo | None) -> None:
    for row, each in enumerate(plotted.alarms):
        begin_s = max(each.begin_s, plotted.begin_s)
        end_s = plotted.end_s if each.end_s is None else min(each.end_s, plotted.end_s)
        begin = _moment(begin_s, zone)
        axis.barh(
            row, _moment(end_s, zone) - begin, left=begin, height=0.7, color=_PRIORITY_COLOUR.get(each.priority, "#888888"),
            edgecolor="#333333", linewidth=0.6,
        )  # fmt: skip
    axis.set_yticks(range(len(plotted.alarms)), [_words(each) for each in plotted.alarms])
    axis.yaxis.tick_right()
    axis.invert_yaxis()
    axis.grid(axis="x", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    more = f", {plotted.alarms_left_out} more" if plotted.alarms_left_out else ""
    axis.set_ylabel(f"alarms{more}")


def _words(each: Stood) -> str:
    return f"{each.name} ({each.priority})"


def _known(value: float | None) -> float:
    return math.nan if value is None else value  # it leaves the line open there


def _moment(when_s: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(when_s, UTC).astimezone(zone)


def _local(when_s: float) -> tzinfo | None:
    return _moment(when_s, None).tzinfo


def _library() -> tuple[Any, Any]:
    try:
        return importlib.import_module("matplotlib"), importlib.import_module("matplotlib.dates")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("mallee"):
            raise
        raise MalleeError(
            f"SVG and PNG cannot be drawn: there is no {error.name}",
            "mallee was installed without its plot extra",
            "pip install 'mallee[plot]'; without --file it is drawn here",
        ) from error
