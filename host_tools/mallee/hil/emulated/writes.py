"""What an emulated board writes to its flash, one command of the flash chip after the other, so that the flash as a power cut
leaves it can be made for every one of them.

The chip carries out a command when its select is taken away: a page is programmed, which only clears bits, a sector or a block
is erased (W25Q16JV data sheet, 8.2). Watched on the objects of one chip, as uart.py does. Where the power goes in the middle of
an operation, the model is that of tests/firmware/cut_flash.py: half of a page is there, an erased block holds garbage.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from rp2040py.peripherals.ssi import (
    CMD_BLOCK_ERASE,
    CMD_PAGE_PROGRAM,
    CMD_SECTOR_ERASE,
    FLASH_BLOCK_SIZE,
    FLASH_PAGE_SIZE,
    FLASH_SECTOR_SIZE,
)

from .pico import Pico

_ERASED_bytes = {CMD_SECTOR_ERASE: FLASH_SECTOR_SIZE, CMD_BLOCK_ERASE: FLASH_BLOCK_SIZE}
_COMMAND_bytes = 4  # and its address
_GARBAGE = b"\x5a\xff\x00\xa7"


class Write(NamedTuple):
    """One operation on the flash. `data` None: `size_bytes` from `address` on are erased. `resets` is how often the board had
    been reset before, `step` what Writes was told is going on."""

    address: int
    size_bytes: int
    data: bytes | None
    resets: int
    step: str


class Writes:
    """Listens from now on, across resets. `step` is free text of whoever watches, kept with each write."""

    def __init__(self, pico: Pico) -> None:
        self.done: list[Write] = []
        self.step = ""
        self._pico = pico
        self._chip: Any = pico.mcu.ssi
        self._carry_out = self._chip._apply_command
        self._chip._apply_command = self._command

    def _command(self) -> None:
        said = bytes(self._chip._tx_buffer)
        if self._chip._write_enabled and len(said) >= _COMMAND_bytes:
            address = int.from_bytes(said[1:_COMMAND_bytes], "big")
            size_bytes = _ERASED_bytes.get(said[0], 0)
            if size_bytes:
                self._note(address & ~(size_bytes - 1), size_bytes, None)
            elif said[0] == CMD_PAGE_PROGRAM:
                data = said[_COMMAND_bytes : _COMMAND_bytes + FLASH_PAGE_SIZE]
                self._note(address, len(data), data)
        self._carry_out()

    def _note(self, address: int, size_bytes: int, data: bytes | None) -> None:
        self.done.append(Write(address, size_bytes, data, self._pico.resets, self.step))


def carry_out(flash: bytearray, write: Write, part: float = 1.0) -> None:
    """On the content of a whole flash. `part` below 1: the power goes in its middle."""
    end = write.address + write.size_bytes
    if write.data is None:
        content = b"\xff" if part == 1.0 else _GARBAGE
        flash[write.address : end] = content * (write.size_bytes // len(content))
        return
    for at, byte in enumerate(write.data[: int(part * len(write.data))], write.address):
        flash[at] &= byte


def cut(before: bytes, writes: Iterable[Write], torn: Write | None = None) -> bytes:
    """What a flash that was `before` holds when the power goes after `writes`, in the middle of `torn`."""
    flash = bytearray(before)
    for write in writes:
        carry_out(flash, write)
    if torn is not None:
        carry_out(flash, torn, 0.5)
    return bytes(flash)
