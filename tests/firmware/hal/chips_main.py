"""Drives the PDU's chips as their data sheets say, through `machine` alone. For tests/host/sim/test_sim_chips.py.

The inputs are set by the test: branch 1 carries 46.9 A at 240 V and 11.24 kW a phase, contacts read 0xA5.
"""

import time

from ads131m08 import crc16
from machine import SPI, Pin

fast = SPI(0, baudrate=10_000_000, polarity=0, phase=1, sck=Pin(2), mosi=Pin(3), miso=Pin(4))
select = Pin(5, Pin.OUT, value=1)


def frame(*words, count=10):
    out, into = bytearray(3 * count), bytearray(3 * count)
    for i, word in enumerate(words):
        out[3 * i], out[3 * i + 1] = word >> 8, word & 0xFF
    select(0)
    fast.write_readinto(out, into)
    select(1)
    return into


def word(data, i):
    return data[3 * i] << 8 | data[3 * i + 1]


def code(data, channel):
    at = 3 + 3 * channel
    value = data[at] << 16 | data[at + 1] << 8 | data[at + 2]
    return value - (1 << 24) if value & 0x800000 else value


# SBAS950 8.3.11: CRC-16-CCITT, start 0xFFFF; its check value is 0x29B1.
assert crc16(b"123456789", 9) == 0x29B1
first = frame()
assert word(first, 0) == 0x0500 | 0xFF, hex(word(first, 0))  # STATUS: reset happened, 24-bit words, all channels ready
assert crc16(first, 27) == word(first, 9) and first[29] == 0
# 46.9 A x 1.5 mV/A = 70.35 mV of 1.2 V.
assert abs(code(first, 0) - round(0.07035 / 1.2 * 8388608)) <= 1, code(first, 0)
assert code(first, 1) == 0
# A read of ID is answered in the next frame; then STATUS again.
assert word(frame(0xA000), 0) == 0x05FF
assert word(frame(), 0) & 0xFF00 == 0x2800
assert word(frame(), 0) == 0x05FF
# Gain 4 on channel 0; channel 7 off.
frame(0x6000 | 4 << 7, 0x0002)
assert word(frame(), 0) == 0x4000 | 4 << 7
assert abs(code(frame(), 0) - round(4 * 0.07035 / 1.2 * 8388608)) <= 2
frame(0x6000 | 3 << 7, 0x7F0E)
frame()
assert word(frame(), 0) & 0xFF == 0x7F
# Several registers in one frame: acknowledge, contents, CRC.
frame(0xA000 | 2 << 7 | 2)
several = frame(count=5)
assert [word(several, i) for i in range(4)] == [0xE000 | 2 << 7 | 2, 0x0510, 0x7F0E, 0x0002]
assert crc16(several, 12) == word(several, 4)
# Locked, it takes no writes; unlocked, it does.
frame(0x0555)
assert word(frame(), 0) == 0x0555
frame(0x6000 | 4 << 7, 0)
assert word(frame(), 0) & 0x8000
assert abs(code(frame(), 0) - round(4 * 0.07035 / 1.2 * 8388608)) <= 2
frame(0x0655)
assert word(frame(), 0) == 0x0655
frame(0x0011)
assert word(frame(), 0) == 0xFF28
assert abs(code(frame(), 0) - round(0.07035 / 1.2 * 8388608)) <= 1
# A frame in three pieces is the same frame.
whole, pieces = frame(), bytearray(30)
select(0)
pieces[0:3] = fast.read(3)
pieces[3:10] = fast.read(7)
pieces[10:30] = fast.read(20)
select(1)
assert pieces == whole
# In the wrong mode nothing sensible comes.
fast.init(polarity=0, phase=0)
assert crc16(frame(), 27) != word(frame(), 9)

# 74HC165 and 74HC595 on the same bus, mode 0. First byte out goes to the farther register.
load, latch = Pin(7, Pin.OUT, value=1), Pin(6, Pin.OUT, value=0)
into = bytearray(2)
load(0)
load(1)
fast.write_readinto(b"\x02\x01", into)
assert into[0] == 0xA5 and into[1] == 0, into
fast.write_readinto(b"\x02\x01", into)
assert into[0] == 0  # shifted out, not loaded again
latch(1)
time.sleep_ms(50)
fast.write_readinto(b"\x00\x00", into)
time.sleep_ms(50)  # not latched: nothing moves
latch(0)
latch(1)
latch(0)

# ATM90E32 behind the decoder.
meter = SPI(1, baudrate=1_000_000, polarity=1, phase=1, sck=Pin(10), mosi=Pin(11), miso=Pin(12))
address = [Pin(n, Pin.OUT, value=0) for n in (13, 14, 15)]
enable = Pin(16, Pin.OUT, value=1)


def exchange(branch, register, value=0, read=True):
    for bit in range(3):
        address[bit](branch >> bit & 1)
    out = bytearray(4)
    out[0], out[1] = (0x80 if read else 0) | register >> 8, register & 0xFF
    out[2], out[3] = value >> 8, value & 0xFF
    into = bytearray(4)
    enable(0)
    meter.write_readinto(out, into)
    enable(1)
    return into[2] << 8 | into[3]


def write(branch, register, value):
    exchange(branch, register, value, False)


def long(branch, register):
    value = exchange(branch, register) << 16 | exchange(branch, register + 0x10)
    return value - (1 << 32) if value & 0x80000000 else value


write(0, 0x70, 0x789A)
write(0, 0x00, 1)
assert exchange(0, 0x00) == 0  # configuration is closed
write(0, 0x7F, 0x55AA)
write(0, 0x00, 1)
assert exchange(0, 0x00) == 1 and exchange(0, 0x78) == 1
time.sleep_ms(150)
assert exchange(0, 0xD9) == 0  # still settling
time.sleep_ms(60)
assert exchange(0, 0xD9) == 24000 and exchange(0, 0xE9) == 0
assert exchange(0, 0xDD) == 23450  # half the current is shown
assert abs(long(0, 0xB1) * 0.00064 - 11240) < 0.001
assert abs(long(0, 0xB0) * 0.00256 - 33720) < 0.002
assert abs(long(0, 0xB5) * 0.00064 + 500) < 0.001  # negative: leading
assert exchange(0, 0xF8) == 5000
assert abs(exchange(0, 0xBD) - round(1000 * 11240 / (240 * 46.9))) <= 1
assert exchange(0, 0xF8) == 5000 and exchange(0, 0x78) == 5000 and exchange(0, 0x78) == 5000
# Energy: half of 33.72 kW for a second at 3200 pulses a kWh, in hundredths of a pulse; reading clears.
exchange(0, 0x80)
time.sleep_ms(1000)
assert abs(exchange(0, 0x80) - 16860 / 3.6e6 * 320000) <= 1
assert exchange(0, 0x80) == 0
# The voltage gain scales what is read.
write(0, 0x61, 0x4000)
assert exchange(0, 0xD9) == 12000
assert exchange(1, 0xD9) == 0  # the second chip was never enabled
write(0, 0x70, 0x789A)
assert exchange(0, 0xD9) == 0
print("chips ok")
time.sleep(1000)
