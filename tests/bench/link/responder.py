"""`python -m tests.bench.link.responder COUNT`: so many PDUs on loopback, in a process of its own, and one on a PTY as RTU.

It answers reads from images with the layout of the PDU's map, holes refused, and nothing else. It is no firmware: a controller's
firmware needs a virtual board and the simulator's time, and 64 of those take more than the core that there is. Prints its
ports as a line of JSON, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import tty
from typing import cast

from mallee import resources
from mallee.device.dictionary import Dictionary, hash_of
from mallee.link.rtu_frames import crc16

_SIZE = 1024


class Image:
    """Registers as bytes; `sequence` moves each 100 ms."""

    def __init__(self, dictionary: Dictionary, unit: int) -> None:
        self.tables = {3: bytearray(2 * _SIZE), 4: bytearray(2 * _SIZE)}
        self.blocks = {3: dictionary.blocks("holding"), 4: dictionary.blocks("input")}
        self.sequence_at = 2 * dictionary.by_name["sequence"].address
        for point in dictionary.points:
            if point.table == "input" and point.kind not in ("text", "quality"):
                self._set(dictionary, point.name, point.address % 200)
        values = {
            "magic": 0x4D4C, "profile": 2, "map_major": dictionary.version[0], "map_minor": dictionary.version[1],
            "dictionary_hash": hash_of(dictionary), "unit_address": unit,
        }  # fmt: skip
        for name, value in values.items():
            self._set(dictionary, name, value)

    def _set(self, dictionary: Dictionary, name: str, raw: int) -> None:
        point = dictionary.by_name[name]
        self.tables[4][2 * point.address : 2 * point.end] = raw.to_bytes(2 * point.registers, "big")

    def answer(self, pdu: bytes) -> bytes:
        function = pdu[0]
        if function == 8:
            return pdu
        if function not in self.tables or len(pdu) != 5:
            return bytes((function | 0x80, 1))
        address, count = pdu[1] << 8 | pdu[2], pdu[3] << 8 | pdu[4]
        if not any(first <= address and address + count <= first + size for first, size in self.blocks[function]):
            return bytes((function | 0x80, 2))
        table = self.tables[function]
        table[self.sequence_at : self.sequence_at + 2] = (int(time.monotonic() * 10) & 0x7FFF).to_bytes(2, "big")
        return bytes((function, 2 * count)) + table[2 * address : 2 * (address + count)]


class Served(asyncio.Protocol):
    def __init__(self, image: Image) -> None:
        self._image = image
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        buffer, out = self._buffer + data, b""
        while len(buffer) >= 8 and len(buffer) >= (end := 6 + (buffer[4] << 8 | buffer[5])):
            pdu = self._image.answer(buffer[7:end])
            out += buffer[:4] + (len(pdu) + 1).to_bytes(2, "big") + buffer[6:7] + pdu
            buffer = buffer[end:]
        self._buffer = buffer
        self._transport.write(out)


def serve_pty(loop: asyncio.AbstractEventLoop, image: Image) -> str:
    """RTU at whatever speed the port has: each eight bytes with a good check sum are a request."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    buffer = bytearray()

    def readable() -> None:
        buffer.extend(os.read(ours, 4096))
        while len(buffer) >= 8:
            if crc16(buffer[:8]):
                del buffer[0]
                continue
            body = bytes(buffer[:1]) + image.answer(bytes(buffer[1:6]))
            del buffer[:8]
            os.write(ours, body + crc16(body).to_bytes(2, "little"))

    loop.add_reader(ours, readable)
    return os.ttyname(theirs)


async def main(count: int) -> None:
    loop = asyncio.get_running_loop()
    dictionary = resources.dictionary("pdu")
    ports = []
    for _ in range(count):
        image = Image(dictionary, 1)
        server = await loop.create_server(lambda image=image: Served(image), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps({"ports": ports, "pty": serve_pty(loop, Image(dictionary, 1))}), flush=True)
    ended = loop.create_future()
    loop.add_reader(sys.stdin, lambda: ended.done() or ended.set_result(None))
    await ended


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
