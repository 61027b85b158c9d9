"""A Modbus RTU server of the pump skid's tables under MicroPython, in virtual time, on the line of whoever reads and writes here.

A line of standard input is `until time:byte time:byte …` in microseconds: bytes that end on the UART at those times, and how
long to run. Back comes `time:hex …`: when each transmission began, and what it was. Ends with its input.
"""

# ruff: noqa: E402  (the modules of the line must be in place before the firmware imports them)
import sys

import serial_line

sys.modules["machine"] = serial_line
sys.modules["time"] = serial_line.clock
sys.modules["select"] = serial_line.polling

from core.rtu import RtuServer
from live_tables import server

START_US = serial_line.clock.now


class FarEnd(serial_line.Line):
    """Bytes at given times instead of one behind the other."""

    def __init__(self, baud, framing):
        super().__init__(RtuServer(server(), {"uart": 0, "tx": 0, "rx": 1, "direction": 22}, 1, baud, framing), baud)
        self.times = [0] * 2048
        self.began = []

    def expect(self, time_us, byte):
        self.times[self.last % 2048] = time_us
        if self.first == self.last:
            self.due = time_us
        self.coming[self.last % 2048] = byte
        self.last += 1

    def pass_time(self, us):
        end = serial_line.clock.now + us
        while self.first < self.last and self.due <= end:
            if self.waiting < 512:
                self.received[self.waiting] = self.coming[self.first % 2048]
                self.waiting += 1
            self.first += 1
            self.heard_us = self.due
            self.due = self.times[self.first % 2048]
        serial_line.clock.now = end

    def answer(self, data, count):
        super().answer(data, count)
        self.began.append((self.answer_began - START_US, bytes(data[:count]).hex()))


line = FarEnd(int(sys.argv[1]), sys.argv[2])
while True:
    request = sys.stdin.readline().split()
    if not request:
        break
    for each in request[1:]:
        time_us, byte = each.split(":")
        line.expect(START_US + int(time_us), int(byte, 16))
    line.run(START_US + int(request[0]) - serial_line.clock.now)
    print(" ".join("%d:%s" % began for began in line.began))
    line.began.clear()
    line.answers.clear()
