"""Other people's Modbus RTU masters, our own link on a real port, and the line between two ports."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from mallee import resources
from mallee.link import pdus
from mallee.link.address import SerialAddress
from mallee.link.failures import LinkDown, NoAnswer
from mallee.link.opening import open_link
from mallee.link.rtu import SerialLink
from mallee.link.rtu_frames import encode, whole
from mallee.sim.line.faults import Faults
from mallee.sim.line.model import Line
from mallee.sim.line.ptys import PtyEnd
from mallee.sim.line.runner import LineRunner
from mallee.sim.ptygateway import PtyGateway
from pymodbus.client import ModbusSerialClient

from ..system.serial_bench import SerialBench

MAP = resources.dictionary("pump").version  # of the register map: major, minor


@contextmanager
def controller_on_a_port(**settings) -> Iterator[tuple[SerialBench, str]]:
    """The whole pump firmware, in real time, behind a PTY."""
    bench = SerialBench(speed=1.0, **settings)
    port = PtyGateway(bench.world, bench.bus)
    finish = threading.Event()
    thread = threading.Thread(target=lambda: bench.world.run(1 << 60, finish.is_set), daemon=True)
    bench.world.start()
    thread.start()
    try:
        yield bench, port.name
    finally:
        finish.set()
        thread.join(10)
        bench.world.close()


def test_mbpoll_reads_writes_and_is_refused():
    if shutil.which("mbpoll") is None:
        pytest.skip("mbpoll is not installed (Debian package mbpoll)")
    with controller_on_a_port() as (_, port):

        def mbpoll(*arguments: str) -> str:
            command = [
                "mbpoll",
                "-m",
                "rtu",
                "-b",
                "19200",
                "-P",
                "even",
                "-a",
                "1",
                "-0",
                "-1",
                "-q",
                "-o",
                "3",
                *arguments,
            ]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            return done.stdout + done.stderr

        assert "19788" in mbpoll("-t", "3", "-r", "0", "-c", "4", port)
        assert "Written 1" in mbpoll("-t", "4", "-r", "211", port, "3600")
        assert "3600" in mbpoll("-t", "4", "-r", "211", "-c", "1", port)
        assert "Illegal data value" in mbpoll("-t", "4", "-r", "211", port, "9000")
        assert "Illegal data address" in mbpoll("-t", "3", "-r", "36", "-c", "1", port)


def test_pymodbus_reads_a_hundred_times():
    with controller_on_a_port(baud=38400, framing="8N1") as (_, port):
        client = ModbusSerialClient(port, baudrate=38400, parity="N", timeout=3)
        assert client.connect()
        try:
            for _ in range(100):
                assert client.read_input_registers(0, count=4, device_id=1).registers == [0x4D4C, 1, *MAP]
            found = client.read_device_information(read_code=3, device_id=1)
            assert getattr(found, "information", {})[0] == b"mallee"
        finally:
            client.close()


def test_our_link_on_a_real_port():
    with controller_on_a_port(echo=True) as (_, port):

        async def main() -> None:
            link = open_link(f"serial://{port}?baud=19200&framing=8E1", timeout_s=3)
            for _ in range(10):
                assert (await link.request(1, pdus.read_input(0, 2))).registers == [0x4D4C, 1]
            assert link.statistics.echoes == 10 and link.generation == 1
            busy = open_link(f"serial://{port}", timeout_s=1)
            with pytest.raises(LinkDown, match="in use"):
                await busy.request(1, pdus.read_input(0, 2))
            await link.close()

        asyncio.run(main())


def test_a_pty_is_opened_with_parity_as_often_as_wanted():
    async def main() -> None:
        for _ in range(2):
            link = open_link(f"serial://{end.name}?baud=19200&framing=8E1", timeout_s=0.05)
            with pytest.raises(NoAnswer):
                await link.request(1, pdus.read_input(0, 1))
            await link.close()

    end = PtyEnd()
    asyncio.run(main())
    end.close()


def test_scan_finds_the_unit():
    with controller_on_a_port(baud=115200, framing="8N1") as (_, port):
        command = [sys.executable, "-m", "mallee", "scan", f"serial://{port}?baud=115200&framing=8N1", "-o", "json"]
        done = subprocess.run(
            [*command, "--unit", "1", "--unit", "2"], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        rows = json.loads(done.stdout)
        assert [(row["unit"], row["kind"], row["profile"]) for row in rows] == [(1, "mallee", "pump")]


def test_a_bad_line_between_two_ports():
    async def main() -> None:
        ends = [PtyEnd(), PtyEnd()]
        line = Line(2, baud=115200, framing="8N1", faults=Faults(flip=0.002), seed=3)
        runner = LineRunner(line, ends)
        runner.start()
        address = SerialAddress(ends[0].name, 115200, "8N1")
        link = SerialLink(address, timeout_s=1.0, probe_ceiling_s=0.0)  # never held back: each request is tried
        device = os.open(ends[1].name, os.O_RDWR | os.O_NOCTTY)
        os.set_blocking(device, False)
        # A device that answers every whole frame that is for it, as the standard's examples have it.
        request = bytearray()

        def serve() -> None:
            request.extend(os.read(device, 4096))
            while request and request[0] != 1:
                del request[0]
            if len(request) >= 8:
                frame = bytes(request[:8])
                request.clear()
                if whole(frame, 0, 8):
                    os.write(device, encode(1, b"\x04\x02\x12\x34" if frame[1] == 4 else frame[1:6]))

        asyncio.get_running_loop().add_reader(device, serve)
        good = 0
        for _ in range(40):
            with suppress(NoAnswer):
                assert (await link.request(1, pdus.read_input(0, 1))).registers == [0x1234]
                good += 1
        assert good > 0 and line.counts["flip"] > 0
        await link.close()
        runner.stop()
        asyncio.get_running_loop().remove_reader(device)
        os.close(device)
        for end in ends:
            end.close()

    asyncio.run(main())


def test_sim_line_names_its_ports_and_counts(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    command = [sys.executable, "-m", "mallee", "sim", "line", str(a), str(b), "--fault", "insert=1", "-o", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline()) == {"a": str(a), "b": str(b)}
        process.stderr.readline()
        device = os.open(b, os.O_RDONLY | os.O_NOCTTY)
        master = os.open(a, os.O_WRONLY | os.O_NOCTTY)
        os.write(master, b"xyz")
        got = b""
        while len(got) < 6:
            got += os.read(device, 100)
        assert got[1::2] == b"xyz"
        os.close(device)
        os.close(master)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert json.loads(rest) == {"what": "insert", "count": 3}
    assert not a.is_symlink() and not b.is_symlink()
