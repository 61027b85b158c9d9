"""Render docs/: registers and alarms from the dictionaries, how the server speaks from its source, the wiring from boards/.

`python -m mallee.deploy.pages FOLDER` writes them; a test compares them with what is in the repository.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ..device.dictionary import Dictionary
from ..resources import bundled_dictionaries
from . import modbus, registers, wiring


def faults(dictionaries: list[Dictionary]) -> str:
    """Markdown of every alarm of every profile: cause, consequence, remedy."""
    lines = [
        registers.NOTE,
        "# Faults\n",
        "What each alarm means, what the controller does about it, and what you do.",
        "`mallee describe alarm NAME` says the same at the terminal.",
        "",
    ]
    shared = set.intersection(*(set(d.alarms) for d in dictionaries))
    sections = [("every controller", [a for a in dictionaries[0].alarms if a in shared])]
    sections += [(d.profile, [a for a in d.alarms if a not in shared]) for d in dictionaries]
    for title, alarms in sections:
        lines += [f"## {title}\n"]
        for alarm, codes in registers.alarm_groups(alarms):
            latched = "; latched: write its code to `reset_latch`" if alarm.latch else ""
            deadband = f", deadband {alarm.deadband_percent} % of the limit" if alarm.deadband_percent else ""
            lines += [
                f"### {registers.stem(alarm.name)}\n",
                f"{alarm.condition} *Code {codes}, {alarm.priority} priority, group {alarm.group}, "
                f"after {alarm.delay_ms / 1000:g} s{deadband}{latched}.*\n",
                f"- **Cause:** {alarm.cause}",
                f"- **Consequence:** {alarm.consequence}",
                f"- **Remedy:** {alarm.remedy}",
                "",
            ]
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """File name below docs/ → content."""
    dictionaries = list(bundled_dictionaries().values())
    return {
        "registers.md": registers.page(dictionaries),
        "modbus.md": modbus.page(dictionaries[0]),
        "faults.md": faults(dictionaries),
        "wiring.md": wiring.page(),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, content in pages().items():
        (folder / name).write_text(content, encoding="utf-8")
