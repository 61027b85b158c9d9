"""Every worked example of MODBUS Application Protocol V1.1b3 whose function code this server has, as bytes."""

from core.bank import Bits, Table
from core.modbus import Server
from maps.fields import Holding, Input, u16


class Inputs(Input):
    of_04 = u16(8)


class Holdings(Holding):
    of_06 = u16(1, low=0, high=65534, default=0, count=2)  # 6.6 writes 0001, 6.12 writes 0001 and 0002
    of_23_and_22 = u16(3, low=0, high=65534, default=0, count=14)
    of_03 = u16(107, low=0, high=65534, default=0, count=3)


class File:
    """Records count from 0 in the examples as they do on the wire."""

    size = 100

    def __init__(self):
        self.data = bytearray(100)

    def read(self, position, count, target, at):
        target[at : at + count] = self.data[position : position + count]

    def may_write(self, position, count):
        return 0

    def write(self, position, count, data, at):
        self.data[position : position + count] = data[at : at + count]


class Bench:
    def __init__(self):
        self.inputs, self.holdings = Table((Inputs,)), Table((Holdings,), writable=True)
        self.coils, self.discretes = Bits([(19, 40), (172, 173)]), Bits([(196, 218)])
        self.files = {3: File(), 4: File()}
        objects = {0: b"Company identification", 1: b"Product code XX", 2: b"V2.11"}
        self.server = Server(
            self.inputs, self.holdings, self.coils, self.discretes, self.files.get, objects, server_id=b"ML"
        )

    def ask(self, text):
        request, answer = hexadecimal(text), bytearray(260)
        size = self.server.handle(bytearray(3) + request, 3, len(request), answer, 2)
        return bytes(answer[2 : 2 + size])

    def store(self, address, words):
        at = self.holdings.locate(address, len(words))
        for word in words:
            self.holdings.image[at : at + 2] = bytes((word >> 8, word & 0xFF))
            at += 2


def hexadecimal(text):
    return bytes(int(part, 16) for part in text.split())


def put_bits(bits, first, data, count):
    for i in range(count):
        bits.put(first + i, data[i >> 3] >> (i & 7) & 1)


def test_6_1_read_coils():
    bench = Bench()
    put_bits(bench.coils, 19, hexadecimal("CD 6B 05"), 19)
    assert bench.ask("01 00 13 00 13") == hexadecimal("01 03 CD 6B 05")


def test_6_2_read_discrete_inputs():
    bench = Bench()
    put_bits(bench.discretes, 196, hexadecimal("AC DB 35"), 22)
    assert bench.ask("02 00 C4 00 16") == hexadecimal("02 03 AC DB 35")


def test_6_3_read_holding_registers():
    bench = Bench()
    bench.store(107, (0x022B, 0x0000, 0x0064))
    assert bench.ask("03 00 6B 00 03") == hexadecimal("03 06 02 2B 00 00 00 64")


def test_6_4_read_input_registers():
    bench = Bench()
    bench.inputs.put(Inputs.of_04, 10)
    assert bench.ask("04 00 08 00 01") == hexadecimal("04 02 00 0A")


def test_6_5_write_single_coil():
    bench = Bench()
    assert bench.ask("05 00 AC FF 00") == hexadecimal("05 00 AC FF 00")
    assert bench.coils.get(172) == 1


def test_6_6_write_single_register():
    bench = Bench()
    assert bench.ask("06 00 01 00 03") == hexadecimal("06 00 01 00 03")
    assert bench.holdings.word(1) == 3


def test_6_8_diagnostics():
    assert Bench().ask("08 00 00 A5 37") == hexadecimal("08 00 00 A5 37")


def test_6_9_get_comm_event_counter():
    bench = Bench()
    bench.server.diagnostics.completed = 0x0108
    assert bench.ask("0B") == hexadecimal("0B 00 00 01 08")  # the example's status is busy, which this server never is


def test_6_10_get_comm_event_log():
    bench = Bench()
    diagnostics = bench.server.diagnostics
    diagnostics.completed, diagnostics.messages = 0x0108, 0x0120
    for event in (0x00, 0x20):
        diagnostics.note(event)
    assert bench.ask("0C") == hexadecimal("0C 08 00 00 01 08 01 21 20 00")


