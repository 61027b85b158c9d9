"""A pod whose controllers share serial lines: the whole of it, with the host's own link code, and other people's masters."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

pytest.importorskip("CoolProp")

from mallee.device.writing import plan_writes
from mallee.link import pdus
from mallee.link.failures import NoAnswer
from mallee.link.opening import open_link
from mallee.link.rtu_frames import encode
from mallee.pod.config import PodConfig
from mallee.pod.loader import parse_pod
from mallee.resources import dictionary, examples_dir
from mallee.sim.hostprocess import HostProcess, run_command
from mallee.sim.loop import run_in_world
from mallee.sim.scenario.faults import FAULTS
from mallee.sim.scenario.standing import Standing
from mallee.sim.scenario.stranger import RtuStranger
from mallee.sim.world import World
from mallee.web.app import make_app
from mallee.web.roles import Role
from mallee.web.serving import of_pod

from ..conftest import micropython
from ..demos import environment, mallee
from ..host.web.pages import make_page

pytestmark = [
    pytest.mark.skipif(micropython() is None, reason="no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON"),
    pytest.mark.timeout(200),
]
POD = examples_dir() / "serial_pod.toml"
POWER, COOLING = "/dev/pod-power", "/dev/pod-cooling"


def small(*, mixed: bool = False) -> tuple[PodConfig, str]:
    """One skid, two PDUs and one rack of the example; `mixed` has the skid on the network."""
    blocks = re.split(r"\n(?=\[)", POD.read_text(encoding="utf-8"))
    gone = ("skid-2", "pdu-a2", "pdu-b2", "rack-2", "rack-3", "rack-4")
    text = "\n".join(block for block in blocks if not any(f'name = "{name}"' in block for name in gone))
    text = re.sub(r"racks = .*", 'racks = ["rack-1", "rack-1", "rack-1", "rack-1"]', text)
    if mixed:
        text = re.sub(r'address = "serial:///dev/pod-cooling.*"', 'address = "tcp://127.0.0.1:15001"', text)
    return parse_pod(text), text


def hosted(folder: Path, seconds: float, *, mixed: bool = False, seed: int = 1) -> tuple[list[Any], str, World]:
    """Documents of the host, the log's hash, and the world, which has ended."""
    config, text = small(mixed=mixed)
    file = folder / "pod.toml"
    file.write_text(text, encoding="utf-8")
    documents: list[Any] = []
    with World.from_pod(config, seed=seed) as world:
        host = HostProcess(world, run_command(file), on_document=documents.append, environment=environment(folder))
        world.run_for(seconds)
        assert host.restarts == 0, host.errors
        return documents, world.log_hash, world


def test_the_host_leases_every_controller_and_a_seed_repeats_the_run(tmp_path):
    documents, first, world = hosted(tmp_path, 3.5)
    last = documents[-1]
    assert [m["name"] for m in last["skids"] + last["pdus"] if m["lease"]["ours"]] == ["skid-1", "pdu-a1", "pdu-b1"]
    assert last["skids"][0]["supply_temperature"]["value"] == pytest.approx(37.0, abs=0.1)
    bus = last["bus"]
    assert bus["requests"] == bus["answers"] > 10
    assert not any(bus[name] for name in ("timeouts", "damaged", "noise_bytes", "wrong_unit", "late", "resyncs"))
    lines = world.network.lines
    assert all(not line.line.counts for line in lines.values())
    assert lines[COOLING].line.character_ns == pytest.approx(11e9 / 19200, abs=1)
    assert lines[POWER].line.character_ns == pytest.approx(10e9 / 115200, abs=1)
    again, second, _ = hosted(tmp_path, 3.5)
    assert second == first and again == documents


def test_some_on_the_network_and_some_on_a_line(tmp_path):
    documents, _, world = hosted(tmp_path, 3.5, mixed=True)
    assert all(m["lease"]["ours"] for m in documents[-1]["skids"] + documents[-1]["pdus"])
    assert list(world.network.lines) == [POWER] and list(world.network.servers) == [("127.0.0.1", 15001)]


def test_the_noise_of_a_line_comes_from_the_seed():
    def run(seed: int) -> tuple[str, int]:
        config, _ = small()
        with World.from_pod(config, seed=seed) as world:
            world.run_for(1.5)
            noisy = FAULTS["line_noisy"]
            stage: Any = SimpleNamespace(standing=Standing(), world=world, config=config)
            noisy.begin(stage, COOLING, noisy.parameters(flip=1e-3))  # type: ignore[call-arg]

            async def ask() -> int:
                link = open_link(next(c.address for c in config.skids), timeout_s=0.2)
                good = 0
                for _ in range(12):
                    try:
                        await link.request(1, pdus.read_input(0, 12))
                        good += 1
                    except NoAnswer:
                        await asyncio.sleep(0.6)  # longer than it is left alone after its first silences
                await link.close()
                return good

            good = run_in_world(world, ask())
            return world.log_hash, good

    first = run(1)
    assert 0 < first[1] < 12 and run(1) == first != run(2)


