"""Modbus TCP over real sockets of this machine's MicroPython, client and server in one process."""

import errno
import socket

import micropython
from core.bank import Bits, Table
from core.modbus import Server
from core.tcp import TcpServer
from maps import common

NOT_ON = {"pico": "it has no sockets"}

ALLOCATION = ("test_serving_allocates_nothing",)  # tests of nothing else

UNIT = 5
READ = bytes((0, 1, 0, 0, 0, 6, UNIT, 4, 0, 0, 0, 2))
ANSWER = bytes((0, 1, 0, 0, 0, 7, UNIT, 4, 4, 0xFF, 0xFF, 0xFF, 0xFF))


class Bench:
    def __init__(self, clients=4):
        inputs = Table((common.Identity,))
        server = Server(inputs, Table((common.Command,), writable=True), Bits([]), Bits([]), lambda n: None, {0: b"x"})
        for port in range(31502, 31999):
            try:
                self.tcp = TcpServer(server, port, UNIT, clients)
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        self.address = socket.getaddrinfo("127.0.0.1", port)[0][-1]
        self.made = []

    def client(self):
        client = socket.socket()
        client.connect(self.address)
        client.setsockopt(6, 1, 1)  # TCP_NODELAY: what is written arrives before the next line
        client.setblocking(False)
        self.made.append(client)
        self.serve()
        return client

    def serve(self):
        for _ in range(5):
            self.tcp.wait(0)

    def close(self):
        for client in self.made:
            client.close()
        for client in self.tcp.clients:
            if client.socket is not None:
                client.socket.close()
        self.tcp.listener.close()


def heard(client):
    """What came; None for nothing, b"" for an end."""
    try:
        return client.read(4000)
    except OSError:
        return b""


def test_serving_allocates_nothing():
    bench = Bench()
    client = bench.client()
    client.write(READ)
    bench.serve()
    assert heard(client) == ANSWER
    client.write(READ)
    micropython.heap_lock()
    try:
        bench.tcp.wait(0)
    finally:
        micropython.heap_unlock()
    assert heard(client) == ANSWER
    bench.close()


def test_frames_may_be_split_at_every_byte_and_merged():
    bench = Bench()
    client = bench.client()
    for cut in range(1, len(READ)):
        client.write(READ[:cut])
        bench.serve()
        assert heard(client) is None, cut
        client.write(READ[cut:])
        bench.serve()
        assert heard(client) == ANSWER, cut
    client.write(READ * 16)
    bench.serve()
    assert heard(client) == ANSWER * 16
    bench.close()


def test_lengths_are_bounded_before_they_are_believed():
    for head in (b"\0\1\0\0\0\0", b"\0\1\0\0\0\1", b"\0\1\0\0\0\xff", b"\0\1\0\0\xff\xff", b"\0\1\0\1\0\6"):
        bench = Bench()
        bad, good = bench.client(), bench.client()
        bad.write(head + bytes(20))
        good.write(READ)
        bench.serve()
        assert heard(bad) == b"" and heard(good) == ANSWER, head
        assert bench.tcp.server.diagnostics.errors == 1
        bench.close()


def test_other_units_are_not_answered_but_counted():
    bench = Bench()
    client = bench.client()
    for unit in (0, 255):
        client.write(READ[:6] + bytes((unit,)) + READ[7:])
        bench.serve()
        assert heard(client) == ANSWER[:6] + bytes((unit,)) + ANSWER[7:]
    client.write(READ[:6] + b"\x06" + READ[7:])
    bench.serve()
    assert heard(client) is None and bench.tcp.foreign == 1
    bench.close()


def test_a_fifth_client_takes_the_place_of_who_is_idle_longest():
    bench = Bench()
    clients = [bench.client() for _ in range(4)]
    for client in clients:
        client.write(READ)
        bench.serve()
        assert heard(client) == ANSWER
        bench.tcp.age(1000)
    stranger = bench.client()
    assert heard(clients[0]) == b"" and bench.tcp.evictions == 1 and bench.tcp.connected == 4
    for client in clients[1:] + [stranger]:
        client.write(READ)
        bench.serve()
        assert heard(client) == ANSWER
    bench.close()


