"""Listening to a line: frames of others told apart and paired, counted, named, and not a byte sent."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee import resources
from mallee.device.identity import identity_registers
from mallee.device.overhearing import overhear
from mallee.link import pdus
from mallee.link.address import SerialAddress
from mallee.link.guessing import guess, reading_settings
from mallee.link.listening import Listener
from mallee.link.overheard import Tally
from mallee.link.overhearing import Heard, Overhearing
from mallee.link.rtu_frames import character_s, encode, silence_s
from mallee.link.serial_port import open_port
from mallee.pod.linenames import dictionaries_on_line
from mallee.pod.loader import parse_pod
from mallee.sim.line.faults import Faults

from .line_loop import LineDevice, LineLoop, LineMaster, run_on_line
from .peer import Peer

PUMP = resources.dictionary("pump")
BAUD, FRAMING = 19200, "8E1"
CHARACTER_S, SILENCE_S = character_s(BAUD, FRAMING), silence_s(BAUD)
READ = pdus.encode(pdus.read_input(100, 10))
# Requests with their answers: of every length that is told in another way, and of functions that nobody knows the length of.
EXCHANGES = [
    (READ, b"\x04\x14" + bytes(range(20))),
    (READ, b"\x84\x02"),
    (b"\x03\x00\x00\x00\x01", b"\x03\x02\x03\x00"),
    (b"\x01\x00\x00\x00\x14", b"\x01\x03\xff\x0f\x01"),  # request and answer are of one length
    (b"\x05\x00\x03\xff\x00", b"\x05\x00\x03\xff\x00"),
    (b"\x06\x00\x03\x12\x34", b"\x06\x00\x03\x12\x34"),
    (b"\x08\x00\x00\x12\x34", b"\x08\x00\x00\x12\x34"),
    (b"\x07", b"\x07\x00"),
    (b"\x0b", b"\x0b\x00\x00\x00\x07"),
    (b"\x11", b"\x11\x03abc"),
    (b"\x10\x00\xd3\x00\x02\x04\x0e\x10\x07\x6c", b"\x10\x00\xd3\x00\x02"),
    (b"\x0f\x00\x00\x00\x0a\x02\xff\x03", b"\x0f\x00\x00\x00\x0a"),
    (b"\x14\x07\x06\x00\x01\x00\x00\x00\x02", b"\x14\x06\x05\x06abcd"),
    (b"\x16\x00\x04\x00\xf2\x00\x25", b"\x16\x00\x04\x00\xf2\x00\x25"),
    (b"\x17\x00\x00\x00\x02\x00\x09\x00\x01\x02\x00\x07", b"\x17\x04\x00\x01\x00\x02"),
    (b"\x2b\x0e\x03\x00", b"\x2b\x0e\x03\x83\x00\x00\x02\x00\x03abc\x01\x01x"),
]


def hear(pieces: list[tuple[float, bytes]]) -> list[Heard]:
    """Bursts by the time of their first bit, handed over whole."""
    overhearing, found = Overhearing(CHARACTER_S, SILENCE_S), []
    for began_s, data in pieces:
        found += overhearing.feed(data, began_s + len(data) * CHARACTER_S)
    return found + overhearing.silent()


def roles(found: list[Heard]) -> list[str]:
    return [one.role for one in found]


@given(
    chosen=st.lists(st.tuples(st.sampled_from(EXCHANGES), st.booleans()), min_size=1, max_size=8),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=60),
)
def test_requests_and_answers_are_told_apart_however_the_bytes_are_handed_over(chosen, cuts):
    """All at once, byte by byte, or two frames and a half: an adapter's pieces have nothing to do with frames."""
    stream, expected = b"", []
    for (request, answer), answered in chosen:
        stream += encode(7, request)
        expected.append(("request", request))
        mirrors = request[0] in (5, 6, 8, 22)
        if answered or mirrors:  # an unanswered one that is sent again at once cannot be told from its answer
            stream += encode(7, answer)
            expected.append(("answer", answer))
    overhearing, found, at, now_s = Overhearing(CHARACTER_S, SILENCE_S), [], 0, 1.0
    while at < len(stream):
        piece = stream[at : at + cuts[at % len(cuts)]]
        at += len(piece)
        now_s += len(piece) * CHARACTER_S
        found += overhearing.feed(piece, now_s)
    found += overhearing.silent()
    assert [(one.role, one.data[1:-2]) for one in found] == expected


@given(data=st.binary(max_size=400), cut=st.integers(1, 50))
def test_no_byte_gets_lost_or_is_heard_twice(data, cut):
    overhearing, found = Overhearing(CHARACTER_S, SILENCE_S), []
    for at in range(0, len(data), cut):
        found += overhearing.feed(data[at : at + cut], 1.0 + at)
    found += overhearing.silent()
    assert b"".join(one.data for one in found) == data


