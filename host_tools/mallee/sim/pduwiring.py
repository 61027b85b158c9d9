"""Between the power side of the plant and a PDU's controller: currents, voltages and powers one way, coils the other.

The input vector is that of modules/virtual_pdu.py. A branch's record is packed once for each rack and feed: branches of a rack
on the same feed carry the same.
"""

from __future__ import annotations

import math
import struct

from .plant.electrical import BRANCHES, Branch, Electrical, PduPower

INPUTS, OUTPUTS = 13 * BRANCHES + 3, 2
_RECORD = struct.Struct("<13i")
_TAIL = struct.Struct("<3i")  # frequency, contacts, chips that are absent: none


class PduWiring:
    def __init__(self, electrical: Electrical, name: str) -> None:
        self._electrical = electrical
        self._pdu: PduPower = electrical.pdus[name]
        self._name = name
        self._version = -1
        self._bytes = b""
        self._lost_phase: int | None = None

    def inputs(self) -> bytes:
        electrical = self._electrical
        if electrical.version != self._version:
            self._version = electrical.version
            pdu = self._pdu
            known: dict[tuple[float, bool], bytes] = {}
            parts: list[bytes] = []
            for branch in pdu.branches:
                key = branch.current_A, branch.contactor.closed
                record = known.get(key)
                if record is None:
                    record = known[key] = self._record(branch)
                parts.append(record)
            live = pdu.live
            parts.append(_TAIL.pack(round(electrical.frequency_Hz * 1000) if live else 0, pdu.closed_bits, 0))
            self._bytes = b"".join(parts)
        return self._bytes

    def lose_phase(self, phase: int | None) -> None:
        """Fault: phase 0, 1 or 2 has no voltage at this PDU, and the shelves draw their power from the others. None: all have."""
        self._lost_phase = phase
        self._version = -1

    def _record(self, branch: Branch) -> bytes:
        """Meters sit on the line side of contactor and breaker: they see voltage on an open branch."""
        pdu = self._pdu
        volts = round(pdu.feed.voltage_V / math.sqrt(3.0) * 1000) if pdu.live else 0
        live = [phase != self._lost_phase for phase in range(3)]
        current = round(branch.current_A * 3 / sum(live) * 1000)
        power, reactive = (round(watts / sum(live) * 1000) for watts in (branch.power_W, branch.reactive_var))
        return _RECORD.pack(
            current, *(value if on else 0 for value in (volts, current, power, reactive) for on in live)
        )

    def outputs(self, values: tuple[int, ...]) -> None:
        set_coils, reset_coils = (max(0, value) for value in values)
        self._electrical.coils(self._name, set_coils, reset_coils)
