"""The manifold: skids in parallel push through racks in parallel. One unknown, the differential pressure between the headers.

Rack: Q = c (Δp)^(1/1.85) (Δp ∝ V^1.85, turbulent flow in cold plates and hoses). Skid: flow over head of each pump (pump.py),
less what a clogged filter takes beyond the clean one. Flow given minus flow taken falls with Δp, so there is one root; it is
found by the secant method from the last one inside a bracket (Dekker), and zero flow is a root like any other.
"""

from __future__ import annotations

from .pump import Pump, PumpCurve

_TOLERANCE_KG_S = 1e-6


class SkidHydraulics:
    """Two pumps behind check valves, and a filter. `clog_kPa` is its extra pressure drop at rated flow."""

    def __init__(self, curve: PumpCurve, pumps: list[Pump]) -> None:
        self.curve = curve
        self.pumps = pumps
        self.clog_kPa = 0.0
        self.head_fraction = 1.0
        """What gas in the coolant leaves of the pumps' head."""
        self.flow_kg_s = 0.0

    def flow_at(self, differential_pressure_kPa: float) -> float:
        """Flow against this pressure between the headers, kg/s."""
        if self.clog_kPa <= 0.0:
            return self._pumped(differential_pressure_kPa)
        # q = pumped(Δp + k q²): the right side falls with q, so bisection between 0 and the unclogged flow.
        k = self.clog_kPa / self.curve.rated_flow_kg_s**2
        low, high = 0.0, self._pumped(differential_pressure_kPa)
        for _ in range(40):
            middle = 0.5 * (low + high)
            if self._pumped(differential_pressure_kPa + k * middle * middle) > middle:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)

    def power_W(self, differential_pressure_kPa: float) -> float:
        """Electric power of the pumps at this pressure between the headers and the flow that was found for it."""
        return sum(self.pump_powers_W(differential_pressure_kPa))

    def pump_powers_W(self, differential_pressure_kPa: float) -> list[float]:
        """Likewise, of each: what goes through its impeller takes it, whether all of that is delivered or not."""
        head_kPa = differential_pressure_kPa + self.clog_kPa * (self.flow_kg_s / self.curve.rated_flow_kg_s) ** 2
        powers = []
        for pump in self.pumps:
            speed = pump.speed_percent * 0.01
            flow = self.curve.flow_kg_s(head_kPa / self.head_fraction, speed)
            powers.append(self.curve.power_W(flow, speed) * (1.0 + pump.drag))
        return powers

    def _pumped(self, head_kPa: float) -> float:
        total = 0.0
        for pump in self.pumps:
            if pump.speed_percent > 0.0:
                flow = self.curve.flow_kg_s(head_kPa / self.head_fraction, pump.speed_percent * 0.01)
                if pump.back and flow:
                    flow = max(0.0, flow - self.curve.back_kg_s(pump.back, head_kPa / self.head_fraction))
                total += flow
        return total


class Manifold:
    """`conductances` of the racks: flow in kg/s at Δp kPa is conductance × Δp^(1/exponent)."""

    def __init__(self, skids: list[SkidHydraulics], conductances: list[float], exponent: float) -> None:
        self.skids = skids
        self.conductances = conductances
        self.differential_pressure_kPa = 0.0
        self.flow_kg_s = 0.0
        self._inverse = 1.0 / exponent

    def solve(self) -> None:
        """Find Δp for the present speeds and conductances; sets it and the flows of the skids."""
        conductance = sum(self.conductances)
        shutoff = 0.0
        for skid in self.skids:
            for pump in skid.pumps:
                head = skid.curve.shutoff_kPa * (pump.speed_percent * 0.01) ** 2 * skid.head_fraction
                if head > shutoff:
                    shutoff = head
        if shutoff <= 0.0 or conductance <= 0.0:
            self.differential_pressure_kPa = shutoff if conductance <= 0.0 else 0.0
            self.flow_kg_s = 0.0
            for skid in self.skids:
                skid.flow_kg_s = 0.0
            return
        self.differential_pressure_kPa = self._root(conductance, shutoff)
        total = 0.0
        for skid in self.skids:
            skid.flow_kg_s = skid.flow_at(self.differential_pressure_kPa)
            total += skid.flow_kg_s
        self.flow_kg_s = total

    def _surplus(self, pressure: float, conductance: float) -> float:
        given = 0.0
        for skid in self.skids:
            given += skid.flow_at(pressure)
        return given - conductance * pressure**self._inverse

    def _root(self, conductance: float, shutoff: float) -> float:
        low, high = 0.0, shutoff
        at = min(max(self.differential_pressure_kPa, 1e-9), high)
        before, before_value = at * 1.001 + 1e-9, 0.0
        value = self._surplus(at, conductance)
        if abs(value) < _TOLERANCE_KG_S:
            return at
        before_value = self._surplus(before, conductance)
        for _ in range(60):
            if value > 0.0:
                low = at
            else:
                high = at
            slope = (value - before_value) / (at - before) if at != before else 0.0
            guess = at - value / slope if slope < 0.0 else -1.0
            if not low < guess < high:
                guess = 0.5 * (low + high)
            before, before_value = at, value
            at = guess
            value = self._surplus(at, conductance)
            if abs(value) < _TOLERANCE_KG_S or high - low < 1e-12:
                break
        return at
