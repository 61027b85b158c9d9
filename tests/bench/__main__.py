"""`python -m tests.bench [PART]`: measure, compare with figures.toml, exit 1 when a promised figure misses its limit."""

from __future__ import annotations

import json
import operator
import sys
import tomllib
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("figures.toml")
COMPARE = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


def judge(name: str, promised: dict[str, Any], measured: dict[str, tuple[float | None, str]]) -> dict[str, Any]:
    """One line of the report. A figure that could not be measured here is neither met nor missed; one that its part
    does not even mention is missed."""
    value, how = measured.get(name, (None, ""))
    if not promised["limit"]:
        return {
            "name": name,
            "value": value,
            "unit": promised["unit"],
            "limit": "",
            "ok": value is not None or None,
            "how": how,
        }
    sign, limit = promised["limit"].split()
    if value is None:
        ok, how = (None, how) if how else (False, "promised in figures.toml, and measured by nobody")
    else:
        ok = COMPARE[sign](value, float(limit))
    return {
        "name": name, "value": value, "unit": promised["unit"], "limit": promised["limit"], "ok": ok, "how": how,
    }  # fmt: skip


def main(only: str = "") -> int:
    from . import core, hil, link, sim
    from .reasons import CannotMeasure

    parts = {"core": core.measure, "sim": sim.measure, "hil": hil.measure, "link": link.measure}
    if only and only not in parts:
        print(f"there is no part {only!r}; parts: {', '.join(parts)}", file=sys.stderr)
        return 2
    promised = tomllib.loads(FIGURES.read_text(encoding="utf-8"))
    failed = False
    for part, measure in parts.items():
        if only not in ("", part):
            continue
        try:
            measured = measure()
        except CannotMeasure as reason:
            measured = {name: (None, str(reason)) for name in promised[part]}
        for name, figure in promised[part].items():
            line = judge(f"{part}.{name}", figure, {f"{part}.{key}": value for key, value in measured.items()})
            failed |= line["ok"] is False
            print(json.dumps(line), flush=True)
            word = {True: "ok", False: "MISSED", None: "-"}[line["ok"]]
            print(
                f"{word:7}{line['name']:38}{_short(line['value']):>10} {line['unit']:6}{line['limit']}", file=sys.stderr
            )
    return int(failed)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
