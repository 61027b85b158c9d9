"""Files onto a board, as fast as its console takes them.

Bytes go through the console's own stream, not through the compiler of the prompt. On an emulated Pico a byte costs 8 µs there
and 2 µs to restore; as code in base64 it costs 18 µs, and compressed 16 µs (inflating takes 4 µs of them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ...errors import ExitCode, MalleeError
from . import on_board
from .console import BoardRaised, Console

_ENOSPC = ("ENOSPC", "OSError: 28")
_AGAIN = "run the same command again: what was copied is kept"

Advance = Callable[[str, int], None]
"""Called with the path and how many more bytes of it are there."""


def escaped(data: bytes) -> bytes:
    """`data` without Ctrl-C (3), which interrupts a board, and without carriage return, which a port may translate."""
    return data.replace(b"\xdb", b"\xdb\xdd").replace(b"\x03", b"\xdb\xdc").replace(b"\r", b"\xdb\xde")


def blocks_of(data: bytes, block_bytes: int) -> list[bytes]:
    """`data` in escaped blocks of at most `block_bytes`, none of which ends within an escape."""
    coded = escaped(data)
    found, at = [], 0
    while at < len(coded):
        end = min(len(coded), at + block_bytes)
        if coded[end - 1] == 0xDB:  # never the last byte of all
            end -= 1
        found.append(coded[at:end])
        at = end
    return found


def prepare(console: Console) -> None:
    console.run(on_board.RECEIVE)


def write_files(
    console: Console, files: Mapping[str, bytes], paths: Iterable[str], advance: Advance = lambda path, count: None
) -> None:
    """Write `paths` of `files`, in their order; `prepare` was called and their folders are there. Raises MalleeError."""
    for path in paths:
        blocks = blocks_of(files[path], console.door.block_bytes)
        code = on_board.RECEIVE_ONE.format(path=path, sizes=tuple(len(block) for block in blocks))
        sizes = [
            len(files[path]) * (n + 1) // len(blocks) - len(files[path]) * n // len(blocks) for n in range(len(blocks))
        ]

        def sent(number: int, path: str = path, sizes: list[int] = sizes) -> None:
            advance(path, sizes[number])

        try:
            console.stream(code, blocks, sent)
        except BoardRaised as error:
            raise explained(error, f"{path} cannot be written") from error


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
