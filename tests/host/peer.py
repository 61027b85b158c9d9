"""A Modbus TCP server that answers from a dictionary with the wire contract's rules, written without the
host's codec.

It is what host tests talk to where no firmware is needed: strict all-or-nothing reads, limits, and the lease.
Its faults (silence, delays, garbage) are set by the tests.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from contextlib import suppress

from mallee.device.dictionary import Dictionary, encode, hash_of

ACTIVE, NONE = 1, 0
LEASE_HELD, LEASE_STALE, LEASE_MISSING = 1, 2, 3


class Exception_(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Peer:
    """One controller. `registers[table][address]` is its image; `hook(function, pdu) -> bytes | None`
    replaces answers."""

    def __init__(self, dictionary: Dictionary, *, profile: int = 1, name: str = "peer", unit: int = 1) -> None:
        self.dictionary = dictionary
        self.unit = unit
        self.image: dict[str, dict[int, int]] = {"input": {}, "holding": {}, "coil": {}, "discrete": {}}
        for point in dictionary.points:
            for register in range(point.address, point.end):
                self.image[point.table][register] = 0
            if point.table == "holding" and point.default is not None:
                self.set(point.name, round(point.default / 10**point.scale))
        for alarm in dictionary.alarms:
            self.image["discrete"][alarm.code] = 0
            self.image["discrete"][alarm.code + dictionary.validity_offset] = 1
        self.files = {1: self.file_of(encode(dictionary))}
        self.holder = self.epoch = 0
        self.leased = False
        self.requests: list[bytes] = []
        self.silent = False
        self.hook: Callable[[bytes], bytes | None] | None = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.identify(profile, name)

    def identify(self, profile: int, name: str) -> None:
        for point, value in {
            "magic": 0x4D4C,
            "profile": profile,
            "map_major": self.dictionary.version[0],
            "map_minor": self.dictionary.version[1],
            "dictionary_hash": hash_of(self.dictionary),
            "firmware_minor": 1,
            "unit_address": self.unit,
            "first_out": 0xFFFF,
            "since_trip": 0xFFFFFFFF,
            "state": 1,
        }.items():
            self.set(point, value)
        point = self.dictionary.by_name["name"]
        data = name.encode().ljust(point.registers * 2, b"\0")
        for index in range(point.registers):
            self.image["input"][point.address + index] = int.from_bytes(data[2 * index : 2 * index + 2], "big")

    @staticmethod
    def file_of(content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + content

    def set(self, name: str, raw: int) -> None:
        """Put a raw value into a point's registers, high word first."""
        point = self.dictionary.by_name[name]
        for index in range(point.registers):
            self.image[point.table][point.address + index] = raw >> 16 * (point.registers - 1 - index) & 0xFFFF

    def get(self, name: str) -> int:
        point = self.dictionary.by_name[name]
        raw = 0
        for register in range(point.address, point.end):
            raw = raw << 16 | self.image[point.table][register]
        return raw

    async def start(self, port: int = 0) -> Peer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.close()
            await asyncio.sleep(0)
            self._server = None

    async def __aenter__(self) -> Peer:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                pdu = await reader.readexactly(length - 1)
                self.requests.append(pdu)
                if self.silent or unit not in (self.unit, 0, 255):
                    continue
                answer = self.answer(pdu)
                writer.write(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            with suppress(OSError):
                writer.close()

    def answer(self, pdu: bytes) -> bytes:
        if self.hook is not None:
            replaced = self.hook(pdu)
            if replaced is not None:
                return replaced
        try:
            return bytes((pdu[0],)) + self._function(pdu[0], pdu[1:])
        except Exception_ as error:
            return bytes((pdu[0] | 0x80, error.code))

    def _function(self, function: int, data: bytes) -> bytes:
        if function in (1, 2):
            address, count = struct.unpack(">HH", data)
            bits = self._span("coil" if function == 1 else "discrete", address, count, 2000)
            packed = bytearray((count + 7) // 8)
            for index, bit in enumerate(bits):
                packed[index // 8] |= bit << index % 8
            return bytes((len(packed),)) + bytes(packed)
        if function in (3, 4):
            address, count = struct.unpack(">HH", data)
            words = self._span("holding" if function == 3 else "input", address, count, 125)
            return bytes((2 * count,)) + b"".join(word.to_bytes(2, "big") for word in words)
        if function == 5:
            address, value = struct.unpack(">HH", data)
            self._span("coil", address, 1, 1)
            self.image["coil"][address] = int(value == 0xFF00)
            return data
        if function == 15:
            address, count, _ = struct.unpack(">HHB", data[:5])
            self._span("coil", address, count, 1968)
            for index in range(count):
                self.image["coil"][address + index] = data[5 + index // 8] >> index % 8 & 1
            return data[:4]
        if function == 16:
            address, count, _ = struct.unpack(">HHB", data[:5])
            self._write(address, list(struct.unpack(f">{count}H", data[5:])))
            return data[:4]
        if function == 20:
            _, _, file, record, count = struct.unpack(">BBHHH", data)
            first = file if file in self.files else 1
            content = self.files.get(first, b"")[(file - first) * 20_000 :][:20_000]
            if not content:
                raise Exception_(2)
            part = content[record * 2 : (record + count) * 2].ljust(count * 2, b"\0")
            return struct.pack(">BBB", len(part) + 2, len(part) + 1, 6) + part
        if function == 43:
            objects = {0: b"mallee", 1: self.dictionary.profile.encode(), 2: b"0.1.0"}
            body = b"".join(bytes((number, len(text))) + text for number, text in objects.items())
            return bytes((14, data[1], 0x83, 0, 0, len(objects))) + body
        raise Exception_(1)

    def _span(self, table: str, address: int, count: int, limit: int) -> list[int]:
        if not 1 <= count <= limit:
            raise Exception_(3)
        image = self.image[table]
        if any(register not in image for register in range(address, address + count)):
            raise Exception_(2)
        return [image[register] for register in range(address, address + count)]

    def _write(self, address: int, words: list[int]) -> None:
        self._span("holding", address, len(words), 123)
        points = [p for p in self.dictionary.points if p.table == "holding"]
        for point in points:
            covered = [r for r in range(point.address, point.end) if address <= r < address + len(words)]
            if covered and len(covered) != point.registers:
                raise Exception_(3)
        for point in points:
            if address <= point.address < address + len(words):
                self._check_limits(point, words[point.address - address :][: point.registers])
        lease = self.dictionary.by_name["remote_holder"].address
        block = next(b for b in self.dictionary.blocks("holding") if b[0] <= lease < sum(b))
        if block[0] <= address < sum(block):
            self._take_lease(address == lease and len(words) >= 4, words)
        for index, word in enumerate(words):
            self.image["holding"][address + index] = word

    def _check_limits(self, point, words: list[int]) -> None:
        raw = 0
        for word in words:
            raw = raw << 16 | word
        if point.default is None and raw == 0xFFFF:
            return
        if point.kind in ("s16", "s32") and raw >> (16 * point.registers - 1):
            raw -= 1 << 16 * point.registers
        value = raw * 10.0**point.scale
        if (point.low is not None and value < point.low - 1e-9) or (
            point.high is not None and value > point.high + 1e-9
        ):
            raise Exception_(3)

    def _take_lease(self, complete: bool, words: list[int]) -> None:
        if not complete:
            self._refuse(LEASE_MISSING)
        holder, epoch, seconds = words[0], words[1] << 16 | words[2], words[3]
        if holder == 0:
            if self.leased and epoch != self.epoch:
                self._refuse(LEASE_HELD)
            self.leased = False
        elif self.leased:
            if (holder, epoch) != (self.holder, self.epoch):
                self._refuse(LEASE_HELD)
        elif epoch <= self.epoch:
            self._refuse(LEASE_STALE)
        else:
            self.leased, self.holder, self.epoch = True, holder, epoch
        self.set("lease_state", ACTIVE if self.leased else NONE)
        self.set("lease_holder", self.holder)
        self.set("lease_epoch", self.epoch)
        self.set("lease_remaining", seconds if self.leased else 0)
        self.set("state", 2 if self.leased else 1)

    def _refuse(self, reason: int) -> None:
        self.set("refusal", reason)
        raise Exception_(4)

    def lapse(self) -> None:
        """The lease ran out, long ago."""
        self.leased = False
        self.set("lease_state", NONE)
        self.set("lease_remaining", 0)

    def restart(self) -> None:
        """What a restart does to the lease."""
        self.lapse()
        self.holder = self.epoch = 0
        self.set("lease_holder", 0)
        self.set("lease_epoch", 0)
