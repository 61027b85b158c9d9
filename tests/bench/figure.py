"""One measured figure, and what the same measurement gives with its mechanism switched off."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

COMPARE = {"<": operator.lt, "<=": operator.le, ">=": operator.ge, "==": operator.eq}


class Figure(NamedTuple):
    """`value` None: it could not be measured here, and `how` says why. `without` is the counter-proof's value, `off` how the
    mechanism was switched off for it."""

    value: float | None
    how: str
    without: float | None = None
    off: str = ""


def meets(value: float, limit: str) -> bool:
    """`limit` as figures.toml has it: "<= 3.0"."""
    sign, bound = limit.split()
    return bool(COMPARE[sign](value, float(bound)))


def judge(name: str, promised: dict[str, Any], measured: dict[str, Any]) -> dict[str, Any]:
    """One line of the report. A figure that could not be measured here is neither met nor missed; one that its part
    does not even mention is missed. So is one whose counter-proof meets the limit too, or has none: such a limit would prove
    nothing. In figures.toml `how` defines what is measured, and `proof` says which parts owe one: "none: why" excuses a figure,
    "" a part."""
    value, how, without, off = Figure(*measured.get(name, (None, "")))
    limit, proof = promised["limit"], promised.get("proof", "")
    how = "; ".join(filter(None, (how and promised.get("how"), how)))
    line = {"name": name, "value": value, "unit": promised["unit"], "limit": limit, "ok": None, "how": how}
    if off:
        line |= {"counterproof": without, "counterproof_how": off}
    if not limit:
        return line | {"ok": value is not None or None}
    if value is None:
        return line | ({} if how else {"ok": False, "how": "promised in figures.toml, and measured by nobody"})
    line["ok"] = meets(value, limit)
    if proof == "owed" and (without is None or meets(without, limit)):
        why = "it has no counter-proof" if without is None else "its counter-proof meets the limit as well"
        line |= {"ok": False, "how": f"{why}; {how}"}
    return line
