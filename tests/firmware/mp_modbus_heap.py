"""A request allocates nothing, whatever its function code; only file records and device identification may."""

import micropython
from core.bank import Bits, Table
from core.clock import Clock
from core.journal import Journal, Kind, Ring
from core.lease import Lease
from core.modbus import Server
from core.together import Together
from maps import common, pdu

ALLOCATION = ("test_no_function_code_allocates",)  # tests of nothing else

inputs = Table(
    (common.Identity, common.Health, common.Status, common.Latch, pdu.Measurement, pdu.BranchFast, pdu.Branch)
)
holdings = Table(
    (common.Command, common.Broadcast, common.Lease, common.CommonSettings, pdu.Remote, pdu.Settings), writable=True
)
lease = Lease()
holdings.guard(100, 105, lease.may_write, lease.written)
clock = Clock()
together = Together(inputs, holdings, clock, lambda reason: 4)
server = Server(inputs, holdings, Bits([(0, 8)]), Bits([(1, 30)]), lambda number: None, {0: b"x"})


server.broadcast = together.broadcast


class Line:
    def __init__(self):
        self.overruns = self.unanswered = self.broadcasts = self.foreign = 0


server.diagnostics.line = Line()
big = max(inputs.spans, key=lambda span: span[1] - span[0])[0]
high, low = big >> 8, big & 0xFF
REQUESTS = (
    (1, 0, 0, 0, 8),
    (2, 0, 1, 0, 29),
    (3, 0, 100, 0, 4),
    (4, high, low, 0, 125),
    (4, 0, 36, 0, 1),
    (5, 0, 3, 0xFF, 0),
    (6, 0, 200, 0, 10),
    (6, 0, 200, 0xFF, 0xF0),
    (8, 0, 0, 1, 2),
    (8, 0, 11, 0, 0),
    (8, 0, 12, 0, 0),
    (8, 0, 15, 0, 0),
    (8, 0, 18, 0, 0),
    (11,),
    (12,),
    (15, 0, 0, 0, 8, 1, 0xA5),
    (16, 0, 200, 0, 2, 4, 0, 60, 0, 5),
    (16, 0, 2, 0, 2, 4, 0x7F, 0xFF, 0xFF, 0xFF),  # more than a small integer of a board
    (16, 0, 100, 0, 5, 10, 0, 7, 0, 0, 0, 1, 0, 10, 0, 255),
    (16, 0, 100, 0, 5, 10, 0, 7, 0x80, 0, 0, 1, 0, 10, 0, 255),
    (17,),
    (22, 0, 200, 0xFF, 0, 0, 3),
    (23, 0, 100, 0, 4, 0, 200, 0, 1, 2, 0, 50),
    (8, 0, 4, 0, 0),
    (4, high, low, 0, 1),
    (8, 0, 1, 0xFF, 0),
    (99,),
    (3,),
)
answer = bytearray(260)


def locked(request, length):
    micropython.heap_lock()
    try:
        return server.handle(request, 0, length, answer, 0)
    finally:
        micropython.heap_unlock()


def test_no_function_code_allocates():
    for request in REQUESTS:
        data = bytearray(request)
        faults = server.faults
        locked(data, len(data))
        assert server.faults == faults, request  # a MemoryError is answered with exception 04 and counted
    assert lease.holder == 7 and lease.epoch == 1


def test_a_broadcast_allocates_nothing():
    latch = bytes((16, 0, 20, 0, 5, 10, 0x4D, 0x4C, 0, 1, 0x12, 0x34, 0, 0, 0, 0))
    set_clock = bytes((16, 0, 20, 0, 5, 10, 0x4D, 0x4C, 0, 2, 0, 0, 0x71, 0x3F, 0xB3, 0))
    micropython.heap_lock()
    try:
        server.handle_broadcast(REQUESTS[0], 0, 5)
        server.handle_broadcast(latch, 0, 16)
        server.handle_broadcast(set_clock, 0, 16)
        together.age()
    finally:
        micropython.heap_unlock()
    assert inputs.get(common.Latch.latch_number) == 0x1234
    assert clock.step() and abs(clock.now_s() - 0x713FB300) <= 1


def test_noting_a_request_allocates_nothing():
    """Whatever a request leaves in the journal, its time has been put ready before."""
    journal = Journal(Ring(256), 0, 256)
    journal.stamp(0x713FB300, 1)
    micropython.heap_lock()
    try:
        journal.note(Kind.SWITCHED, 3, 1)
    finally:
        micropython.heap_unlock()
    journal.step()
    assert bytes(journal.memory.data[16 + 4 : 16 + 14]) == bytes((0x71, 0x3F, 0xB3, 0, 8, 1, 0, 3, 0, 1))
