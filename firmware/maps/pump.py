"""Register map of the coolant pump skid: two pumps, one heat exchanger, one primary valve, on a shared manifold."""

from maps.fields import Enum, Holding, Input, Order, enum, flags, quality, s16, u16, u32


class Mode(Enum):
    DIFFERENTIAL_PRESSURE = 0
    """Pump speed holds the manifold differential pressure."""
    FLOW = 1
    """Pump speed holds the secondary flow."""
    SPEED = 2
    """Pump speed is set by hand."""


class PumpState(Enum):
    STOPPED = 0
    """Not commanded."""
    RUNNING = 1
    """Commanded and turning."""
    FAULT = 2
    """Commanded, but without effect; at minimum speed until it shows that it is back."""
    LOCKED = 3
    """Stopped by a latched interlock."""


class Operation(Enum):
    RUN = 0
    """The loops are in charge."""
    STANDBY = 1
    """Pumps stopped, ready: it runs by itself when the manifold stays below 60 % of its set-point for 3 s."""
    FILL = 2
    """Pumps slow, on and off in turn, so that air leaves; interlocks act, deviation alarms and leak balance do not."""
    SERVICE = 3
    """Pumps and valve by hand; interlocks act. It ends by itself after service_timeout."""


class Sensor(Enum):
    """Bit numbers of sensors_dropped."""

    SUPPLY_1 = 0
    """Supply temperature sensor 1."""
    SUPPLY_2 = 1
    """Supply temperature sensor 2."""
    SUPPLY_3 = 2
    """Supply temperature sensor 3."""
    DIFFERENTIAL_PRESSURE = 3
    """Manifold differential pressure; the pumps run at the preset speed without it."""
    HUMIDITY = 4
    """Ambient humidity; a dew point of 25 °C is assumed without it."""
    LEVEL = 5
    """Level; no dry-run stop without it."""
    SUPPLY_PRESSURE = 6
    """Supply pressure; no stop and no limit without it."""
    RETURN_PRESSURE = 7
    """Return pressure; no low-pressure stop without it."""


class Measurement(Input):
    """Fast block of the pump skid. Secondary is the coolant of the racks, facility the water of the building."""

    quality = quality(112, 3)
    """Quality of the measurements of this block, two bits each."""
    supply_temperature = s16(115, -2, "degC", q=0)
    """Coolant to the racks: median of the valid supply sensors, the warmer of two."""
    supply_temperature_sensor = s16(116, -2, "degC", count=3, q=1)
    """Each of the three supply temperature sensors."""
    return_temperature = s16(119, -2, "degC", q=4)
    """Coolant back from the racks."""
    facility_supply_temperature = s16(120, -2, "degC", q=5)
    """Facility water into the heat exchanger."""
    facility_return_temperature = s16(121, -2, "degC", q=6)
    """Facility water out of the heat exchanger."""
    differential_pressure = s16(122, -1, "kPa", q=7)
    """Manifold, supply minus return."""
    supply_pressure = s16(123, -1, "kPa", q=8)
    """Manifold supply, above ambient."""
    return_pressure = s16(124, -1, "kPa", q=9)
    """Pump suction side, above ambient."""
    filter_differential_pressure = s16(125, -1, "kPa", q=10)
    """Across the secondary filter."""
    flow = u16(126, -1, "l/min", q=11)
    """Secondary flow of this skid."""
    facility_flow = u16(127, -1, "l/min", q=12)
    """Facility water flow of this skid."""
    level = s16(128, -1, "%", q=13)
    """Level of the expansion tank."""
    valve_position = s16(129, -2, "%", q=14)
    """Feedback of the primary valve."""
    ambient_temperature = s16(130, -2, "degC", q=15)
    """Air at the skid."""
    ambient_humidity = s16(131, -1, "%RH", q=16)
    """Relative humidity of the air at the skid."""
    dew_point = s16(132, -2, "degC")
    """From ambient temperature and humidity (Magnus formula); without humidity the last one for a minute, then 25 °C."""
    heat = u16(133, -1, "kW")
    """Heat taken from the coolant: flow x density x specific heat x (return - supply)."""
    pump_speed = s16(134, -2, "%", count=2, q=17)
    """Measured speed of each pump."""
    pump_command = s16(136, -2, "%", count=2)
    """Speed commanded to each pump."""
    pump_state = enum(138, PumpState, count=2)
    """State of each pump."""
    valve_command = s16(140, -2, "%")
    """Opening commanded to the primary valve."""
    mode = enum(141, Mode)
    """What the pump speed is controlled by now."""
    active_supply_temperature = s16(142, -2, "degC")
    """Supply set-point in force, after lease, ramp and dew-point guard."""
    active_differential_pressure = s16(143, -1, "kPa")
    """Differential-pressure set-point in force, after lease, ramp and droop."""
    sensors_dropped = flags(144, Sensor)
    """Sensors that are not used now."""


class Counted(Input):
    """What outlives the power."""

    run_time = u32(200, unit="s", count=2)
    """Time that the pump was driven and not stopped or without effect; since manufacture, where memory_kind is not none."""


