"""What the names of pins in boards/*/board.py mean to whoever wires them, and where a GPIO is on a board's headers.

Data for people and for the contract tests; controllers do not get this file. `make docs` renders it as docs/wiring.md.
"""

# Name: (goes to, or a tuple of that for each of several; direction as the controller sees it; level during its reset; why).
# During reset a pin is an input: an RP2040 pulls it down with some 50 kohm, an ESP32-S3 lets it float. Where that is not the
# level wanted, a resistor outside makes it.
BUS = {
    "rs485.tx": ("transceiver, DI", "out", "any", "the transceiver's driver is off"),
    "rs485.rx": ("transceiver, RO", "in", "–", ""),
    "rs485.direction": (
        "transceiver, DE and /RE together",
        "out",
        "low, 10 kΩ to GND",
        "a driver left on blocks the bus",
    ),
}

PUMP = {
    "spi_analog.sck": ("both ADS131M08, SCLK", "out", "any", ""),
    "spi_analog.mosi": ("both ADS131M08, DIN", "out", "any", ""),
    "spi_analog.miso": ("both ADS131M08, DOUT", "in", "–", ""),
    "analog_select": (
        ("first ADS131M08, /CS: transmitters 1–8", "second ADS131M08, /CS: transmitters 9–16"),
        "out",
        "high, 10 kΩ to 3.3 V",
        "nothing is selected",
    ),
    "ambient_adc": (("4–20 mA loop over 150 Ω: temperature", "4–20 mA loop over 150 Ω: humidity"), "in", "–", ""),
    "pump_pwm": (
        ("drive of pump 1: speed", "drive of pump 2: speed"),
        "out",
        "as the drive wants: run",
        "a reset must not stop cooling",
    ),
    "valve_pwm": (
        "actuator of the primary valve",
        "out",
        "as the actuator wants: hold",
        "a reset must not close the valve",
    ),
    "pump_tacho": (
        ("drive of pump 1: pulses", "drive of pump 2: pulses"),
        "in",
        "high, 10 kΩ to 3.3 V",
        "an open collector pulls it down",
    ),
    "flow_pulse": ("flow meter: pulses", "in", "high, 10 kΩ to 3.3 V", "an open collector pulls it down"),
    "rtd_select": (
        ("MAX31865, /CS; it shares SCLK, SDI and SDO with the FRAM",),
        "out",
        "high, 10 kΩ to 3.3 V",
        "nothing is selected",
    ),
    "i2c_sensors.sda": ("ADS1115, SDA", "in and out", "high, 4.7 kΩ to 3.3 V", "the bus is idle"),
    "i2c_sensors.scl": ("ADS1115, SCL", "in and out", "high, 4.7 kΩ to 3.3 V", "the bus is idle"),
    "peer_running": (
        "`running` of the other skid: contact to GND, closed while it carries flow",
        "in",
        "high, 10 kΩ to 3.3 V",
        "a cut wire reads like an open contact: the other skid does not carry",
    ),
    "running": (
        "relay or optocoupler whose contact is `peer_running` of the other skid; high closes it",
        "out",
        "low, 10 kΩ to GND",
        "a controller in reset does not claim that its skid carries flow",
    ),
    "level_switch": (
        "level switch of the expansion tank, to GND, closed above its level",
        "in",
        "high, 10 kΩ to 3.3 V",
        "a cut wire reads like an open contact",
    ),
    "leak_adc": ("leak rope with its end resistor; 10 kΩ to 3.3 V", "in", "–", ""),
    "spi_memory.sck": ("FRAM, SCK", "out", "any", ""),
    "spi_memory.mosi": ("FRAM, SI", "out", "any", ""),
    "spi_memory.miso": ("FRAM, SO", "in", "–", ""),
    "fram_select": ("FRAM, /CS", "out", "high, 10 kΩ to 3.3 V", "nothing is selected"),
    "button": ("push button to GND (reserved)", "in", "high, 10 kΩ to 3.3 V", "not pressed"),
    "led": ("light on the board (reserved)", "out", "any", ""),
}

