"""A serial line for tests under MicroPython: `machine`, `time` and `select` on a clock that only passing time moves."""

_CHARACTER_BITS = 11


class _Clock:
    def __init__(self):
        self.now = (1 << 30) - 3000  # the ticks of a board wrap; every test meets it
        self.line = None
        for name in ("ticks_us", "ticks_ms", "ticks_add", "ticks_diff", "sleep_us"):
            setattr(self, name, getattr(self, name))  # stock MicroPython 1.25 imports no method from an object

    def ticks_us(self):
        return self.now & 0x3FFFFFFF

    def ticks_ms(self):
        return self.now // 1000 & 0x3FFFFFFF

    def ticks_add(self, ticks, delta):
        return ticks + delta & 0x3FFFFFFF

    def ticks_diff(self, later, earlier):
        return (later - earlier + 0x20000000 & 0x3FFFFFFF) - 0x20000000

    def sleep_us(self, us):
        assert us > 0, "a wait that does not wait"
        self.line.pass_time(us)


clock = _Clock()


class _Poll:
    def register(self, stream, flags):
        pass

    def ipoll(self, ms):
        line = clock.line
        end = clock.now + 1000 * ms
        while clock.now < end and not line.waiting:
            line.pass_time((line.due if line.first < line.last and line.due < end else end) - clock.now)
        return ()


class _Polling:
    POLLIN = 1

    def poll(self):
        return _Poll()


polling = _Polling()


class Pin:
    OUT = 1

    def __init__(self, number, mode=-1, value=None):
        self.number = number

    def __call__(self, level):
        if level:
            clock.line.direction_up = clock.now
        else:
            clock.line.direction_down = clock.now


class UART:
    def __init__(self, number, baud, **settings):
        assert settings["rxbuf"] >= 512

    def any(self):
        return clock.line.waiting

    def readinto(self, buffer, count):
        line = clock.line
        for i in range(count):
            buffer[i] = line.received[i]
        for i in range(line.waiting - count):
            line.received[i] = line.received[count + i]
        line.waiting -= count
        return count

    def write(self, buffer, count):
        clock.line.answer(buffer, count)

    def txdone(self):
        return clock.now >= clock.line.answer_ended


class Line:
    """The far end of the UART. Bytes arrive at the ends of their characters; what does not fit in 512 is lost."""

    def __init__(self, rtu, baud):
        clock.line = self
        self.rtu = rtu
        self.character_us = _CHARACTER_BITS * 1_000_000 // baud
        self.received = bytearray(512)
        self.waiting = 0
        self.coming = bytearray(2048)  # a ring
        self.first = self.last = 0
        self.due = 0
        self.heard_us = 0  # when the last byte ended
        self.sent = bytearray(512)
        self.sent_size = 0
        self.answer_began = self.answer_ended = 0
        self.direction_up = self.direction_down = 0
        self.answers = []
        self.echo = False

    def send(self, data, run_us=None):
        """Put bytes on the line; returns when the last one will have ended. Runs the server until then, unless told not to."""
        if self.first == self.last:
            self.due = clock.now + self.character_us
        for byte in data:
            self.coming[self.last % 2048] = byte
            self.last += 1
        end = self.due + (self.last - self.first - 1) * self.character_us
        if run_us is None:
            while clock.now < end - 1500:
                self.rtu.wait(1)
        elif run_us:
            self.pass_time(end - clock.now)
            self.rtu.wait(0)
        return end

    def pass_time(self, us):
        end = clock.now + us
        while self.first < self.last and self.due <= end:
            clock.now = self.due
            if self.waiting < 512:
                self.received[self.waiting] = self.coming[self.first % 2048]
                self.waiting += 1
            self.first += 1
            self.heard_us = self.due
            self.due += self.character_us
        clock.now = end

    def answer(self, data, count):
        for i in range(count):
            self.sent[i] = data[i]
        self.sent_size = count
        self.answer_began = clock.now
        self.answer_ended = clock.now + count * self.character_us
        if self.echo:
            if self.first == self.last:
                self.due = clock.now + self.character_us
            for i in range(count):
                self.coming[self.last % 2048] = data[i]
                self.last += 1

    def run(self, us, slice_ms=5):
        """Let the server run as the main loop does; returns its longest wait."""
        end = clock.now + us
        longest = 0
        while clock.now < end:
            began = clock.now
            self.rtu.wait(min(slice_ms, max(1, (end - clock.now) // 1000)))
            longest = max(longest, clock.now - began)
            self._take_answer()
        return longest

    def _take_answer(self):
        if self.sent_size:
            self.answers.append(bytes(self.sent[: self.sent_size]))
            self.sent_size = 0
