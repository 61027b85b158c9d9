"""`python -m tests.bench [PREFIX]`: measure, compare with figures.toml, exit 1 when a promised figure misses its limit.

PREFIX is a part (`profiles`), or the beginning of figures' names (`profiles.pump_loss`): then of a part that can, no more than
these are measured.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .figure import judge

FIGURES = Path(__file__).with_name("figures.toml")
OWING = ("profiles", "pod")
"""Parts of which each figure owes a counter-proof, unless figures.toml says why it has none."""
Batches = Iterable[dict[str, Any]]
"""Figures by their names without the part, as they come."""


def promises(text: str) -> dict[str, dict[str, dict[str, Any]]]:
    """figures.toml by part and name, each figure with `proof`: "owed", or why it has none."""
    found = tomllib.loads(text)
    for part in OWING:
        for figure in found.get(part, {}).values():
            figure.setdefault("proof", "owed")
    return found


def parts() -> dict[str, Callable[[str], Batches]]:
    """Each takes the beginning of the names that are wanted."""
    from . import core, faces, hil, link, pod, profiles, sim

    return {
        "core": lambda _: [core.measure()],
        "sim": lambda _: [sim.measure()],
        "profiles": profiles.measure,
        "pod": pod.measure,
        "faces": faces.measure,
        "link": lambda _: [link.measure()],
        "hil": hil.measure,
    }


def report(
    part: str, promised: dict[str, dict[str, Any]], batches: Batches, tell: Callable[[dict[str, Any]], None]
) -> bool:
    """Tell a line of each promised figure, and of what nobody promised; True when none of them is missed."""
    from .reasons import CannotMeasure

    left, ok = dict(promised), True

    def line(name: str, measured: dict[str, Any]) -> None:
        nonlocal ok
        found = judge(f"{part}.{name}", left.pop(name), {f"{part}.{key}": value for key, value in measured.items()})
        ok = ok and found["ok"] is not False
        tell(found)

    try:
        for batch in batches:
            for name in [name for name in left if name in batch]:
                line(name, batch)
            for name in batch.keys() - promised.keys() if part in OWING else ():
                ok = False
                tell(
                    {
                        "name": f"{part}.{name}",
                        "value": None,
                        "unit": "",
                        "limit": "",
                        "ok": False,
                        "how": "not promised",
                    }
                )
    except CannotMeasure as reason:
        for name in list(left):
            line(name, {name: (None, str(reason))})
    for name in list(left):
        line(name, {})
    return ok


def main(prefix: str = "") -> int:
    known = parts()
    only = prefix.partition(".")[0]
    if only and only not in known:
        print(f"there is no part {only!r}; parts: {', '.join(known)}", file=sys.stderr)
        return 2
    promised = promises(FIGURES.read_text(encoding="utf-8"))
    ok = True
    for part, measure in known.items():
        if only in ("", part):
            wanted = {name: figure for name, figure in promised[part].items() if f"{part}.{name}".startswith(prefix)}
            if not wanted:
                print(f"no figure begins with {prefix!r}", file=sys.stderr)
                return 2
            ok &= report(part, wanted, measure(prefix.partition(".")[2]), _tell)
    return int(not ok)


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)
    word = {True: "ok", False: "MISSED", None: "-"}[line["ok"]]
    without = f"  without: {_short(line['counterproof'])}" if "counterproof" in line else ""
    print(
        f"{word:7}{line['name']:48}{_short(line['value']):>10} {line['unit']:6}{line['limit']:10}{without}",
        file=sys.stderr,
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
