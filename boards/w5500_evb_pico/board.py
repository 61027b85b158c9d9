"""WIZnet W5500-EVB-Pico: RP2040 at 125 MHz, 264 kB RAM, 2 MB flash, and a W5500. Modbus TCP over Ethernet.

The Ethernet chip has SPI0 and GP16-GP21. That leaves GP0-GP15, GP22 and GP26-GP28: the hard tick gets SPI1, the chips of the
main loop a bus in software. Written from WIZnet's pin list.
"""

NAME = "w5500_evb_pico"
ARCHITECTURE = "armv6m"
MICROPYTHON = {
    "build": "W5500_EVB_PICO",
    "machine": "W5500-EVB-Pico with RP2040",
    "minimum": (1, 23),
    "download": "https://micropython.org/download/W5500_EVB_PICO/",
    "install": "hold BOOTSEL while plugging in; copy the .uf2 onto the drive RPI-RP2 that appears",
}
CHIP = "rp2040"
HEADER = "pico"

CAPABILITIES = {
    "hard_tick": "pio",  # Timer(hard=True) does not exist on rp2 before MicroPython 1.26; a PIO interrupt does
    "network": "w5500",  # core/ethernet.py
    "retained": "rp2_scratch",  # survives a reset, see core/retained.py
    "uarts": 0,  # every pin that could be one has another use
    "fram": True,  # there are pins for one: spi_memory or spi_meter, fram_select
}

# Not measured. The Pico has 240 kB free with its stock image; lwIP's memory in this one is not part of the heap.
MEMORY = {"heap_bytes": 220_000}

# On the board itself, not on its header (WIZnet, W5500-EVB-Pico, "Pinout").
ETHERNET = {
    "spi": {"id": 0, "sck": 18, "mosi": 19, "miso": 16},
    "select": 17,
    "reset": 20,
    "interrupt": 21,  # not used: MicroPython asks the chip
}

PUMP = {
    "level_switch": 0,
    "button": 1,
    "spi_memory": {"id": None, "sck": 2, "mosi": 3, "miso": 4},
    "flow_pulse": 5,
    "pump_pwm": (6, 7),
    "valve_pwm": 8,
    "fram_select": 9,
    "spi_analog": {"id": 1, "sck": 10, "mosi": 11, "miso": 12},
    "analog_select": (13, 14),  # two ADS131M08
    "pump_tacho": (15, 22),
    "ambient_adc": (26, 27),  # the controller's own converter
    "leak_adc": 28,
    "led": 25,
}

PDU = {
    "ground_fault": 0,
    "button": 1,
    "spi_meter": {"id": None, "sck": 2, "mosi": 3, "miso": 4},
    "meter_select": (5, 6, 7),  # 74HC138 address lines: eight ATM90E32
    "meter_enable": 8,  # 74HC138 enable, active low
    "fram_select": 9,
    "spi_fast": {"id": 1, "sck": 10, "mosi": 11, "miso": 12},
    "analog_select": 13,  # ADS131M08: one rectified current channel a branch
    "relay_latch": 14,  # two 74HC595 in a row: set coils, then reset coils
    "feedback_load": 15,  # 74HC165: a contact a branch
    "power_fail": 22,
    "leak_adc": (26, 27),
    "rack_isolation": None,  # no pins are free: branches are opened, valves are not closed
    "coil_enable": 28,  # output enable of the 74HC595: high, by a pull-up, until the firmware drives it
    "led": 25,
}
