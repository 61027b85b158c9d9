"""Espressif ESP32-S3-DevKitC-1: Xtensa LX7, 512 kB RAM, 8 MB flash. Modbus RTU over an RS-485 transceiver on UART1.

Its MicroPython has no hard interrupt: what runs here measures and answers, and protects nothing (state SAFE). Free are
GPIO1, 2, 4-18, 21, 39-42 and 47; the others are strapping pins (0, 3, 45, 46), USB (19, 20), flash and PSRAM (26-37), the
console (43, 44) and the RGB LED (48, or 38 on version 1.1). Written from Espressif's user guide and data sheet.
"""

NAME = "esp32_s3"
ARCHITECTURE = "xtensawin"
MICROPYTHON = {
    "build": "ESP32_GENERIC_S3",
    "machine": "Generic ESP32S3 module with ESP32S3",
    "minimum": (1, 23),
    "download": "https://micropython.org/download/ESP32_GENERIC_S3/",
    "install": "pip install esptool; esptool.py erase_flash; esptool.py write_flash 0 ESP32_GENERIC_S3-....bin",
}
CHIP = "esp32s3"
HEADER = "esp32_s3_devkitc"

CAPABILITIES = {
    "hard_tick": None,  # Timer callbacks are soft on this port: they do not come during a collection
    "network": None,  # Wi-Fi is no bus for a controller; Modbus RTU instead
    "retained": "retained.bin",  # a file, see core/retained.py
    "uarts": 1,  # UART1; UART0 is the console
    "fram": True,  # there are pins for one: spi_memory or spi_meter, fram_select
}

# Not measured, and on purpose below what there is: with PSRAM a collection takes 286 ms, so take a module without.
MEMORY = {"heap_bytes": 200_000}

# Without a transceiver the same pins take a 3.3 V serial adapter: first contact with a bare board, docs/wiring.md.
RS485 = {"uart": 1, "tx": 17, "rx": 18, "direction": 21}

PUMP = {
    "ambient_adc": (1, 2),  # the controller's own converter; ADC1 is GPIO1-GPIO10
    "flow_pulse": 4,
    "spi_memory": {"id": 2, "sck": 5, "mosi": 6, "miso": 7},
    "leak_adc": 8,
    "analog_select": (10, 9),  # two ADS131M08
    "spi_analog": {"id": 1, "sck": 12, "mosi": 11, "miso": 13},
    "pump_pwm": (14, 15),
    "valve_pwm": 16,
    "level_switch": 39,
    "button": 40,
    "pump_tacho": (41, 42),
    "fram_select": 47,
    "led": 48,
}

PDU = {
    "leak_adc": (1, 2),
    "rack_isolation": None,  # no pins are free, and nothing is protected or switched here
    "meter_enable": 4,  # 74HC138 enable, active low
    "spi_meter": {"id": 2, "sck": 5, "mosi": 6, "miso": 7},
    "meter_select": (15, 16, 8),  # 74HC138 address lines: eight ATM90E32
    "relay_latch": 9,  # two 74HC595 in a row: set coils, then reset coils
    "analog_select": 10,  # ADS131M08: one rectified current channel a branch
    "spi_fast": {"id": 1, "sck": 12, "mosi": 11, "miso": 13},
    "feedback_load": 14,  # 74HC165: a contact a branch
    "ground_fault": 39,
    "button": 40,
    "power_fail": 41,
    "coil_enable": 42,  # output enable of the 74HC595: high, by a pull-up, until the firmware drives it
    "fram_select": 47,
    "led": 48,
}
