"""FC08, FC11, FC12 and listen-only mode (MODBUS Application Protocol V1.1b3, 6.8 to 6.10)."""

from core.bank import Bits, Table
from core.modbus import Server
from maps.fields import Holding, Input, u16


class Inputs(Input):
    a = u16(0)


class Holdings(Holding):
    b = u16(0, low=0, high=9, default=0)


class Line:
    def __init__(self):
        self.overruns = self.unanswered = self.broadcasts = self.foreign = 0


def server(line=True):
    made = Server(Table((Inputs,)), Table((Holdings,), writable=True), Bits([]), Bits([]), lambda n: None, {0: b"x"})
    made.diagnostics.line = Line() if line else None
    return made


def ask(made, *request):
    answer = bytearray(260)
    size = made.handle(bytes(request), 0, len(request), answer, 0)
    return tuple(answer[:size])


def diagnose(made, sub, data=0):
    return ask(made, 8, 0, sub, data >> 8, data & 0xFF)


def value(made, sub):
    answer = diagnose(made, sub)
    assert answer[:3] == (8, 0, sub), answer
    return answer[3] << 8 | answer[4]


READ = (4, 0, 0, 0, 1)
BAD = (4, 0, 9, 0, 1)


def test_counters_count_what_they_say():
    made = server()
    line = made.diagnostics.line
    ask(made, *READ)
    ask(made, *BAD)
    made.diagnostics.bad_frame()
    line.foreign, line.broadcasts, line.unanswered, line.overruns = 5, 2, 3, 4
    assert value(made, 11) == 2 + 1 + 5 + 2  # each question counts itself
    assert value(made, 12) == 1
    assert value(made, 13) == 1
    assert value(made, 14) == 6 + 2
    assert value(made, 15) == 5
    assert value(made, 16) == 0 and value(made, 17) == 0
    assert value(made, 18) == 4
    assert value(made, 2) == 0
    assert diagnose(made, 20) == (8, 0, 20, 0, 0) and value(made, 18) == 0
    assert diagnose(made, 10) == (8, 0, 10, 0, 0)
    assert value(made, 13) == value(made, 12) == value(made, 15) == 0
    assert value(made, 14) == 4


def test_what_is_not_there_or_wrong_is_refused():
    made = server()
    for sub in (5, 6, 9, 19, 21, 255):
        assert diagnose(made, sub) == (0x88, 1), sub
    assert ask(made, 8, 1, 0, 0, 0) == (0x88, 1)
    for sub in (2, 4, 10, 11, 18, 20):
        assert diagnose(made, sub, 1) == (0x88, 3), sub
    assert diagnose(made, 1, 0x1234) == (0x88, 3)
    assert diagnose(made, 3, 0x0D0A) == (0x88, 3) and diagnose(made, 3, 0x0D00) == (8, 0, 3, 0x0D, 0)
    assert ask(made, 8, 0, 11) == (0x88, 3) and ask(made, 8, 0) == (0x88, 3) and ask(made, 8) == (0x88, 3)
    assert not made.diagnostics.listening


def test_a_network_has_no_line_to_restart_or_silence():
    made = server(line=False)
    for sub in (1, 3, 4):
        assert diagnose(made, sub) == (0x88, 1), sub
    assert value(made, 15) == value(made, 18) == 0 and value(made, 11) == 6
    assert diagnose(made, 20) == (8, 0, 20, 0, 0)


def test_listen_only_is_silent_until_it_is_restarted():
    made = server()
    assert diagnose(made, 4) == ()
    assert ask(made, *READ) == () and ask(made, 6, 0, 0, 0, 5) == () and ask(made, 8, 0, 0, 1, 2) == ()
    assert made.holdings.word(0) == 0  # nothing is done either
    heard = []
    made.broadcast = lambda request, at, length: heard.append(length)
    made.handle_broadcast(bytes(READ), 0, 5)
    assert heard == []
    assert diagnose(made, 1, 0x1234) == () and made.diagnostics.listening
    assert diagnose(made, 1) == ()  # not answered, but done (6.8)
    assert ask(made, *READ) == (4, 2, 255, 255)
    assert diagnose(made, 1, 0xFF00) == (8, 0, 1, 0xFF, 0)
    made.handle_broadcast(bytes(READ), 0, 5)
    assert heard == [5]


def test_the_event_counter_counts_success_only():
    made = server()
    ask(made, *READ)
    ask(made, *BAD)
    assert ask(made, 11) == (11, 0, 0, 0, 1) == ask(made, 11)
    assert ask(made, 11, 0) == (0x8B, 3)
    diagnose(made, 1)
    assert ask(made, 11) == (11, 0, 0, 0, 1)  # the restart itself is a success


def test_the_event_log_is_newest_first_and_at_most_64():
    made = server()
    diagnose(made, 1, 0xFF00)
    ask(made, *BAD)
    made.diagnostics.bad_frame()
    made.diagnostics.bad_frame(overrun=True)
    made.handle_broadcast(bytes(READ), 0, 5)
    answer = ask(made, 12)
    assert answer[:2] == (12, 6 + 8)
    assert answer[8:] == (0xC0, 0x90, 0x82, 0x41, 0x80, 0x40, 0x80, 0x00)
    diagnose(made, 4)
    ask(made, *READ)
    diagnose(made, 1)  # keeps the log
    assert ask(made, 12)[8:12] == (0x00, 0xA0, 0xA0, 0x04)
    for _ in range(100):
        ask(made, *READ)
    answer = ask(made, 12)
    assert answer[1] == 6 + 64 and len(answer) == 8 + 64
    assert answer[8:12] == (0x40, 0x80, 0x40, 0x80)
    assert ask(made, 12, 1) == (0x8C, 3)
