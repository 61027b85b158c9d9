"""Between the power side of the plant and a PDU's controller: currents, voltages and powers one way, coils the other.

The input vector is that of modules/virtual_pdu.py. A branch's record is packed once for each rack and feed: branches of a rack
on the same feed carry the same.
"""

from __future__ import annotations

import math
import struct

from .plant.electrical import BRANCHES, Branch, PduPower
from .plant.plant import Plant

INPUTS, OUTPUTS = 13 * BRANCHES + 6, 3
_RECORD = struct.Struct("<13i")
_TAIL = struct.Struct("<6i")  # frequency, contacts, chips that are absent, ropes, wired inputs
CUT_ohm, SHORTED_ohm, WET_ohm, DRY_ohm = -1, 0, 5_000, 10_000_000
_GROUND_FAULT, _POWER_FAIL = 1, 2


class PduWiring:
    def __init__(self, plant: Plant, name: str) -> None:
        self._plant = plant
        self._electrical = plant.electrical
        self._pdu: PduPower = self._electrical.pdus[name]
        self._racks = plant.isolation.racks(name)
        self.rope_ohm: list[int | None] = [None, None]
        """Faults: what is on a leak rope whatever the plant does."""
        self.ground_fault = False
        self._ropes = (DRY_ohm, DRY_ohm)
        self._name = name
        self._version = -1
        self._bytes = b""
        self._lost_phase: int | None = None
        self._reversed: set[tuple[int, int]] = set()
        self._single_A: dict[tuple[int, int], float] = {}
        self.absent = 0
        """Fault: chips that do not answer, as sim/chips/absence.py counts them."""

    def inputs(self) -> bytes:
        electrical, ropes = self._electrical, (self._rope(0), self._rope(1))
        if electrical.version != self._version or ropes != self._ropes:
            self._ropes = ropes
            self._version = electrical.version
            pdu = self._pdu
            known: dict[tuple[float, bool], bytes] = {}
            parts: list[bytes] = []
            own = {place[0] for place in (*self._reversed, *self._single_A)}
            for index, branch in enumerate(pdu.branches):
                if index in own:
                    parts.append(self._own_record(index, branch))
                    continue
                key = branch.current_A, branch.contactor.closed
                record = known.get(key)
                if record is None:
                    record = known[key] = self._record(branch)
                parts.append(record)
            live = pdu.live
            frequency_mHz = round(electrical.frequency_Hz * 1000) if live else 0
            wired = _POWER_FAIL | (_GROUND_FAULT if self.ground_fault else 0)
            parts.append(_TAIL.pack(frequency_mHz, pdu.closed_bits, self.absent, *ropes, wired))
            self._bytes = b"".join(parts)
        return self._bytes

    def _rope(self, index: int) -> int:
        """Ohms of water on a rope; one that is laid at no rack has no end resistor."""
        fault, rack = self.rope_ohm[index], self._racks[index]
        if fault is not None:
            return fault
        if rack is None:
            return CUT_ohm
        return WET_ohm if self._plant.leaks_at(rack) else DRY_ohm

    def fault_ground(self, opened: bool) -> None:
        """Fault: the contact of the ground-fault relay, or its wire, is open."""
        self.ground_fault = opened
        self._version = -1

    def lose_phase(self, phase: int | None) -> None:
        """Fault: phase 0, 1 or 2 has no voltage at this PDU, and the shelves draw their power from the others. None: all have."""
        self._lost_phase = phase
        self._version = -1

    def lack(self, chips: int) -> None:
        """Fault: these chips do not answer; 0: all do."""
        self.absent = chips
        self._version = -1

    def reverse(self, branch: int, phase: int, reversed_: bool) -> None:
        """Fault: the current transformer of a branch's phase (both from 0) sits the wrong way round at its meter. The fast
        channel takes the magnitude and does not see it."""
        (self._reversed.add if reversed_ else self._reversed.discard)((branch, phase))
        self._version = -1

    def load_phase(self, branch: int, phase: int, by_A: float) -> None:
        """Fault: something between one phase of a branch (both from 0) and neutral draws so much more. Loads add up. Breakers and
        heat of the plant do not know of it."""
        self._single_A[branch, phase] = self._single_A.get((branch, phase), 0.0) + by_A
        if not self._single_A[branch, phase]:
            del self._single_A[branch, phase]
        self._version = -1

    def _own_record(self, index: int, branch: Branch) -> bytes:
        """Of a branch whose phases are not alike: those of `_record`, with what its faults add to them."""
        words = list(_RECORD.unpack(self._record(branch)))
        for phase in range(3):
            volts, more_A = words[1 + phase] / 1000, self._single_A.get((index, phase), 0.0)
            if volts and branch.live:
                words[4 + phase] += round(1000 * more_A)
                words[7 + phase] += round(1000 * more_A * volts)
            if (index, phase) in self._reversed:
                words[7 + phase], words[10 + phase] = -words[7 + phase], -words[10 + phase]
        words[0] = max(words[0], *words[4:7])
        return _RECORD.pack(*words)

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
        set_coils, reset_coils, valves = (max(0, value) for value in values)
        self._electrical.coils(self._name, set_coils, reset_coils)
        self._plant.isolation.permit(self._name, valves)
