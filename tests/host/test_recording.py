"""A recording as the host reads it: whole, damaged, replaced while it is read; and the command that shows it."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee import clock, resources
from mallee.cli import main
from mallee.cli.recording import summary
from mallee.device.device import Device
from mallee.device.files import RECORDING_KIND
from mallee.device.recording import HEADER_BYTES, NONE, RUNNING, WHOLE, Recording, parse
from mallee.errors import ExitCode, MalleeError
from mallee.link.opening import open_link

from .peer import Peer

PDU = resources.dictionary("pdu")
CLOCK_S = 1_900_000_000
BEFORE, AFTER, CHANNELS = 5, 7, 3
FIELDS = {
    "version": 1, "header": HEADER_BYTES, "state": WHOLE, "sequence": 4, "boot": 12, "seconds": CLOCK_S, "source": 1,
    "alarm": 26, "tripped": 0b100, "period_us": 1000, "channels": CHANNELS, "before": BEFORE, "after": AFTER,
    "numerator": 1000, "denominator": 40960, "unit": b"A", "names": b"branch.*.current",
}  # fmt: skip


def header(**changes: int | bytes) -> bytes:
    return struct.pack(">HHHIIIBxHHIHHHHI4s16s4x", *{**FIELDS, **changes}.values())


def rows(code: int = 4096) -> bytes:
    """Channel n has n times the code; the last sample before the trip and the next two are ten times as high in channel 3."""
    found = b""
    for i in range(BEFORE + AFTER):
        found += struct.pack(">3h", code, 2 * code, -0x8000 if i == 1 else (3 if i not in (4, 5, 6) else 7) * code)
    return found


def whole(code: int = 4096, **changes: int | bytes) -> bytes:
    return header(**changes) + rows(code)


def parsed(content: bytes) -> Recording:
    found = parse(content, PDU)
    assert found is not None
    return found


def test_a_whole_recording() -> None:
    found = parsed(whole())
    assert found.sequence == 4 and found.boot_count == 12
    assert found.time == datetime.fromtimestamp(CLOCK_S, UTC) and found.uptime_s is None
    assert found.alarm == "instantaneous_trip.3" and found.alarm_code == 26 and found.tripped == ("branch.3.current",)
    assert found.channels == ("branch.1.current", "branch.2.current", "branch.3.current") and found.unit == "A"
    assert set(found.channels) <= set(PDU.by_name), "channels are called as the map's points are"
    assert found.before == BEFORE and found.after == AFTER and found.sample_period_us == 1000
    assert found.samples[0] == (100.0,) * 12 and found.samples[1] == (200.0,) * 12
    assert found.samples[2] == (300.0, None, 300.0, 300.0, 700.0, 700.0, 700.0, *[300.0] * 5)
    assert [found.at_ms(i) for i in (0, 4, 5, 11)] == [-5, -1, 0, 6]


def test_what_is_not_known_is_none() -> None:
    found = parsed(whole(boot=0xFFFFFFFF, source=0, seconds=93, alarm=250))
    assert found.boot_count is None and found.time is None and found.uptime_s == 93 and found.alarm == "alarm 250"


def test_without_a_whole_recording_there_is_none() -> None:
    for state in (NONE, RUNNING):
        assert parse(header(state=state, before=0, after=0), PDU) is None


def test_the_summary_of_each_channel() -> None:
    first, _, third = summary(parsed(whole()))
    assert first == {
        "channel": "branch.1.current", "unit": "A", "before": 100.0, "at_trip": 100.0, "peak": 100.0, "peak_at_ms": -5.0,
        "end": 100.0, "tripped": None,
    }  # fmt: skip
    assert third["before"] == 300.0 and third["at_trip"] == third["peak"] == 700.0 and third["peak_at_ms"] == -1.0
    assert third["end"] == 300.0 and third["tripped"] == "tripped"
    nothing = header(before=0) + b"\x80\0" * CHANNELS * AFTER
    for row in summary(parsed(nothing)):
        assert row["before"] is row["at_trip"] is row["peak"] is row["peak_at_ms"] is row["end"] is None


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "less than its header"),
        (header()[:-1], "less than its header"),
        (header(version=2), "format version 2"),
        (header(header=60), "claims 60 bytes"),
        (header(state=7), "state 7"),
        (whole()[:-1], "71 came"),
        (whole() + b"\0\0", "74 came"),
        (whole(channels=0), "a 0 where"),
        (whole(channels=17), "a 0 where"),
        (whole(denominator=0), "a 0 where"),
        (whole(period_us=0), "a 0 where"),
        (header(after=0) + rows()[: 2 * CHANNELS * BEFORE], "a 0 where"),
        (whole(unit=b"\xc2\xb0"), "no text"),
        (whole(names=b""), "no text"),
    ],
)
def test_what_is_no_recording_is_refused_and_explained(content: bytes, match: str) -> None:
    with pytest.raises(MalleeError, match=match) as error:
        parse(content, PDU)
    assert error.value.code == ExitCode.REFUSED and error.value.likely and error.value.next


@given(st.binary(max_size=300) | st.builds(lambda a, b: a + b, st.just(header()), st.binary(max_size=100)))
def test_garbage_is_an_error_or_none_and_never_a_bug(content: bytes) -> None:
    try:
        found = parse(content, PDU)
    except MalleeError:
        return
    assert found is None or len(found.samples) == len(found.channels)


@given(st.integers(0, len(whole()) - 1), st.integers(1, 255))
def test_a_changed_byte_is_an_error_or_a_recording_of_the_same_shape(at: int, change: int) -> None:
    content = bytearray(whole())
    content[at] ^= change
    try:
        found = parse(bytes(content), PDU)
    except MalleeError:
        return
    if found is not None:
        assert len({len(values) for values in found.samples}) == 1


@given(st.integers(0, len(whole()) - 1))
def test_a_part_of_it_is_an_error(end: int) -> None:
    with pytest.raises(MalleeError):
        parse(whole()[:end], PDU)


def serving(content: bytes) -> Peer:
    peer = Peer(PDU, profile=2)
    peer.files[10] = peer.file_of(struct.pack(">HHIH", 30, RECORDING_KIND, len(content), 1))
    peer.files[30] = peer.file_of(content)
    return peer


def read(peer: Peer) -> Recording | None:
    async def run() -> Recording | None:
        async with peer:
            link = open_link(f"tcp://127.0.0.1:{peer.port}")
            try:
                return await (await Device.connect(link, 1)).read_recording()
            finally:
                await link.close()

    return clock.run(run())


def replacing(peer: Peer, after: int, *contents: bytes) -> None:
    """Behind each `after` requests for file 30, the next of `contents` is there."""
    left, asked = list(contents), 0

    def hook(pdu: bytes) -> None:
        nonlocal asked
        if pdu[0] == 20 and pdu[3:5] == b"\0\x1e":
            asked += 1
            if left and asked % (after + 1) == 0:
                peer.files[30] = peer.file_of(left.pop(0))

    peer.hook = hook


LONG = {"before": 500, "after": 500}


def long(code: int, **changes: int | bytes) -> bytes:
    return header(**LONG, **changes) + struct.pack(">3h", code, code, code) * 1000


@pytest.mark.parametrize("after", [1, 2, 10, 26, 27])
def test_a_recording_that_was_replaced_while_it_was_read_is_read_anew(after: int) -> None:
    peer = serving(long(1, sequence=1))
    replacing(peer, after, long(2, sequence=2))
    found = read(peer)
    assert found is not None and found.sequence in (1, 2)
    assert {value for values in found.samples for value in values} == {found.sequence * 1000 / 40960}


def test_one_that_gets_shorter_and_whole_again_while_it_is_read() -> None:
    peer = serving(long(1, sequence=1))
    replacing(peer, 3, header(state=RUNNING, sequence=2, before=0, after=0), whole(sequence=2))
    found = read(peer)
    assert found is not None and found.sequence == 2 and found.before == BEFORE


def test_one_that_never_stays_is_an_error() -> None:
    for peer, reason in ((serving(header(state=RUNNING)), "runs"), (serving(long(1)), "replaced")):
        if reason == "replaced":
            replacing(peer, 3, *(long(1, sequence=n) for n in range(5, 100)))
        with pytest.raises(MalleeError, match="no recording was whole") as error:
            read(peer)
        assert error.value.code == ExitCode.REFUSED


def test_a_device_without_a_recorder_and_one_without_a_recording() -> None:
    with pytest.raises(MalleeError, match="has no flight recorder") as error:
        read(Peer(PDU, profile=2))
    assert error.value.code == ExitCode.REFUSED
    assert read(serving(header(state=NONE))) is None


@contextmanager
def in_thread(peer: Peer) -> Iterator[str]:
    """Its address, for commands that have a loop of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(peer.start(), loop).result(5)
    try:
        yield f"tcp://127.0.0.1:{peer.port}#1"
    finally:
        asyncio.run_coroutine_threadsafe(peer.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
def test_the_command_in_every_form(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    with in_thread(serving(whole())) as address:
        assert main(["recording", address, "-o", form]) == ExitCode.DONE
    out = capsys.readouterr().out
    if form == "table":
        assert "instantaneous_trip.3, 2030-03-17 17:46:40 UTC; 5 ms before and 7 ms after" in " ".join(out.split())
        row = next(line.split() for line in out.splitlines() if line.lstrip().startswith("branch.3.current"))
        assert row == ["branch.3.current", "A", "300", "700", "700", "-1", "300", "tripped"]
    elif form == "csv":
        lines = out.splitlines()
        assert (
            lines[0] == "at_ms,branch.1.current,branch.2.current,branch.3.current" and len(lines) == 1 + BEFORE + AFTER
        )
        assert lines[1] == "-5,100,200,300" and lines[2] == "-4,100,200," and lines[6] == "0,100,200,700"
    else:
        (document,) = json.loads(out) if form == "json" else [json.loads(line) for line in out.splitlines()]
        assert (
            document["sequence"] == 4 and document["time"].startswith("2030-03-17T") and document["device"] == address
        )
        assert document["samples"][2][:3] == [300.0, None, 300.0] and document["channels"][2] == "branch.3.current"


@pytest.mark.parametrize(("form", "expected"), [("json", "[]\n"), ("jsonl", ""), ("csv", "at_ms\n"), ("table", "")])
def test_the_command_without_a_recording(form: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    with in_thread(serving(header(state=NONE))) as address:
        assert main(["recording", address, "-o", form]) == ExitCode.DONE
    captured = capsys.readouterr()
    assert captured.out == expected and "has no recording" in captured.err


def test_the_command_at_a_device_without_a_recorder(capsys: pytest.CaptureFixture[str]) -> None:
    with in_thread(Peer(PDU, profile=2)) as address:
        assert main(["recording", address]) == ExitCode.REFUSED
    captured = capsys.readouterr()
    assert captured.out == "" and "has no flight recorder" in captured.err
