"""A skid as a drawing of its loop with what is measured where, why it does so, and how that went. Pure.

Facility water on the left, the exchanger, the coolant to the racks and back on the right; the pumps draw from the return.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from ...pod.document import PodDocument, SkidState
from .. import cells, sections
from ..sketch import Sketch
from . import trends
from .scene import Beside, Clip, Scene, columns_of, nearest, tabs

LINES = 14
"""Of the drawing."""
_LEAST_WIDTH = 76
_CHART_LINES = 7
_PUMP_STYLE = {"running": "green", "stopped": "", "fault": "bold red"}


def places(document: PodDocument) -> tuple[str, ...]:
    return tuple(skid.name for skid in document.skids)


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    skids = scene.document.skids
    if not skids:
        return Text("this pod has no skid", style="dim")
    chosen = nearest(scene.place, len(skids))
    columns, each = columns_of(len(skids), _LEAST_WIDTH, width)
    first = min(chosen, len(skids) - columns)
    shown = skids[first : first + columns]
    about = max(len(_about(scene, skid)) for skid in shown)  # so that curves stand beside each other
    blocks = [_block(scene, skid, each, height - 1, about) for skid in shown]
    return Group(tabs(places(scene.document), chosen, width), Beside(blocks, columns, each))


def _block(scene: Scene, skid: SkidState, width: int, height: int, about_lines: int) -> RenderableType:
    about, left = _about(scene, skid), height - LINES
    about += [Text("")] * (about_lines - len(about))
    charts = max(0, min(4, (left - about_lines) // _CHART_LINES))
    room = left - about_lines if charts else 0
    parts: list[RenderableType] = [Group(*sketch(skid, width).lines()), Clip(Group(*about), left - room)]
    if charts:
        keys = [f"{skid.name}.{point}" for point in ("supply_temperature", "differential_pressure", "flow", "heat")]
        parts.append(trends.charts(scene, keys[:charts], width, room))
    return Group(*parts)


def sketch(skid: SkidState, width: int) -> Sketch:
    """Of `LINES` lines."""
    drawn = Sketch(width, LINES)
    exchanger, racks = 26, max(66, width - 12)
    supply, back = 4, 9  # rows of the lines
    at = drawn.put(1, 0, skid.name, "bold")
    at = drawn.put(at + 2, 0, cells.state(skid))
    if isinstance(skid.mode.value, str):
        at = drawn.put(at + 2, 0, f"{skid.mode.value.replace('_', ' ')} control", "dim")
    if skid.trust.quarantined:
        drawn.put(at + 2, 0, f"quarantined: {skid.trust.quarantined}", "bold red")
    elif not skid.answering:
        silent = "never heard" if skid.silent_s is None else f"silent for {skid.silent_s:.0f} s, * is old"
        drawn.put(at + 2, 0, silent, "bold red")
    drawn.put(1, 2, "facility water", "dim")
    drawn.put(exchanger, 2, "exchanger", "dim")
    drawn.put(exchanger + 14, 2, "coolant", "dim")
    drawn.put(racks, 2, "racks", "dim")

    drawn.across(1, supply, exchanger)
    drawn.put(8, supply, "▷◁", "dim")
    drawn.put(exchanger - 1, supply, "►", "dim")
    _labelled(drawn, 1, supply - 1, "in ", cells.number(skid.facility_supply_temperature), "°C")
    _labelled(
        drawn, 4, supply + 1, "valve ", cells.against_command(skid.valve_position, skid.valve_command, 0, 3.0), "%"
    )
    drawn.across(1, back, exchanger)
    drawn.put(1, back, "◄", "dim")
    _labelled(drawn, 1, back - 1, "out ", cells.number(skid.facility_return_temperature), "°C")
    _labelled(drawn, 1, back + 1, "", cells.number(skid.facility_flow, 0), "l/min")

    drawn.box(exchanger, supply - 1, 10, back - supply + 3)
    drawn.put(exchanger + 2, supply + 2, "heat", "dim")
    _labelled(drawn, exchanger + 2, supply + 3, "", cells.number(skid.heat, 0), "kW")
    out = exchanger + 10
    drawn.across(out, supply, racks)
    drawn.put(racks - 1, supply, "►", "dim")
    _labelled(
        drawn, out + 2, supply - 1, "supply ",
        cells.against(skid.supply_temperature, skid.active_supply_temperature, 2, 1, sections.SUPPLY_TOLERANCE_K), "°C",
    )  # fmt: skip
    _labelled(drawn, out + 2, supply + 1, "", cells.number(skid.supply_pressure), "kPa")
    wanted_kPa = skid.active_differential_pressure.number or 0.0
    _labelled(
        drawn, out + 2, supply + 2, "ΔP ",
        cells.against(skid.differential_pressure, skid.active_differential_pressure, 1, 1,
                      sections.PRESSURE_TOLERANCE * wanted_kPa), "kPa",
    )  # fmt: skip
    _labelled(drawn, out + 2, supply + 3, "flow ", cells.number(skid.flow, 0), "l/min")
    drawn.box(racks, supply - 1, 9, back - supply + 3)
    drawn.put(racks + 2, (supply + back) // 2, "cold", "dim")
    drawn.put(racks + 2, (supply + back) // 2 + 1, "plates", "dim")

    suction = out + 16
    drawn.across(suction, back, racks)
    _labelled(drawn, suction + 2, back - 1, "return ", cells.number(skid.return_temperature), "°C")
    _labelled(drawn, suction + 2, back + 1, "", cells.number(skid.return_pressure), "kPa")
    _pumps(drawn, skid, out, suction, back)
    _labelled(drawn, out + 3, back + 3, "vessel ", cells.number(skid.level, 0), "%")
    _labelled(drawn, 1, back + 3, "room dew point ", cells.number(skid.dew_point), "°C")
    return drawn


def _pumps(drawn: Sketch, skid: SkidState, out: int, suction: int, row: int) -> None:
    """Beside each other between the suction side and the exchanger, with speed and state."""
    count = max(1, len(skid.pump_speed))
    drawn.put(out, row, "◄" + "─" * (suction - out), "dim")
    for n in range(count):
        y = row + n
        if n:
            drawn.put(out + 3, y, "└" + "─" * (suction - out - 5) + "┘", "dim")
            drawn.put(out + 3, row, "┬", "dim")
            drawn.put(suction - 2, row, "┬", "dim")
        drawn.put(out + 6, y, f"(P{n + 1})", "bold")
    for n, speed in enumerate(skid.pump_speed):
        command = skid.pump_command[n] if n < len(skid.pump_command) else None
        text = Text.assemble((f"P{n + 1} ", "bold"))
        text.append_text(
            cells.number(speed, 0) if command is None else cells.against_command(speed, command, 0, 5.0)
        ).append(" %", "dim")
        word = skid.pump_state[n].value if n < len(skid.pump_state) else None
        if isinstance(word, str):
            text.append(f" {word.replace('_', ' ')}", style=_PUMP_STYLE.get(word, "yellow"))
        drawn.put(1 + 24 * n, row + 4, text)


def _labelled(drawn: Sketch, x: int, y: int, label: str, value: Text, unit: str) -> None:
    at = drawn.put(x, y, label, "dim")
    at = drawn.put(at, y, value)
    drawn.put(at + 1, y, unit, "dim")


def _about(scene: Scene, skid: SkidState) -> list[Text]:
    """Its alarms, who holds its lease, and why its set-points are what they are."""
    lines = [Text("")]
    for alarm in (alarm for alarm in scene.document.alarms if alarm.device == skid.name):
        lines += sections.alarm_lines(alarm)
    if skid.lease.note:
        lines.append(Text.assemble(("lease  ", "dim"), skid.lease.note))
    for reason in scene.document.reasons:
        if reason.of.startswith(f"{skid.name}."):
            value = f"{reason.value:.1f}" if isinstance(reason.value, float) else str(reason.value)
            text = Text.assemble(
                (f"{reason.of.removeprefix(f'{skid.name}.')} {value} {cells.unit(reason.unit)}".rstrip(), "bold")
            )
            text.append(f"  {reason.rule}", style="not bold dim")
            lines.append(text)
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return lines
