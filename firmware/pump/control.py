"""The loops of the skid: differential pressure or flow to pump speed, supply temperature to valve. Set-points and ramps.

Pure: `step` of each class takes values and returns commands. Percent, kPa, °C, l/min, kW, seconds.
"""

from math import log

import micropython
from core.pid import Pi, ramp
from core.starting import at_start
from maps.pump import Mode

RANGEABILITY = 50.0  # of the equal-percentage valve
HEAT_CAPACITY_kJ_l_K = 4.008  # 25 % propylene glycol at 40 °C (Melinder 2010, as CoolProp tabulates it)
DEW_POINT_FLOOR_LIMIT_degC = 45.0
LEAST_PART = 0.25  # of the rated flow of one pump that the valve's feed-forward follows
MOST_PART = 2.0  # both pumps at their rated flow


class Setpoints:
    """The four set-points in force. They move to their targets at their ramp, so nothing ever jumps."""

    SPANS = (20.0, 200.0, 1000.0, 100.0)  # K, kPa, l/min, %: what setpoint_ramp is a percentage of

    @at_start
    def __init__(self):
        self.values = [None, None, None, None]
        self.mode = Mode.DIFFERENTIAL_PRESSURE

    def step(self, mode, targets, percent_per_s, dt_s):
        self.mode = mode
        values = self.values
        for i in range(4):
            if values[i] != targets[i]:
                values[i] = ramp(values[i], targets[i], self.SPANS[i] * percent_per_s / 100 * dt_s)

    def arrived(self, mode, targets):
        if self.mode != mode:
            return False
        for i in range(4):
            if abs(self.values[i] - targets[i]) >= 1e-3:
                return False
        return True


class PumpLoop:
    """Speed for both pumps, in percent."""

    @at_start
    def __init__(self):
        self.pressure = Pi(0.0, 100.0)
        self.flow = Pi(0.0, 100.0)
        self.cap = 100.0  # lowered while a pressure is outside its limit
        self.speed = 0.0

    @micropython.native
    def step(self, mode, setpoint, measured, preset, minimum, per_s, dt_s):
        """`setpoint` and `measured` are (ΔP kPa, flow l/min, speed %) ; a measured None falls back to the preset speed."""
        pressure_error = 0.0 if measured[0] is None else setpoint[0] - measured[0]
        flow_error = 0.0 if measured[1] is None else setpoint[1] - measured[1]
        high = max(self.cap, 0.0)
        low = min(minimum, high)
        for loop in (self.pressure, self.flow):
            loop.low, loop.high = low, high
        if mode == Mode.DIFFERENTIAL_PRESSURE and measured[0] is not None:
            wanted = self.pressure.step(pressure_error, dt_s)
        elif mode == Mode.FLOW and measured[1] is not None:
            wanted = self.flow.step(flow_error, dt_s)
        elif mode == Mode.SPEED:
            wanted = max(low, min(high, setpoint[2]))
        else:
            wanted = max(low, min(high, preset))
        self.speed = ramp(self.speed, wanted, per_s * dt_s)
        # Whatever is not in charge follows, and the one in charge must not wind up behind the ramp.
        if mode != Mode.DIFFERENTIAL_PRESSURE or measured[0] is None or self.speed != wanted:
            self.pressure.track(self.speed, pressure_error)
        if mode != Mode.FLOW or measured[1] is None or self.speed != wanted:
            self.flow.track(self.speed, flow_error)
        return self.speed

    def take_over(self, speed, measured, setpoint):
        """Start from what the pumps do, without a bump."""
        self.speed = speed
        self.pressure.track(speed, 0.0 if measured[0] is None else setpoint[0] - measured[0])
        self.flow.track(speed, 0.0 if measured[1] is None else setpoint[1] - measured[1])

    def limit(self, reduce, per_s, dt_s, floor=0.0):
        """Lower the cap while `reduce`, let it rise again at a fifth of that rate."""
        if reduce:
            self.cap = max(floor, min(self.cap, self.speed) - per_s * dt_s)
        else:
            self.cap = min(100.0, self.cap + per_s / 5 * dt_s)


