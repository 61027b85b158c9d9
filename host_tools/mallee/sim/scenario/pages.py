"""Render docs/scenarios.md: the text of scenarios.template.md with tables of the faults, KPIs and bundled scenarios.

`python -m mallee.sim.scenario.pages FOLDER` writes it; a test compares it with what is in the repository.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from .faults import FAULTS
from .kpis import KPIS
from .reading import bundled, load
from .stage import Fault

_TEMPLATE = Path(__file__).with_name("scenarios.template.md")


def page() -> str:
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, table in (("scenarios", _scenarios()), ("faults", _faults()), ("kpis", _kpis())):
        text = text.replace("{{" + name + "}}", table)
    return text


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _scenarios() -> str:
    rows: list[list[str]] = []
    for name, path in bundled().items():
        scenario = load(path).scenario
        proof = "" if scenario.counterproof is None else "yes"
        rows.append([f"`{name}`", scenario.title, f"{scenario.for_s:g}", proof])
    return _table(("name", "what happens", "s", "counter-proof"), rows)


def _parameters(fault: Fault) -> str:
    described: list[str] = []
    for field in msgspec.structs.fields(fault.parameters):
        default = "" if field.required else f" = {field.default:g}" if isinstance(field.default, float) else ""
        if isinstance(field.default, int):
            default = f" = {field.default}"
        described.append(f"`{field.encode_name}`{default}{_limits(field.type)}")
    return ", ".join(described)


def _limits(kind: object) -> str:
    """Of an annotated number: " (0 … 1)"."""
    schema = msgspec.json.schema(kind)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum")
    return "" if low is None or high is None else f" ({low:g} … {high:g})"


def _faults() -> str:
    rows = [
        [f"`{name}`", fault.target, fault.meaning, _parameters(fault), "yes" if fault.undoable else "no"]
        for name, fault in FAULTS.items()
    ]
    return _table(("fault", "target", "what happens", "`with`", "`for_s`"), rows)


def _kpis() -> str:
    rows = [[f"`{name}`", kpi.unit, "" if kpi.of == "pod" else kpi.of, kpi.meaning] for name, kpi in KPIS.items()]
    return _table(("KPI", "unit", "`of`", "what it is"), rows)


if __name__ == "__main__":
    (Path(sys.argv[1]) / "scenarios.md").write_text(page(), encoding="utf-8")
