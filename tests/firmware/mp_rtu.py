"""The RTU server on a UART that a test drives byte by byte, in virtual microseconds. Nothing here waits."""

# ruff: noqa: E402  (the modules of the line must be in place before the firmware imports them)
import sys

import micropython
import serial_line

sys.modules["machine"] = serial_line
sys.modules["time"] = serial_line.clock
sys.modules["select"] = serial_line.polling

from core.bank import Bits, Table
from core.modbus import Server
from core.rtu import RtuServer
from core.rtuframes import answer_length, request_length
from core.wire import crc16_modbus
from maps import common, pump

ALLOCATION = ("test_receiving_and_answering_allocates_nothing",)  # tests of nothing else

PINS = {"uart": 0, "tx": 0, "rx": 1, "direction": 22}
UNIT = 17


def bus(baud=19200, framing="8E1", unit=UNIT, **settings):
    inputs = Table((common.Identity, common.Health, common.Status, pump.Measurement))
    holdings = Table((common.Command, common.CommonSettings, pump.Local, pump.Settings), writable=True)
    inputs.put(common.Identity.magic, common.MAGIC)
    for name in settings:
        holdings.put(getattr(common.CommonSettings, name), settings[name])
    server = Server(inputs, holdings, Bits([(0, 20)]), Bits([(1, 30)]), lambda number: None, {0: b"mallee"})
    rtu = RtuServer(server, PINS, unit, baud, framing)
    return rtu, serial_line.Line(rtu, baud)


def frame(unit, *data):
    body = bytes((unit,) + data)
    crc = crc16_modbus(body, 0, len(body))
    return body + bytes((crc & 0xFF, crc >> 8))


READ = frame(UNIT, 4, 0, 0, 0, 2)
IDENTITY = frame(UNIT, 4, 4, 0x4D, 0x4C, 0xFF, 0xFF)  # the magic word, and a profile that nobody told


def test_check_sum():
    assert crc16_modbus(b"123456789", 0, 9) == 0x4B37
    assert crc16_modbus(b"", 0, 0) == 0xFFFF
    assert frame(2, 7) == b"\x02\x07\x41\x12"  # MODBUS over Serial Line V1.02, appendix B


def test_a_request_is_answered_after_the_silence_and_not_before():
    for baud, silence_us in ((9600, 4010), (19200, 2005), (38400, 1750), (115200, 1750)):
        rtu, line = bus(baud)
        ended = line.send(READ)
        line.run(50_000)
        assert line.answers == [IDENTITY], (baud, line.answers)
        late = line.answer_began - ended
        assert silence_us <= late <= silence_us + 700, (baud, late)
        assert line.direction_up == line.answer_began and line.direction_down - line.answer_ended <= 30


def test_reply_delay_is_added():
    rtu, line = bus(reply_delay=100)
    ended = line.send(READ)
    line.run(300_000)
    assert line.answers == [IDENTITY] and 102_005 <= line.answer_began - ended <= 102_600


def test_the_loop_is_given_back_while_a_long_answer_is_sent():
    rtu, line = bus(9600)
    line.send(frame(UNIT, 4, 0, 0, 0, 36))
    longest = line.run(200_000, slice_ms=10)
    assert len(line.answers) == 1 and len(line.answers[0]) == 77
    assert longest <= 10_000 + 12_500  # the wait asked for, and the end of a transmission that is not left alone


def test_lengths():
    assert request_length(b"\x01", 0, 1) == 0
    for function in (1, 2, 3, 4, 5, 6):
        assert request_length(bytes((1, function)), 0, 2) == 8
    assert request_length(b"\x01\x10\x00\x00\x00\x02\x04", 0, 7) == 13
    assert request_length(b"\x01\x0f\x00\x00\x00\x0a", 0, 6) == 0
    assert request_length(b"\x01\x14\x07", 0, 3) == 12
    assert request_length(b"\x01\x17\x00\x00\x00\x01\x00\x00\x00\x01\x02", 0, 11) == 15
    assert request_length(b"\x01\x16", 0, 2) == 10 and request_length(b"\x01\x2b\x0e", 0, 3) == 7
    assert request_length(b"\x01\x08\x00\x01", 0, 4) == 8 and request_length(b"\x01\x08\x00\x00", 0, 4) == -1
    assert request_length(b"\x01\x64", 0, 2) == -1
    assert answer_length(b"\x01\x83", 0, 2) == 5 and answer_length(b"\x01\x03\xfa", 0, 3) == 255
    assert answer_length(b"\x01\x10", 0, 2) == 8