class ValveLoop:
    """Valve opening in percent. The loop gives facility flow, in percent of full flow, for each unit of `demand`, the
    effectiveness that the exchanger needs (effectiveness_needed), and of `part`, the coolant's flow. So heat, return and
    facility temperature and the coolant's flow move the valve by themselves, and the loop trims. An equal-percentage valve
    passes R^(x-1) of its full flow at opening x."""

    @at_start
    def __init__(self):
        self.loop = Pi(0.0, 100.0)
        self.demand = 0.5
        self.part = 1.0

    @micropython.native
    def step(self, error_K, demand, dt_s):
        """`error_K` is supply minus set-point; without a `demand` (None) the last one holds. It falls slowly, as heat does: a
        return sensor that suddenly reads low must leave the loop time to see what comes of it."""
        if demand is not None:
            self.demand = ramp(self.demand, demand, (0.1 if demand > self.demand else 0.02) * dt_s)
        loop, demand = self.loop, self.demand * self.part
        loop.low, loop.high = 100 / RANGEABILITY / demand, 100 / demand
        return opening(loop.step(error_K, dt_s) * demand)

    def follow(self, part, dt_s):
        """Once a second: `part` is the coolant's flow over the rated one of one pump, where the loop is tuned. None, not known,
        holds. At one effectiveness the water goes with the coolant. It falls slowly, for the same reason as demand, and in
        proportion, as the valve's opening goes with the logarithm; within bounds, as demand is."""
        if part is not None:
            part = max(LEAST_PART, min(MOST_PART, part))
            self.part = ramp(self.part, part, (0.1 if part > self.part else 0.02) * self.part * dt_s)

    def take_over(self, position, error_K, demand=None):
        if demand is not None:
            self.demand = demand
        demand = self.demand * self.part
        self.loop.high = 100 / demand
        self.loop.track(facility_flow(position) / demand, error_K)


def opening(flow_percent):
    return 100 * (1 + log(flow_percent / 100) / log(RANGEABILITY))


def facility_flow(opening_percent):
    return 100 * RANGEABILITY ** (max(0.0, min(100.0, opening_percent)) / 100 - 1)


def heat_kW(flow_l_min, warm_degC, cold_degC):
    """Heat taken up by the coolant; None where anything is unknown."""
    if flow_l_min is None or warm_degC is None or cold_degC is None:
        return None
    return flow_l_min / 60 * HEAT_CAPACITY_kJ_l_K * (warm_degC - cold_degC)


def flow_needed_l_min(heat_kW, rise_K):
    """That carries the heat at this rise of the coolant: Q / (rho cp dT)."""
    return heat_kW * 60 / (HEAT_CAPACITY_kJ_l_K * rise_K)


def effectiveness_needed(return_degC, facility_degC, supply_degC, flow_l_min=None, coming_kW=None):
    """Of the exchanger, to bring the coolant to `supply_degC`: its cooling over the most that facility water could do,
    (T_return - T_supply) / (T_return - T_facility). Between 0.2 and 1, so that a sensor that lies moves the valve by a
    bounded part; None where it cannot be judged. Heat that is coming is met before it is here; heat that falls, when it
    is gone."""
    if coming_kW is not None and flow_l_min:
        soon = supply_degC + coming_kW * 60 / HEAT_CAPACITY_kJ_l_K / flow_l_min
        if return_degC is None or soon > return_degC:
            return_degC = soon
    if return_degC is None or facility_degC is None or return_degC <= facility_degC:
        return None
    return max(0.2, min(1.0, (return_degC - supply_degC) / (return_degC - facility_degC)))


def guarded(setpoint_degC, dew_point_degC, margin_K):
    """Supply set-point that keeps surfaces dry; the floor is clamped, so that a lying sensor cannot cook the racks."""
    return max(setpoint_degC, min(dew_point_degC + margin_K, DEW_POINT_FLOOR_LIMIT_degC))


def drooped(setpoint_kPa, droop_percent, speed_percent):
    """Two skids with integral action on one manifold share the load because each wants a little less the faster it runs."""
    return setpoint_kPa * (1 + droop_percent / 100 * (50 - speed_percent) / 100)
