"""docs/doctor.md, rendered from the checks: `python -m mallee.diagnosis.pages docs`, which `make docs` runs."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .alarm_checks import alarms
from .checks import COMMON, PDU, REACH, SKID
from .line_checks import LINE_CHECKS
from .naming import NamedCheck
from .pod_checks import POD
from .reach_checks import host

_TEMPLATE = Path(__file__).with_name("doctor.template.md")
GROUPS: tuple[tuple[str, Sequence[NamedCheck[Any]]], ...] = (
    ("Whether it can be reached, and is what was meant", (*REACH, host)),
    ("Every controller", (*COMMON, alarms(COMMON, SKID, PDU))),
    ("A coolant pump skid", SKID),
    ("A PDU", PDU),
    ("The pod as a whole", POD),
)


def page() -> str:
    lines = "\n".join(f"- {_one_line(inspect.getdoc(check) or '')}" for check in LINE_CHECKS)
    parts = [part for title, group in GROUPS for part in (f"## {title}", *_checks(group))]
    text = _TEMPLATE.read_text(encoding="utf-8").replace("<line checks>", lines)
    return text.replace("<checks>", "\n\n".join(parts))


def _checks(group: Sequence[NamedCheck[Any]]) -> Iterator[str]:
    for check in group:
        rows = [f"### {check.name}", _one_line(check.looks_at)]
        causes = [
            f"- **{cause.cause}**: {cause.remedy}." + (f" *Tells it apart:* {cause.tell}." if cause.tell else "")
            for cause in check.causes
        ]
        rows += ["\n".join(causes)] if causes else []
        if check.explains:
            rows.append("Alarms that it explains: " + ", ".join(f"`{name}`" for name in check.explains) + ".")
        yield "\n\n".join(rows)


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    (Path(sys.argv[1]) / "doctor.md").write_text(page(), encoding="utf-8")
