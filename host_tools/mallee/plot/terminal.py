"""A plot as text: each point in a panel of its own, for curves that lie over each other need colours, which not all see. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from rich.console import Group, RenderableType
from rich.text import Text

from ..ui import chart
from ..ui.sections import PRIORITY_STYLE
from .plotted import Plot, Stood

LINES = (5, 14)
"""Of a panel, at the least and at the most."""
_DAY_S = 86_400.0
_MARKS = "123456789abcdefghijklmnopqrstuvwxyz"


def render(plotted: Plot, width: int, height: int, zone: tzinfo | None = UTC) -> RenderableType:
    """In about so many lines: more where the panels would be too small."""
    curves = [(panel.unit, curve) for panel in plotted.panels for curve in panel.curves]
    below = 3 + len(plotted.alarms)
    lines = max(LINES[0], min(LINES[1], (height - below) // max(1, len(curves))))
    begin_s, end_s = plotted.begin_s, plotted.end_s
    parts: list[RenderableType] = []
    for unit, curve in curves:
        samples = [(point.time_s, point.value) for point in curve.points]
        parts += chart.chart(curve.name, unit, samples, begin_s, end_s, width, lines)
    days = end_s - begin_s > _DAY_S

    def label(when_s: float) -> str:
        return chart.clock_label(_moment(when_s, zone), days=days)

    marks = [(max(begin_s, each.begin_s), _MARKS[at]) for at, each in enumerate(plotted.alarms)]
    parts += chart.time_axis(begin_s, end_s, width, label, marks)
    parts += [_alarm(_MARKS[at], each, zone) for at, each in enumerate(plotted.alarms)]
    if plotted.alarms_left_out:
        parts.append(Text(f"and {plotted.alarms_left_out} alarms more, of lower priority or older", style="dim"))
    return Group(*parts)


def _alarm(mark: str, each: Stood, zone: tzinfo | None) -> Text:
    begin, end = _moment(each.begin_s, zone), None if each.end_s is None else _moment(each.end_s, zone)
    text = Text(f"{mark:>{chart.AXIS}} ", no_wrap=True, overflow="ellipsis")
    text.append(f"{each.priority:8} ", style=PRIORITY_STYLE.get(each.priority, ""))
    text.append(each.device, style="bold").append(f" {each.alarm}  {begin:%m-%d %H:%M:%S} ")
    return text.append("and stands" if end is None else f"to {end:%H:%M:%S}", style="dim")


def _moment(when_s: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(when_s, UTC).astimezone(zone)
