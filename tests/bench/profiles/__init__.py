"""What both profiles promise, with the real firmware on virtual boards and no host: design control.md, the controller's half.

A file measures one idea: its measure() gives figures by their names without the file's. Each is measured twice, the second time
with its mechanism switched off. Rigs: `single` has one controller and its inputs by hand, `skids` two skids in the plant,
`scenarios` whole pods.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..running import chosen, run

GROUPS = (
    "quiet",
    "energy",
    "liars",
    "pdu_thermal",
    "alone",
    "pump_loss",
    "pump_rotation",
    "pump_interlocks",
    "pump_never_stop",
    "pump_leak",
    "pump_start",
    "pump_sensors",
    "pump_voting",
    "pump_fallback",
    "pump_feed_forward",
    "pump_dew_point",
    "pump_bumpless",
    "pump_loops",
    "pdu_metering",
    "pdu_statistics",
    "pdu_swing",
    "pdu_trips",
    "pdu_recorder",
    "pdu_supply",
    "pdu_switching",
    "pdu_welded",
    "pdu_leak",
    "pdu_lease",
)
"""Files of this package, those that take longest first."""


def measure(prefix: str = "") -> Iterator[dict[str, Any]]:
    """Figures of those groups of which `prefix` is the beginning, or which are its beginning, as each is done."""
    yield from run("profiles", chosen(GROUPS, prefix))
