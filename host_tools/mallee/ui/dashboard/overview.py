"""The pod at one glance: alarms first, then cooling, power and racks; on a wide screen trends and events beside them. Pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from .. import sections
from . import trends
from .scene import Beside, Clip, Scene

_WIDE = 150
_BESIDE_POWER = 12  # lines that cooling, racks and alarms need beside power on the smallest screen


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    if width < _WIDE:
        return _column(scene, width, height)
    left = (width - 2) // 2
    return Beside([_column(scene, left, height), _more(scene, left, height)], 2, left)


def _column(scene: Scene, width: int, height: int) -> RenderableType:
    document = scene.document
    cooling = Clip(sections.skids(document.skids, width), max(3, height // 4), ": 2")
    power = Clip(sections.feeds(document.feeds, document.pdus, width), max(5, height - _BESIDE_POWER), ": 3")
    used = 4 + min(1 + len(document.skids), max(3, height // 4))  # three rules, the bus
    used += min(_feed_lines(scene, width), max(5, height - _BESIDE_POWER))
    racks = -(-len(document.racks) // max(1, min(4, width // 24)))
    rack_lines = max(0, min(racks, height - used - 2))
    alarm_lines = max(2, height - used - rack_lines)
    everything = 2 * len(document.alarms) + len(document.findings)
    parts: list[RenderableType] = [
        # Few lines: rather each alarm than what to do about the first.
        sections.alarms(document, alarm_lines, remedies=everything < alarm_lines, rest_is="4 shows all"),
        _rule("cooling"),
        cooling,
        _rule("power"),
        power,
    ]
    if rack_lines:
        parts += [_rule("racks"), Clip(sections.racks(document.racks, width), rack_lines)]
    return Clip(Group(*parts, sections.bus(document)), height)


def _more(scene: Scene, width: int, height: int) -> RenderableType:
    """Trends of the pod and of each skid's supply, then what happened."""
    document = scene.document
    names = ["pod.power", "pod.heat", *(f"{skid.name}.supply_temperature" for skid in document.skids[:2])]
    charts = trends.charts(scene, names, width, max(8, height * 2 // 3))
    events = max(0, height - max(8, height * 2 // 3) - 1)
    recent = sections.events(list(scene.events)[-events:]) if scene.events else Text("nothing yet", style="dim")
    return Group(charts, _rule("events"), recent)


def _feed_lines(scene: Scene, width: int) -> int:
    document = scene.document
    each = max(1, min(len(document.feeds), width // 38))
    per_feed = [2 + sum(pdu.feed == feed.name for pdu in document.pdus) for feed in document.feeds]
    return sum(max(per_feed[at : at + each]) for at in range(0, len(per_feed), each))


def _rule(title: str) -> Rule:
    return Rule(Text(title, style="dim"), align="left", style="bright_black", characters="─")
