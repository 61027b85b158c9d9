"""A serial port that a host has open is used by others through it: what they get, and that the host's own requests come first."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import tempfile

import pytest
from mallee.link import sharing as module
from mallee.link.address import SerialAddress, parse_address
from mallee.link.base import Priority
from mallee.link.failures import LinkDown, NoAnswer, Refused
from mallee.link.opening import open_link
from mallee.link.rtu import SerialLink
from mallee.link.sharing import SharedLine, place_of, shared_now, sharing
from mallee.sim.line.ptys import PtyEnd

from .line_loop import LineDevice, run_on_line

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no sockets in folders")
READ, SILENT = bytes((4, 0, 0, 0, 2)), bytes((4, 0, 9, 0, 2))
WRITE = bytes((16, 0, 7, 0, 1, 2, 0, 5))
CONTENT = bytes((21, 243, 6, 0, 40, 0, 0, 0, 118)) + bytes(236)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch):
    """A short name: pytest's own folders may be too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="ml") as folder:
        monkeypatch.setenv("MALLEE_LINES_DIR", folder)
        yield


def device(unit: int = 1) -> LineDevice:
    def answer(pdu: bytes) -> bytes | None:
        if pdu == SILENT:
            return None
        if pdu[0] == 4:
            return bytes((4, 4, 0, unit, 0x56, 0x78)) if pdu == READ else b"\x84\x02"
        if pdu[0] == 3:
            return b"\x83\x01"
        return pdu[:5] if pdu[0] == 16 else pdu

    return LineDevice(unit, answer)


def test_a_guest_reads_writes_and_hears_what_the_host_would():
    units = [device(1), device(2)]

    async def main(address):
        host = SerialLink(address, timeout_s=0.3)
        async with sharing([host]) as troubles:
            assert not troubles
            guest = SharedLine(address)
            assert guest.address == host.address
            assert await guest.exchange(2, READ) == b"\x04\x04\x00\x02\x56\x78"
            assert await guest.exchange(1, WRITE) == WRITE[:5]
            assert await guest.exchange(1, CONTENT) == CONTENT
            with pytest.raises(Refused, match="illegal data address"):
                await guest.exchange(1, bytes((4, 0, 99, 0, 2)))
            with pytest.raises(NoAnswer, match="unit 1 did not answer"):
                await guest.exchange(1, SILENT)
            assert await guest.exchange(2, READ) == b"\x04\x04\x00\x02\x56\x78"
            await guest.close()
        await host.close()
        assert not place_of(address.device).exists()

    run_on_line(main, units)


def test_the_hosts_polls_come_first():
    """While a guest sends pieces of a file one after the other, each poll waits for at most the one piece that is on the line."""

    async def main(address):
        host = SerialLink(address, timeout_s=1.0)
        loop = asyncio.get_running_loop()
        async with sharing([host]):
            guest = SharedLine(address)
            sent = 0

            async def bring() -> None:
                nonlocal sent
                while True:
                    await guest.exchange(1, CONTENT, priority=Priority.PROBE)
                    sent += 1

            bringing = asyncio.create_task(bring())
            waits = []
            for _ in range(40):
                await asyncio.sleep(0.05)
                began_s = loop.time()
                await asyncio.gather(*(host.exchange(2, READ) for _ in range(3)))
                waits.append(loop.time() - began_s)
            bringing.cancel()
            await asyncio.gather(bringing, return_exceptions=True)
            await guest.close()
        await host.close()
        return sent, max(waits)

    sent, worst_s = run_on_line(main, [device(1), device(2)], baud=115200)
    piece_s, poll_s = 2 * 249 * 11 / 115200, 17 * 11 / 115200
    assert sent > 20
    assert worst_s < piece_s + 3 * (poll_s + 0.006) + 0.005


def test_what_a_guest_cannot_have_is_told(tmp_path):
    address = SerialAddress(str(tmp_path / "gone"))

    async def main():
        host = SerialLink(address, timeout_s=0.2)
        async with sharing([host]):
            guest = SharedLine(address)
            with pytest.raises(LinkDown, match="cannot send on it now"):
                await guest.exchange(1, READ)
            reader, writer = await asyncio.open_unix_connection(str(place_of(address.device)))
            writer.write(b"\0\1\0\7\0\6\1" + READ)  # no Modbus TCP: the protocol is 7
            assert await reader.read() == b""
            writer.close()
            mode = place_of(address.device).stat().st_mode
            assert stat.S_IMODE(mode) == 0o600 and stat.S_IMODE(place_of("x").parent.stat().st_mode) == 0o700
            async with sharing([host]) as troubles:
                assert troubles == [
                    f"other programs cannot use {address.device} meanwhile: another host shares it already"
                ]
            with pytest.raises(LinkDown):
                await guest.exchange(1, READ)  # the second one has taken nothing from the first
            await guest.close()
        await host.close()

    asyncio.run(main())


def test_what_another_host_shared_is_shared_when_that_one_has_gone():
    async def main(address):
        first, second = SerialLink(address, timeout_s=0.3), SerialLink(address, timeout_s=0.3)
        loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as hosts:
            async with sharing([first]):
                assert len(await hosts.enter_async_context(sharing([second]))) == 1
                await asyncio.sleep(2 * module._AGAIN_S)
            await first.close()
            assert not place_of(address.device).exists()
            went_s = loop.time()
            while not place_of(address.device).exists():
                await asyncio.sleep(0.1)
                assert loop.time() - went_s <= module._AGAIN_S
            guest = SharedLine(address)
            assert await guest.exchange(1, READ) == b"\x04\x04\x00\x01\x56\x78"
            await guest.close()
        await second.close()
        assert not place_of(address.device).exists()

    run_on_line(main, [device(1)])


def test_only_where_a_host_lives_the_port_is_shared(tmp_path):
    end = PtyEnd()
    address = parse_address(f"serial://{end.name}")
    assert isinstance(address, SerialAddress)
    place = place_of(address.device)

    async def main():
        assert not shared_now(address)
        host = SerialLink(address)
        async with sharing([host]):
            assert isinstance(open_link(str(address)), SharedLine)
            assert isinstance(open_link(str(address), own=True), SerialLink)
        assert isinstance(open_link(str(address)), SerialLink)
        await host.close()

    asyncio.run(main())
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as killed:
        killed.bind(str(place))  # and nobody took it away
    assert place.exists() and not shared_now(address)
    asyncio.run(main())
    end.close()


def test_a_name_that_no_socket_can_have_is_told_and_the_host_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("MALLEE_LINES_DIR", str(tmp_path / ("long" * 30)))

    async def main():
        host = SerialLink(SerialAddress("x"))
        async with sharing([host]) as troubles:
            assert "too long" in troubles[0]
        monkeypatch.setattr(module, "place_of", lambda device: tmp_path / "file" / "a.sock")
        (tmp_path / "file").write_text("")
        async with sharing([host]) as troubles:
            assert len(troubles) == 1 and os.strerror(17) in troubles[0]
        await host.close()

    asyncio.run(main())