def test_a_controller_dies_in_the_middle_of_its_answer():
    config, _ = small()
    with World.from_pod(config, seed=1) as world:
        fault = FAULTS["dies_in_frame"]
        line = world.network.lines[POWER].line

        class Master:
            heard = b""

            def on_data(self, data: bytes) -> None:
                self.heard += data

            on_connected = on_refused = on_timeout = on_fin = on_reset = lambda self: None

        master = Master()
        port = world.network.connect(POWER, 0, master)
        assert port is not None
        world.run_for(1.0)
        request = encode(11, bytes.fromhex("04 0000 000c"))
        stage: Any = SimpleNamespace(standing=Standing(), world=world, config=config)
        fault.begin(stage, "pdu-a1", fault.parameters(after_bytes=20))  # type: ignore[call-arg]
        port.send(request)
        world.run_for(0.2)
        assert len(master.heard) == 20 and master.heard[:3] == bytes([11, 4, 24]) and line.counts["died"] == 9
        assert world.controller("pdu-a1").restarts == 1
        world.run_for(4.0)
        master.heard = b""
        port.send(request)
        world.run_for(0.2)
        assert len(master.heard) == 29, "its watchdog started it again"


def test_a_stranger_on_a_line_is_answered_and_its_set_points_are_refused():
    config, _ = small()
    write = plan_writes(dictionary("pump"), {"remote_differential_pressure": 60.0})[0]
    requests = [(1, pdus.encode(write.pdu())), (1, pdus.encode(pdus.read_input(0, 4)))]
    with World.from_pod(config, seed=1) as world:
        world.run_for(1.5)
        stranger = RtuStranger(world, COOLING, requests, 0.1)
        world.run_for(1.95)
        stranger.leave()
        assert (stranger.sent, stranger.answers, stranger.refusals) == (20, 10, 10)
        world.run_for(0.5)
        assert stranger.sent == 20


@contextmanager
def paced(config: PodConfig) -> Iterator[World]:
    """It runs in real time, with its gateway, in a thread."""
    finish = threading.Event()
    with World.from_pod(config, seed=1, paced=True, gateway=True) as world:
        world.start()
        thread = threading.Thread(target=lambda: world.run(1 << 60, finish.is_set), daemon=True)
        thread.start()
        try:
            yield world
        finally:
            finish.set()
            thread.join(30)


def test_mbpoll_on_the_port_of_a_line():
    if shutil.which("mbpoll") is None:
        pytest.skip("mbpoll is not installed (Debian package mbpoll)")
    with paced(small()[0]) as world:
        assert list(world.ptys) == [COOLING, POWER]

        def mbpoll(port: str, *arguments: str) -> str:
            command = ["mbpoll", "-m", "rtu", "-0", "-1", "-q", "-o", "5", *arguments, world.ptys[port]]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            return done.stdout + done.stderr

        power, cooling = ("-b", "115200", "-P", "none"), ("-b", "19200", "-P", "even")
        for unit in ("11", "21"):
            said = mbpoll(POWER, *power, "-a", unit, "-t", "3", "-r", "0", "-c", "12")
            assert "19788" in said, said
            assert re.search(rf"\[11\]:\s+{unit}\b", said), "each says its own unit"
        assert "19788" in mbpoll(COOLING, *cooling, "-a", "1", "-t", "3", "-r", "0", "-c", "4")
        assert "failed" in mbpoll(COOLING, *cooling, "-a", "11", "-t", "3", "-r", "0", "-c", "4")


def test_the_demo_names_the_ports_and_runs_to_its_end(tmp_path):
    (tmp_path / "serial.toml").write_text(small()[1], encoding="utf-8")
    done = mallee(tmp_path, "demo", "-c", "serial.toml", "--for", "3s", "-o", "json", timeout=120)
    assert done.returncode == 0, done.stderr
    for port in (POWER, COOLING):
        assert re.search(rf"line {port} opens /dev/\S+", done.stderr.replace("\n", " ")), done.stderr
    assert "Modbus TCP" not in done.stderr
    assert json.loads(done.stdout)["chip_errors"] == 0


def test_a_page_without_a_host_reads_the_lines_and_writes_on_them(tmp_path, monkeypatch):
    """The port is open already: an engineer's write goes through the link of who reads."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    config, _ = small()

    async def scenario() -> None:
        page, tokens = make_page(tmp_path, config)
        stop = asyncio.Event()
        following = asyncio.create_task(page.live.run(of_pod(page)(stop)))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(make_app(page)), base_url="http://localhost"
        ) as client:
            seen: dict[str, Any] = {}
            members: list[Any] = []
            for _ in range(20):
                await asyncio.sleep(1)
                seen = (await client.get("/api/v1/pod")).json()
                members = [] if "document" not in seen else seen["document"]["skids"] + seen["document"]["pdus"]
                if members and all(member["answering"] for member in members):
                    break
            assert seen["source"] == "own" and [member["name"] for member in members] == ["skid-1", "pdu-a1", "pdu-b1"]
            assert seen["document"]["bus"]["timeouts"] == 0 and seen["document"]["alarms"] == []
            (cooling,) = (link for address, link in page.lent.items() if COOLING in address)
            before = cooling.statistics.unit(1).requests
            headers = {"authorization": f"Bearer {tokens[Role.ENGINEER]}"}
            body = {"values": {"preset_speed": 44}}
            done = await client.post("/api/v1/devices/skid-1/points", json=body, headers=headers)
            assert done.is_success and done.json()["points"][0]["new"] == 44.0
            assert cooling.statistics.unit(1).requests > before + 2
            await asyncio.sleep(2)
            after = (await client.get("/api/v1/pod")).json()["document"]
            assert after["scan"] > seen["document"]["scan"] and after["bus"]["timeouts"] == 0
        stop.set()
        await following
        assert page.lent == {}

    with World.from_pod(config, seed=1) as world:
        run_in_world(world, scenario())
