"""Commands to the emulated flash chip, byte by byte, and what a power cut leaves of them. No image is needed, nothing boots."""

import pytest

pytest.importorskip("rp2040py", reason="the emulator comes with mallee[hil]")

from mallee.hil.emulated.flash import flash_of
from mallee.hil.emulated.pico import Pico
from mallee.hil.emulated.writes import Writes, cut
from rp2040py.gpio_pin import GPIOPinState

SSIENR, DR0 = 0x08, 0x60
ENABLE, DISABLE, SECTOR, BLOCK, PROGRAM, READ = 0x06, 0x04, 0x20, 0xD8, 0x02, 0x03
AT = 0x0A_1000


class Bench:
    def __init__(self) -> None:
        self.pico = Pico(b"")
        self.pico.mcu.flash[AT - 4096 : AT + 8192] = bytes(range(256)) * 48
        self.before = flash_of(self.pico)
        self.writes = Writes(self.pico)
        self.chip = self.pico.mcu.ssi
        self.chip.write_uint32(SSIENR, 1)
        self._select(False)

    def say(self, *said: int) -> None:
        self._select(True)
        for byte in said:
            self.chip.write_uint32(DR0, byte)
        self._select(False)

    def at(self, command: int, address: int, data: bytes = b"") -> None:
        self.say(command, *address.to_bytes(3, "big"), *data)

    def _select(self, on: bool) -> None:
        self.chip._on_cs_pin_changed(*([GPIOPinState.LOW, GPIOPinState.HIGH][:: 1 if on else -1]))


def test_what_is_written_is_noted_in_its_order_and_nothing_else():
    bench = Bench()
    bench.at(SECTOR, AT)  # not enabled
    bench.say(ENABLE)
    bench.say(DISABLE)
    bench.at(PROGRAM, AT, b"\0")
    bench.at(READ, AT, bytes(4))
    assert not bench.writes.done and flash_of(bench.pico) == bench.before
    bench.say(ENABLE)
    bench.at(SECTOR, AT + 9)
    bench.writes.step = "second"
    for address, data in ((AT, bytes(range(256))), (AT + 256, b"\xf0" * 256), (AT + 256, b"\x3c" * 256)):
        bench.say(ENABLE)
        bench.at(PROGRAM, address, data)
    done = bench.writes.done
    assert [(write.address, write.size_bytes, write.step) for write in done] == [
        (AT, 4096, ""), (AT, 256, "second"), (AT + 256, 256, "second"), (AT + 256, 256, "second"),
    ]  # fmt: skip
    assert done[0].data is None and flash_of(bench.pico)[AT + 256 : AT + 512] == b"\x30" * 256  # bits are only cleared


def test_after_all_of_it_the_flash_is_what_the_chip_made_of_it():
    bench = Bench()
    for command, address, data in (
        (BLOCK, AT, b""),
        (SECTOR, AT, b""),
        (PROGRAM, AT, b"mallee"),
        (PROGRAM, AT, b"\x1f"),
    ):
        bench.say(ENABLE)
        bench.at(command, address, data)
    assert [write.address for write in bench.writes.done] == [0x0A_0000, AT, AT, AT]
    assert cut(bench.before, bench.writes.done) == flash_of(bench.pico) != bench.before
    assert cut(bench.before, []) == bench.before


def test_in_the_middle_of_an_operation_half_of_it_is_there():
    bench = Bench()
    for command, address, data in ((SECTOR, AT, b""), (PROGRAM, AT, b"mallee")):
        bench.say(ENABLE)
        bench.at(command, address, data)
    erased, programmed = bench.writes.done
    left = cut(bench.before, [], erased)
    assert left[AT : AT + 4096] not in (b"\xff" * 4096, bench.before[AT : AT + 4096])
    assert left[:AT] == bench.before[:AT] and left[AT + 4096 :] == bench.before[AT + 4096 :]
    assert cut(bench.before, [erased], programmed)[AT : AT + 6] == b"mal\xff\xff\xff"
