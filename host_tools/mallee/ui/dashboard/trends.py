"""Curves of the last quarter of an hour, of the pod or of one device. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.text import Text

from ...pod.document import PodDocument
from .. import chart
from .recent import SPAN_S, everything, groups, quantities
from .scene import Clip, Scene, beside, nearest, tabs

_LEAST_WIDTH = 62
_LEAST_LINES = 6


def places(document: PodDocument) -> tuple[str, ...]:
    return groups(document)


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    names = groups(scene.document)
    at = nearest(scene.place, len(names))
    keys = [quantity.key for quantity in quantities(scene.document, names[at])]
    shown = keys[nearest(scene.row, len(keys)) :] if keys else []
    columns = max(1, (width + 2) // (_LEAST_WIDTH + 2))
    columns = min(columns, 3)
    fit = max(1, (height - 1) // _LEAST_LINES) * columns
    # The last screenful is the last: moving on would only show less.
    shown = keys[max(0, min(nearest(scene.row, len(keys)), len(keys) - fit)) :]
    return Clip(
        Group(tabs(names, at, width), charts(scene, shown, width, height - 1, columns=columns)),
        height,
    )


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
    lines = min((height - 2) // down, max(_LEAST_LINES, each // 4))
    end_s = scene.recent.end_s or scene.document.time.timestamp()
    begin_s = end_s - SPAN_S
    note = f"old: {scene.age_s:.0f} s" if scene.stale else ""
    blocks = [
        Group(*chart.chart(q.title if columns == 1 and len(keys) == 1 else _name(q.key, q.title), q.unit,
                           scene.recent.samples(q.key), begin_s, end_s, each, lines, target=q.target, note=note))
        for q in wanted[: down * columns]
    ]  # fmt: skip
    axes = [Group(*chart.time_axis(begin_s, end_s, each, _clock)) for _ in range(columns)]
    return Group(beside(blocks, columns), beside(axes, columns))


def _name(key: str, title: str) -> str:
    place = key.partition(".")[0]
    return title if place == "pod" or place.startswith("feed ") else f"{place} {title}"


def _clock(when_s: float) -> str:
    return f"{datetime.fromtimestamp(when_s, UTC):%H:%M:%S}"
