"""Pumps of a skid: head and power curves, affinity laws, check valve, drive.

Both pumps together give head h(x) at full speed and flow x (fraction of rated); at speed s: H = s² h(Q / s) (affinity laws,
Karassik, Pump Handbook, 2.3). One pump alone gives half of the flow at the same head. What they draw is in mallee.pod.pumps;
the curves go through the maker's points (mallee.pod.curve).
"""

from __future__ import annotations

import math

from ...pod import pumps
from ...pod.curve import Curve
from ...pod.parameters import PumpParameters

_STOPPED_PERCENT = 1.0


class PumpCurve:
    """Flow over head of one pump, as needed by the manifold: head is what all pumps share."""

    _POINTS = 256

    def __init__(self, parameters: PumpParameters) -> None:
        self.head_kPa = Curve(parameters.head_flow, parameters.head_kPa)
        """Of both pumps at full speed, over the flow as a fraction of rated."""
        self.power_kW = Curve(parameters.head_flow, parameters.power_kW)
        """Likewise: electric power."""
        self.shutoff_kPa = parameters.head_kPa[0]
        self.rated_flow_kg_s = parameters.rated_flow_kg_s
        # Tabulated over w = sqrt(shutoff - head): flow is nearly linear in w, also where the curve is flat.
        self._w_max = math.sqrt(self.shutoff_kPa)
        self._per_w = self._POINTS / self._w_max
        half = 0.5 * self.rated_flow_kg_s
        self._flow = [half * self._inverse(self.shutoff_kPa - (i / self._per_w) ** 2) for i in range(self._POINTS + 1)]

    def _inverse(self, head_kPa: float) -> float:
        low, high = 0.0, 2.0
        while self.head_kPa(high) > head_kPa:
            high *= 2
        for _ in range(60):
            middle = 0.5 * (low + high)
            if self.head_kPa(middle) > head_kPa:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)

    def flow_kg_s(self, head_kPa: float, speed: float) -> float:
        """Flow of one pump at `speed` (fraction) against `head_kPa`; its check valve lets nothing back."""
        if speed <= 0.0:
            return 0.0
        below = self.shutoff_kPa - head_kPa / (speed * speed)
        if below <= 0.0:
            return 0.0
        place = math.sqrt(below) * self._per_w
        i = int(place)
        table = self._flow
        if i >= self._POINTS:
            return speed * table[self._POINTS]
        low = table[i]
        return speed * (low + (table[i + 1] - low) * (place - i))

    def back_kg_s(self, part: float, head_kPa: float) -> float:
        """What worn rings let back from discharge to suction: `part` of the pump's rated flow at the head of a pump that is shut
        off at full speed; through a gap like an orifice (Gülich, Centrifugal Pumps, 3.6.2)."""
        return part * 0.5 * self.rated_flow_kg_s * math.sqrt(max(0.0, head_kPa) / self.shutoff_kPa)

    def power_W(self, flow_kg_s: float, speed: float) -> float:
        """Electric power of one pump at `speed` (fraction) that gives `flow_kg_s`."""
        return pumps.power_W(self.power_kW, self.rated_flow_kg_s, flow_kg_s, speed)


class Pump:
    """One pump and its drive. `command_percent` is what it is told, `speed_percent` what it does."""

    def __init__(self, parameters: PumpParameters) -> None:
        self.command_percent = 0.0
        self.speed_percent = 0.0
        self.stopped = False
        """Fault: the drive tripped; the pump runs down and stays."""
        self.back = 0.0
        """Fault: what its worn rings let back, see PumpCurve.back_kg_s."""
        self.drag = 0.0
        """Fault: bearings and drive take so much more, as a part of its power."""
        self._minimum = parameters.minimum_speed_percent
        self._per_s = 100.0 / parameters.full_stroke_s

    def step(self, dt_s: float) -> None:
        command = self.command_percent
        running = command >= _STOPPED_PERCENT and not self.stopped
        target = min(100.0, max(self._minimum, command)) if running else 0.0
        if target != self.speed_percent:
            most = self._per_s * dt_s
            self.speed_percent += max(-most, min(most, target - self.speed_percent))
