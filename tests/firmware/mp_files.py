"""Files over Modbus (FC20), as a master reads them: directory, dictionary in parts, journal, recording."""

from array import array

from virtual_controller import Bench, Small, remove  # first: the virtual board  # isort: skip
from core.controller import Controller
from core.files import DICTIONARY, DIRECTORY, JOURNAL, RECORDING
from core.journal import Kind
from core.recorder import Recorder, record
from maps import common
from maps.common import Memory

NOT_ON = {"pico": "the virtual board stands in for its modules; tests/hil has the whole controller"}

BEFORE, AFTER, HEADER = 200, 300, 64
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


def test_a_recording_is_a_file_that_grows_and_shrinks():
    profile = Small()
    recorder = profile.recorder = Recorder(4, b"A", b"branch.*.current")
    codes = array("i", [7, -8, 9, -10])
    bench = Bench(profile)
    assert content(bench, DIRECTORY)[-10:] == bytes((0, 30, 0, 3, 0, 0, 0, HEADER, 0, 1))
    bench.run(1100)
    assert bench.get(Memory.recording_sequence) == bench.get(Memory.recordings_missed) == 0
    for number in (1, 2):
        for i in range(BEFORE + AFTER):
            record(codes, recorder.rows, recorder.state, 1 if i == BEFORE else 0)
            if i == BEFORE:
                data = content(bench, RECORDING)
                assert len(data) == HEADER and data[5] == 1 and data[9] == number
                assert records(bench, RECORDING, 2 + HEADER // 2, 1) == 2  # behind the end
        recorder.stamp(0, 10, bench.controller.memory, 40.96)
        data = content(bench, RECORDING)
        assert len(data) == HEADER + 8 * (BEFORE + AFTER) and data[5] == 2 and data[9] == number and data[13] == 1
        assert data[HEADER:] == b"\0\7\xff\xf8\0\x09\xff\xf6" * (BEFORE + AFTER)
    record(codes, recorder.rows, recorder.state, -1)
    bench.run(1100)
    assert bench.get(Memory.recording_sequence) == 2 and bench.get(Memory.recordings_missed) == 1


def test_a_controller_without_a_recorder_says_nothing_of_recordings():
    bench = Bench()
    bench.run(1100)
    assert bench.get(Memory.recording_sequence) is None and bench.get(Memory.recordings_missed) is None
    assert records(bench, RECORDING, 0, 1) == 2


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
