"""One moment for a whole serial line: a broadcast has every controller copy its fast block, and the copies are read after it."""

from __future__ import annotations

import msgspec

from ..device.dictionary import LATCHED, Dictionary
from ..device.spans import Span
from ..device.writing import plan_writes
from ..link import pdus

_NUMBERS = 60000  # of latches, so that a sample is told from those before


def can_latch(dictionary: Dictionary) -> bool:
    return "latch_number" in dictionary.by_name and "broadcast_latch_number" in dictionary.by_name


def latched_span(dictionary: Dictionary) -> Span:
    """The latched copy in one span, with the number of its latch. Its points have the names of the fast block's own."""
    number = dictionary.by_name["latch_number"]
    age = dictionary.by_name["latch_age"]
    copies = [p for p in dictionary.points if p.name.startswith(LATCHED)]
    named = [msgspec.structs.replace(p, name=p.name.removeprefix(LATCHED)) for p in copies]
    first, end = number.address, max(p.end for p in copies)
    return Span("input", first, end - first, (number, age, *named))


def latch_command(dictionary: Dictionary, number: int) -> bytes:
    """The PDU of the broadcast."""
    values = {
        "broadcast_magic": 0x4D4C,
        "broadcast_command": "latch",
        "broadcast_latch_number": number % _NUMBERS,
        "broadcast_clock": 0,
    }
    (planned,) = plan_writes(dictionary, values)
    return pdus.encode(planned.pdu())
