"""A Modbus TCP server of the pump skid's tables on loopback, under MicroPython; prints its port, ends with its standard input."""

import errno
import select
import sys

from core.bank import Bits, Table
from core.modbus import Server
from core.tcp import TcpServer
from core.wire import copy
from maps import common, pump

inputs = Table(
    (common.Identity, common.Health, common.Status, common.Memory, common.Latch, pump.Measurement, pump.Counted)
)
fast = [span for span in inputs.spans if span[0] == common.Status.sequence[0]][0]
place = inputs.extend(common.LATCHED, fast[1] - fast[0])
copy(inputs.image, place, inputs.image, fast[2], 2 * (fast[1] - fast[0]))
holdings = Table((common.CommonSettings, pump.Local, pump.Settings), writable=True)
server = Server(inputs, holdings, Bits([(0, 30)]), Bits([(1, 30)]), lambda number: None, {0: b"x"})
port = 32100
while True:
    try:
        tcp = TcpServer(server, port, 1)
        break
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        port += 1
print(port)
ended = select.poll()
ended.register(sys.stdin, select.POLLIN)
while not ended.poll(0):
    for _ in range(100):
        tcp.wait(20)
