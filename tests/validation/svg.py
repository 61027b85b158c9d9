"""Small line charts as SVG text, without a library: axes, ticks, lines, dots, a legend. For the plots of docs/plant.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 420, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 46, 44
_COLORS = ("#1f5fa8", "#c8511b", "#3a8a4f", "#7a4fa0")
_MOST_POINTS = 400


class Series(NamedTuple):
    """`dots` draws each point, otherwise they are joined; a dashed line where `dashed`."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    dots: bool = False
    dashed: bool = False


class Chart(NamedTuple):
    title: str
    x: str
    y: str
    series: Sequence[Series]
    logarithmic: bool = False
    """Both axes."""


def ticks(low: float, high: float, logarithmic: bool = False) -> list[float]:
    """About five round numbers between them; powers of ten on a logarithmic axis, or 1, 2, 5 where it is short."""
    if logarithmic:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        factors = (1,) if len(decades) > 3 else (1, 2, 5)
        return [f * 10.0**d for d in decades for f in factors if low * 0.999 <= f * 10.0**d <= high * 1.001]
    rough = (high - low) / 5
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(f * scale for f in (1, 2, 5, 10) if f * scale >= rough)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def page(charts: Sequence[Chart], columns: int = 2) -> str:
    """The charts beside and below each other."""
    rows = math.ceil(len(charts) / columns)
    width, height = WIDTH * min(columns, len(charts)), HEIGHT * rows
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for i, chart in enumerate(charts):
        parts.append(f'<g transform="translate({i % columns * WIDTH},{i // columns * HEIGHT})">')
        parts += _chart(chart)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _chart(chart: Chart) -> list[str]:
    def axis(values: list[float], start: float, end: float) -> tuple[list[float], float, float, float, float]:
        low, high = min(values), max(values)
        if chart.logarithmic:
            return ticks(low, high, True), math.log10(low), math.log10(high), start, end
        margin = 0.04 * (high - low) or 1.0
        return ticks(low - margin, high + margin), low - margin, high + margin, start, end

    def place(value: float, low: float, high: float, start: float, end: float) -> float:
        at = math.log10(value) if chart.logarithmic else value
        return start + (at - low) / (high - low) * (end - start)

    x_ticks, *x_scale = axis([v for s in chart.series for v in s.xs], _LEFT, WIDTH - _RIGHT)
    y_ticks, *y_scale = axis([v for s in chart.series for v in s.ys], HEIGHT - _BOTTOM, _TOP)
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    parts = [f'<text x="{_LEFT}" y="16" font-size="13" font-weight="bold">{escape(chart.title)}</text>']
    for value in x_ticks:
        x = place(value, *x_scale)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{value:g}</text>')
    for value in y_ticks:
        y = place(value, *y_scale)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    parts.append(
        f'<rect x="{_LEFT}" y="{_TOP}" width="{right - _LEFT}" height="{bottom - _TOP}" fill="none" stroke="#555"/>'
    )
    middle_x, middle_y = (_LEFT + right) / 2, (_TOP + bottom) / 2
    parts.append(f'<text x="{middle_x}" y="{HEIGHT - 10}" text-anchor="middle">{escape(chart.x)}</text>')
    parts.append(
        f'<text transform="translate(14,{middle_y}) rotate(-90)" text-anchor="middle">{escape(chart.y)}</text>'
    )
    legend = float(_LEFT)
    for i, series in enumerate(chart.series):
        color = _COLORS[i % len(_COLORS)]
        every = max(1, len(series.xs) // _MOST_POINTS)
        points = [
            (place(x, *x_scale), place(y, *y_scale)) for x, y in list(zip(series.xs, series.ys, strict=True))[::every]
        ]
        if series.dots:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{color}"/>' for x, y in points]
            sign = f'<circle cx="{legend + 8}" cy="31" r="2.4" fill="{color}"/>'
        else:
            dash = ' stroke-dasharray="5 3"' if series.dashed else ""
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.6"{dash}/>')
            sign = f'<path d="M{legend} 31h16" stroke="{color}" stroke-width="1.6"{dash}/>'
        parts.append(sign + f'<text x="{legend + 20}" y="35">{escape(series.label)}</text>')
        legend += 32 + 6.0 * len(series.label)
    return parts
