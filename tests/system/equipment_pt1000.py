"""Another skid's equipment: return temperature on a PT1000, flow by pulses, a tacho, and two loops more on an ADS1115."""

SHUNT_ohm = 49.9
AMBIENT_SHUNT_ohm = 150.0

ANALOG = (
    ("supply_temperature_1", (0, 0), 0.0, 100.0, "degC"),
    ("supply_temperature_2", (0, 1), 0.0, 100.0, "degC"),
    ("supply_temperature_3", (0, 2), 0.0, 100.0, "degC"),
    ("facility_supply_temperature", (0, 4), 0.0, 100.0, "degC"),
    ("facility_return_temperature", (0, 5), 0.0, 100.0, "degC"),
    ("differential_pressure", (0, 6), 0.0, 400.0, "kPa"),
    ("supply_pressure", (0, 7), 0.0, 1000.0, "kPa"),
    ("return_pressure", (1, 0), 0.0, 400.0, "kPa"),
    ("filter_differential_pressure", (1, 1), 0.0, 100.0, "kPa"),
    ("level", (1, 4), 0.0, 100.0, "%"),
    ("valve_position", (1, 5), 0.0, 100.0, "%"),
    ("pump_speed_2", (1, 7), 0.0, 100.0, "%"),
)
AMBIENT = (
    ("ambient_temperature", 0.0, 60.0, "degC"),
    ("ambient_humidity", 0.0, 100.0, "%RH"),
)
OTHERS = (
    ("return_temperature", "max31865", {"select": 0, "reference_ohm": 4000.0, "nominal_ohm": 1000.0, "wires": 4}),
    ("flow", "flow_meter", {"pulses_per_litre": ((5.0, 9.6), (50.0, 10.0), (200.0, 10.1))}),
    ("pump_speed_1", "tacho", {"pump": 0, "pulses_per_revolution": 2, "full_speed_rpm": 2900.0}),
    ("facility_flow", "ads1115", {"address": 0x48, "channel": 2, "shunt_ohm": 100.0, "at_4mA": 0.0, "at_20mA": 2000.0}),
    ("pump_power_1", "ads1115", {"address": 0x48, "channel": 0, "shunt_ohm": 100.0, "at_4mA": 0.0, "at_20mA": 30.0}),
)

LEAK_PULL_UP_ohm = 10_000.0
LEAK_END_ohm = 10_000.0
PUMP_CURVE = ((0.0, 1923.0), (152.7, 1838.0), (305.5, 1616.0), (458.2, 1269.0), (611.0, 500.0))
DRIVE_STROKE_s = 3.0
PUMP_DRIVE = (0.2, 1.0)  # live zeros: 2-10 V, and 1-9 V
VALVE_DRIVE = (0.1, 0.9)
