"""Whatever bytes come over TCP: an answer of the standard or a closed connection, the next good frame answered right, no heap
lost. Seeded; MALLEE_FUZZ_SEED and MALLEE_FUZZ_FRAMES change what is run."""

import gc
import os

from core.bank import Bits, Table
from core.lease import Lease
from core.modbus import Server
from core.tcp import Client, TcpServer
from maps import common, pump

FRAMES = int(os.getenv("MALLEE_FUZZ_FRAMES") or 200_000)
SEED = int(os.getenv("MALLEE_FUZZ_SEED") or 20261123)
GOOD = bytes((0, 9, 0, 0, 0, 6, 1, 4, 0, 0, 0, 2))
RIGHT = bytes((0, 9, 0, 0, 0, 7, 1, 4, 4, 0x4D, 0x4C, 0, 1))

# One PDU of each function code to begin with; the mutations do the rest.
BASES = (
    (1, 0, 0, 0, 8), (2, 0, 1, 0, 9), (3, 0, 200, 0, 4), (4, 0, 100, 0, 12), (5, 0, 3, 0xFF, 0), (6, 0, 200, 0, 10),
    (8, 0, 0, 1, 2), (8, 0, 1, 0, 0), (8, 0, 4, 0, 0), (8, 0, 11, 0, 0), (11,), (12,), (15, 0, 0, 0, 8, 1, 0xA5),
    (16, 0, 200, 0, 2, 4, 0, 60, 0, 5), (16, 0, 100, 0, 4, 8, 0, 7, 0, 0, 0, 1, 0, 10), (17,),
    (20, 7, 6, 0, 1, 0, 0, 0, 9), (21, 9, 6, 0, 2, 0, 0, 0, 1, 5, 5), (22, 0, 200, 0xFF, 0, 0, 3),
    (23, 0, 100, 0, 4, 0, 200, 0, 1, 2, 0, 50), (43, 14, 1, 0), (43, 14, 3, 0x80), (0,), (7,), (24, 0, 0), (127, 1, 2),
)  # fmt: skip
LEAST = {1: 3, 2: 3, 3: 4, 4: 4, 5: 5, 6: 5, 8: 3, 11: 5, 12: 8, 15: 5, 16: 5, 17: 3, 20: 4, 21: 9, 22: 7, 23: 4, 43: 7}


class Random:
    """xorshift32: the same numbers on every port."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        x = self.state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self.state = x
        return (x >> 3) % limit


class File:
    size = 500

    def __init__(self):
        self.data = bytearray(self.size + 1)

    def read(self, position, count, target, at):
        for i in range(count):
            target[at + i] = self.data[position + i]

    def may_write(self, position, count):
        return 0

    def write(self, position, count, data, at):
        for i in range(count):
            self.data[position + i] = data[at + i]


class Memory:
    """A socket fed from memory. It gives at most `most` bytes at a time and keeps what is written."""

    def __init__(self):
        self.unread = bytearray(2000)
        self.count = self.at = 0
        self.out = bytearray(8000)
        self.filled = 0
        self.most = 1000
        self.closed = False

    def feed(self, data):
        self.unread[: len(data)] = data
        self.count, self.at = len(data), 0

    def readinto(self, buffer, count):
        count = min(count, self.most, self.count - self.at)
        if not count:
            return None
        for i in range(count):
            buffer[i] = self.unread[self.at + i]
        self.at += count
        return count

    def write(self, data, start, count):
        for i in range(count):
            self.out[self.filled + i] = data[start + i]
        self.filled += count
        return count

    def close(self):
        self.closed = True


class Poll:
    def modify(self, stream, flags):
        pass

    def unregister(self, stream):
        pass


class Bench:
    def __init__(self):
        inputs = Table((common.Identity, common.Health, common.Status, pump.Measurement))
        inputs.put(common.Identity.magic, common.MAGIC)
        inputs.put(common.Identity.profile, common.Profile.PUMP)
        holdings = Table((common.Lease, common.CommonSettings, pump.Remote, pump.Local, pump.Settings), writable=True)
        lease = Lease()
        holdings.guard(100, 110, lease.may_write, lease.written)
        readable, writable = File(), File()
        objects = {0: b"mallee", 1: b"x" * 100, 4: b"y" * 120, 0x80: b"z" * 60}
        files = {1: readable, 2: writable}
        server = Server(inputs, holdings, Bits([(0, 20)]), Bits([(1, 30)]), files.get, objects)
        self.tcp = object.__new__(TcpServer)
        self.tcp.server, self.tcp.unit, self.tcp.poll, self.tcp._input = server, 1, Poll(), bytearray(260)
        self.tcp.foreign = 0
        self.client, self.memory = Client(), Memory()
        self.connect()

    def connect(self):
        self.memory.closed = False
        self.client.socket, self.client.filled = self.memory, 0

    def send(self, data, most):
        """Bytes that came back; the connection may be closed after it."""
        memory = self.memory
        memory.most, memory.filled = most, 0
        memory.feed(data)
        while memory.at < memory.count and not memory.closed:
            self.tcp._serve(self.client)
        return memory.filled


def mutate(random, data):
    for _ in range(random.below(4)):
        kind = random.below(6)
        at = random.below(len(data)) if data else 0
        if kind == 0 and data:
            data[at] ^= 1 << random.below(8)
        elif kind == 1 and data:
            data[at] = (0, 1, 0x7F, 0x80, 0xFF, 125, 126)[random.below(7)]
        elif kind == 2:
            data = data[:at]
        elif kind == 3:
            data = data + bytearray(random.below(256) for _ in range(random.below(20)))
        elif kind == 4 and data:
            data = data[:at] + bytearray((random.below(256),)) + data[at:]
        elif data:
            data = data[:at] + data[at + 1 :]
    return data


def check(bench, filled):
    """Every answer in the output is whole, for what was asked, and of a legal length."""
    out, at = bench.memory.out, 0
    while at < filled:
        length = out[at + 4] << 8 | out[at + 5]
        function = out[at + 7]
        assert 3 <= length <= 254 and at + 6 + length <= filled, bytes(out[at:filled])
        if function & 0x80 and length == 3:
            assert out[at + 8] in (1, 2, 3, 4), bytes(out[at:filled])
        else:
            assert length - 1 >= LEAST[function], bytes(out[at:filled])
        at += 6 + length


def test_any_bytes_over_tcp():
    bench, random = Bench(), Random(SEED)
    gc.collect()
    before = gc.mem_alloc()
    closed = 0
    for number in range(FRAMES):
        base = BASES[random.below(len(BASES))]
        pdu = bytearray(base) if random.below(4) else mutate(random, bytearray(base))
        frame = bytearray((0, number & 0xFF, 0, 0, 0, len(pdu) + 1, 1)) + pdu
        if not random.below(3):
            frame = mutate(random, frame)
        check(bench, bench.send(frame, 1 + random.below(30)))
        if bench.memory.closed or bench.client.filled:
            closed += bench.memory.closed
            bench.connect()  # out of step or half a frame: its master would connect anew
        if not number % 16:
            assert bench.send(GOOD, 1 + random.below(12)) == len(RIGHT), number
            assert bytes(bench.memory.out[: len(RIGHT)]) == RIGHT, number
    gc.collect()
    assert gc.mem_alloc() - before < 2000, gc.mem_alloc() - before  # numbers that grew, and nothing else
    assert bench.tcp.server.faults == 0 and closed and bench.tcp.server.diagnostics.exceptions > FRAMES // 10