def test_frames_whose_length_only_silence_tells():
    rtu, line = bus()
    loop_back = frame(UNIT, 8, 0, 0, 1, 2, 3, 4, 5, 6)
    line.send(loop_back)
    line.run(50_000)
    line.send(frame(UNIT, 100, 1, 2, 3))
    line.run(50_000)
    assert line.answers == [loop_back, frame(UNIT, 0x80 | 100, 1)]


def test_noise_before_and_behind_a_frame():
    for before in (b"\x00", b"\xff", b"\x00\x00\xff", bytes((UNIT,)), b"\x11\x04\x00", bytes(range(40))):
        rtu, line = bus()
        line.send(before + READ)
        line.run(50_000)
        assert line.answers == [IDENTITY], before
        assert rtu.noise == len(before) and rtu.server.diagnostics.errors == 0
    for behind in (b"\x00", b"\xff\x00", bytes(range(9))):
        rtu, line = bus()
        ended = line.send(READ + behind)
        line.run(50_000)
        assert line.answers == [IDENTITY], behind
        assert line.answer_began - ended >= 2005 and rtu.noise == len(behind)


def test_noise_inside_costs_one_frame_and_is_counted():
    rtu, line = bus()
    for at in range(len(READ)):
        line.send(READ[:at] + bytes((READ[at] ^ 4,)) + READ[at + 1 :])
        line.run(50_000)
        line.send(READ[:at] + READ[at + 1 :])
        line.run(50_000)
        assert not line.answers, at
    assert rtu.server.diagnostics.errors == 16
    line.send(READ)
    line.run(50_000)
    assert line.answers == [IDENTITY]


