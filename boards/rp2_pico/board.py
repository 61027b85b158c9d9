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
CHIP = "rp2040"
HEADER = "pico"

CAPABILITIES = {
    "hard_tick": "pio",  # Timer(hard=True) does not exist on rp2 before MicroPython 1.26; a PIO interrupt does
    "network": None,  # Modbus RTU instead, see RS485
    "retained": "rp2_scratch",  # survives a reset, see core/retained.py
    "uarts": 1,  # free for buses; the console is on USB
    "fram": True,  # there are pins for one: spi_memory or spi_meter, fram_select
}

# Free after the stock MicroPython 1.25.0 has started, measured on the emulated Pico (docs/boards.md).
MEMORY = {"heap_bytes": 240_000}

# Without a transceiver the same pins take a 3.3 V serial adapter: first contact with a bare board, docs/wiring.md.
RS485 = {"uart": 0, "tx": 0, "rx": 1, "direction": 22}

PUMP = {
    "spi_analog": {"id": 0, "sck": 2, "mosi": 3, "miso": 4},
    "analog_select": (5, 6),  # two ADS131M08
    "peer_running": 7,
    "ambient_adc": (26, 27),  # the controller's own converter
    "pump_pwm": (8, 9),
    "valve_pwm": 14,
    "running": 15,
    "spi_memory": {"id": 1, "sck": 10, "mosi": 11, "miso": 12},
    "fram_select": 17,
    "level_switch": 18,
    "pump_tacho": (20, 21),
    "leak_adc": 28,
    "led": 25,
    "rtd_select": (13,),
    "i2c_sensors": {"sda": 16, "scl": 19},
}

PDU = {
    "spi_fast": {"id": 0, "sck": 2, "mosi": 3, "miso": 4},
    "analog_select": 5,  # ADS131M08: one rectified current channel a branch
    "relay_latch": 6,  # two 74HC595 in a row: set coils, then reset coils
    "feedback_load": 7,  # 74HC165: a contact a branch
    "spi_meter": {"id": 1, "sck": 10, "mosi": 11, "miso": 12},
    "meter_select": (13, 14, 15),  # 74HC138 address lines: eight ATM90E32
    "meter_enable": 16,  # 74HC138 enable, active low
    "rack_isolation": (8, 9),  # valves of the racks with a leak rope: may close
    "fram_select": 17,
    "ground_fault": 18,
    "button": 19,
    "power_fail": 20,
    "coil_enable": 21,  # output enable of the 74HC595: high, by a pull-up, until the firmware drives it
    "leak_adc": (26, 27),
    "led": 25,
}
