"""Whatever bytes come over a serial line, at whatever times: no answer before its silence nor to what was not asked of us,
nothing changed but by a whole frame for us, the next good frame answered right, no heap lost. See fuzzing for what is sent.

The judge looks at the line, not at the firmware: what was heard since the last silence is searched for frames with a right
check sum, so that each answer and each change must have one as its cause.
"""

# ruff: noqa: E402  (the modules of the line must be in place before the firmware imports them)
import gc
import sys

import micropython
import serial_line

sys.modules["machine"] = serial_line
sys.modules["time"] = serial_line.clock
sys.modules["select"] = serial_line.polling

from core.rtu import RtuServer
from core.wire import crc16_modbus
from fuzzing import BASES, SEED, Random, check_answer, frames, mutate, server
from maps.common import CommonSettings

NOT_ON = {"pico": "40,000 frames would take the emulator hours"}

FRAMES = frames(40_000)
UNIT = 17
PINS = {"uart": 0, "tx": 0, "rx": 1, "direction": 22}
BUSES = (  # baud, framing, echo, strict_gap, reply_delay in ms; gap_limit stays at 5 ms
    (115200, "8N1", False, 0, 0), (19200, "8E1", False, 0, 0), (115200, "8E1", True, 0, 0), (9600, "8N2", True, 0, 0),
    (38400, "8O1", False, 1, 0), (57600, "8N1", False, 0, 3),
)  # fmt: skip
GAP_US = 5000
WRITES = ((6, 16, 22, 23), (5, 15), (21,))  # what changes registers, coils and files


def frame(unit, pdu):
    body = bytes((unit,)) + pdu
    crc = crc16_modbus(body, 0, len(body))
    return body + bytes((crc & 0xFF, crc >> 8))


READ = frame(UNIT, bytes((4, 0, 0, 0, 2)))
IDENTITY = frame(UNIT, bytes((4, 4, 0x4D, 0x4C, 0, 1)))
RESTART = frame(UNIT, bytes((8, 0, 1, 0, 0)))
OURS = frame(UNIT, bytes((6, 0, 211, 0x0F, 0xA0)))  # to be quoted in other units' frames


@micropython.viper
def asked(ring: ptr8, first: int, last: int, unit: int, function: int) -> int:
    """Is there a frame with a right check sum for `unit` in what was heard? The remainder over a frame and its CRC is 0."""
    for start in range(first, last - 3):
        if ring[start & 2047] != unit or ring[start + 1 & 2047] != function:
            continue
        crc = 0xFFFF
        end = start + 256 if start + 256 < last else last
        for at in range(start, end):
            crc ^= ring[at & 2047]
            for _ in range(8):
                crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
            if crc == 0 and at - start >= 3:
                return 1
    return 0