def test_a_gap_inside_a_frame():
    for gap_us, settings, answered in (
        (4_000, {}, True),
        (6_500, {}, False),
        (6_500, {"gap_limit": 20}, True),
        (700, {"strict_gap": 1}, True),
        (1_900, {"strict_gap": 1}, False),
    ):
        rtu, line = bus(19200, **settings)
        line.send(READ[:3], gap_us)
        line.run(gap_us // 1000 * 1000)
        line.pass_time(gap_us % 1000)
        line.send(READ[3:])
        line.run(50_000)
        assert (line.answers == [IDENTITY]) == answered, (gap_us, settings)
        assert rtu.gaps == (0 if answered else 1), (gap_us, settings, rtu.gaps)


def test_a_loop_that_was_away_knows_no_gap():
    rtu, line = bus()
    line.send(READ[:5], 0)
    line.pass_time(30_000)  # a collection
    line.send(READ[5:])
    line.run(50_000)
    assert line.answers == [IDENTITY]


def test_other_units_and_their_answers_are_skipped():
    rtu, line = bus()
    inner = frame(UNIT, 6, 0, 211, 0x0F, 0xA0)  # a write to us, as data in the answer of another unit
    quoted = bytes((5, 3, 10)) + inner + b"\x00\x00"
    crc = crc16_modbus(quoted, 0, len(quoted))
    quoted += bytes((crc & 0xFF, crc >> 8))
    for each in (frame(5, 3, 0, 0, 0, 5), quoted, frame(5, 6, 0, 1, 0, 2), frame(5, 6, 0, 1, 0, 2)):
        line.send(each)
        line.run(20_000)
    line.send(frame(9, 4, 0, 0, 0, 1))  # silent
    line.run(20_000)
    line.send(quoted)  # an answer whose request we missed
    line.run(20_000)
    assert (
        line.answers == []
        and rtu.server.diagnostics.errors == 0
        and rtu.foreign == 6
        and rtu.server.diagnostics.messages == 0
    )
    assert rtu.server.holdings.word(211) == 3700
    line.send(READ)
    line.run(20_000)
    assert line.answers == [IDENTITY]


def test_units_above_247_are_skipped_like_others():
    rtu, line = bus()
    inner = frame(UNIT, 6, 0, 211, 0x0F, 0xA0)
    for unit in range(248, 256):  # 2.2 keeps them free, but real racks use them
        for each in (frame(unit, 3, 0, 0, 0, 4), frame(unit, 3, 8, *inner), frame(unit, 3, 8, *inner)):
            line.send(each)
            line.run(20_000)
    assert line.answers == [] and rtu.foreign == 24 and rtu.noise == 0 and rtu.server.holdings.word(211) == 3700
    line.send(READ)
    line.run(20_000)
    assert line.answers == [IDENTITY]


def test_broadcasts_are_handed_over_and_never_answered():
    rtu, line = bus()
    heard = []
    rtu.server.broadcast = lambda request, at, length: heard.append(bytes(request[at : at + length]))
    line.send(frame(0, 6, 0, 200, 0, 5))
    line.run(20_000)
    line.send(b"\xff" + frame(0, 16, 0, 200, 0, 1, 2, 0, 6) + READ, 0)  # noise before it, a request behind it
    line.run(20_000)
    assert heard == [bytes((6, 0, 200, 0, 5)), bytes((16, 0, 200, 0, 1, 2, 0, 6))]
    assert rtu.broadcasts == 2 and rtu.server.holdings.word(200) == 60
    assert line.answers == [IDENTITY]


def test_listen_only_until_a_restart():
    rtu, line = bus()
    for request in (frame(UNIT, 8, 0, 4, 0, 0), READ, frame(UNIT, 6, 0, 200, 0, 5), frame(UNIT, 8, 0, 1, 0, 0)):
        line.send(request)
        line.run(20_000)
        assert line.answers == []
    assert rtu.server.holdings.word(200) == 60
    line.send(READ)
    line.run(20_000)
    assert line.answers == [IDENTITY]
    line.send(frame(UNIT, 8, 0, 15, 0, 0))  # the restart cleared what was counted; its own silence came after that
    line.run(20_000)
    assert line.answers[1] == frame(UNIT, 8, 0, 15, 0, 1)


def test_request_and_answer_of_others_read_in_one_go():
    rtu, line = bus(115200)
    line.send(frame(5, 3, 0, 0, 0, 1) + frame(5, 3, 2, 1, 2), 0)
    line.send(READ, 0)
    line.pass_time(20_000)
    line.run(20_000)
    assert line.answers == [IDENTITY] and rtu.foreign == 2 and rtu.server.diagnostics.messages == 1


def test_a_request_that_was_followed_by_another_is_not_answered():
    rtu, line = bus()
    line.send(READ + frame(5, 3, 0, 0, 0, 1))
    line.run(50_000)
    assert line.answers == [] and rtu.unanswered == 1
    line.send(READ + frame(UNIT, 4, 0, 0, 0, 1))
    line.run(50_000)
    assert line.answers == [frame(UNIT, 4, 2, 0x4D, 0x4C)] and rtu.unanswered == 2


def test_a_request_is_not_completed_behind_our_answer():
    rtu, line = bus(115200)
    line.send(READ + READ + READ[:4])
    line.run(1_000)
    while not line.answers:
        line.run(1_000)
    line.send(READ[4:])
    line.run(50_000)
    assert line.answers == [IDENTITY] and rtu.noise == len(READ)


def test_broadcast_is_counted_and_never_answered():
    rtu, line = bus()
    line.send(frame(0, 6, 0, 211, 0x0F, 0xA0))
    line.run(50_000)
    assert line.answers == [] and rtu.broadcasts == 1 and rtu.server.holdings.word(211) == 3700


def test_our_own_echo_is_no_request():
    rtu, line = bus()
    line.echo = True
    write = frame(UNIT, 6, 0, 211, 0x0E, 0x10)  # its answer has the same bytes
    line.send(write)
    line.run(100_000)
    line.send(READ)
    line.run(100_000)
    assert line.answers == [write, IDENTITY] and rtu.echoes == 2 and rtu.server.diagnostics.errors == 0


def test_overrun_is_counted_and_survived():
    rtu, line = bus()
    line.send(bytes(600), 0)
    line.pass_time(400_000)
    line.run(50_000)
    assert rtu.overruns == 1
    line.send(READ)
    line.run(50_000)
    assert line.answers == [IDENTITY]
    for _ in range(20):  # somebody babbles without a pause
        line.send(bytes(range(1, 251)), 0)
        line.run(100_000)
    assert rtu.overruns > 5
    line.run(50_000)
    line.send(READ)
    line.run(50_000)
    assert line.answers[-1] == IDENTITY


def test_receiving_and_answering_allocates_nothing():
    serial_line.clock.now = 0  # beyond a board's small integers the clock of this test would allocate
    rtu, line = bus(115200)
    rtu.server.inputs = Table((Wide,))
    request = frame(UNIT, 4, 0, 0, 0, 125)
    for locked in (False, True):
        line.send(request)
        if locked:
            micropython.heap_lock()
        try:
            rtu.wait(40)
        finally:
            if locked:
                micropython.heap_unlock()
        line.run(50_000)
    assert [len(answer) for answer in line.answers] == [255, 255]


class Wide(common.Input):
    words = common.u16(0, count=125)
