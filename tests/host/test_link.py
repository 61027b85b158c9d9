"""The TCP link against independent and against hostile peers."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager, suppress

import pytest
from mallee.link import pdus
from mallee.link.failures import LinkDown, NoAnswer, Refused
from mallee.link.tcp import TcpLink
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from .virtual_loop import run_virtual


@asynccontextmanager
async def raw_server(handler):
    """A server that calls `handler(transaction, unit, pdu) -> bytes to send` for each request."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                writer.write(handler(transaction, unit, await reader.readexactly(length - 1)))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()


def adu(transaction: int, pdu: bytes, unit: int = 1) -> bytes:
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


def registers(*words: int) -> bytes:
    return bytes((4, 2 * len(words))) + b"".join(word.to_bytes(2, "big") for word in words)


def test_pymodbus_as_independent_peer() -> None:
    async def main() -> None:
        # Shared block: pymodbus then serves the same addresses to FC03 and FC04.
        device = SimDevice(1, [SimData(0, values=list(range(50)), datatype=DataType.REGISTERS)])
        server = ModbusTcpServer(device, address=("127.0.0.1", 0))
        await server.listen()
        assert server.transport is not None
        port = server.transport.sockets[0].getsockname()[1]  # pyright: ignore[reportAttributeAccessIssue]
        link = TcpLink("127.0.0.1", port)
        answer = await link.request(1, pdus.read_input(10, 5))
        assert list(answer.registers) == [10, 11, 12, 13, 14]
        await link.request(1, pdus.write_registers(20, [7, 8]))
        assert list((await link.request(1, pdus.read_holding(20, 2))).registers) == [7, 8]
        with pytest.raises(Refused) as caught:
            await link.request(1, pdus.read_holding(49, 5))
        assert caught.value.exception_code == 2
        assert link.statistics.unit(1).exceptions == {2: 1}
        await link.close()
        await server.shutdown()

    asyncio.run(main())


def test_answers_out_of_order_reach_who_asked() -> None:
    held: list[bytes] = []

    def handler(transaction: int, unit: int, pdu: bytes) -> bytes:
        held.append(adu(transaction, registers(int.from_bytes(pdu[1:3], "big"))))
        return b"".join(reversed(held)) if len(held) == 4 else b""

    async def main() -> None:
        async with raw_server(handler) as port:
            link = TcpLink("127.0.0.1", port)
            link.allow_in_flight(1, 16)
            answers = await asyncio.gather(*(link.request(1, pdus.read_input(n, 1)) for n in (5, 6, 7, 8)))
            assert [answer.registers[0] for answer in answers] == [5, 6, 7, 8]
            await link.close()

    run_virtual(main())


def test_late_duplicate_and_foreign_answers_are_counted_and_dropped() -> None:
    seen: list[int] = []

    def handler(transaction: int, unit: int, pdu: bytes) -> bytes:
        seen.append(transaction)
        if len(seen) == 1:
            return b""  # times out
        late = adu(seen[0], registers(111))
        foreign = adu(transaction + 500, registers(222))
        wrong_unit = adu(transaction, registers(333), unit=9)
        short = adu(transaction, b"\x04\x04\x00\x01")
        right = adu(transaction, registers(42))
        return late + foreign + wrong_unit + short + right + right

    async def main() -> None:
        async with raw_server(handler) as port:
            link = TcpLink("127.0.0.1", port, timeout_s=0.2)
            with pytest.raises(NoAnswer):
                await link.request(1, pdus.read_input(0, 1))
            assert list((await link.request(1, pdus.read_input(0, 1))).registers) == [42]
            unit = link.statistics.unit(1)
            assert (unit.requests, unit.answers, unit.timeouts) == (2, 1, 1)
            assert (unit.late, unit.malformed) == (1, 2)
            assert (link.statistics.unknown_transactions, link.statistics.duplicates) == (1, 1)
            assert link.statistics.reconnects == 0
            await link.close()

    run_virtual(main())


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x00\x05\x00\x06\x01",
        b"\x00\x01\x00\x00\xff\xff\x01",
        b"\x00\x01\x00\x00\x00\x01\x01",
        b"HTTP/1.1 400 Bad Request\r\n",
    ],
)
def test_garbage_closes_the_connection_and_the_next_request_reconnects(garbage: bytes) -> None:
    count = 0

    def handler(transaction: int, unit: int, pdu: bytes) -> bytes:
        nonlocal count
        count += 1
        return garbage if count == 1 else adu(transaction, registers(42))

    async def main() -> None:
        async with raw_server(handler) as port:
            link = TcpLink("127.0.0.1", port)
            with pytest.raises(LinkDown, match="no Modbus"):
                await link.request(1, pdus.read_input(0, 1))
            with pytest.raises(LinkDown):  # backing off
                await link.request(1, pdus.read_input(0, 1))
            await asyncio.sleep(1)
            assert list((await link.request(1, pdus.read_input(0, 1))).registers) == [42]
            assert link.statistics.malformed_streams == 1
            assert link.statistics.reconnects == 1
            assert link.generation == 2
            await link.close()

    run_virtual(main())


