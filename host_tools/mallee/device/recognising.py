"""Which dictionary a unit has, from what another master reads of it: nothing is asked."""

from __future__ import annotations

from pathlib import Path

from ..link.overhearing import Heard
from .dictionary import Dictionary
from .identity import decode_identity, identity_registers
from .resolve import known_dictionary

_READ_INPUT = 4


class Recogniser:
    """`hear` each frame in order."""

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._asked: tuple[int, int] | None = None

    def hear(self, heard: Heard) -> tuple[int, Dictionary] | None:
        """A unit and its dictionary, when this answer is the identity block of a controller whose dictionary is at hand."""
        if heard.role == "noise":
            return None
        unit, pdu = heard.data[0], heard.data[1:-2]
        if heard.role == "request":
            reads = pdu[0] == _READ_INPUT and len(pdu) == 5 and not int.from_bytes(pdu[1:3], "big")
            self._asked = (unit, int.from_bytes(pdu[3:5], "big")) if reads else None
            return None
        asked, self._asked = self._asked, None
        if heard.role != "answer" or asked is None or asked[0] != unit or pdu[0] != _READ_INPUT:
            return None
        words = [int.from_bytes(pdu[at : at + 2], "big") for at in range(2, len(pdu) - 1, 2)]
        identity = decode_identity(words) if len(words) >= identity_registers() else None
        dictionary = None if identity is None else known_dictionary(identity.dictionary_hash, self._cache)
        return None if dictionary is None else (unit, dictionary)