class Remote(Holding):
    """Remote set-points; they follow the lease block and are written with it."""

    remote_mode = enum(104, Mode, low=0, high=2, default=0)
    """What the pump speed shall be controlled by."""
    remote_supply_temperature = s16(105, -2, "degC", low=15, high=55, default=37)
    """Supply temperature set-point."""
    remote_differential_pressure = s16(106, -1, "kPa", low=20, high=350, default=200)
    """Differential-pressure set-point."""
    remote_flow = u16(107, -1, "l/min", low=0, high=2500, default=600)
    """Flow set-point of this skid."""
    remote_speed = s16(108, -2, "%", low=0, high=100, default=50)
    """Speed set-point."""
    remote_heat = u16(109, -1, "kW", low=0, high=2000, default=None)
    """Heat this skid will have to carry, for the feed-forward of the valve; not available: no feed-forward."""
    remote_operation = enum(110, Operation, low=0, high=3, default=0)
    """What the skid shall be about; where operation_setpoint is not run, that counts."""


class Local(Holding):
    """Set-points without a host. A lease that ends in a hold ramps to these."""

    mode_setpoint = enum(210, Mode, low=0, high=2, default=0)
    """What the pump speed shall be controlled by."""
    supply_temperature_setpoint = s16(211, -2, "degC", low=15, high=55, default=37)
    """Supply temperature set-point."""
    differential_pressure_setpoint = s16(212, -1, "kPa", low=20, high=350, default=200)
    """Differential-pressure set-point."""
    flow_setpoint = u16(213, -1, "l/min", low=0, high=2500, default=600)
    """Flow set-point of this skid."""
    speed_setpoint = s16(214, -2, "%", low=0, high=100, default=50)
    """Speed set-point."""

    operation_setpoint = enum(215, Operation, low=0, high=3, default=0)
    """What the skid shall be about. Anything but run counts for a host's as well; service ends by becoming run."""
    service_speed = s16(216, -2, "%", low=0, high=100, count=2, default=None)
    """Speed of each pump in service; not available: it holds what it does."""
    service_valve = s16(218, -2, "%", low=0, high=100, default=None)
    """Opening of the valve in service; not available: it holds."""


class Settings(Holding):
    """Tuning and limits, in RAM until committed."""

    pump_gain = u16(220, -4, "%/kPa", low=0, high=2, default=None)
    """Proportional gain of the differential-pressure loop; not available: computed from plant numbers, by speed."""
    pump_integral_time = u16(221, -1, "s", low=0.5, high=600, default=None)
    """Integral time of the differential-pressure loop; not available: computed."""
    flow_gain = u16(222, -4, "%min/l", low=0, high=2, default=None)
    """Proportional gain of the flow loop; not available: computed, by speed."""
    flow_integral_time = u16(223, -1, "s", low=0.5, high=600, default=None)
    """Integral time of the flow loop; not available: computed."""
    valve_gain = u16(224, -2, "%/K", low=0, high=100, default=None)
    """Proportional gain of the supply temperature loop: percent of full facility flow, at full demand of the exchanger; not
    available: computed."""
    valve_integral_time = u16(225, -1, "s", low=5, high=3600, default=None)
    """Integral time of the supply temperature loop; not available: computed."""
    droop = u16(226, -2, "%", low=0, high=20, default=5)
    """Fall of the differential-pressure set-point from half to one and a half of full speed; shares load between skids."""
    minimum_speed = s16(227, -2, "%", low=0, high=60, default=15)
    """Pumps do not run slower than this."""
    preset_speed = s16(228, -2, "%", low=15, high=100, default=60)
    """Speed while the differential pressure is not known."""
    preset_valve = s16(229, -2, "%", low=0, high=100, default=70)
    """Valve opening while the supply temperature is not known."""
    speed_ramp = u16(230, -1, "%/s", low=0.1, high=100, default=10)
    """Fastest change of the commanded speed."""
    setpoint_ramp = u16(231, -2, "%/s", low=0.1, high=100, default=3.33)
    """Fastest change of a set-point, in percent of its span (20 K, 200 kPa, 1000 l/min, 100 % speed) a second."""
    dew_point_margin = u16(232, -2, "K", low=0, high=10, default=2.5)
    """The supply set-point is kept this far above the dew point."""
    supply_pressure_limit = s16(233, -1, "kPa", low=100, high=1000, default=500)
    """Speed is reduced above this supply pressure."""
    supply_pressure_stop = s16(234, -1, "kPa", low=100, high=1200, default=600)
    """The skid stops, latched, above this supply pressure."""
    return_pressure_low = s16(235, -1, "kPa", low=0, high=300, default=50)
    """Below this suction pressure the pumps slow down; after 10 s more below half of it they stop."""
    dry_run_level = s16(236, -1, "%", low=0, high=50, default=5)
    """Below this level the pumps stop, latched."""
    over_temperature = s16(237, -2, "degC", low=20, high=70, default=45)
    """Supply temperature alarm."""
    filter_limit = s16(238, -1, "kPa", low=10, high=200, default=60)
    """Filter differential pressure alarm."""


class SettingsOrder(Order):
    PAIRS = (
        (Settings.minimum_speed, Settings.preset_speed),
        (Settings.minimum_speed, Local.speed_setpoint),
        (Local.supply_temperature_setpoint, Settings.over_temperature),
        (Local.differential_pressure_setpoint, Settings.supply_pressure_limit),
        (Settings.return_pressure_low, Settings.supply_pressure_limit),
        (Settings.supply_pressure_limit, Settings.supply_pressure_stop),
    )
