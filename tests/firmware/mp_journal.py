"""The journal over a memory whose power goes at any byte: enumerated, not sampled."""

import micropython
from core.journal import RECORD, Journal, Kind, Ring
from cut_memory import Cut, Memory

ALLOCATION = ("test_noting_allocates_nothing",)  # tests of nothing else


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