class Bus(serial_line.Line):
    def __init__(self, baud, framing, echo, strict, delay_ms):
        self.server = server()
        self.server.holdings.put(CommonSettings.strict_gap, strict)
        self.server.holdings.put(CommonSettings.reply_delay, delay_ms)
        self.server.broadcast = self.broadcast
        super().__init__(RtuServer(self.server, PINS, UNIT, baud, framing), baud)
        self.echoes = echo
        self.our_character_us = self.character_us
        # 2.5.1.1, in the standard's characters of eleven bits.
        self.silence_us = 1750 if baud > 19200 else -(-35 * 1_100_000 // baud)
        self.answer_after_us = self.silence_us + 1000 * delay_ms
        limit_us = (750 if baud > 19200 else 16_500_000 // baud) if strict else max(GAP_US, self.silence_us)
        # A gap is seen at the end of the next character, by a loop that looks every 200 us.
        self.parts_us = limit_us + 2 * self.character_us + 1500
        self.heard_from = self.away_us = 0
        self.count = self.broadcasts = 0
        self.images = (self.server.holdings.image, self.server.coils.image, self.server.files.files(2).data)
        self.known = [bytearray(image) for image in self.images]

    def heard(self, unit, function):
        return asked(self.coming, self.heard_from, self.first, unit, function)

    def broadcast(self, request, at, length):
        assert self.heard(0, request[at])
        self.broadcasts += 1

    def check_changes(self):
        for image, known, functions in zip(self.images, self.known, WRITES):
            if image != known:
                assert any(self.heard(UNIT, function) for function in functions)
                known[:] = image

    def answer(self, data, count):
        assert serial_line.clock.now - self.heard_us >= self.answer_after_us, "before its time"
        assert count <= 256 and data[0] == UNIT and not crc16_modbus(data, 0, count)
        assert self.heard(UNIT, data[1] & 0x7F) or self.heard(UNIT, data[1]), "nobody asked"
        check_answer(data, 1, count - 3)
        self.check_changes()
        self.count += 1
        self.character_us = self.our_character_us
        begun = self.first < self.last  # somebody speaks into our answer
        self.echo = self.echoes and not begun
        if self.echoes and begun:
            self.collide(data[:count])
        super().answer(data, count)
        self.heard_from = self.first if begun else self.last  # behind the echo

    def send(self, data, run_us=None):
        return super().send(self.collide(data), run_us)

    def collide(self, data):
        """Two at a time, where we hear ourselves: both are garbled. Returns what is left of `data` behind that."""
        both = min(self.last - self.first, len(data))
        for i in range(both):
            self.coming[self.first + i & 2047] ^= data[i] ^ 0xA5  # not what either said, also where the other says 0
        return data[both:]

    def say(self, data, quiet_us=0):
        """A burst of bytes and a silence."""
        self.send(data, 0)
        self.listen((self.last - self.first) * self.character_us + quiet_us)

    def say_unheard(self, data, away_us):
        """The loop is away meanwhile, as during a collection, and does not see silence either."""
        self.send(data, 0)
        self.pass_time(away_us)
        self.away_us = serial_line.clock.now
        self.listen((self.last - self.first) * self.character_us)

    def quiet_us(self):
        return serial_line.clock.now - max(self.heard_us, self.answer_ended, self.away_us)

    def listen(self, us):
        self.run(us)
        self.answers.clear()
        if self.quiet_us() >= self.parts_us:
            self.check_changes()
            self.heard_from = self.first

    def settle(self):
        """Let the frame end, its answer pass and its echo die away."""
        self.listen(self.answer_after_us + self.parts_us)
        while self.quiet_us() < self.parts_us:
            self.listen(self.parts_us)

    def must_answer(self, data):
        before = self.count
        self.say(data)
        self.settle()
        assert self.count == before + 1, "not answered"


def any_pdu(random):
    kind = random.below(12)
    if kind == 0:  # vendor codes, among them those that nobody has
        return bytearray((65 + random.below(63),)) + bytearray(random.below(256) for _ in range(random.below(12)))
    if kind == 1:  # what does not fit into 256 bytes
        return bytearray(BASES[random.below(len(BASES))]) + bytearray(
            random.below(256) for _ in range(random.below(400))
        )
    return bytearray(BASES[random.below(len(BASES))])


def any_burst(random):
    """A frame as it may come over a bad line."""
    pdu = any_pdu(random)
    if not random.below(3):
        pdu = mutate(random, pdu)
    unit = UNIT if random.below(4) else (0, 1, 16, 18, 247, 255)[random.below(6)]
    data = bytearray(frame(unit, pdu))
    kind = random.below(8)
    if kind < 3:
        return mutate(random, data)
    if kind == 3:
        data[-1 - random.below(2)] ^= 1 + random.below(255)
    elif kind == 4:  # another baud rate: bytes that have little to do with what was sent
        data = bytearray(byte * 37 + 11 >> 2 & 0xFF for byte in data)
    elif kind == 5:
        data = data + data[: random.below(len(data) + 1)]
    return data


def gap_us(random):
    return (0, 0, random.below(1000), random.below(4000), random.below(9000), 25_000)[random.below(6)]


def bad_line(bus, random):
    """One to three bursts with anything between and inside them; returns how many."""
    bursts = 1 + random.below(3)
    for _ in range(bursts):
        data = any_burst(random)
        if not random.below(4):
            cut = random.below(len(data) + 1)
            bus.say(data[:cut], gap_us(random))
            data = data[cut:]
        if not random.below(16):
            bus.say_unheard(data, random.below(30_000))
            continue
        if not random.below(16):
            bus.character_us = 11_000_000 // (2400, 9600, 38400, 230400)[random.below(4)]
        bus.say(data)
        bus.character_us = bus.our_character_us
        bus.listen(gap_us(random))
    return bursts


def others_talk(bus, random):
    """Good frames of other units, which quote what would be ours if they were read out of step."""
    unit = 1 + random.below(16)
    quoted = OURS * (1 + random.below(3))
    answer = frame(unit, bytes((3, len(quoted))) + quoted)
    write = frame(unit, bytes((16, 0, 0, 0, len(quoted) // 2, len(quoted))) + quoted)
    pair = ((write, frame(unit, write[1:6])), (answer,), (frame(unit, b"\x03\x00\x00\x00\x0c"), answer))[
        random.below(3)
    ]
    before = bus.count, bytes(bus.known[0])
    for each in pair:
        bus.say(each, bus.silence_us + random.below(9000))
    bus.settle()
    assert before == (bus.count, bytes(bus.images[0])), "taken for ours"
    return len(pair)


def fuzz(bus, random, count):
    sent = turn = 0
    while sent < count:
        began = bus.first
        try:
            if turn % 8 == 7:
                sent += others_talk(bus, random)
            else:
                sent += bad_line(bus, random)
                bus.settle()
            if bus.server.diagnostics.listening:
                bus.say(RESTART)
                bus.settle()
            if not turn % 4:
                before = bus.count
                bus.send(READ, 0)
                bus.run(len(READ) * bus.character_us + bus.parts_us + bus.answer_after_us)
                assert bus.count == before + 1 and bus.answers == [IDENTITY], bus.answers
                bus.settle()
                base = BASES[random.below(len(BASES))]
                if base[:3] != (8, 0, 4):  # listen-only mode answers nothing
                    bus.must_answer(frame(UNIT, bytes(base)))
            turn += 1
        except Exception:
            print("seed", SEED, "turn", turn, bytes(bus.coming[at % 2048] for at in range(began, bus.last)).hex(" "))
            raise
    return sent


def test_any_bytes_over_a_serial_line():
    random = Random(SEED)
    for settings in BUSES:
        bus = Bus(*settings)
        fuzz(bus, random, 500)  # numbers and lists grow to their size
        gc.collect()
        before = gc.mem_alloc()
        fuzz(bus, random, FRAMES // len(BUSES))
        gc.collect()
        lost = gc.mem_alloc() - before
        assert lost <= 0, (settings, lost)
        assert bus.server.faults == 0 and bus.broadcasts and bus.count > FRAMES // len(BUSES) // 8