def test_6_11_write_multiple_coils():
    bench = Bench()
    assert bench.ask("0F 00 13 00 0A 02 CD 01") == hexadecimal("0F 00 13 00 0A")
    assert bench.ask("01 00 13 00 0A") == hexadecimal("01 02 CD 01")


def test_6_12_write_multiple_registers():
    bench = Bench()
    assert bench.ask("10 00 01 00 02 04 00 0A 01 02") == hexadecimal("10 00 01 00 02")
    assert bench.holdings.word(1) == 0x000A and bench.holdings.word(2) == 0x0102


def test_6_13_report_server_id():
    bench = Bench()
    assert bench.ask("11") == hexadecimal("11 03 4D 4C FF")
    bench.server.identification.running = False
    assert bench.ask("11") == hexadecimal("11 03 4D 4C 00")


def test_6_14_read_file_record():
    bench = Bench()
    bench.files[4].data[2:6] = hexadecimal("0D FE 00 20")
    bench.files[3].data[18:22] = hexadecimal("33 CD 00 40")
    answer = bench.ask("14 0E 06 00 04 00 01 00 02 06 00 03 00 09 00 02")
    assert answer == hexadecimal("14 0C 05 06 0D FE 00 20 05 06 33 CD 00 40")


def test_6_15_write_file_record():
    bench = Bench()
    request = "15 0D 06 00 04 00 07 00 03 06 AF 04 BE 10 0D"
    assert bench.ask(request) == hexadecimal(request)
    assert bytes(bench.files[4].data[14:20]) == hexadecimal("06 AF 04 BE 10 0D")


def test_6_16_mask_write_register():
    bench = Bench()
    bench.store(4, (0x12,))
    assert bench.ask("16 00 04 00 F2 00 25") == hexadecimal("16 00 04 00 F2 00 25")
    assert bench.holdings.word(4) == 0x17


def test_6_17_read_write_multiple_registers():
    bench = Bench()
    bench.store(3, (0x00FE, 0x0ACD, 0x0001, 0x0003, 0x000D, 0x00FF))
    answer = bench.ask("17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF")
    assert answer == hexadecimal("17 0C 00 FE 0A CD 00 01 00 03 00 0D 00 FF")
    assert bench.holdings.word(14) == bench.holdings.word(16) == 0x00FF


def test_6_21_read_device_identification():
    bench = Bench()
    text = b"\x00\x16Company identification\x01\x0fProduct code XX\x02\x05V2.11"
    # The example's conformity level is 01; this server also gives single objects and more than the basic ones: 0x83.
    assert bench.ask("2B 0E 01 00") == hexadecimal("2B 0E 01 83 00 00 03") + text


def test_writing_files_is_all_or_nothing():
    bench = Bench()
    good, bad = "06 00 04 00 00 00 01 11 11", "06 00 09 00 00 00 01 22 22"
    assert bench.ask("15 12 " + good + " " + bad) == hexadecimal("95 02")
    assert bench.ask("15 0A " + good + " 06") == hexadecimal("95 03")
    assert bench.files[4].data[0] == 0
    assert bench.ask("15 12 " + good + " " + good.replace("00 00 00 01", "00 32 00 01")) == hexadecimal("95 02")
    assert bench.ask("15 09 " + good.replace("06 00 04", "05 00 04")) == hexadecimal("95 02")
    assert bench.files[4].data[0] == 0


def test_coils_are_read_and_written_across_bytes():
    bench = Bench()
    assert bench.ask("0F 00 15 00 0D 02 FF 1F") == hexadecimal("0F 00 15 00 0D")
    assert bench.ask("01 00 13 00 15") == hexadecimal("01 03 FC 7F 00")
    assert bench.ask("01 00 27 00 01") == hexadecimal("01 01 00")
    assert bench.ask("05 00 27 FF 00") == hexadecimal("05 00 27 FF 00")
    assert bench.ask("01 00 27 00 01") == hexadecimal("01 01 01")
