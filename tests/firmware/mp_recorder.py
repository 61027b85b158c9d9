"""The flight recorder: its rings, its trigger, and the file that a master reads."""

from array import array

import micropython
from core.recorder import Recorder, record

BEFORE, AFTER = 200, 300  # control.md
HEADER = 64  # docs/journal.md
NONE, RUNNING, WHOLE = 0, 1, 2
CHANNELS = 4
TWO = 0b10


class Journal:
    moment = b"\x65\x00\x00\x01\x01"


class Memory:
    journal = Journal
    boot_count = 7


class NotCounted(Memory):
    boot_count = None


class Samples:
    """A recorder in whose channel n each sample is its number in the run plus 1000 * n."""

    def __init__(self):
        self.recorder = Recorder(CHANNELS, b"A", b"branch.*.current")
        self.codes = array("i", [0] * CHANNELS)
        self.count = 0  # samples so far
        self.latched = 0

    def run(self, count, trips=0):
        """`count` samples, of which the first trips."""
        recorder, codes = self.recorder, self.codes
        for i in range(count):
            for channel in range(CHANNELS):
                codes[channel] = self.count + 1000 * channel
            record(codes, recorder.rows, recorder.state, 0 if i else -trips if self.latched else trips)
            self.count += 1
        self.latched |= trips

    def trip(self, trips=TWO):
        self.run(1, trips)

    def stamp(self, memory=Memory):
        for channel in range(CHANNELS):  # as a profile does, which goes through what has tripped
            if self.latched >> channel & 1:
                self.recorder.stamp(channel, 24 + channel, memory, 40.96)

    @property
    def missed(self):
        return self.recorder.state[1]

    @property
    def status(self):
        return self.content()[5]

    def content(self):
        size = self.recorder.size
        data = bytearray(size)
        self.recorder.read(0, size, data, 0)
        return bytes(data)

    def download(self):
        """As a master does it: all of it, and the header again."""
        data = self.content()
        self.recorder.read(0, HEADER, bytearray(HEADER), 0)
        return data

    def numbers(self):
        """The samples of channel 0, after a look at the other channels."""
        data, found = self.content(), []
        for at in range(HEADER, len(data), 2 * CHANNELS):
            row = [data[at + 2 * i] << 8 | data[at + 2 * i + 1] for i in range(CHANNELS)]
            assert row == [row[0] + 1000 * channel for channel in range(CHANNELS)], row
            found.append(row[0])
        return found


def word(data, at):
    return data[at] << 8 | data[at + 1]


def long(data, at):
    return word(data, at) << 16 | word(data, at + 2)


def recorded(settle, memory=Memory):
    """A recording whose trip came `settle` samples after the start."""
    samples = Samples()
    samples.run(settle)
    samples.trip()
    samples.stamp(memory)
    samples.run(AFTER - 1)
    return samples


def test_before_and_after_the_trip_wherever_the_ring_stands():
    for settle in (BEFORE, BEFORE + 1, BEFORE + 77, 2 * BEFORE - 1, 2 * BEFORE, 5 * BEFORE + 3):
        samples = recorded(settle)
        assert samples.status == WHOLE
        assert samples.numbers() == list(range(settle - BEFORE, settle + AFTER)), settle


def test_a_trip_soon_after_the_start_has_no_values_in_front_of_it():
    for settle in (0, 1, 40, BEFORE - 1):
        data, nothing = recorded(settle).content(), BEFORE - settle
        at = HEADER + 2 * CHANNELS * nothing
        assert data[HEADER:at] == b"\x80\0" * CHANNELS * nothing, settle
        found = [word(data, i) for i in range(at, len(data), 2 * CHANNELS)]
        assert found == list(range(settle + AFTER)), settle


def test_the_header():
    samples = recorded(250)
    data = samples.content()
    assert [word(data, at) for at in (0, 2, 4)] == [1, HEADER, WHOLE]
    assert long(data, 6) == 1 and long(data, 10) == 7
    assert data[14:18] == Journal.moment[:4] and data[18:20] == b"\1\0"
    assert word(data, 20) == 25 and word(data, 22) == TWO
    assert long(data, 24) == 1000 and word(data, 28) == CHANNELS
    assert word(data, 30) == BEFORE and word(data, 32) == AFTER
    assert word(data, 34) == 1000 and long(data, 36) == 40960
    assert data[40:44] == b"A\0\0\0" and data[44:60] == b"branch.*.current" and data[60:64] == bytes(4)
    samples = recorded(250, NotCounted)
    assert samples.content()[10:14] == b"\xff" * 4


def test_no_recording_and_one_that_runs_are_a_header_alone():
    samples = Samples()
    samples.run(300)
    data = samples.content()
    assert len(data) == HEADER and word(data, 4) == NONE and long(data, 6) == 0
    samples.trip()
    for _ in range(AFTER - 1):
        data = samples.content()
        assert len(data) == HEADER and word(data, 4) == RUNNING and long(data, 6) == 1
        samples.run(1)
    assert samples.status == RUNNING, "nobody has said what it is about"
    samples.stamp()
    assert samples.status == WHOLE


def test_trips_while_a_recording_runs_or_another_is_latched_are_counted_and_change_nothing():
    samples = recorded(300)
    samples.latched = 0
    whole = samples.content()
    samples.latched = TWO
    for _ in range(3):
        samples.trip(0b100)
        samples.run(50)
    assert samples.missed == 3 and samples.content() == whole

    samples = Samples()
    samples.run(300)
    samples.trip()
    samples.stamp()
    samples.latched = 0  # reset at once: the recording runs on
    samples.run(100)
    samples.trip(0b100)
    assert samples.missed == 1
    samples.run(AFTER - 102)
    assert samples.numbers() == list(range(100, 600))
    assert word(samples.content(), 22) == TWO


