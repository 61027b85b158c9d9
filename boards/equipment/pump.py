"""What hangs on the controller of a coolant pump skid, whatever board it is: transmitters, their ranges and their shunts.

A sensor is added here: one row. `mallee build` puts this file beside the board's as equipment.mpy; the virtual board, the
simulator and the emulated benches read the same file.
"""

SHUNT_ohm = 49.9  # 4-20 mA at the ADS131M08: 0.2 to 1.0 V of its 1.2 V
AMBIENT_SHUNT_ohm = 150.0  # 4-20 mA at the controller's own converter: 0.6 to 3.0 V

# 4-20 mA transmitters: name, (chip, channel), value at 4 mA, value at 20 mA, unit.
ANALOG = (
    ("supply_temperature_1", (0, 0), 0.0, 100.0, "degC"),
    ("supply_temperature_2", (0, 1), 0.0, 100.0, "degC"),
    ("supply_temperature_3", (0, 2), 0.0, 100.0, "degC"),
    ("return_temperature", (0, 3), 0.0, 100.0, "degC"),
    ("facility_supply_temperature", (0, 4), 0.0, 100.0, "degC"),
    ("facility_return_temperature", (0, 5), 0.0, 100.0, "degC"),
    ("differential_pressure", (0, 6), 0.0, 400.0, "kPa"),
    ("supply_pressure", (0, 7), 0.0, 1000.0, "kPa"),
    ("return_pressure", (1, 0), 0.0, 400.0, "kPa"),
    ("filter_differential_pressure", (1, 1), 0.0, 100.0, "kPa"),
    ("flow", (1, 2), 0.0, 2000.0, "l/min"),
    ("facility_flow", (1, 3), 0.0, 2000.0, "l/min"),
    ("level", (1, 4), 0.0, 100.0, "%"),
    ("valve_position", (1, 5), 0.0, 100.0, "%"),
    ("pump_speed_1", (1, 6), 0.0, 100.0, "%"),
    ("pump_speed_2", (1, 7), 0.0, 100.0, "%"),
)
# The same on the controller's own converter, in the order of the board's ambient_adc: name, at 4 mA, at 20 mA, unit.
AMBIENT = (
    ("ambient_temperature", 0.0, 60.0, "degC"),
    ("ambient_humidity", 0.0, 100.0, "%RH"),
)
# Sensors that have a chip or a counter of their own: name, driver (a module of firmware/drivers), its place as that driver
# explains it. They are slower, one a tenth of a second, so nothing that an interlock of the hard tick needs may be among them.
OTHERS = ()

# Leak ropes: pull-up to 3.3 V at the input, and the resistor at the far end of the rope.
LEAK_PULL_UP_ohm = 10_000.0
LEAK_END_ohm = 10_000.0

# One pump at full speed, the other standing: (flow l/min, head kPa behind exchanger and clean filter), from no flow on; the last
# flow is the rated one. Those of the default pod (pod/parameters.py, PumpParameters: half of both pumps' flow; a test compares).
PUMP_CURVE = ((0.0, 1923.0), (152.7, 1838.0), (305.5, 1616.0), (458.2, 1269.0), (611.0, 500.0))
DRIVE_STROKE_s = 3.0  # from 0 to 100 % speed
# Parts of full PWM that mean 0 and 100 % at the speed inputs of the pumps and at the position input of the valve: (0.2, 1.0) is a
# live zero of 2 V behind an amplifier that makes 10 V of all of it. A pump that shall stand gets nothing, a valve its zero.
PUMP_DRIVE = (0.0, 1.0)
VALVE_DRIVE = (0.0, 1.0)
