"""Whatever bytes come over TCP: an answer of the standard or a closed connection, the next good frame answered right, no heap
lost. See fuzzing for what is sent."""

import gc

from core.tcp import Client, TcpServer
from fuzzing import BASES, SEED, Random, check_answer, frames, mutate, server

NOT_ON = {"pico": "it has no sockets, and 200,000 frames would take the emulator a day"}

FRAMES = frames(200_000)
GOOD = bytes((0, 9, 0, 0, 0, 6, 1, 4, 0, 0, 0, 2))
RIGHT = bytes((0, 9, 0, 0, 0, 7, 1, 4, 4, 0x4D, 0x4C, 0, 1))


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
        self.tcp = object.__new__(TcpServer)
        self.tcp.server, self.tcp.unit, self.tcp.poll, self.tcp._input = server(), 1, Poll(), bytearray(260)
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


def check(bench, filled):
    """Every answer in the output is whole, for what was asked, and of a legal length."""
    out, at = bench.memory.out, 0
    while at < filled:
        length = out[at + 4] << 8 | out[at + 5]
        assert 3 <= length and at + 6 + length <= filled, bytes(out[at:filled])
        check_answer(out, at + 7, length - 1)
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
