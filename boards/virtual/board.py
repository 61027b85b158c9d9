"""The virtual board: a controller without hardware. Its pins and chips end in the simulated plant
(mallee.sim).

The layout is that of boards/rp2_pico, except that it speaks Modbus TCP instead of RS-485.
"""

NAME = "virtual"
ARCHITECTURE = "host"
CHIP = "rp2040"  # its pins

CAPABILITIES = {
    "hard_tick": "timer",  # machine.Timer(hard=True), driven by the simulator's clock
    "network": "socket",
    "retained": "retained.bin",  # survives a reset, see core/retained.py
    "uarts": 0,
    "fram": True,  # its cells are the file fram.bin
}

# Room to compile the firmware from its sources as well. With the heap of a real board: mallee.sim.memory.
MEMORY = {"heap_bytes": 440_000}

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
    "leak_adc": 28,
    "led": 25,
    "flow_pulse": 22,
    "rtd_select": (13,),
    "i2c_sensors": {"sda": 16, "scl": 19},
    "pump_tacho": (20, 21),
}

PDU = {
    "spi_fast": {"id": 0, "sck": 2, "mosi": 3, "miso": 4},
    "analog_select": 5,  # ADS131M08: one rectified current channel a branch
    "relay_latch": 6,  # two 74HC595 in a row: set coils, then reset coils
    "feedback_load": 7,  # 74HC165: a contact a branch
    "spi_meter": {"id": 1, "sck": 10, "mosi": 11, "miso": 12},
    "meter_select": (13, 14, 15),  # 74HC138 address lines: eight ATM90E32
    "rack_isolation": (8, 9),  # valves of the racks with a leak rope: may close
    "meter_enable": 16,  # 74HC138 enable, active low
    "fram_select": 17,
    "ground_fault": 18,
    "power_fail": 20,
    "leak_adc": (26, 27),
    "led": 25,
}
