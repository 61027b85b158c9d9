"""A Modbus server on standard input and output, under MicroPython: a request PDU in hexadecimal a line, the answer likewise.

"image" prints every writable register and coil, so that a test can see whether a refused request changed anything.
"""

import sys

from core.bank import Bits, Table
from core.lease import Lease
from core.modbus import Server
from maps import common, pump

inputs = Table((common.Identity, common.Health, common.Status, pump.Measurement))
holdings = Table(
    (common.Command, common.Lease, common.CommonSettings, pump.Remote, pump.Local, pump.Settings), writable=True
)
coils = Bits([(0, 20)])
lease = Lease()
holdings.guard(100, 111, lease.may_write, lease.written)


class File:
    size = 1000

    def read(self, position, count, target, at):
        for i in range(count):
            target[at + i] = (position + i) & 0xFF


objects = {0: b"mallee", 1: b"x" * 100, 2: b"1.0", 4: b"y" * 120, 0x80: b"z" * 60}
server = Server(inputs, holdings, coils, Bits([(1, 30)]), lambda number: File() if number == 1 else None, objects)
request, answer = bytearray(300), bytearray(300)
while True:
    line = sys.stdin.readline().strip()
    if not line:
        break
    if line == "image":
        print("".join("%02x" % b for b in bytes(holdings.image) + bytes(coils.image)))
        continue
    data = bytes(int(line[i : i + 2], 16) for i in range(0, len(line), 2))
    request[7 : 7 + len(data)] = data
    size = server.handle(request, 7, len(data), answer, 7)
    print("".join("%02x" % b for b in answer[7 : 7 + size]))