def test_a_dead_unit_does_not_delay_the_living() -> None:
    asked: list[int] = []

    def handler(transaction: int, unit: int, pdu: bytes) -> bytes:
        asked.append(unit)
        return b"" if unit == 2 else adu(transaction, registers(unit), unit)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with raw_server(handler) as port:
            link = TcpLink("127.0.0.1", port, timeout_s=1.0)
            for _ in range(20):
                begun = loop.time()
                dead = asyncio.ensure_future(link.request(2, pdus.read_input(0, 1)))
                living = await asyncio.gather(*(link.request(u, pdus.read_input(0, 1)) for u in (1, 3, 4)))
                assert [answer.registers[0] for answer in living] == [1, 3, 4]
                assert loop.time() - begun < 0.5
                with pytest.raises(NoAnswer):
                    await dead
                await asyncio.sleep(0.1)
            assert link.statistics.unit(2).held_back > 5
            assert asked.count(2) == link.statistics.unit(2).timeouts
            assert link.statistics.reconnects == 0
            await link.close()

    run_virtual(main())


def test_half_open_connection_is_given_up() -> None:
    async def main() -> None:
        async with raw_server(lambda *_: b"") as port:
            link = TcpLink("127.0.0.1", port, timeout_s=0.2, probe_ceiling_s=0.1)
            for _ in range(6):
                with suppress(NoAnswer, LinkDown):
                    await link.request(1, pdus.read_input(0, 1))
                await asyncio.sleep(2)
            assert link.statistics.disconnects >= 1
            assert link.statistics.reconnects >= 1
            await link.close()

    run_virtual(main())


def test_nobody_listens() -> None:
    async def main() -> None:
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        link = TcpLink("127.0.0.1", port)
        for _ in range(3):
            with pytest.raises(LinkDown, match="connection refused"):
                await link.request(1, pdus.read_input(0, 1))
        assert link.statistics.connect_failures == 1  # the others met the back-off
        await link.close()

    run_virtual(main())


def test_impossible_requests_never_reach_the_wire() -> None:
    async def main() -> None:
        link = TcpLink("127.0.0.1", 9)
        with pytest.raises(ValueError, match="count"):
            await link.request(1, pdus.read_input(0, 126))
        assert link.statistics.connects == link.statistics.connect_failures == 0

    run_virtual(main())


def test_what_is_asked_in_one_go_leaves_in_one_piece_and_a_cancelled_request_gives_its_place_back() -> None:
    pieces: list[bytes] = []

    async def main() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(4096):
                pieces.append(data)
                if len(pieces) == 1:
                    continue  # nobody gets an answer to these
                for at in range(0, len(data), 12):
                    writer.write(adu(int.from_bytes(data[at : at + 2], "big"), registers(7)))
                if len(pieces) == 2:
                    writer.write(adu(2, registers(9)))  # of a request that nobody waits for any more
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        link = TcpLink("127.0.0.1", server.sockets[0].getsockname()[1])
        link.allow_in_flight(1, 2)
        asked = [asyncio.ensure_future(link.request(1, pdus.read_input(n, 1))) for n in range(2)]
        await asyncio.sleep(0.2)
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        again = await asyncio.gather(*(link.request(1, pdus.read_input(n, 1)) for n in range(2)))
        assert [answer.registers for answer in again] == [[7], [7]]
        await asyncio.sleep(0.1)
        assert [len(piece) for piece in pieces] == [24, 24]
        unit = link.statistics.unit(1)
        assert (unit.requests, unit.answers, unit.given_up, unit.late, unit.timeouts) == (4, 2, 2, 1, 0)
        await link.close()
        server.close()

    run_virtual(main())
