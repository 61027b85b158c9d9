"""The skid's registers of what is watched beside regulation: operation, leaks, wear, and the plant numbers of the loops."""

from maps.common import LeakState
from maps.fields import Enum, Holding, Input, enum, s16, u16
from maps.pump import Operation


class Arranged(Enum):
    SHARED = 0
    """Both pumps share the load at equal speed."""
    DUTY_STANDBY = 1
    """One pump runs, the other stands by; they change over by run time."""


class Contact(Enum):
    OPEN = 0
    """Open, or its wire is cut."""
    CLOSED = 1
    """Closed."""


class Watched(Input):
    """Behind the measurements, in the fast block."""

    operation = enum(145, Operation)
    """What the skid is about now."""
    leak_rope = enum(146, LeakState)
    """Leak rope under the skid."""
    lost_volume = u16(147, -1, "l")
    """Coolant that left the expansion vessel beyond leak_tolerance; not available while it is filled."""
    peer_running = enum(148, Contact)
    """Contact of the other skid, closed while it carries flow; not available where this board has no pin for it."""
    level_switch = enum(149, Contact)
    """Level switch of the expansion tank, closed above its level; not available before it was seen closed once."""
    filter_loading = u16(150, -1, "%")
    """Of the way from filter_clean to filter_limit, both at rated flow."""
    pump_head_ratio = u16(151, -1, "%", count=2)
    """Head of each pump over its curve's, over 5 min; known while it runs alone or both at equal speed."""
    pump_efficiency = u16(153, -1, "%", count=2)
    """Hydraulic over electric power, over 5 min; where pump_power_1 and pump_power_2 are measured."""


class Supervision(Holding):
    """What is looked up once in a while, in RAM until committed."""

    pump_arrangement = enum(239, Arranged, low=0, high=1, default=0)
    """How the two pumps of this skid work together."""
    rotation_interval = u16(240, -1, "h", low=0.1, high=6000, default=168)
    """In duty and standby they change over when run_time differs by more than that."""
    fill_speed = s16(241, -2, "%", low=5, high=60, default=30)
    """Speed of the pumps while the loop is filled."""
    fill_on = u16(242, 0, "s", low=1, high=600, default=20)
    """Filling: so long the pumps run."""
    fill_off = u16(243, 0, "s", low=1, high=600, default=10)
    """Filling: so long they stand, and air rises."""
    service_timeout = u16(244, 0, "s", low=10, high=28800, default=1800)
    """Service ends by itself after that."""
    startup_inhibit = u16(245, 0, "s", low=0, high=120, default=10)
    """After the pumps start, deviation alarms wait for so long; temperature and leak alarms never do."""
    leak_volume = u16(246, -1, "l", low=0.5, high=500, default=3)
    """lost_volume above this is a leak. Above the contraction of the coolant: 1.5 l for 10 K in the default loop."""
    leak_tolerance = u16(247, -2, "l/min", low=0, high=10, default=0.2)
    """Loss that is tolerated."""
    vessel_volume = u16(248, 0, "l", low=1, high=5000, default=100)
    """Expansion vessel, gas and liquid: 100 % of level."""
    filter_clean = u16(249, -1, "kPa", low=1, high=100, default=20)
    """Of the clean filter at rated flow."""
    filter_warning = u16(250, 0, "%", low=10, high=100, default=80)
    """filter_loading alarm."""
    pump_worn = u16(251, 0, "%", low=30, high=100, default=80)
    """pump_head_ratio below this is an alarm."""
    pressure_tolerance = u16(264, -1, "kPa", low=2, high=100, default=12)
    """Differential pressure may differ so much from supply minus return pressure; beyond it two of three count, the pumps' curve
    being the third."""
    flow_tolerance = u16(265, 0, "%", low=5, high=100, default=25)
    """Flow may differ so much from what the pumps give by their curve; from a third of that flow mode follows the lower one."""
    heat_tolerance = u16(266, -2, "K", low=0.5, high=20, default=2)
    """Return and facility temperature may differ so much from what the heat balance of the exchanger says."""
    design_rise = u16(267, -2, "K", low=2, high=30, default=None)
    """In flow mode with a lease the flow carries the heat that the host announces (remote_heat) at this rise of the coolant, and
    is never below remote_flow; not available: the flow is remote_flow."""


class Plant(Holding):
    """What the loops are tuned to (docs/control.md), in RAM until committed. Only used where a gain is not available."""

    pressure_process = u16(252, -2, "%/%", low=0.1, high=10, default=2)
    """Percent of differential pressure for a percent of the speed there is."""
    pressure_lag = u16(253, -1, "s", low=0.1, high=60, default=0.3)
    """Time constant of that: drive and the averaging of transmitters."""
    pressure_delay = u16(254, -1, "s", low=0, high=60, default=0.2)
    """Dead time of that."""
    pressure_closed_loop = u16(255, -1, "s", low=0.1, high=60, default=0.8)
    """Time constant wanted of the closed loop."""
    flow_process = u16(256, -2, "%/%", low=0.1, high=10, default=1.2)
    """Percent of this skid's flow for a percent of the speed there is."""
    flow_lag = u16(257, -1, "s", low=0.1, high=60, default=0.3)
    """Time constant of that."""
    flow_delay = u16(258, -1, "s", low=0, high=60, default=0.2)
    """Dead time of that."""
    flow_closed_loop = u16(259, -1, "s", low=0.1, high=60, default=2)
    """Time constant wanted of the closed loop."""
    temperature_process = u16(260, -2, "K/%", low=0.01, high=10, default=0.33)
    """Supply temperature for a percent of full facility flow, at full demand of the exchanger."""
    temperature_lag = u16(261, -1, "s", low=1, high=3600, default=20)
    """Time constant of that."""
    temperature_delay = u16(262, -1, "s", low=0, high=600, default=3)
    """Dead time of that."""
    temperature_closed_loop = u16(263, -1, "s", low=1, high=3600, default=12)
    """Time constant wanted of the closed loop."""
