"""Counters over a memory whose power goes at any byte: enumerated, not sampled."""

from core.counters import Counters, slot_size
from cut_memory import Cut, Memory


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
