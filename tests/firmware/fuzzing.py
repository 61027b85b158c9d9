"""What the fuzzers of both transports share: a server with everything on it, PDUs to begin with, and seeded mutations.

MALLEE_FUZZ_SEED and MALLEE_FUZZ_FRAMES change what is run.
"""

import os

from core.bank import Bits, Table
from core.lease import Lease
from core.modbus import Server
from maps import common, pump, pump_supervision

SEED = int(os.getenv("MALLEE_FUZZ_SEED") or 20261123)


def frames(standard):
    """How many frames a run has."""
    return int(os.getenv("MALLEE_FUZZ_FRAMES") or standard)


# One PDU of each function code to begin with; the mutations do the rest.
BASES = (
    (1, 0, 0, 0, 8), (2, 0, 1, 0, 9), (3, 0, 200, 0, 4), (4, 0, 100, 0, 12), (5, 0, 3, 0xFF, 0), (6, 0, 200, 0, 10),
    (8, 0, 0, 1, 2), (8, 0, 1, 0, 0), (8, 0, 4, 0, 0), (8, 0, 11, 0, 0), (11,), (12,), (15, 0, 0, 0, 8, 1, 0xA5),
    (16, 0, 200, 0, 2, 4, 0, 60, 0, 5), (16, 0, 100, 0, 4, 8, 0, 7, 0, 0, 0, 1, 0, 10), (17,),
    (20, 7, 6, 0, 1, 0, 0, 0, 9), (21, 9, 6, 0, 2, 0, 0, 0, 1, 5, 5), (22, 0, 200, 0xFF, 0, 0, 3),
    (23, 0, 100, 0, 4, 0, 200, 0, 1, 2, 0, 50), (43, 14, 1, 0), (43, 14, 3, 0x80), (0,), (7,), (24, 0, 0), (127, 1, 2),
)  # fmt: skip
# The shortest answer to each function code that is no exception, as a PDU.
_LEAST = {
    1: 3,
    2: 3,
    3: 4,
    4: 4,
    5: 5,
    6: 5,
    8: 3,
    11: 5,
    12: 8,
    15: 5,
    16: 5,
    17: 3,
    20: 4,
    21: 9,
    22: 7,
    23: 4,
    43: 7,
}


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


def server():
    """The pump skid's tables, a lease that guards some of them, two files, and objects that fill an answer."""
    inputs = Table((common.Identity, common.Health, common.Status, pump.Measurement))
    inputs.put(common.Identity.magic, common.MAGIC)
    inputs.put(common.Identity.profile, common.Profile.PUMP)
    own = (pump.Remote, pump.Local, pump.Settings, pump_supervision.Supervision, pump_supervision.Plant)
    holdings = Table((common.Lease, common.CommonSettings) + own, writable=True)
    lease = Lease()
    holdings.guard(100, 111, lease.may_write, lease.written)
    readable, writable = File(), File()
    objects = {0: b"mallee", 1: b"x" * 100, 4: b"y" * 120, 0x80: b"z" * 60}
    files = {1: readable, 2: writable}
    return Server(inputs, holdings, Bits([(0, 20)]), Bits([(1, 30)]), files.get, objects)


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


def check_answer(data, at, length):
    """data[at:at+length] is a PDU that may be an answer: a refusal of the standard, or of a legal length."""
    function = data[at]
    if function & 0x80 and length == 2:
        assert data[at + 1] in (1, 2, 3, 4), bytes(data[at : at + length])
    else:
        assert _LEAST[function] <= length <= 253, bytes(data[at : at + length])