def test_a_damaged_frame_costs_no_other_one():
    damaged = bytearray(encode(1, EXCHANGES[0][1]))
    damaged[9] ^= 4
    found = hear(
        [(1.0, encode(1, READ)), (1.01, bytes(damaged)), (1.5, encode(2, READ)), (1.51, encode(2, b"\x84\x02"))]
    )
    assert roles(found) == ["request", "noise", "request", "answer"] and len(found[1].data) == len(damaged)


def test_a_function_that_nobody_knows_is_ended_by_silence():
    found = hear([(1.0, encode(1, b"\x41\x01\x02\x03\x04\x05")), (1.1, encode(1, READ))])
    assert roles(found) == ["request", "request"] and found[0].data[1] == 0x41


def test_a_write_that_is_repeated_is_not_its_own_answer():
    """Its answer would have the same bytes, but come within milliseconds."""
    write = encode(5, b"\x06\x00\x03\x12\x34")
    assert roles(hear([(n / 2, write) for n in range(1, 5)])) == ["request"] * 4
    assert roles(hear([(1.0, write), (1.01, write), (1.5, write), (1.51, write)])) == ["request", "answer"] * 2


def test_late_second_and_stray_answers_are_said_to_be_so():
    answer = encode(1, EXCHANGES[0][1])
    found = hear([(1.0, encode(1, READ)), (1.5, encode(2, READ)), (1.6, answer), (1.8, encode(2, EXCHANGES[0][1]))])
    assert roles(found) == ["request", "request", "late", "answer"]
    assert found[2].delay_s == pytest.approx(0.6 - 8 * CHARACTER_S, abs=1e-4)
    assert roles(hear([(1.0, encode(1, READ)), (1.02, answer), (1.06, answer)])) == ["request", "answer", "second"]
    assert roles(hear([(1.0, answer)])) == ["stray"]


def test_times_are_those_of_the_line():
    found = hear([(1.0, encode(1, READ)), (1.012, encode(1, EXCHANGES[0][1]))])
    assert found[0].began_s == pytest.approx(1.0) and found[1].ended_s == pytest.approx(1.012 + 25 * CHARACTER_S)
    assert found[1].delay_s == pytest.approx(0.012 - 8 * CHARACTER_S)


def test_what_was_heard_is_counted_by_unit():
    tally = Tally("line", CHARACTER_S, 0.0)
    damaged = encode(1, EXCHANGES[0][1])[:-1]
    bursts = [
        (1.0, encode(1, READ)), (1.01, encode(1, EXCHANGES[0][1])), (2.0, encode(1, READ)), (2.01, encode(1, b"\x84\x02")),
        (3.0, encode(1, READ)), (3.01, damaged), (4.0, encode(2, READ)), (5.0, encode(0, b"\x10\0\x14\0\1\2\0\0")),
        (6.0, encode(2, READ)),
    ]  # fmt: skip
    for one in hear(bursts):
        tally.add(one)
    told = tally.report(10.0)
    first, second = told.units
    assert (first.requests, first.answers, first.exceptions, first.damaged, first.unanswered) == (3, 2, {"2": 1}, 1, 0)
    assert (second.requests, second.unanswered, second.functions, second.rate_Hz) == (2, 2, {"4": 2}, 0.2)
    assert second.delay_p50_ms is None and first.delay_p50_ms is not None
    assert (told.frames, told.broadcasts, told.bursts, told.noise_bytes) == (8, 1, 1, len(damaged))
    assert told.bytes == sum(len(data) for _, data in bursts) and told.longest_silence_s == pytest.approx(
        3.99, abs=0.01
    )


def peers(*units: int) -> list[LineDevice]:
    devices = []
    for unit in units:
        peer = Peer(PUMP, unit=unit)
        peer.set("supply_temperature", 3705)
        devices.append(LineDevice(unit, peer.answer))
    return devices


def listened(seconds: float, candidates=None, dictionaries=None, **line):
    """What was shown and counted, and what the host wrote to its port."""

    async def main(address: SerialAddress):
        loop, stop, rows = asyncio.get_running_loop(), asyncio.Event(), []
        assert isinstance(loop, LineLoop)
        loop.call_later(seconds, stop.set)
        ways = [address] if candidates is None else candidates(address.device)
        told = await overhear(ways, dictionaries or {}, lambda frame, row: rows.append(row), stop)
        return rows, told, bytes(loop.written)

    return run_on_line(main, **line)


POLL = [encode(1, pdus.encode(pdus.read_input(100, 55))), encode(2, READ), encode(9, READ)]


