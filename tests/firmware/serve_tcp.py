"""A Modbus TCP server of the pump skid's tables on loopback, under MicroPython; prints its port, ends with its standard input."""

import errno
import select
import sys

from core.tcp import TcpServer
from live_tables import server

served = server()
port = 32100
while True:
    try:
        tcp = TcpServer(served, port, 1)
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
