"""How each alarm is tried by an acceptance, or why it is not: for docs/commission.md.

`python -m mallee.commissioning.coverage FILE` writes the table between its marks; a test compares them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from ..device.dictionary import Dictionary
from ..resources import bundled_dictionaries
from .by_hand import NOT_TRIED
from .model import Step, commanded
from .plan_lease import lease_step
from .plan_pdu import pdu_steps
from .plan_skid import skid_steps
from .thresholds import alarms_by_name

BEGIN, END = "<!-- alarms: rendered -->", "<!-- alarms: end -->"


class Row(msgspec.Struct, frozen=True):
    alarm: str
    settings: str
    """What is moved; empty: nothing."""
    hand: str
    reason: str
    """Why it is not tried."""


def how_tried(dictionary: Dictionary) -> Iterator[Row]:
    """A row for each name of an alarm, in the order of their codes."""
    steps = [*(skid_steps if dictionary.profile == "pump" else pdu_steps)("it", dictionary), lease_step("it")]
    for alarm, entries in alarms_by_name(dictionary).items():
        own = [step for step in steps if entries[0].name in step.alarms]
        moved = [commanded(write) for step in own if step.kind == "move" for write in step.do]
        moved += [f"a lease of {step.lease_s} s that is not renewed" for step in own if step.lease_s]
        asked = [_request(step) for step in own if step.kind == "hand"]
        yield Row(alarm, ", ".join(moved), "; ".join(asked), NOT_TRIED.get(alarm, ""))


def _request(step: Step) -> str:
    text = step.question.removesuffix(", then say yes.").removesuffix("; then say yes.")
    settings = "".join(f", with {commanded(write)}" for write in step.do)
    return text.replace(", at it", "").replace(" under it", "") + settings


def table(dictionaries: Iterable[Dictionary]) -> str:
    """Markdown; alarms that every controller has stand once."""
    lines = ["| alarm | by settings | by hand | not tried |", "|---|---|---|---|"]
    rows = dict.fromkeys(row for dictionary in dictionaries for row in how_tried(dictionary))
    lines += [f"| {row.alarm} | {row.settings} | {row.hand} | {row.reason} |" for row in rows]
    return "\n".join(lines)


def rendered(page: str) -> str:
    """The page with the table of now between its marks. Raises ValueError where it has none."""
    head, _, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise ValueError(f"there is no {BEGIN} … {END}")
    return f"{head}{BEGIN}\n{table(bundled_dictionaries().values())}\n{END}{tail}"


def main(arguments: Sequence[str]) -> None:
    path = Path(arguments[0])
    path.write_text(rendered(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
