"""The journal's file as the host reads it: a ring with torn slots, any order; and the files' directory."""

from __future__ import annotations

import binascii
import json
import struct
from datetime import UTC, datetime

import pytest
from mallee import clock, resources
from mallee.cli import main
from mallee.device.device import Device
from mallee.device.files import JOURNAL_KIND, FileEntry, read_directory
from mallee.device.journal import parse
from mallee.errors import ExitCode, MalleeError
from mallee.link.opening import open_link

from .peer import Peer

PDU = resources.dictionary("pdu")
SLOTS = 8
CLOCK_S = 1_900_000_000


def record(sequence: int, kind: int, code: int = 0, value: int = 0, seconds: int = CLOCK_S, source: int = 1) -> bytes:
    data = struct.pack(">IIBBHH", sequence, seconds, kind, source, code, value)
    return data + binascii.crc_hqx(data, 0xFFFF).to_bytes(2, "big")


def ring(*records: bytes) -> bytes:
    content = bytearray(b"\xff" * 16 * SLOTS)
    for each in records:
        slot = int.from_bytes(each[:4], "big") % SLOTS
        content[16 * slot : 16 * slot + 16] = each
    return bytes(content)


def test_records_are_sorted_and_explained() -> None:
    entries = parse(
        ring(
            record(9, 2, 17, 3),
            record(10, 4, 2, 7),
            record(4, 1, 3, 12, seconds=0, source=0),
            record(5, 8, 3, 0),
            record(6, 7, 0, 40),
            record(7, 5, 0, 2),
            record(8, 77, 5, 6),
        ),
        PDU,
    )
    assert [entry.sequence for entry in entries] == [4, 5, 6, 7, 8, 9, 10]
    assert [entry.kind for entry in entries] == [
        "start", "switched", "dropped", "commit", "kind_77", "alarm_came", "lease",
    ]  # fmt: skip
    assert [entry.what for entry in entries] == [
        "fault", "branch 3 off", "40 records lost before this one", "", "", "overload_trip.2", "lost by host 7",
    ]  # fmt: skip
    assert entries[0].time is None and entries[0].uptime_s == 0
    assert entries[-1].time == datetime.fromtimestamp(CLOCK_S, UTC) and entries[-1].uptime_s is None


def test_what_is_not_whole_or_not_in_its_slot_is_left_out() -> None:
    content = bytearray(ring(record(1, 1), record(2, 5), record(3, 5)))
    content[16 * 2 + 9] ^= 1  # a bit of record 2
    content[16 * 4 : 16 * 5] = record(3, 5)  # of another slot
    assert [entry.sequence for entry in parse(bytes(content), PDU)] == [1, 3]
    assert parse(b"", PDU) == [] and parse(bytes(content[:21]), PDU) == []


def with_journal(peer: Peer) -> Peer:
    content = ring(record(1, 1, 0, 5), record(2, 2, 17, 1))
    peer.files[10] = peer.file_of(struct.pack(">HHIH", 20, JOURNAL_KIND, len(content), 1))
    peer.files[20] = peer.file_of(content)
    return peer


def test_a_device_finds_its_journal_by_the_directory() -> None:
    async def run() -> None:
        async with with_journal(Peer(PDU, profile=2)) as peer:
            link = open_link(f"tcp://127.0.0.1:{peer.port}")
            try:
                assert await read_directory(link, 1) == [FileEntry(20, JOURNAL_KIND, 16 * SLOTS, 1)]
                device = await Device.connect(link, 1)
                assert [entry.what for entry in await device.read_journal()] == ["power_on", "overload_trip.2"]
                del peer.files[10]
                with pytest.raises(MalleeError, match="has no journal"):
                    await device.read_journal()
            finally:
                await link.close()

    clock.run(run())


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
def test_log_in_every_form(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio
    import threading

    started, peers = threading.Event(), []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        peers.append(await with_journal(Peer(PDU, profile=2)).start())
        started.set()

    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(serve(), loop).result(5)
    try:
        code = main(["log", f"tcp://127.0.0.1:{peers[0].port}#1", "--last", "1", "-o", form])
    finally:
        asyncio.run_coroutine_threadsafe(peers[0].stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
    out = capsys.readouterr().out
    assert code == ExitCode.DONE and "overload_trip.2" in out and "power_on" not in out
    if form == "json":
        (row,) = json.loads(out)
        assert row["sequence"] == 2 and row["kind"] == "alarm_came" and row["when"].startswith("2030-03-17T")
