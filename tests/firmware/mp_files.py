"""Files over Modbus (FC20), as a master reads them: directory, dictionary in parts, journal."""

from virtual_controller import Bench, remove  # first: the virtual board  # isort: skip
from core.controller import Controller
from core.files import DICTIONARY, DIRECTORY, JOURNAL
from core.journal import Kind
from maps import common

NOT_ON = {"pico": "the virtual board stands in for its modules; tests/hil has the whole controller"}

PART = 20000  # bytes of a file (wire contract, Dictionary)


def group(number, record, count):
    return (6, number >> 8, number & 0xFF, record >> 8, record & 0xFF, count >> 8, count & 0xFF)


def records(bench, number, record, count):
    """Bytes of one group, or the exception code."""
    answer = bench.ask(20, 7, *group(number, record, count))
    if answer[0] & 0x80:
        return answer[1]
    assert answer[2] == 1 + 2 * count and answer[3] == 6
    return answer[4:]


def content(bench, number):
    """A whole file, over as many numbers as it takes."""
    head = records(bench, number, 0, 2)
    left = head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3]
    data, record = b"", 2
    while left > 0:
        if 2 * record == PART:
            number, record = number + 1, 0
        count = min(120, (left + 1) // 2, PART // 2 - record)
        data += records(bench, number, record, count)[: min(left, 2 * count)]
        left -= 2 * count
        record += count
    return data


def put_dictionary(size):
    data = bytes((i * 7 + (i >> 8)) & 0xFF for i in range(size))
    with open("dictionary.bin", "wb") as file:
        file.write(data)
    return data


def test_a_dictionary_longer_than_a_file_goes_on_in_the_next_numbers():
    bench = Bench()
    for size in (1, 2, 19_995, 19_996, 19_997, 41_003):
        data = put_dictionary(size)
        assert content(bench, DICTIONARY) == data, size
        parts = (size + 4 + PART - 1) // PART
        assert records(bench, parts, 0, 1) != 2 and records(bench, parts + 1, 0, 1) == 2
        rest = size + 4 - (parts - 1) * PART  # bytes in the last part
        last = (rest - 1) // 2
        assert len(records(bench, parts, last, 1)) == 2
        if rest < PART:
            assert records(bench, parts, last, 2) == 2
    remove("dictionary.bin")


def test_an_odd_last_byte_is_followed_by_zero():
    bench = Bench()
    data = put_dictionary(3)
    assert records(bench, DICTIONARY, 2, 2) == data + b"\0"
    assert records(bench, DICTIONARY, 1, 2) == b"\0\3" + data[:2]
    remove("dictionary.bin")


def test_the_directory_lists_what_there_is():
    bench = Bench()
    row = bytes((0, 20, 0, 2, 0, 0, 64 * 16 >> 8, 0, 0, 1))
    assert content(bench, DIRECTORY) == row
    assert records(bench, DICTIONARY, 0, 1) == 2
    put_dictionary(41_003)
    assert (
        content(bench, DIRECTORY)
        == bytes((0, 1, 0, 1, 0, 0, 41_003 >> 8, 41_003 & 0xFF)) + bytes((common.MAP_MAJOR, common.MAP_MINOR)) + row
    )
    remove("dictionary.bin")


def test_the_journal_is_a_file():
    bench = Bench()
    bench.run(100)
    ring = content(bench, JOURNAL)
    assert len(ring) == 64 * 16 and ring[16:20] == b"\0\0\0\1" and ring[24] == Kind.START
    assert ring[32:48] == bytes(16)


def test_numbers_that_are_no_files_and_files_that_cannot_be_written():
    bench = Bench()
    for number in (0, 9, 11, 19, 21, 0xFFFF):
        assert records(bench, number, 0, 1) == 2, number
    assert bench.ask(21, 9, *group(JOURNAL, 0, 1), 0, 0) == b"\x95\x02"
    put_dictionary(100)
    assert bench.ask(21, 9, *group(DICTIONARY, 0, 1), 0, 0) == b"\x95\x02"
    remove("dictionary.bin")


def test_what_was_refused_leaves_no_file_open():
    bench = Bench()
    put_dictionary(100)
    refused = bench.controller.server.files.files(DICTIONARY)
    assert records(bench, DICTIONARY, 5000, 1) == 2
    remove("dictionary.bin")
    try:
        refused.read(4, 2, bytearray(2), 0)
    except OSError:
        pass
    else:
        raise AssertionError("the file is held open")
    bench.controller.server.files.files = lambda number: refused
    assert bench.ask(20, 7, *group(DICTIONARY, 0, 4)) == b"\x94\x04"  # it went away between two steps: not a restart
    assert bench.controller.server.faults == 1 and Controller.running is bench.controller
