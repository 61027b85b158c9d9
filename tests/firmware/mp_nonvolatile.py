"""What a controller keeps over a restart, in a chip or in files: when it is saved, and what is taken for its own."""

import os

import micropython
from core.journal import Kind
from core.lease import Lease
from cut_memory import Chip, Profile, a_second, remembered
from maps.common import MemoryKind

NOT_ON = {
    (
        "pico",
        "test_counters_are_kept_each_second_without_allocating",
    ): "a check sum of 32 bits is an allocated integer there"
}


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
