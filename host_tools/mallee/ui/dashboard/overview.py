"""The pod at one glance: alarms first, then cooling, power and racks; on a wide screen events and trends too. Pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from .. import sections
from . import trends
from .scene import Beside, Clip, Scene

_WIDE = 150
_ALARM_LINES = 4  # that racks give way to
_BESIDE_POWER = 12  # lines that cooling, racks and alarms need beside power on the smallest screen


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    if width < _WIDE:
        return _column(scene, width, height)
    each = (width - 2) // 2
    needed = min(height, _needed(scene, each))
    left = Group(_column(scene, each, needed), *_events(scene, height - needed - 1))
    return Beside([left, _charts(scene, each, height)], 2, each)


def _column(scene: Scene, width: int, height: int) -> RenderableType:
    document = scene.document
    skid_lines, feed_lines = 1 + len(document.skids), _feed_lines(scene, width)
    if _needed(scene, width) > height:  # where there is room for all, nothing gives way
        skid_lines, feed_lines = min(skid_lines, max(3, height // 4)), min(feed_lines, max(5, height - _BESIDE_POWER))
    cooling = Clip(sections.skids(document.skids, width), skid_lines, ": 2")
    power = Clip(sections.feeds(document.feeds, document.pdus, width), feed_lines, ": 3")
    used = 4 + skid_lines + feed_lines  # three rules, the bus
    racks = -(-len(document.racks) // max(1, min(4, width // 24)))
    everything = 2 * len(document.alarms) + len(document.findings)
    rack_lines = max(0, min(racks, height - used - min(_ALARM_LINES, max(2, everything))))
    alarm_lines = max(2, height - used - rack_lines)
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


def _needed(scene: Scene, width: int) -> int:
    """Lines of the column where everything in it is shown."""
    document = scene.document
    told = 2 * len(document.alarms) + len(document.findings) + len({m.lease.note for m in document.members} - {""}) + 2
    racks = -(-len(document.racks) // max(1, min(4, width // 24)))
    return told + 5 + len(document.skids) + _feed_lines(scene, width) + racks


def _events(scene: Scene, lines: int) -> list[RenderableType]:
    if lines < 1:
        return []
    recent = sections.events(list(scene.events)[-lines:]) if scene.events else Text("nothing yet", style="dim")
    return [_rule("events"), recent]


def _charts(scene: Scene, width: int, height: int) -> RenderableType:
    """The pod, and what each skid supplies."""
    supplies = [f"{skid.name}.supply_temperature" for skid in scene.document.skids]
    return trends.charts(scene, ["pod.power", "pod.heat", *supplies, "pod.flow"], width, height)


def _feed_lines(scene: Scene, width: int) -> int:
    document = scene.document
    each = max(1, min(len(document.feeds), width // 38))
    per_feed = [2 + sum(pdu.feed == feed.name for pdu in document.pdus) for feed in document.feeds]
    return sum(max(per_feed[at : at + each]) for at in range(0, len(per_feed), each))


def _rule(title: str) -> Rule:
    return Rule(Text(title, style="dim"), align="left", style="bright_black", characters="─")