def test_while_a_trip_is_latched_another_one_replaces_a_recording_that_was_read():
    samples = recorded(300)  # and stays latched, for days
    samples.run(BEFORE)
    samples.download()
    began = samples.count
    samples.trip(0b100)
    assert samples.status == RUNNING and samples.missed == 0
    samples.stamp()
    samples.run(AFTER - 1)
    data = samples.content()
    assert [word(data, at) for at in (HEADER, len(data) - 2 * CHANNELS)] == [began - BEFORE, began + AFTER - 1]
    assert long(data, 6) == 2 and word(data, 22) == 0b100 and data[19] == 1, "not a first-out"
    samples.run(BEFORE)
    samples.trip(0b1000)
    assert samples.missed == 1 and samples.content() == data, "nobody has read this one"


def test_only_what_was_read_to_its_end_and_found_to_be_the_same_counts_as_read():
    def header(samples):
        samples.recorder.read(0, HEADER, bytearray(HEADER), 0)

    def most(samples):
        size = samples.recorder.size - 2
        samples.recorder.read(0, size, bytearray(size), 0)

    for read in ((header,), (header, header), (most, header), (Samples.content,)):
        samples = recorded(300)
        samples.run(BEFORE)
        for each in read:
            each(samples)
        samples.trip(0b100)
        assert samples.missed == 1 and samples.status == WHOLE, read
    samples = recorded(300)
    samples.run(BEFORE)
    samples.content()
    samples.latched = 0
    samples.trip(0b100)  # replaces it, between the last read and the look at the header
    samples.stamp()
    header(samples)
    samples.run(AFTER + BEFORE)
    header(samples)
    samples.trip(0b1000)
    assert samples.missed == 1, "the second recording was never read"


def test_a_trip_behind_one_that_was_latched_over_a_reset_is_recorded():
    samples = Samples()
    samples.latched = 1
    samples.run(300)
    samples.trip(0b100)
    samples.stamp()
    samples.run(AFTER - 1)
    assert samples.status == WHOLE and samples.content()[19] == 1


def test_it_holds_until_the_first_trip_after_all_were_reset_and_has_what_was_before_that():
    samples = recorded(300)
    samples.latched = 0
    whole = samples.content()
    for _ in range(20):
        samples.run(57)
        assert samples.content() == whole
    began = samples.count
    samples.trip(1)
    data = samples.content()
    assert len(data) == HEADER and long(data, 6) == 2 and word(data, 4) == RUNNING
    samples.stamp()
    samples.run(AFTER - 1)
    assert samples.numbers() == list(range(began - BEFORE, began + AFTER))
    assert samples.recorder.state[0] == 2 and samples.missed == 0
    assert word(samples.content(), 22) == 1


def test_it_is_armed_when_it_has_what_was_before_the_next_trip():
    for behind in (0, 30, BEFORE - 1):
        samples = recorded(300)
        samples.latched = 0
        samples.run(behind)
        whole = samples.content()
        samples.trip()
        assert samples.missed == 1 and samples.content() == whole, behind
    samples = recorded(300)
    samples.latched = 0
    began = samples.count
    samples.run(BEFORE)
    samples.trip()
    samples.stamp()
    samples.run(AFTER - 1)
    assert samples.numbers() == list(range(began, began + BEFORE + AFTER)) and samples.missed == 0


def test_many_recordings_one_after_the_other():
    samples = Samples()
    for number in range(1, 12):
        samples.run(BEFORE + 41 * number)
        began = samples.count
        samples.trip()
        samples.stamp()
        samples.run(AFTER - 1)
        samples.latched = 0
        assert long(samples.content(), 6) == number
        assert samples.numbers() == list(range(began - BEFORE, began + AFTER)), number


def test_codes_are_kept_as_they_are_with_their_sign():
    samples = Samples()
    samples.run(BEFORE)
    recorder, codes = samples.recorder, array("i", [-0x8000, -1, 0x7FFF, 0])
    record(codes, recorder.rows, recorder.state, 1)
    samples.latched = 1
    samples.stamp()
    samples.run(AFTER - 1)
    at = HEADER + 2 * CHANNELS * BEFORE
    assert samples.content()[at : at + 2 * CHANNELS] == b"\x80\x00\xff\xff\x7f\xff\0\0"


def test_any_part_of_the_file_can_be_read():
    samples = recorded(333)
    whole = samples.content()
    for position in range(0, len(whole), 38):
        for count in (2, 8, 64, 66, 240):
            if position + count <= len(whole):
                data = bytearray(count + 4)
                samples.recorder.read(position, count, data, 2)
                assert data[2:-2] == whole[position : position + count] and data[:2] == data[-2:] == b"\0\0"


def test_nothing_is_allocated_by_the_tick_or_by_a_read():
    samples = Samples()
    recorder, codes, data = samples.recorder, samples.codes, bytearray(256)
    rows, state = recorder.rows, recorder.state
    micropython.heap_lock()
    try:
        for _ in range(3):
            for i in range(800):
                record(codes, rows, state, TWO if i == 250 or i == 400 else -TWO if i == 7 else 0)
            recorder.read(0, 240, data, 0)
            recorder.read(HEADER + 100, 240, data, 0)
    finally:
        micropython.heap_unlock()
    assert state[0] == 3 and state[1] == 6
