"""Run under MicroPython: what a Modbus TCP request costs here, and what it costs umodbus, alternately. Prints a dictionary.

Both serve the same frames from a socket that is made of memory, so that nothing but the servers is measured.
"""

import gc
import sys
from time import ticks_diff, ticks_us

import micropython
from core.bank import Bits, Table
from core.modbus import Server
from core.tcp import Client, TcpServer
from core.wire import copy
from pdus import PDUS, Registers

REPEAT = 200
ROUNDS = 15


def frame(pdu):
    return b"\0\1\0\0" + bytes((0, len(pdu) + 1, 1)) + pdu


REQUESTS = {name: frame(pdu) for name, pdu in PDUS.items()}


class Memory:
    """A socket: one frame to be read, and then nothing; what is written is dropped, and counted."""

    def __init__(self):
        self.frame = b""
        self.pending = False
        self.answered = 0

    @micropython.native
    def readinto(self, buffer, count):
        if not self.pending:
            return None
        self.pending = False
        frame = self.frame
        count = len(frame)
        copy(buffer, 0, frame, 0, count)
        return count

    @micropython.native
    def write(self, data, start, count):
        if data[7] < 128:  # no exception
            self.answered += 1
        return count

    @micropython.native
    def recv(self, count):
        return self.frame[:count]

    @micropython.native
    def send(self, data):
        if data[7] < 128:
            self.answered += 1
        return len(data)

    def accept(self):
        raise OSError(11)

    def settimeout(self, seconds):
        pass


class Poll:
    def modify(self, stream, flags):
        pass


def ours():
    holdings = Table((Registers,), writable=True)
    tcp = object.__new__(TcpServer)
    tcp.server = Server(holdings, holdings, Bits([]), Bits([]), lambda number: None, {0: b"x"})
    tcp.unit, tcp.poll, tcp._input = 1, Poll(), bytearray(260)
    client = Client()
    client.socket = Memory()

    @micropython.native
    def once():
        client.socket.pending = True
        tcp._serve(client)

    return client.socket, once


def theirs():
    from umodbus.tcp import ModbusTCP

    modbus = ModbusTCP()
    memory = Memory()
    modbus._itf._sock = modbus._itf._client_sock = memory
    modbus.setup_registers({"HREGS": {"word": {"register": 0, "len": 125, "val": [0] * 125}}})
    modbus.add_hreg(0, [0] * 125)
    return memory, modbus.process


def cost(memory, once, request):
    """Microseconds and heap bytes a request."""
    memory.frame = request
    once()
    memory.answered = 0
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    once()
    allocated = gc.mem_alloc() - before
    gc.enable()
    gc.collect()
    began = ticks_us()
    for _ in range(REPEAT):
        once()
    elapsed = ticks_diff(ticks_us(), began)
    if memory.answered != REPEAT + 1:
        return None
    return elapsed / REPEAT, allocated


def median(values):
    return sorted(values)[len(values) // 2]


here, peer = ours(), theirs() if len(sys.argv) > 1 else None
found = {}
for name, request in REQUESTS.items():
    mine, other = [], []
    for _ in range(ROUNDS):
        mine.append(cost(here[0], here[1], request))
        if peer:
            other.append(cost(peer[0], peer[1], request))
    assert None not in mine, name
    found[name] = {"us": median([us for us, _ in mine]), "bytes": mine[-1][1]}
    if other and None not in other:
        found[name]["ratio"] = median([other[i][0] / mine[i][0] for i in range(ROUNDS)])
        found[name]["peer_us"] = median([us for us, _ in other])
        found[name]["peer_bytes"] = other[-1][1]
print(found)
