"""MicroPython's module rp2 as far as the firmware uses it: an assembler for PIO programs, and a state machine that runs them step
by step. Written from the RP2040 data sheet, 3.4 (instructions) and 3.5 (behaviour). Pins are functions of time; nothing waits.
"""

_JMP, _WAIT, _PUSH, _PULL, _MOV, _IRQ, _SET = 0x0000, 0x2000, 0x8000, 0x80A0, 0xA000, 0xC000, 0xE000
_CONDITIONS = {"always": 0, "x_dec": 2, "y_dec": 4, "pin": 6}
_REGISTERS = {"pins": 0, "x": 1, "y": 2, "isr": 6, "osr": 7}
_CLEAR, _RELATIVE = 0x40, 0x10


class PIO:
    OUT_LOW = 2


class Program:
    """`code` as 16-bit instructions. As in the port, place 1 of it is the address that it was loaded at."""

    offset = 3

    def __init__(self):
        self.code, self.labels, self.jumps = [], {}, []
        self.begin, self.end = 0, None

    def __getitem__(self, place):
        assert place == 1
        return self.offset

    def emit(self, instruction):
        self.code.append(instruction)
        return _Delay(self)

    def words(self):
        """What the body of a program may say."""
        words = {name: name for name in ("x", "y", "osr", "isr", "pins", "pin", "x_dec", "y_dec", "clear", "noblock")}
        words["label"] = lambda name: self.labels.__setitem__(name, len(self.code))
        words["wrap_target"] = lambda: setattr(self, "begin", len(self.code))
        words["wrap"] = lambda: setattr(self, "end", len(self.code))
        words["jmp"] = self._jmp
        words["wait"] = lambda level, source, index: self.emit(_WAIT | level << 7 | 1 << 5 | index)
        words["pull"] = lambda: self.emit(_PULL)
        words["push"] = lambda noblock: self.emit(_PUSH)
        words["mov"] = lambda to, source: self.emit(_MOV | _REGISTERS[to] << 5 | _REGISTERS[source])
        words["nop"] = lambda: self.emit(_MOV | 2 << 5 | 2)
        words["irq"] = lambda first, *rest: self.emit(_IRQ | (_CLEAR | rest[0] if rest else first))
        words["rel"] = lambda index: _RELATIVE | index
        words["set"] = lambda to, value: self.emit(_SET | _REGISTERS[to] << 5 | value)
        return words

    def _jmp(self, *words):
        self.jumps.append((len(self.code), words[-1]))
        return self.emit(_JMP | _CONDITIONS[words[0] if len(words) > 1 else "always"] << 5)


class _Delay:
    def __init__(self, program):
        self._program = program

    def __getitem__(self, steps):
        self._program.code[-1] |= steps << 8


def asm_pio(**settings):
    def assemble(function):
        program, names = Program(), function.__globals__
        words = program.words()
        hidden = {name: names[name] for name in words if name in names}
        names.update(words)
        function()
        for name in words:
            del names[name]
        names.update(hidden)
        for at, label in program.jumps:
            program.code[at] |= program.labels[label]
        assert len(program.code) <= 32 - program.offset
        program.end = program.end or len(program.code)
        return program

    return assemble


class StateMachine:
    made = {}

    def __init__(self, number, program, freq, in_base=None, set_base=None, jmp_pin=None):
        StateMachine.made[number] = self
        self.step_ns = 1_000_000_000 // freq
        self.program, self.in_base, self.jmp_pin = program, in_base, jmp_pin
        self.registers = {1: 0, 2: 0, 6: 0, 7: 0}
        self.fifo, self.flags, self.output = [], 0, 0
        self.received = []  # four deep
        self.at, self.now_ns, self.running = program.begin, 0, False
        self.moved = []  # (time, level) of the output
        self.handler = None

    def irq(self, handler, hard):
        assert hard
        self.handler = handler

    def active(self, on):
        self.running = bool(on)

    def put(self, value):
        assert len(self.fifo) < 4, "the port would wait here"
        self.fifo.append(value & 0xFFFFFFFF)

    def rx_fifo(self):
        return len(self.received)

    def get(self):
        return self.received.pop(0)

    def exec(self, instruction):
        if instruction >> 13 == 0:
            self.at = (instruction & 31) - self.program.offset  # an address in the PIO's memory
        else:
            assert self._do(instruction), "it would wait here"

    def run(self, until_ns):
        """Pins are functions of the time in nanoseconds."""
        program = self.program
        while self.running and self.now_ns < until_ns:
            instruction, behind = program.code[self.at], self.at + 1
            behind = program.begin if behind == program.end else behind
            if instruction >> 13 == 0:
                self.at = instruction & 31 if self._jumps(instruction >> 5 & 7) else behind
            elif self._do(instruction):
                self.at = behind
            else:
                instruction = 0  # it waits, and its delay has not begun
            self.now_ns += self.step_ns * (1 + (instruction >> 8 & 31))

    def _jumps(self, condition):
        if condition in (2, 4):  # x or y, and one less
            count = self.registers[condition // 2]
            self.registers[condition // 2] = count - 1 & 0xFFFFFFFF
            return count != 0
        return condition == 0 or condition == 6 and self.jmp_pin(self.now_ns) == 1

    def _do(self, instruction):
        """Anything but a jump. False where it waits."""
        kind, low, registers = instruction & 0xE000, instruction & 31, self.registers
        if kind == _WAIT:
            return self.in_base(self.now_ns) == instruction >> 7 & 1
        if instruction & 0xE0E0 == _PULL:
            if self.fifo:
                registers[7] = self.fifo.pop(0)
                return True
            return False
        if instruction & 0xE0E0 == _PUSH:
            if len(self.received) < 4:  # else it is dropped, and nobody waits
                self.received.append(registers[6])
        elif kind == _MOV:
            registers[instruction >> 5 & 7] = registers[instruction & 7]
        elif kind == _IRQ:
            if instruction & _CLEAR:
                self.flags &= ~(1 << (low & 7))
            else:
                self.flags |= 1 << (low & 7)
                if self.handler is not None:
                    self.handler(self)
        else:
            assert instruction >> 5 & 7 == 0
            self.output = low
            self.moved.append((self.now_ns, low))
        return True
