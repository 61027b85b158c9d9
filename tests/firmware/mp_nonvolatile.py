"""Counters and journal over a memory whose power goes at any byte: enumerated, not sampled."""

import os

import micropython
from core.counters import Counters, slot_size
from core.journal import RECORD, Journal, Kind, Ring
from core.lease import Lease
from core.nonvolatile import Nonvolatile
from maps.common import MemoryKind
from maps.pdu import BRANCHES
from pdu.protection import Protection
from pdu.statistics import DEMAND_BYTES, Demand

ALLOCATION = ("test_noting_allocates_nothing",)  # tests of nothing else
NOT_ON = {
    (
        "pico",
        "test_counters_are_kept_each_second_without_allocating",
    ): "a check sum of 32 bits is an allocated integer there"
}


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


def saved(memory, value):
    counters = Counters(memory, 40)
    counters.load()
    for i in range(40):
        counters.data[i] = value
    counters.save()
    counters.flush()
    return counters


def test_counters_come_back():
    memory = Memory()
    assert not Counters(memory, 40).load()
    for value in (1, 2, 3):
        saved(memory, value)
        again = Counters(memory, 40)
        assert again.load() and bytes(again.data) == bytes((value,)) * 40 and again.sequence == value
    assert again.end == 2 * 48


def test_counters_are_the_old_or_the_new_ones_wherever_the_power_goes():
    seen = set()
    for start in (1, 2):
        for cut in range(49):
            memory = Memory()
            for value in range(start):
                saved(memory, value + 1)
            memory.left = cut
            try:
                saved(memory, 99)
            except Cut:
                pass
            memory.left = 1 << 29
            again = Counters(memory, 40)
            assert again.load(), cut
            assert bytes(again.data) in (bytes((start,)) * 40, bytes((99,)) * 40), cut
            seen.add(again.data[0])
            saved(memory, 77)
            again = Counters(memory, 40)
            assert again.load() and again.data[0] == 77, cut
    assert seen == {1, 2, 99}


def test_counters_that_change_while_they_are_written_are_written_as_they_were():
    memory = Memory()
    counters = saved(memory, 1)
    counters.data[0] = 5
    counters.save()
    assert counters.step()
    counters.data[0] = counters.data[39] = 6
    counters.save()  # not before the first is done
    counters.flush()
    again = Counters(memory, 40)
    assert again.load() and again.data[0] == 5 and again.data[39] == 1


def test_shorter_counters_of_an_older_firmware_are_taken_over():
    for older in (8, 24, 40, 83):
        for saves in range(1, 6):
            memory = Memory()
            for value in range(saves):
                counters = Counters(memory, older)
                counters.load()
                for i in range(older):
                    counters.data[i] = value + 1
                counters.save()
                counters.flush()
            again = Counters(memory, 172)
            assert again.load() and bytes(again.data[:older]) == bytes((saves,)) * older, (older, saves)
            assert not any(again.data[slot_size(older) - 8 :]), "what it did not have is zero"
            for value in (50, 51, 52):
                again.data[171] = value
                again.save()
                again.flush()
                later = Counters(memory, 172)
                assert later.load() and later.data[0] == saves and later.data[171] == value, (older, saves)


def test_no_cut_at_the_change_to_longer_counters_costs_the_shorter_ones():
    for older in (24, 40, 83):
        for saves in (1, 2, 3):
            for cut in range(2 * 192 + 1):
                memory = Memory()
                for _ in range(saves):
                    counters = Counters(memory, older)
                    counters.load()
                    counters.data[0] += 1
                    counters.save()
                    counters.flush()
                memory.left = cut
                try:
                    longer = Counters(memory, 172)
                    assert longer.load()
                    longer.data[171] = 9
                    longer.save()
                    longer.flush()
                    longer.save()
                    longer.flush()
                except Cut:
                    pass
                memory.left = 1 << 29
                again = Counters(memory, 172)
                assert again.load() and again.data[0] == saves and again.data[171] in (0, 9), (older, saves, cut)


def entries(memory, first, records):
    """(sequence, kind, code, value), oldest first, as whoever reads the file makes them."""
    journal = Journal(memory, first, first + RECORD * records)
    data = bytearray(journal.size)
    for position in range(0, journal.size, 6):
        count = min(6, journal.size - position)
        journal.read(position, count, data, position)
    found = []
    for slot in range(records):
        if journal._sequence(slot):
            r = data[RECORD * slot : RECORD * slot + RECORD]
            found.append((r[2] << 8 | r[3], r[8], r[10] << 8 | r[11], r[12] << 8 | r[13]))
    return sorted(found)


