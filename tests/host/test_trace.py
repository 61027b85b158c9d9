"""Frames that links show: whole, in order, with their meaning, as rows and as pcap."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from mallee import resources
from mallee.device.device import Device
from mallee.device.frames import FrameReader
from mallee.link import pdus
from mallee.link.failures import NoAnswer, Refused
from mallee.link.pcap import PcapWriter
from mallee.link.reporting import report
from mallee.link.rtu import SerialLink
from mallee.link.rtu_frames import encode
from mallee.link.tap import TapFrame
from mallee.link.tcp import TcpLink
from mallee.sim.line.faults import Faults

from .line_loop import LineDevice, run_on_line
from .peer import Peer
from .peers_in_thread import peers_in_thread, write_pod_file
from .virtual_loop import run_virtual

PUMP = resources.dictionary("pump")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def tapped_tcp() -> tuple[list[TapFrame], str]:
    """A read of two points, one that is refused, and a write."""

    async def main():
        async with Peer(PUMP) as peer:
            peer.set("supply_temperature", 3705)
            link, frames = TcpLink("127.0.0.1", peer.port), []
            link.taps.append(frames.append)
            device = Device(link, 1, PUMP)
            await device.read("supply_temperature")
            with pytest.raises(Refused):
                await link.request(1, pdus.read_input(36, 2))
            await link.request(1, pdus.write_registers(211, [3600, 1900]))
            await link.close()
            return frames, link.address

    return run_virtual(main())


def test_tcp_frames_are_shown_whole_and_in_words():
    frames, address = tapped_tcp()
    assert [frame.sent for frame in frames] == [True, False] * 3
    reader = FrameReader({(address, 1): PUMP})
    rows = [reader.read(frame) for frame in frames]
    assert [row.direction for row in rows] == ["request", "answer"] * 3
    assert rows[1].points["supply_temperature"] == "37.05 degC" and rows[1].function == 4
    assert rows[1].meaning.startswith("read input registers 1") and rows[0].points == {}
    assert rows[3].meaning == "read input registers 36–37: refused, illegal data address (02)"
    assert rows[4].points == {"supply_temperature_setpoint": "36 degC", "differential_pressure_setpoint": "190 kPa"}
    assert rows[5].meaning == "write registers 211–212" and rows[5].data == frames[5].data.hex()


def test_a_device_without_a_dictionary_is_told_by_numbers():
    frames, _ = tapped_tcp()
    rows = [FrameReader().read(frame) for frame in frames]
    assert all(not row.points for row in rows)
    assert rows[1].meaning == "read input registers: an answer to nothing that was asked here"


def test_an_answer_is_told_by_the_request_with_its_number():
    """Two requests of the same form in flight, answered in the other order."""

    def frame(number: int, pdu: bytes, *, sent: bool) -> TapFrame:
        return TapFrame("tcp://x", "tcp", NOW, sent, bytes((0, number, 0, 0, 0, len(pdu) + 1, 1)) + pdu)

    reader = FrameReader({("tcp://x", 1): PUMP})
    for number, name in ((1, "supply_set"), (2, "flow")):
        point = PUMP.by_name["supply_temperature" if number == 1 else name]
        reader.read(frame(number, pdus.encode(pdus.read_input(point.address, 1)), sent=True))
    second = reader.read(frame(2, b"\x04\x02\x00\x64", sent=False))
    first = reader.read(frame(1, b"\x04\x02\x00\x64", sent=False))
    assert list(second.points) == ["flow"] and list(first.points) == ["supply_temperature"]


def test_a_line_shows_answers_noise_and_requests():
    peer = Peer(PUMP)

    async def main(address):
        link, frames = SerialLink(address, timeout_s=0.3), []
        link.taps.append(frames.append)
        for _ in range(40):
            try:
                await link.request(1, pdus.read_input(0, 2))
            except NoAnswer:
                await asyncio.sleep(1)
        now_s = asyncio.get_running_loop().time()
        await link.close()
        return link, frames, report(link.address, link.statistics, now_s)

    link, frames, told = run_on_line(main, [LineDevice(1, peer.answer)], faults=Faults(insert=0.02, flip=5e-4), seed=3)
    noise = sum(len(frame.data) for frame in frames if not frame.good)
    sent = sum(len(frame.data) for frame in frames if frame.sent)
    assert noise == link.statistics.noise_bytes > 0 and sent == link.statistics.bytes_out
    assert sum(len(frame.data) for frame in frames if not frame.sent) == link.statistics.bytes_in
    answers = [frame for frame in frames if frame.good and not frame.sent]
    assert len(answers) == told.units[0].answers + told.units[0].resyncs
    assert all(encode(1, frame.pdu) == frame.data for frame in answers)
    rows = [FrameReader().read(frame) for frame in frames]
    assert {row.direction for row in rows} == {"request", "answer", "noise"}
    assert told.units[0].requests == sum(frame.sent for frame in frames)


def test_load_is_the_time_of_the_bytes_over_all_time():
    async def main(address):
        link = SerialLink(address)
        loop = asyncio.get_running_loop()
        for _ in range(10):
            await link.request(1, pdus.read_input(0, 10))
        await asyncio.sleep(1.0)
        told = report(link.address, link.statistics, loop.time())
        elapsed_s = loop.time()
        await link.close()
        return told, elapsed_s

    told, elapsed_s = run_on_line(main, [LineDevice(1, Peer(PUMP).answer)], baud=9600, framing="8N1")
    assert (told.bytes_out, told.bytes_in) == (80, 250)
    assert told.load_percent == pytest.approx(100 * 330 * 10 / 9600 / elapsed_s, abs=0.1)


def test_a_file_has_one_form():
    file = io.BytesIO()
    writer = PcapWriter(file, "rtu")
    writer.write(TapFrame("a", "tcp", NOW, True, bytes(12)))
    assert (writer.packets, writer.left_out, len(file.getvalue())) == (0, 1, 24)


def test_mallee_trace_and_the_counters_of_status(tmp_path):
    with peers_in_thread() as peers:
        config = write_pod_file(peers.pod.config, tmp_path / "pod.toml")
        command = [sys.executable, "-m", "mallee", "trace", "skid-1", "flow", "--for", "700ms", "--interval", "200ms"]
        command += ["-c", str(config), "-o", "jsonl", "--pcap", str(tmp_path / "out.pcap")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(rows) >= 6 and "frames in" in done.stderr
        assert any("flow" in row["points"] for row in rows if row["direction"] == "answer")
        assert (tmp_path / "out.pcap").stat().st_size > 24 + 16 * len(rows)
        command = [sys.executable, "-m", "mallee", "status", "--links", "-c", str(config), "-o", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        links = json.loads(done.stdout)
        assert len(links) == 3 and all(link["units"][0]["answers"] >= 2 for link in links)
        assert links[0]["load_percent"] is None and links[0]["bytes_in"] > 100