def test_a_line_is_overheard_without_a_byte_being_written():
    rows, told, written = listened(10.0, dictionaries={1: PUMP}, devices=peers(1, 2), masters=[LineMaster(POLL)])
    assert written == b""
    assert [unit.unit for unit in told.units] == [1, 2, 9] and told.noise_bytes == 0
    first, second, dead = told.units
    assert first.answers == first.requests == 14 and second.answers == second.requests
    assert (dead.answers, dead.unanswered) == (0, dead.requests)
    answers = [row for row in rows if row.direction == "answer" and row.unit == 1]
    assert all(row.points["supply_temperature"] == "37.05 degC" for row in answers) and len(answers) == 14
    assert SILENCE_S * 1000 <= (first.delay_p99_ms or 0) <= SILENCE_S * 1000 + 1.1  # the adapter's millisecond


@pytest.mark.parametrize(("baud", "framing"), [(9600, "8N1"), (115200, "8N1")])
def test_a_slow_adapter_parts_frames_wrongly_and_they_are_paired_all_the_same(baud, framing):
    """Requests and answers come in one piece, or in half of one, each 16 ms."""
    _, told, _ = listened(
        20.0, devices=peers(1, 2), masters=[LineMaster(POLL)], baud=baud, framing=framing, latency_ms=16
    )
    assert told.noise_bytes == 0 and [unit.stray + unit.late + unit.second for unit in told.units] == [0, 0, 0]
    assert all(unit.answers >= unit.requests - 1 for unit in told.units[:2]) and told.units[2].answers == 0


def test_a_unit_is_known_from_its_identity_that_somebody_reads():
    identity = encode(1, pdus.encode(pdus.read_input(0, identity_registers())))
    rows, _, written = listened(2.0, devices=peers(1), masters=[LineMaster([POLL[0], identity, POLL[0]])])
    polled = [row.points for row in rows if row.direction == "answer" and row.meaning.endswith("100–154")]
    assert written == b"" and not polled[0] and polled[-1]["supply_temperature"] == "37.05 degC"


def test_a_device_of_another_make_is_told_by_its_map_file():
    text = (resources.examples_dir() / "serial_pod.toml").read_text(encoding="utf-8")
    shelf = resources.examples_dir() / "shelf.toml"
    address = "serial:///dev/shelf?baud=19200&framing=8N1"
    text += f'\n[[device]]\nname = "shelf"\naddress = "{address}"\nunit = 10\nmap = "{shelf}"\n'
    known = dictionaries_on_line(parse_pod(text), "/dev/shelf")
    assert set(known) == {10}
    point = next(point for point in known[10].points if point.table == "holding" and point.registers == 1)
    request = pdus.encode(pdus.read_holding(point.address, 1))
    unit = LineDevice(10, lambda pdu: b"\x03\x02\x00\x05")
    rows, _, _ = listened(1.0, dictionaries=known, devices=[unit], masters=[LineMaster([encode(10, request)])])
    assert list(rows[1].points) == [point.name]


def test_damage_is_counted_and_nothing_written():
    _, told, written = listened(
        60.0,
        devices=peers(1, 2),
        masters=[LineMaster(POLL)],
        faults=Faults(flip=3e-4, insert=0.005, babble=0.2),
        seed=4,
    )
    assert written == b"" and told.noise_bytes > 0 and told.bursts > 0
    for unit in told.units[:2]:
        assert unit.requests - 1 <= unit.answers + unit.unanswered + unit.damaged <= unit.requests


@pytest.mark.parametrize(
    ("baud", "framing", "found"),
    [(9600, "8E1", "8E1"), (115200, "8N1", "8N1"), (38400, "8O1", "8E1"), (2400, "8N1", "8N1"), (57600, "8N2", "8E1")],
)
def test_baud_and_framing_are_found_by_listening(baud, framing, found):
    """8O1 and 8N2 are heard with a receiver for 8E1: it does not look at the bit behind the eighth."""

    async def main(address: SerialAddress):
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LineLoop)
        taken, _, _ = await guess(reading_settings(address.device), asyncio.Event())
        return taken, bytes(loop.written), loop.time()

    taken, written, seconds = run_on_line(
        main, peers(1, 2), baud=baud, framing=framing, masters=[LineMaster(POLL, interval_s=1.0)]
    )
    assert taken == SerialAddress("line", baud, found) and written == b"" and seconds < 60


def test_a_silent_line_and_one_that_nobody_understands():
    _, told, written = listened(5.0, reading_settings, devices=[])
    assert (told.bytes, told.frames, written) == (0, 0, b"")
    babble = LineMaster([bytes(range(16, 48))])
    _, told, written = listened(20.0, reading_settings, devices=[], masters=[babble])
    assert told.bytes == told.noise_bytes > 500 and told.frames == 0 and written == b""