PDU = {
    "spi_fast.sck": ("ADS131M08 SCLK, 74HC595 SRCLK, 74HC165 CLK", "out", "any", ""),
    "spi_fast.mosi": ("ADS131M08 DIN, first 74HC595 SER", "out", "any", ""),
    "spi_fast.miso": ("ADS131M08 DOUT; 74HC165 QH through a 74HC126 gate, OE at analog_select", "in", "–", ""),
    "analog_select": ("ADS131M08, /CS: fast currents", "out", "high, 10 kΩ to 3.3 V", "the converter is not selected"),
    "relay_latch": ("both 74HC595, RCLK", "out", "low", "coils change on its rising edge"),
    "feedback_load": ("74HC165, SH/LD", "out", "any", ""),
    "coil_enable": ("both 74HC595, /OE", "out", "high, 10 kΩ to 3.3 V", "no coil is driven by what the registers hold"),
    "spi_meter.sck": ("eight ATM90E32, SCLK; FRAM, SCK", "out", "high, 10 kΩ to 3.3 V", "mode 3 idles high"),
    "spi_meter.mosi": ("eight ATM90E32, SDI; FRAM, SI", "out", "any", ""),
    "spi_meter.miso": ("eight ATM90E32, SDO; FRAM, SO", "in", "–", ""),
    "meter_select": (("74HC138, A", "74HC138, B", "74HC138, C"), "out", "any", ""),
    "meter_enable": (
        "74HC138, /G2A; its outputs to /CS of the ATM90E32",
        "out",
        "high, 10 kΩ to 3.3 V",
        "nothing is selected",
    ),
    "fram_select": ("FRAM, /CS", "out", "high, 10 kΩ to 3.3 V", "nothing is selected"),
    "ground_fault": (
        "contact of the ground-fault relay, to GND, closed while all is well",
        "in",
        "high, 10 kΩ to 3.3 V",
        "a cut wire reads like an open contact",
    ),
    "power_fail": ("supply supervisor, open drain", "in", "high, 10 kΩ to 3.3 V", "supply is there"),
    "leak_adc": (
        ("leak rope of the first rack, 10 kΩ to 3.3 V", "leak rope of the second rack, 10 kΩ to 3.3 V"),
        "in",
        "–",
        "",
    ),
    "rack_isolation": (
        (
            "driver of the first rack's isolation valve, in series with that of the PDU on the other feed",
            "driver of the second rack's isolation valve, in series with that of the PDU on the other feed",
        ),
        "out",
        "low, 10 kΩ to GND",
        "a reset closes no valve",
    ),
    "button": ("push button to GND (reserved)", "in", "high, 10 kΩ to 3.3 V", "not pressed"),
    "led": ("light on the board (reserved)", "out", "any", ""),
}

# Rows of pins in the order of their numbers: (prefix of the number, what is at 1, 2, 3 ...). A number is a GPIO.
HEADERS = {
    "pico": (
        (
            "",
            (
                0, 1, "GND", 2, 3, 4, 5, "GND", 6, 7, 8, 9, "GND", 10, 11, 12, 13, "GND", 14, 15,
                16, 17, "GND", 18, 19, 20, 21, "GND", 22, "RUN", 26, 27, "AGND", 28, "ADC_VREF", "3V3", "3V3_EN", "GND",
                "VSYS", "VBUS",
            ),
        ),
    ),
    "esp32_s3_devkitc": (
        (
            "J1-",
            (
                "3V3", "3V3", "RST", 4, 5, 6, 7, 15, 16, 17, 18, 8, 3, 46, 9, 10, 11, 12, 13, 14, "5V", "GND",
            ),
        ),
        (
            "J3-",
            (
                "GND", 43, 44, 1, 2, 42, 41, 40, 39, 38, 37, 36, 35, 0, 45, 48, 47, 21, 20, 19, "GND", "GND",
            ),
        ),
    ),
}  # fmt: skip
