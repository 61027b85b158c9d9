"""Files onto a board, as fast as its console takes them.

Bytes go through the console's own stream, not through the compiler of the prompt. On an emulated Pico a byte costs 8 µs there,
with interrupts by Ctrl-C enabled or not; as code in base64 it costs 18 µs, and compressed 16 µs (inflating takes 4 µs of them).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from ...errors import ExitCode, MalleeError
from . import on_board
from .console import BoardRaised, Console

_ENOSPC = ("ENOSPC", "OSError: 28", "OSError: (28,")
_AGAIN = "run the same command again: what was copied is kept"

_TOGETHER_BYTES = 32 * 1024
_SPOILED = frozenset(b"\x03\r")
_CHANGED = bytes(byte ^ 1 if byte in _SPOILED else byte for byte in range(256))

Advance = Callable[[str, int], None]
"""Called with the path and how many more bytes of it are there."""


class Block(NamedTuple):
    """A part of a file: `size` bytes of it, of which `spoiled` could not be sent as they are, and what is sent for it."""

    size: int
    spoiled: int
    sent: bytes


def blocks_of(data: bytes, block_bytes: int) -> list[Block]:
    """`data` in blocks of which at most `block_bytes` (4096 at most) are sent.

    What is sent has neither Ctrl-C (3), which interrupts a board, nor carriage return (13), which a port may translate: these
    are sent with their lowest bit changed, and behind the block two bytes for each tell where, in base 64 counted from 16.
    """
    found: list[Block] = []
    at = 0
    while at < len(data):
        part = data[at : at + block_bytes]
        where: list[int] = []
        size = len(part)
        for index, byte in enumerate(part):
            spoiled = byte in _SPOILED
            if index + 1 + 2 * (len(where) + spoiled) > block_bytes:
                size = index
                break
            if spoiled:
                where.append(index)
        told = bytes(16 + digit for index in where for digit in divmod(index, 64))
        found.append(Block(size, len(where), part[:size].translate(_CHANGED) + told))
        at += size
    return found


def prepare(console: Console) -> None:
    console.run(on_board.RECEIVE)


def write_files(
    console: Console, files: Mapping[str, bytes], paths: Iterable[str], advance: Advance = lambda path, count: None
) -> None:
    """Write `paths` of `files` in their order, and read them back; `prepare` was called, their folders are there.

    Raises MalleeError.
    """
    together: dict[str, list[Block]] = {}
    for path in paths:
        together[path] = blocks_of(files[path], console.door.block_bytes)
        if sum(block.size for blocks in together.values() for block in blocks) >= _TOGETHER_BYTES:
            _write(console, files, together, advance)
            together = {}
    if together:
        _write(console, files, together, advance)


def _write(console: Console, files: Mapping[str, bytes], together: Mapping[str, list[Block]], advance: Advance) -> None:
    """Several files by one piece of code: a small file costs the prompt more than its bytes do."""
    said = tuple((path, tuple((block.size, block.spoiled) for block in blocks)) for path, blocks in together.items())
    sizes = [(path, block.size) for path, blocks in together.items() for block in blocks]
    sent = [block.sent for blocks in together.values() for block in blocks]
    try:
        printed = console.stream(on_board.RECEIVE_SOME.format(files=said), sent, lambda number: advance(*sizes[number]))
    except BoardRaised as error:
        named = [path for path in together if path in error.last_line]
        raise explained(error, f"{max(named, key=len, default='a file')} cannot be written") from error
    digests = printed.split()
    for number, path in enumerate(together):
        if digests[number : number + 1] != [hashlib.sha256(files[path]).hexdigest()]:
            raise MalleeError(
                f"{path} reads back from the board other than it was written",
                "its flash is worn out or failing, or the cable loses bytes",
                "run the same command again; if it stays so, replace the board",
                ExitCode.REFUSED,
            )


def run_files_code(console: Console, code: str, what: str) -> None:
    """Make, rename or remove files. Raises MalleeError."""
    try:
        console.run(code)
    except BoardRaised as error:
        raise explained(error, what) from error


def explained(error: BoardRaised, what: str) -> MalleeError:
    """What the board's file system said, for a person."""
    if any(mark in str(error) for mark in _ENOSPC):
        return MalleeError(
            f"{what}: the board's file system is full",
            "files that are not mallee's lie on it",
            f"remove what nobody needs (`mpremote rm :NAME`), then {_AGAIN}",
            ExitCode.REFUSED,
        )
    return MalleeError(
        f"{what}: {error.last_line}",
        "the board's file system is damaged, or was mounted read-only",
        f"{_AGAIN}; if it stays so, put MicroPython on it anew",
        ExitCode.REFUSED,
    )