def test_a_port_that_goes_away_is_said():
    async def main(address: SerialAddress) -> None:
        async with Listener(address) as listener:
            listener._gone(OSError("unplugged"))
            await listener.until(asyncio.Event())

    with pytest.raises(Exception, match="the port went away"):
        run_on_line(main, [])


@contextmanager
def speaking(send: Callable[[bytes], object], said: list[bytes]) -> Iterator[None]:
    """Say all that, again and again, at the far end of a port."""
    ended = threading.Event()

    def speak() -> None:
        number = 0
        while said and not ended.wait(0.02):
            with suppress(OSError):  # nobody reads, or nobody is there any more
                send(said[number % len(said)])
                number += 1

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        yield
    finally:
        ended.set()
        speaker.join()


def mallee(
    arguments: list[str], said: list[bytes], verb: str = "listen"
) -> tuple[subprocess.CompletedProcess[str], bytes]:
    """Run a command on a PTY at whose other end somebody says all that, again and again; what came back from the port."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    process = subprocess.Popen(
        [sys.executable, "-m", "mallee", verb, os.ttyname(theirs), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with speaking(lambda data: os.write(ours, data), said):
        out, err = process.communicate(timeout=60)
    try:
        written = os.read(ours, 4096)
    except BlockingIOError:
        written = b""
    os.close(ours)
    os.close(theirs)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err), written


def test_the_command_on_a_port(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = [encode(3, READ) + encode(3, EXCHANGES[0][1]), encode(4, READ) + encode(4, b"\x84\x02")]
    file = tmp_path / "heard.pcap"
    done, written = mallee(["--for", "1s", "-o", "jsonl", "--profile", "3=pump", "--pcap", str(file)], said)
    assert done.returncode == 0, done.stderr
    *rows, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert written == b"" and {row["direction"] for row in rows} >= {"request", "answer"}
    assert any(row["points"] for row in rows if row["unit"] == 3)
    units = {unit["unit"]: unit for unit in last["summary"]["units"]}
    assert units[4]["exceptions"]["2"] == units[4]["answers"] > 0 and units[3]["exceptions"] == {}
    assert file.stat().st_size > 24 and "the line speaks" in done.stderr


def test_the_command_on_a_silent_port_and_on_a_babbling_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done, written = mallee(["--for", "300ms", "--summary"], [])
    assert (done.returncode, written) == (3, b"") and "not a byte was heard" in done.stderr
    done, written = mallee(["--for", "500ms", "-o", "json"], [bytes(range(64, 96))])
    assert (done.returncode, written) == (5, b"") and '"code":5' in done.stderr
    assert json.loads(done.stdout)[0]["frames"] == 0


def test_the_doctor_asks_nothing_where_another_master_talks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = [encode(3, READ), encode(4, READ)]
    done, written = mallee(["-o", "json"], said, "doctor")
    assert (done.returncode, written) == (4, b""), done.stderr
    findings = {row["check"]: row for row in json.loads(done.stdout)}
    assert findings["other master"]["certain"] and findings["other master"]["causes"][0]["remedy"]
    assert findings["answers"]["state"] == "unknown"
    done, written = mallee([], said, "doctor")
    assert done.returncode == 4 and "another master talks" in done.stdout and "do: " in done.stdout
    done, written = mallee([], said, "scan")
    assert (done.returncode, written) == (4, b"") and "--force" in done.stderr


def test_rts_stays_low_while_listening():
    """Some adapters switch their driver onto the line with it."""

    async def rts(*, quiet: bool) -> bool:
        port = await open_port(SerialAddress("loop://"), lambda data: None, lambda error: None, quiet=quiet)
        try:
            return port._port.rts  # pyright: ignore[reportAttributeAccessIssue]
        finally:
            port.close()

    assert asyncio.run(rts(quiet=False)) is True and asyncio.run(rts(quiet=True)) is False


def test_a_serial_server_is_overheard(tmp_path, monkeypatch):
    """Its line speaks as it was told: nothing is tried."""
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-m", "mallee", "listen", f"serial://socket://127.0.0.1:{server.getsockname()[1]}"]
        process = subprocess.Popen([*command, "--for", "1s", "-o", "json"], stdout=subprocess.PIPE, text=True)
        connection, _ = server.accept()
        with connection:
            with speaking(connection.send, [encode(3, READ) + encode(3, EXCHANGES[0][1])]):
                out, _ = process.communicate(timeout=60)
            written = b""
            with suppress(ConnectionResetError):  # it left with bytes unread
                written = connection.recv(100)
    units = json.loads(out)[0]["units"]
    assert process.returncode == 0 and written == b"" and [unit["unit"] for unit in units] == [3]
    assert units[0]["answers"] > 3
