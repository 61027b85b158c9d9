"""The account of a run as a table for people and as rows for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def rows(document: Mapping[str, Any], prefix: str = "") -> list[dict[str, Any]]:
    """A nested document as rows of name and value: `supply_temperature_degC.mean`."""
    found: list[dict[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, Mapping):
            found += rows(value, f"{prefix}{name}.")
        else:
            found.append({"name": f"{prefix}{name}", "value": value})
    return found


def render(summary: Mapping[str, Any]) -> RenderableType:
    """What a person wants to know after a run: was it regulated, what did it use, did anything go wrong."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    grid.add_column("over the run")
    for column in ("set-point", "least", "mean", "most"):
        grid.add_column(column, justify="right")
    for label, key, digits in (
        ("supply temperature °C", "supply_temperature_degC", 2),
        ("differential pressure kPa", "differential_pressure_kPa", 1),
        ("return temperature °C", "return_temperature_degC", 2),
        ("warmest device case °C", "case_temperature_degC", 1),
        ("power of the racks kW", "it_power_kW", 1),
    ):
        found = summary[key]
        cells = [found.get("set_point"), found["minimum"], found["mean"], found["maximum"]]
        grid.add_row(label, *(_number(cell, digits) for cell in cells))
    energy, modbus, overruns = summary["energy_kWh"], summary["modbus"], summary["overruns"]
    lines = [
        f"{summary['virtual_s']:.1f} s of pod time in {summary['wall_s']:.1f} s (×{summary['speed']:.2f})",
        f"energy: racks {energy['it']:.2f} kWh, to facility water {energy['heat_to_facility']:.2f} kWh,"
        f" pumps {energy['pumps']:.3f} kWh",
        f"Modbus: {modbus['requests']} requests, {summary['modbus_errors']} errors,"
        f" round trip p50 {_number(modbus['rtt_p50_ms'], 1)} ms, p99 {_number(modbus['rtt_p99_ms'], 1)} ms",
        f"overruns: regulation {_count(overruns['regulation'])}, tick {_count(overruns['tick'])},"
        f" host scans {_count(overruns['scan'])}",
    ]
    restarts = [f"{name} {count}" for name, count in summary["controller_restarts"].items()]
    if restarts or summary["host_restarts"]:
        lines.append(f"restarts: host {summary['host_restarts']}, controllers {', '.join(restarts) or 'none'}")
    if summary["alarms_at_end"]:
        lines.append("alarms at the end: " + ", ".join(summary["alarms_at_end"]))
    return Group(grid, *(Text(line) for line in lines))


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _count(value: int | None) -> str:
    return "unknown" if value is None else str(value)
