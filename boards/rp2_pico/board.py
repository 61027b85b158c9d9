"""Raspberry Pi Pico: RP2040 at 125 MHz, 264 kB RAM, 2 MB flash. Modbus RTU over an RS-485 transceiver on UART0.

26 pins are usable (GP0-GP22, GP26-GP28). Two SPI buses: SPI0 belongs to the hard tick (fast currents, coils, contacts),
SPI1 to the main loop (metering chips, FRAM), so that neither ever waits for the other.
"""

NAME = "rp2_pico"
ARCHITECTURE = "armv6m"

MICROPYTHON = {
    "build": "RPI_PICO",
    "machine": "Raspberry Pi Pico with RP2040",
    "minimum": (1, 23),
    "download": "https://micropython.org/download/RPI_PICO/",
    "install": "hold BOOTSEL while plugging in; copy the .uf2 onto the drive RPI-RP2 that appears",
}

CAPABILITIES = {
    "hard_tick": "pio",  # Timer(hard=True) does not exist on rp2 before MicroPython 1.26; a PIO interrupt does
    "network": None,
    "retained": "rp2_scratch",  # survives a reset, see core/retained.py
    "uarts": 1,
    "fram": True,
}

# Free after the stock MicroPython 1.25.0 has started, measured on the emulated Pico (docs/boards.md).
MEMORY = {"heap_bytes": 240_000}

RS485 = {"uart": 0, "tx": 0, "rx": 1, "direction": 22}

PUMP = {
    "spi_analog": {"id": 0, "sck": 2, "mosi": 3, "miso": 4},
    "analog_select": (5, 6),  # two ADS131M08, 4-20 mA over PUMP_SHUNT_ohm
    "ambient_adc": (26, 27),  # 4-20 mA over PUMP_AMBIENT_SHUNT_ohm on the controller's own converter
    "pump_pwm": (8, 9),
    "valve_pwm": 14,
    "spi_memory": {"id": 1, "sck": 10, "mosi": 11, "miso": 12},
    "fram_select": 17,
    "level_switch": 18,
    "button": 19,
    "pump_tacho": (20, 21),
    "leak_adc": 28,
    "led": 25,
}

PUMP_SHUNT_ohm = 49.9
PUMP_AMBIENT_SHUNT_ohm = 150.0

# Transmitters of the skid, 4-20 mA: name, (chip, channel), value at 4 mA, value at 20 mA, unit.
PUMP_ANALOG = (
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
PUMP_AMBIENT = (
    ("ambient_temperature", 0.0, 60.0, "degC"),
    ("ambient_humidity", 0.0, 100.0, "%RH"),
)

PDU = {
    "spi_fast": {"id": 0, "sck": 2, "mosi": 3, "miso": 4},
    "analog_select": 5,  # ADS131M08: one rectified current channel a branch
    "relay_latch": 6,  # two 74HC595 in a row: set coils, then reset coils
    "feedback_load": 7,  # 74HC165: a contact a branch
    "spi_meter": {"id": 1, "sck": 10, "mosi": 11, "miso": 12},
    "meter_select": (13, 14, 15),  # 74HC138 address lines: eight ATM90E32
    "meter_enable": 16,  # 74HC138 enable, active low
    "fram_select": 17,
    "ground_fault": 18,
    "button": 19,
    "power_fail": 20,
    "coil_enable": 21,  # output enable of the 74HC595: high, by a pull-up, until the firmware drives it
    "leak_adc": (26, 27),
    "led": 25,
}

# Fast channel: volts at the converter per ampere RMS of the largest phase (CT 1000:1 and burden, peak rectified).
PDU_FAST_V_PER_A = 0.0015
