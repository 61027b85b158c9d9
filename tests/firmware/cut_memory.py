"""Memories whose power goes at any byte, and what is kept in them: shared by the tests of counters, journal and peaks."""

from core.lease import Lease
from core.nonvolatile import Nonvolatile


class Cut(Exception):
    pass


class Memory:
    """A FRAM of which the power goes after `left` more bytes were written."""

    def __init__(self, size=1024):
        self.data = bytearray(b"\xa5" * size)  # a new chip holds anything
        self.left = 1 << 29

    def read(self, address, target, at):
        for i in range(16):
            target[at + i] = self.data[address + i]

    def write(self, address, data, at):
        for i in range(16):
            if not self.left:
                raise Cut
            self.left -= 1
            self.data[address + i] = data[at + i]


class Profile:
    NUMBER = 2
    COUNTER_BYTES = 8
    blind = True
    value = 0

    def save(self, data, at):
        data[at] = self.value

    def restore(self, data, at):
        self.value = data[at]

    def may_be_blind(self):
        return self.blind


class Chip(Memory):
    """The same memory as a chip of 8 KB that may stop answering."""

    size = 8192
    gone = False

    def __init__(self):
        super().__init__(8192)

    def read(self, address, target, at):
        for i in range(16):
            target[at + i] = 0xFF if self.gone else self.data[address + i]

    def write(self, address, data, at):
        if not self.gone:
            Memory.write(self, address, data, at)  # super() would allocate


def remembered(chip, profile=None, lease=None):
    made = Nonvolatile(chip, profile or Profile(), lease or Lease())
    made.start(0)
    made.journal.load()
    return made


def a_second(memory):
    memory.each_second()
    for _ in range(100):
        memory.step()
