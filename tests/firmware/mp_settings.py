import os

from core.bank import Table
from core.settings import Settings
from maps.fields import Holding, u16


class Head(Holding):
    command = u16(0, low=0, high=10, default=0)


class Kept(Holding):
    a = u16(200, low=0, high=1000, default=1)
    b = u16(201, low=0, high=1000, default=2)


NAMES = ("settings.a", "settings.b")


def fresh():
    table = Table((Head, Kept), writable=True)
    return table, Settings(table, 200, (1, 0), NAMES)


def clean():
    for name in NAMES:
        try:
            os.remove(name)
        except OSError:
            pass


def test_defaults_then_what_was_committed_last():
    clean()
    table, settings = fresh()
    assert settings.load() and table.get(Kept.a) == 1  # a new board is not an alarm
    for value in (10, 20, 30):
        table.put(Kept.a, value)
        settings.commit()
    table.put(Kept.a, 99)
    table, settings = fresh()
    assert settings.load() and table.get(Kept.a) == 30 and settings.sequence == 3
    clean()


def test_a_write_torn_at_any_byte_leaves_the_old_copy_or_the_new_one():
    clean()
    table, settings = fresh()
    table.put(Kept.b, 10)
    settings.commit()
    table.put(Kept.b, 20)
    settings.commit()
    with open(NAMES[0], "rb") as file:  # sequence 2 went to the first name
        whole = file.read()
    for length in range(len(whole) + 1):
        with open(NAMES[0], "wb") as file:
            file.write(whole[:length])
        table, settings = fresh()
        assert settings.load()
        assert table.get(Kept.b) == (20 if length == len(whole) else 10), length
    for at in range(len(whole)):
        with open(NAMES[0], "wb") as file:
            file.write(whole[:at] + bytes((whole[at] ^ 0x10,)) + whole[at + 1 :])
        table, settings = fresh()
        assert settings.load() and table.get(Kept.b) == 10, at
    clean()


def test_a_first_commit_that_got_no_further_than_its_name_is_no_damage():
    clean()
    with open(NAMES[1], "wb"):
        pass
    table, settings = fresh()
    assert settings.load() and not settings.damaged and table.get(Kept.a) == 1
    clean()


def test_two_damaged_copies_are_not_a_new_board():
    clean()
    for name in NAMES:
        with open(name, "wb") as file:
            file.write(b"\xff" * 20)
    table, settings = fresh()
    assert not settings.load() and table.get(Kept.a) == 1
    clean()


def test_another_major_version_is_not_taken_over():
    clean()
    table, settings = fresh()
    settings.commit()
    settings.version = (2, 0)
    assert not settings.load()
    clean()


class Grown(Holding):
    new = u16(150, low=0, high=1000, default=7)
    a = u16(200, low=0, high=1000, default=1)
    b = u16(201, low=0, high=1000, default=2)
    between = u16(202, low=0, high=1000, default=8)


class Behind(Holding):
    far = u16(300, low=0, high=1000, default=9)


class Few(Holding):
    a = u16(200, low=0, high=1000, default=1)


def test_a_copy_of_another_minor_version_finds_its_places():
    clean()
    small = Table((Head, Few, Behind), writable=True)
    small.put(Few.a, 10)
    small.put(Behind.far, 30)
    Settings(small, 150, (1, 0), NAMES).commit()
    large = Table((Head, Grown, Behind), writable=True)
    settings = Settings(large, 150, (1, 1), NAMES)
    assert settings.load()
    values = [large.get(field) for field in (Grown.new, Grown.a, Grown.b, Grown.between, Behind.far)]
    assert values == [7, 10, 2, 8, 30], values  # what it did not have keeps its default
    large.put(Grown.between, 80)
    settings.commit()
    small = Table((Head, Few, Behind), writable=True)
    assert Settings(small, 150, (1, 0), NAMES).load() and small.get(Behind.far) == 30
    clean()
