"""A pod that is closed stays closed: whoever uses it afterwards, or meanwhile in another thread, is told so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import mallee
import pytest
from mallee.link.address import SerialAddress
from mallee.link.failures import Closed
from mallee.link.rtu import SerialLink
from mallee.testing import MockPod, run

from .line_loop import LineDevice, LineLoop, run_on_line
from .peers_in_thread import peers_in_thread, write_pod_file
from .pod_of_peers import pod_of_peers
from .virtual_loop import run_virtual

READ = bytes.fromhex("0300000001")
_HANGS_S = 20  # a bound for what hangs; nothing here takes so long


def test_nothing_works_after_close_and_nothing_is_sent() -> None:
    async def main() -> None:
        async with pod_of_peers() as peers:
            pod = mallee.open_pod(peers.config)
            skid = await pod.device("skid-1")
            begun = pod.subscribe("skid-1", "flow")
            await anext(begun)
            await pod.close()
            asked = sum(len(peer.requests) for peer in peers.peers)
            works: list[Callable[[], Awaitable[object]]] = [
                lambda: pod.device("skid-1"),
                lambda: pod.device("pdu-a"),
                lambda: anext(pod.subscribe("skid-1", "flow")),
                pod.__aenter__,
                lambda: skid.read("flow"),
                lambda: skid.read_many(["flow", "dry_run_level"]),
                skid.read_fast,
                skid.read_all,
                skid.read_alarms,
                skid.read_journal,
                skid.identify,
                lambda: skid.write({"preset_valve": 65.0}),
            ]
            for work in works:
                with pytest.raises(mallee.MalleeError, match="this pod is closed") as caught:
                    await work()
                assert caught.value.likely
                assert "open_pod" in caught.value.next
            assert [each async for each in begun] == []  # what ran before has ended
            assert sum(len(peer.requests) for peer in peers.peers) == asked

    run_virtual(main())


def test_requests_that_are_on_their_way_are_told() -> None:
    async def main() -> None:
        async with pod_of_peers() as peers:
            pod = mallee.open_pod(peers.config, timeout_s=30)
            skid = await pod.device("skid-1")
            peers.skid.silent = True
            reading = asyncio.create_task(skid.read_many(["flow", "dry_run_level"]))
            connecting = [asyncio.create_task(pod.device(name)) for name in ("pdu-a", "pdu-a")]
            await asyncio.sleep(0)
            await pod.close()
            for task in (reading, *connecting):
                with pytest.raises(Closed, match="this pod is closed"):
                    await task

    run_virtual(main())


def test_a_port_stays_closed_and_nobody_waits_for_its_time_out() -> None:
    async def main(address: SerialAddress) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LineLoop)
        link = SerialLink(address, timeout_s=30)
        waiting = [asyncio.create_task(link.exchange(unit, READ)) for unit in (1, 2)]
        await asyncio.sleep(1.0)
        await link.close()
        written = bytes(loop.written)
        for work in (*waiting, link.exchange(1, READ), link.broadcast(b"\x05\x00\x00\xff\x00")):
            with pytest.raises(Closed):
                await work
        assert loop.time() < 2.0
        assert loop.written == written

    run_on_line(main, [LineDevice(1, lambda pdu: None), LineDevice(2, lambda pdu: None)])


def test_a_mock_is_closed_as_a_device_is() -> None:
    async def main() -> None:
        with MockPod("default"):
            async with mallee.open_pod("default") as pod:
                skid = await pod.device("skid-1")
                reading = asyncio.create_task(skid.read("flow"))
                await asyncio.sleep(0)
            for work in (reading, skid.read_all(), pod.device("skid-1")):
                with pytest.raises(Closed):
                    await work

    run(main())


def test_a_thread_that_follows_is_let_go(tmp_path: Path) -> None:
    with peers_in_thread() as peers:
        pod = mallee.sync.open_pod(write_pod_file(peers.pod.config, tmp_path / "pod.toml"), timeout_s=30)
        skid = pod.device("skid-1")
        silent = pod.device("pdu-a")
        peers.call(lambda: setattr(peers.pod.pdu_a, "silent", True))
        followed, asked = threading.Event(), threading.Event()
        ends: dict[str, object] = {}

        def follow() -> None:
            # The second snapshot is an hour away.
            for _ in pod.subscribe("skid-1", "flow", interval_s=3600.0):
                followed.set()
            ends["follow"] = "ended"

        def ask() -> None:
            asked.set()
            try:
                silent.read("power")
            except mallee.MalleeError as error:
                ends["ask"] = error

        threads = [threading.Thread(target=each, daemon=True) for each in (follow, ask)]
        for thread in threads:
            thread.start()
        assert followed.wait(_HANGS_S)
        assert asked.wait(_HANGS_S)
        pod.close()
        for thread in threads:
            thread.join(_HANGS_S)
            assert not thread.is_alive()
        assert ends["follow"] == "ended"
        assert isinstance(ends["ask"], Closed)
        for work in (
            lambda: pod.device("skid-1"),
            lambda: next(pod.subscribe("skid-1", "flow")),
            pod.__enter__,
            lambda: skid.read("flow"),
            lambda: skid.read_many(["flow"]),
            skid.read_fast,
            skid.read_all,
            skid.read_alarms,
            lambda: skid.write({"preset_valve": 65.0}),
        ):
            with pytest.raises(mallee.MalleeError, match="this pod is closed"):
                work()
        assert pod.names[0] == "skid-1"
        pod.close()
