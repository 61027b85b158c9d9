"""How the pod's cooling is set; `mallee.pod.config` takes the values of a pod file."""

from __future__ import annotations

import msgspec

DEW_POINT_FLOOR_MAX_DEGC = 45.0  # control.md: above this the floor would overheat what it protects


class CoolingSettings(msgspec.Struct, frozen=True):
    supply_temperature_degC: float = 37.0
    differential_pressure_kPa: float = 200.0
    """At the racks' ratings; less where they draw less, see `pressure_reset`."""
    dew_point_margin_K: float = 2.5
    feed_forward: bool = True
    heat_lag_s: float = 8.0
    """First-order lag of the heat that the skids are told: about the time that heat takes through devices and pipes."""
    trim_time_s: float = 60.0
    """Integral time of the differential-pressure trim: far slower than the skids' own loops (3 s)."""
    trim_limit: float = 0.05
    """Largest trim, as part of the set-point; the droop it makes up for is 5 % by default."""
    trim_band: float = 0.10
    """The trim rests while the pressure is farther than this from its set-point: that is not droop."""
    pressure_reset: bool = True
    """Flow follows what the most loaded rack draws, so that its coolant warms up as much as at its rating."""
    least_pressure: float = 0.5
    """Part of the differential pressure that is never reset below."""
    reset_time_s: float = 30.0
    """A rise of what a rack draws is taken over so long: a training step is shorter, and coolant bears it …"""
    reset_fall_s: float = 240.0
    """… and a fall over so long: flow that sinks makes the exchangers better, which the valves follow slowly."""
    handover_s: float = 30.0
    """Time constant with which a predecessor's set-point becomes this host's."""
    flow_exponent: float = 1.85
    """Pressure drop of the racks goes with flow to this power."""
    facility_approach_K: float = 3.0  # 2.6 K for 832 kW by the exchanger's 309 kW/K with the valve open, and some
    """One skid alone cools the pod to so much above its facility water; a supply set-point below that opens its valve for
    nothing."""
    staging: bool = True
    """One of several skids stands by while the load is small."""
    stage_off_below: float = 0.36
    """Of the racks' heat at their ratings, for each skid that would be left; control.md: 40 %, hysteresis ±10 %."""
    stage_on_above: float = 0.44
    stage_hold_s: float = 300.0
    """So long below before a skid stands by, and so long it stands by or runs at the least."""
