"""Curves of the last quarter of an hour, of the pod or of one device. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.text import Text

from ...pod.document import PodDocument
from .. import chart
from .recent import SPAN_S, everything, groups, quantities
from .scene import Beside, Clip, Scene, columns_of, nearest, tabs

_LEAST_WIDTH = 62
_LEAST_LINES = 6
_LEAST_SPAN_S = 60.0  # of the axis, before there is a quarter of an hour


def places(document: PodDocument) -> tuple[str, ...]:
    return groups(document)


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    names = groups(scene.document)
    at = nearest(scene.place, len(names))
    keys = [quantity.key for quantity in quantities(scene.document, names[at])]
    columns, _ = columns_of(len(keys), _LEAST_WIDTH, width)
    fit = max(1, (height - 1) // _LEAST_LINES) * columns
    # The last screenful is the last: moving on would only show less.
    shown = keys[max(0, min(nearest(scene.row, len(keys)), len(keys) - fit)) :]
    return Clip(Group(tabs(names, at, width), charts(scene, shown, width, height - 1, columns=columns)), height)


def rows(scene: Scene) -> int:
    names = groups(scene.document)
    return len(quantities(scene.document, names[nearest(scene.place, len(names))]))


def charts(scene: Scene, keys: Sequence[str], width: int, height: int, *, columns: int = 1) -> RenderableType:
    """As many of these as fit, in so many columns, with the times below."""
    known = {quantity.key: quantity for quantity in everything(scene.document)}
    wanted = [known[key] for key in keys if key in known]
    if not wanted:
        return Text("nothing to draw", style="dim")
    columns = min(columns, len(wanted))
    each = (width - 2 * (columns - 1)) // columns
    down = min(-(-len(wanted) // columns), max(1, (height - 2) // _LEAST_LINES))
    lines = min((height - 2) // down, max(_LEAST_LINES, each // 3))
    end_s = scene.recent.end_s or scene.document.time.timestamp()
    samples = {quantity.key: scene.recent.samples(quantity.key) for quantity in wanted}
    begins_s = [series[0][0] for series in samples.values() if series]
    begin_s = max(end_s - SPAN_S, min([*begins_s, end_s - _LEAST_SPAN_S]))
    note = f"old: {scene.age_s:.0f} s" if scene.stale else ""
    blocks = [
        Group(*chart.chart(q.title if columns == 1 and len(keys) == 1 else _name(q.key, q.title), q.unit,
                           samples[q.key], begin_s, end_s, each, lines, target=q.target, note=note))
        for q in wanted[: down * columns]
    ]  # fmt: skip
    axes = [Group(*chart.time_axis(begin_s, end_s, each, _clock)) for _ in range(columns)]
    return Group(Beside(blocks, columns, each), Beside(axes, columns, each))


def _name(key: str, title: str) -> str:
    place = key.partition(".")[0]
    return title if place == "pod" or place.startswith("feed ") else f"{place} {title}"


def _clock(when_s: float) -> str:
    return f"{datetime.fromtimestamp(when_s, UTC):%H:%M:%S}"