def test_who_has_never_asked_makes_room_first():
    bench = Bench()
    old = bench.client()
    old.write(READ)
    bench.serve()
    assert heard(old) == ANSWER
    bench.tcp.age(60_000)
    strangers = [bench.client() for _ in range(3)]
    bench.tcp.age(1000)
    late = bench.client()
    assert heard(old) is None and bench.tcp.evictions == 1  # silent for longer than any stranger
    assert [heard(stranger) for stranger in strangers].count(b"") == 1
    late.write(READ)
    bench.serve()
    assert heard(late) == ANSWER
    bench.close()


def test_a_client_that_is_silent_for_five_minutes_is_closed():
    bench = Bench()
    silent, good = bench.client(), bench.client()
    for _ in range(10):
        good.write(READ)
        bench.serve()
        assert heard(good) == ANSWER
        bench.tcp.age(30_000)
    assert heard(silent) is None and bench.tcp.connected == 2
    bench.tcp.age(1)
    assert heard(silent) == b"" and bench.tcp.evictions == 1 and bench.tcp.connected == 1
    good.write(READ)
    bench.serve()
    assert heard(good) == ANSWER
    bench.close()


def test_a_client_that_leaves_makes_room():
    bench = Bench()
    for _ in range(10):
        client = bench.client()
        client.write(READ[:5])
        bench.serve()
        client.close()
        bench.serve()
        assert bench.tcp.connected == 0 and bench.tcp.evictions == 0
    client = bench.client()
    client.write(READ)
    bench.serve()
    assert heard(client) == ANSWER  # nothing of the half requests is left
    bench.close()


def test_without_a_network_nobody_is_served_and_with_it_again_everybody():
    bench = Bench()
    client = bench.client()
    bench.tcp.close()
    assert heard(client) == b"" and bench.tcp.connected == 0
    bench.tcp.wait(0)
    bench.tcp.listen()
    client = bench.client()
    client.write(READ)
    bench.serve()
    assert heard(client) == ANSWER
    bench.close()


def test_a_client_that_does_not_read_stops_itself_only():
    bench = Bench()
    deaf, good = bench.client(), bench.client()
    asked = 0  # bytes
    for _ in range(2000):  # until its socket and ours are full
        try:
            sent = deaf.write(READ * 16)
        except OSError:
            break
        if not sent:
            break
        asked += sent
        bench.tcp.wait(0)
    good.write(READ)
    bench.serve()
    assert heard(good) == ANSWER
    total, silent = 0, 0
    while silent < 3:  # every answer comes out whole, in the end
        bench.serve()
        data = heard(deaf)
        total += len(data or b"")
        silent = 0 if data else silent + 1
    assert asked and total == asked // len(READ) * len(ANSWER), (asked, total)
    bench.close()


class Narrow:
    """A socket that takes one answer, then nothing until it is drained."""

    def __init__(self, data):
        self.unread = data
        self.out = b""
        self.room = len(ANSWER)

    def readinto(self, buffer, count):
        if not self.unread:
            return None
        got, self.unread = self.unread[:count], self.unread[count:]
        buffer[: len(got)] = got
        return len(got)

    def write(self, data, start, count):
        count = min(count, self.room)
        self.room -= count
        self.out += bytes(data[start : start + count])
        return count or None


class Poll:
    def modify(self, stream, flags):
        self.flags = flags


def test_requests_that_wait_for_room_are_answered_though_nothing_more_comes():
    bench = Bench()
    tcp, client = bench.tcp, bench.tcp.clients[0]
    poll, tcp.poll = tcp.poll, Poll()
    client.socket = Narrow(READ * 5)
    for count in range(1, 6):
        tcp._serve(client)  # poll says that it can be read, or that there is room
        assert client.socket.out == ANSWER * count, count
        client.socket.room = len(ANSWER)
    tcp._serve(client)
    assert client.socket.out == ANSWER * 5 and not client.blocked
    client.socket, tcp.poll = None, poll
    bench.close()
