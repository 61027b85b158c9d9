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

    def _record(self, branch: Branch) -> bytes:
        """Meters sit on the line side of contactor and breaker: they see voltage on an open branch."""
        pdu = self._pdu
        volts = round(pdu.feed.voltage_V / math.sqrt(3.0) * 1000) if pdu.live else 0
        current = round(branch.current_A * 1000)
        power, reactive = round(branch.power_W / 3 * 1000), round(branch.reactive_var / 3 * 1000)
        return _RECORD.pack(
            current, volts, volts, volts, current, current, current, power, power, power, reactive, reactive, reactive
        )

    def outputs(self, values: tuple[int, ...]) -> None:
        set_coils, reset_coils = (max(0, value) for value in values)
        self._electrical.coils(self._name, set_coils, reset_coils)