def test_a_journal_is_a_ring_that_goes_on_after_a_restart():
    memory = Memory()
    for start in range(5):
        journal = Journal(memory, 64, 64 + RECORD * 8)
        journal.load()
        assert journal.sequence == 3 * start
        for i in range(3):
            journal.note(Kind.ALARM_CAME, start, i)
        while journal.step():
            pass
    assert entries(memory, 64, 8) == [(n + 1, 2, n // 3, n % 3) for n in range(7, 15)]


def test_a_full_queue_drops_and_says_so():
    memory = Memory()
    journal = Journal(memory, 0, RECORD * 40)
    for i in range(21):
        journal.note(Kind.ALARM_CAME, i, 0)
    assert journal.dropped == 5
    while journal.step():
        pass
    found = entries(memory, 0, 40)
    assert [code for _, kind, code, _ in found if kind == Kind.ALARM_CAME] == list(range(16))
    assert [value for _, kind, _, value in found if kind == Kind.DROPPED] == [5]


def test_a_journal_loses_at_most_the_record_that_was_being_written():
    for full in (0, 8):  # an empty ring, and one that overwrites its oldest
        for cut in range(17):
            memory = Memory()
            journal = Journal(memory, 0, RECORD * 8)
            for i in range(full + 3):
                journal.note(Kind.ALARM_CAME, i, 0)
                journal.step()
            memory.left = cut
            journal.note(Kind.ALARM_WENT, 500, 0)
            try:
                journal.step()
            except Cut:
                pass
            memory.left = 1 << 29
            again = Journal(memory, 0, RECORD * 8)
            again.load()
            found = [code for _, _, code, _ in entries(memory, 0, 8)]
            before = list(range(full + 3))[-8:]
            kept = before[-7:]  # the slot of the ninth record is the first one's
            assert found in (before, kept, kept + [500]), (full, cut, found)
            again.note(Kind.ALARM_CAME, 600, 0)
            again.step()
            assert [code for _, _, code, _ in entries(memory, 0, 8)][-1] == 600, (full, cut)


def test_noting_allocates_nothing():
    memory = Memory()
    journal = Journal(memory, 0, RECORD * 8)
    journal.note(Kind.START, 1, 2)
    journal.step()
    micropython.heap_lock()
    try:
        journal.note(Kind.START, 1, 2)
        journal.step()
    finally:
        micropython.heap_unlock()
    assert journal.sequence == 2


def test_without_a_memory_the_ring_is_in_ram():
    ring = Ring(64)
    journal = Journal(ring, 0, 64)
    journal.load()
    journal.note(Kind.START, 1, 2)
    journal.step()
    assert entries(ring, 0, 4) == [(1, 1, 1, 2)]


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


def test_another_layout_or_profile_is_not_taken_for_ours():
    chip, profile = Chip(), Profile()
    profile.value = 9
    for count in (1, 2, 3):
        assert remembered(chip, profile).boot_count == count
    assert Profile.value == 0 and remembered(chip).boot_count == 4
    other = Profile()
    other.NUMBER = 1
    assert remembered(chip, other).boot_count == 1 and other.value == 0


def test_counters_are_kept_each_second_without_allocating():
    chip, profile = Chip(), Profile()
    profile.value = 0
    memory = remembered(chip, profile)
    a_second(memory)
    micropython.heap_lock()
    try:
        for _ in range(3):
            profile.value += 1
            memory.each_second()
            for _ in range(100):
                memory.step()
    finally:
        micropython.heap_unlock()
    assert memory.counters.saves == 5 and memory.kind == MemoryKind.FRAM
    again = Profile()
    remembered(chip, again)
    assert again.value == 3


def test_an_epoch_is_kept_within_a_few_turns():
    chip, lease = Chip(), Lease()
    memory = remembered(chip, lease=lease)
    lease._held[:6] = b"\x00\x07\x00\x01\x02\x03"
    memory.urgent = True
    for _ in range(4):
        memory.step()
    again = Lease()
    remembered(chip, lease=again)
    assert again.holder == 7 and again.epoch == 0x010203


def test_a_turn_writes_one_piece():
    chip = Chip()
    memory = remembered(chip)
    for _ in range(5):
        memory.journal.note(Kind.ALARM_CAME, 1, 0)
    memory.each_second()
    for _ in range(9):
        chip.left = 32  # the last piece of the counters, and a record
        memory.step()
    chip.left = 1 << 29
    assert memory.journal.sequence == 5 and not memory.counters.busy


def test_a_chip_that_stops_answering_is_told_and_comes_back():
    chip = Chip()
    memory = remembered(chip)
    chip.gone = True
    a_second(memory)
    assert memory.kind == MemoryKind.NONE
    chip.gone = False
    a_second(memory)
    assert memory.kind == MemoryKind.FRAM


class Peaks(Profile):
    """The peaks of a PDU, kept as a PDU keeps them."""

    COUNTER_BYTES = DEMAND_BYTES + 2 * BRANCHES

    def __init__(self):
        self.protection = Protection()
        self.demand = Demand(lambda field, value, at=0: None, Meters)

    def save(self, data, at):
        self.demand.save(data, at)
        self.protection.save(data, at + DEMAND_BYTES)

    def restore(self, data, at):
        self.demand.restore(data, at)
        self.protection.restore(data, at + DEMAND_BYTES)

    def set(self, watts):
        """Of all but branch 3, which nobody ever knew."""
        for place in range(BRANCHES + 1):
            if place != 3:
                self.demand._peak_demand_W[place], self.demand._peak_dW[place] = watts + place, 10 * watts + place
        for branch in range(BRANCHES):
            self.protection.state[6 * branch + 5] = watts % 1000 + branch

    def get(self):
        codes = [self.protection.state[6 * branch + 5] for branch in range(BRANCHES)]
        return list(self.demand._peak_demand_W), list(self.demand._peak_dW), codes


class Meters:
    energy_mWh = (0,) * BRANCHES


def test_peaks_are_the_old_or_the_new_ones_wherever_the_power_goes_and_unknown_ones_stay_unknown():
    old, new = Peaks(), Peaks()
    old.set(1_000_017)
    new.set(44_123_456)
    seen = [0, 0]
    for cut in range(slot_size(16 + Peaks.COUNTER_BYTES) + 1):
        chip = Chip()
        remembered(chip, old)
        kept = Nonvolatile(chip, old, Lease())
        kept.start(0)
        kept._profile = new
        chip.left = cut
        try:
            a_second(kept)
        except Cut:
            pass
        chip.left = 1 << 29
        again = Peaks()
        remembered(chip, again)
        assert again.get() in (old.get(), new.get()), cut
        assert again.demand._peak_dW[3] == again.demand._peak_demand_W[3] == -1
        seen[again.get() == new.get()] += 1
    assert seen[0] > 100 and seen[1]


def test_peaks_that_begin_anew_stay_so():
    chip, pdu = Chip(), Peaks()
    pdu.set(30_000)
    remembered(chip, pdu)
    memory = remembered(chip, pdu)
    pdu.demand.reset_peaks()
    pdu.protection.reset_peaks()
    a_second(memory)
    again = Peaks()
    remembered(chip, again)
    assert again.get() == Peaks().get()


def clean():
    for name in ("counters.a", "counters.b"):
        try:
            os.remove(name)
        except OSError:
            pass


def test_files_are_written_seldom_and_only_when_that_harms_nothing():
    clean()
    profile = Profile()
    memory = remembered(None, profile)
    assert memory.kind == MemoryKind.FILE and memory.counters.saves == 1
    profile.value, profile.blind = 5, False
    for _ in range(400):
        a_second(memory)
    assert memory.counters.saves == 1
    profile.blind = True
    a_second(memory)
    assert memory.counters.saves == 2
    for _ in range(299):
        a_second(memory)
    assert memory.counters.saves == 2
    a_second(memory)
    assert memory.counters.saves == 3
    memory.urgent = True
    for _ in range(61):
        a_second(memory)
    assert memory.counters.saves == 4
    again = Profile()
    assert remembered(None, again).boot_count == 2 and again.value == 5


def test_a_torn_file_leaves_the_other():
    for victim in ("counters.a", "counters.b"):
        for size in range(0, 48, 5):
            clean()
            profile = Profile()
            memory = remembered(None, profile)
            for value in (1, 2):
                profile.value = value
                memory._save()
                memory._flush()
            with open(victim, "rb") as file:
                data = file.read()
            with open(victim, "wb") as file:
                file.write(data[:size])
            again = Profile()
            remembered(None, again)
            assert again.value in (1, 2), (victim, size)
    clean()
