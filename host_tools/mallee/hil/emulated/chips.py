"""The chips beside the controller, to the extent that the firmware's drivers talk to them, written from the data sheets."""

from __future__ import annotations

from collections.abc import Callable

FULL_SCALE_V = 1.2
_WREG_MODE = (
    b"\x61\x00"  # write one register, MODE; 0x04 of its high byte is the reset bit, which STATUS shows (8.6.2, 8.6.3)
)
_RREG_ID = b"\xa0\x00"  # read one register, the first: ID, 0x28xx (8.6.1)


def crc16_ccitt(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


class Ads131m08:
    """TI SBAS950: ten words of 24 bits a frame: status, eight channels, CRC in the upper 16 bits (8.5.1). `volts` are the
    inputs; `taken` is called when a frame begins."""

    def __init__(self) -> None:
        self.volts = [0.0] * 8
        self.taken: Callable[[], None] | None = None
        self.corrupt = 0  # frames still to be sent with a wrong CRC
        self.absent: int | None = None  # what the line floats to when the chip is not there
        self._frame = bytes(30)
        self._command = b""
        self._status = b"\x05\x00\x00"
        self._at = 0
        self._built: tuple[list[float], bytes] | None = None

    def select(self, on: bool) -> None:
        if not on:
            return
        if self.taken is not None:
            self.taken()
        self._at = 0
        if self._command[:2] == _WREG_MODE and not self._command[3] & 0x04:
            self._status, self._built = b"\x01\x00\x00", None
        self._frame = self._make()
        if self._command[:2] == _RREG_ID:  # the response to a command is in the next frame (8.5.1.10)
            words = b"\x28\x00\x00" + self._frame[3:27]
            self._frame = words + crc16_ccitt(words).to_bytes(2, "big") + b"\x00"
        self._command = b""
        if self.corrupt:
            self.corrupt -= 1
            self._frame = self._frame[:27] + bytes([self._frame[27] ^ 0x55]) + self._frame[28:]

    def exchange(self, byte: int) -> int:
        at, self._at = self._at, self._at + 1
        if at < 5:
            self._command += bytes([byte])
        if self.absent is not None:
            return self.absent
        return self._frame[at] if at < len(self._frame) else 0

    def _make(self) -> bytes:
        if self._built is None or self._built[0] != self.volts:
            words = self._status
            for volts in self.volts:
                code = max(-(1 << 23), min((1 << 23) - 1, round(volts / FULL_SCALE_V * (1 << 23))))
                words += (code & 0xFFFFFF).to_bytes(3, "big")
            self._built = (list(self.volts), words + crc16_ccitt(words).to_bytes(2, "big") + b"\x00")
        return self._built[1]


class Atm90e32:
    """Microchip DS20005965: a 16-bit address, its bit 15 set to read, then 16 bits of data; 0x78 repeats the last data."""

    def __init__(self) -> None:
        self.absent: int | None = None  # what the line floats to when the chip is not there
        self.registers: dict[int, int] = {0x00: 0, 0xF8: 5000}
        self.taken: Callable[[], None] | None = None  # called when its first voltage is read
        self._bytes = bytearray()
        self._answer = 0

    def measure(self, volts: float, amps: float) -> None:
        """The same on all three phases, power factor 1 (LSB: 10 mV, 1 mA, 0.00032 W, of sums 0.00128 W)."""
        for phase in range(3):
            self.registers[0xD9 + phase] = round(100 * volts)
            self.registers[0xDD + phase] = round(1000 * amps)
            self._wide(0xB1 + phase, round(volts * amps / 0.00032))
        for register in (0xB0, 0xB8):
            self._wide(register, round(3 * volts * amps / 0.00128))

    def _wide(self, register: int, value: int) -> None:
        self.registers[register], self.registers[register + 0x10] = value >> 16 & 0xFFFF, value & 0xFFFF

    def select(self, on: bool) -> None:
        self._bytes.clear()

    def exchange(self, byte: int) -> int:
        if self.absent is not None:
            return self.absent
        self._bytes.append(byte)
        at = len(self._bytes)
        if at == 2:
            register = (self._bytes[0] << 8 | byte) & 0x3FF
            self._answer = self.registers.get(register, 0)
            if register == 0xD9 and self.taken is not None:
                self.taken()
            if self._bytes[0] & 0x80 and register != 0x78:
                self.registers[0x78] = self._answer
                if 0x80 <= register <= 0x93:
                    self.registers[register] = 0  # energies are cleared by reading (6.3)
        elif at == 4 and not self._bytes[0] & 0x80:
            register = (self._bytes[0] << 8 | self._bytes[1]) & 0x3FF
            self.registers[register] = self.registers[0x78] = self._bytes[2] << 8 | byte
        return (0, 0, 0, self._answer >> 8, self._answer & 0xFF)[at] if at <= 4 else 0


class Contactors:
    """Eight bistable contactors behind two 74HC595 (set and reset coils) and a 74HC165 (their contacts)."""

    def __init__(self) -> None:
        self.closed = 0xFF
        self.opened: Callable[[int], None] | None = None  # called with the bits that just opened
        self.moved: Callable[[], None] = lambda: None
        self._shifted = 0
        self._contacts = 0

    def exchange(self, byte: int) -> int:
        self._shifted = (self._shifted << 8 | byte) & 0xFFFF
        answer, self._contacts = self._contacts, 0xFF
        return answer

    def load(self, level: bool) -> None:
        if not level:
            self._contacts = self.closed

    def latch(self, level: bool) -> None:
        if not level:
            return
        reset, coils = self._shifted >> 8, self._shifted & 0xFF
        before = self.closed
        self.closed = (self.closed | coils) & ~reset & 0xFF
        if before & ~self.closed and self.opened is not None:
            self.opened(before & ~self.closed)
        if before != self.closed:
            self.moved()
