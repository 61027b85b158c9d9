"""How long a character takes."""

from __future__ import annotations

CHARACTER_BITS = {"8E1": 11, "8O1": 11, "8N2": 11, "8N1": 10}
"""Start, data, parity and stop bits of each framing."""


def character_ns(baud: int, framing: str) -> int:
    return CHARACTER_BITS[framing] * 1_000_000_000 // baud
