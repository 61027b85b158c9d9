"""What a driver takes for its chip, and what for a line that floats; buses in hardware and in software; ESP32 inputs."""

import sys
from array import array


class Module:
    pass


made = []


def hard(id, **settings):
    made.append(("hard", id))


def soft(**settings):
    made.append(("soft", settings["sck"]))


machine = Module()
machine.SPI, machine.SoftSPI, machine.Pin = hard, soft, lambda number, *rest, **more: number
sys.modules["machine"] = machine


class Rp2Adc:
    def __init__(self, pin):
        pass

    def read_u16(self):
        return 0x8000


class Esp32Adc:
    ATTN_11DB = 3

    def __init__(self, pin, atten):
        assert atten == 3

    def read_uv(self):
        return 1_650_000


from core.spi import open_bus  # noqa: E402
from core.wire import crc16_ccitt  # noqa: E402
from drivers.ads131m08 import Ads131m08  # noqa: E402
from drivers.atm90e32 import SECOND, WORDS, Atm90e32, ChipError  # noqa: E402


class Line:
    """`frames` are what is shifted in, one a transfer, the last one for ever."""

    def __init__(self, *frames):
        self.frames = list(frames)
        self.sent = []

    def write_readinto(self, out, into):
        self.sent.append(bytes(out[:2]))
        into[:] = self.frames[0][: len(into)]
        if len(self.frames) > 1:
            self.frames.pop(0)


def frame(first, second=0):
    words = bytearray(30)
    words[0], words[1] = first, second
    crc = crc16_ccitt(words, 27)
    words[27], words[28] = crc >> 8, crc & 0xFF
    return bytes(words)


def converter(line):
    return Ads131m08(line, lambda level: None, array("i", [0] * 8))


def test_a_converter_is_known_by_its_id_register():
    line = Line(frame(0xFF, 0x28), frame(0x28))  # after a reset the first response is 0xFF28
    assert converter(line).probe()
    assert line.sent[0] == b"\xa0\x00" and line.sent[1] == b"\x00\x00"


def test_a_disturbed_answer_is_asked_for_again():
    assert converter(Line(frame(0x05), b"\x28" + bytes(29), frame(0x05), frame(0x28))).probe()


def test_a_line_that_floats_is_no_converter_and_no_sample():
    for level in (0x00, 0xFF):
        chip = converter(Line(bytes([level] * 30)))
        assert not chip.probe()
        assert not chip.read() and chip.errors == 1


def test_a_shift_register_on_the_bus_is_no_converter():
    assert not converter(Line(b"\x28" + bytes(29))).probe()  # eight contacts, then its grounded serial input


def test_a_converter_that_lost_its_supply_alone_is_noticed_once():
    line = Line(frame(0x05))  # its reset bit is set, as after any power-up
    chip = converter(line)

    def turns(status, count):
        line.frames = [frame(status)]
        for _ in range(count):
            assert chip.read()
            chip.supervise()

    turns(0x05, 1)
    assert chip.read() and line.sent[-1] == b"\x61\x00", "its reset bit is cleared with the tick's own frames"
    turns(0x01, 3)
    assert line.sent[-1] == b"\x00\x00" and chip.resets == 0
    turns(0x05, 4)
    assert chip.resets == 1
    turns(0x01, 3)
    turns(0x05, 1)
    assert chip.resets == 2 and chip.errors == 0


def test_a_line_that_floats_is_no_metering_chip():
    """Each read is checked by reading it again, and a line that floats passes that."""
    for level in (0x00, 0xFF):
        chip = Atm90e32(Line(bytes([level] * 4)), lambda level: None)
        words = array("H", [1] * WORDS)
        chip.read(SECOND, words, 0)
        assert words[len(SECOND) - 1] != 1, "MeterEn is the last of them"
        try:
            chip.start()
        except ChipError:
            continue
        raise AssertionError("taken for a chip")


def test_a_bus_without_a_number_is_one_in_software():
    pins = {"sck": 2, "mosi": 3, "miso": 4}
    made.clear()
    open_bus(dict(pins, id=1), 1_000_000, 0, 1)
    open_bus(dict(pins, id=None), 1_000_000, 0, 1)
    assert made == [("hard", 1), ("soft", 2)]


def test_analog_inputs_are_volts_on_every_port():
    for adc, volts in ((Rp2Adc, 1.65), (Esp32Adc, 1.65)):
        machine.ADC = adc
        sys.modules.pop("drivers.analog", None)
        from drivers import analog

        analog.ADC = adc
        assert abs(analog.reader(26)() - volts) < 0.001
