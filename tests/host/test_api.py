"""The public face: a pod for programs, with and without asyncio, against a pod of peers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import mallee
import pytest
from mallee import resources
from mallee.errors import ExitCode, MalleeError
from mallee.reading import Quality

from .peers_in_thread import PeersInThread, peers_in_thread, write_pod_file
from .pod_of_peers import pod_of_peers
from .virtual_loop import run_virtual


@pytest.fixture(scope="module")
def peers():
    with peers_in_thread() as running:
        yield running


@pytest.fixture
def pod_file(peers: PeersInThread, tmp_path: Path) -> Path:
    return write_pod_file(peers.pod.config, tmp_path / "pod.toml")


def test_read_write_and_subscribe(pod_file: Path) -> None:
    async def main() -> None:
        async with mallee.open_pod(pod_file, timeout_s=5) as pod:
            assert pod.names == ("skid-1", "pdu-a", "pdu-b")
            skid = await pod.device("skid-1")
            assert await pod.device("skid-1") is skid
            reading = await skid.read("supply_temperature")
            assert (reading.value, reading.unit, reading.quality) == (37.02, "degC", Quality.GOOD)
            assert (await skid.write({"preset_valve": 65})).value("preset_valve") == 65.0
            seen = []
            async for snapshot in pod.subscribe("pdu-a", "power", "branch.1.*", interval_s=0.05):
                seen.append(snapshot)
                if len(seen) == 3:
                    break
            assert [snapshot.number("power") for snapshot in seen] == [60_000.0] * 3
            assert "branch.1.current" in seen[0]

    asyncio.run(main())


def test_subscriptions_end_with_the_pod_and_two_run_beside_each_other() -> None:
    async def main() -> None:
        async with pod_of_peers() as peers:
            pod = mallee.open_pod(peers.config)
            counts = {"skid-1": 0, "pdu-a": 0}

            async def follow(name: str) -> None:
                async for _ in pod.subscribe(name, interval_s=0.5):
                    counts[name] += 1

            tasks = [asyncio.create_task(follow(name)) for name in counts]
            await asyncio.sleep(5)
            left = pod.subscribe("pdu-b", "power")
            assert (await anext(left)).number("power") == 60_000.0  # and nobody asks it again
            await pod.close()
            await asyncio.gather(*tasks)
            assert all(count >= 8 for count in counts.values())
            assert [each async for each in left] == []
            await pod.close()
            assert len(asyncio.all_tasks()) == 1 + len(peers.peers)  # this one, and what the peers serve

    run_virtual(main())


def test_a_name_is_connected_to_once_however_many_ask() -> None:
    async def main() -> None:
        async with pod_of_peers() as peers, mallee.open_pod(peers.config) as pod:
            first, *others = await asyncio.gather(*(pod.device("skid-1") for _ in range(4)))
            assert all(other is first for other in others)
            alone = len(peers.skid.requests)
            async with mallee.open_pod(peers.config) as again:
                await again.device("skid-1")
            assert len(peers.skid.requests) == 2 * alone
            peers.skid.silent = True
            async with mallee.open_pod(peers.config, timeout_s=0.2) as third:
                tasks = [asyncio.create_task(third.device("skid-1")) for _ in range(3)]
                await asyncio.sleep(0)
                tasks[0].cancel()  # who asked first gives up: the others do not hear of that
                results = await asyncio.gather(*tasks, return_exceptions=True)
                assert isinstance(results[0], asyncio.CancelledError)
                assert all(isinstance(each, mallee.MalleeError) for each in results[1:])
                peers.skid.silent = False
                await asyncio.sleep(60)  # its back-off
                assert (await third.device("skid-1")).name == "skid-1"

    run_virtual(main())


def test_what_goes_wrong_is_a_mallee_error(pod_file: Path) -> None:
    async def main() -> None:
        async with mallee.open_pod(pod_file, timeout_s=0.5) as pod:
            for work, code, says in (
                (pod.device("skid-9"), ExitCode.USAGE, "no device 'skid-9'"),
                (pod.device("tcp://127.0.0.1:1"), ExitCode.NO_ANSWER, "no connection"),
                (anext(pod.subscribe("skid-1", "flo")), ExitCode.USAGE, "no point 'flo'"),
                (anext(pod.subscribe("skid-1", "flow", interval_s=0)), ExitCode.USAGE, "cannot be kept"),
            ):
                with pytest.raises(mallee.MalleeError) as caught:
                    await work
                assert caught.value.code is code
                assert says in caught.value.what

    asyncio.run(main())
    with pytest.raises(MalleeError, match="no such file"):
        mallee.open_pod("none.toml")


def test_the_nearest_pod_file_is_the_default(pod_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (pod_file.parent / "deep").mkdir()
    monkeypatch.chdir(pod_file.parent / "deep")
    assert mallee.open_pod().names == ("skid-1", "pdu-a", "pdu-b")
    assert mallee.open_pod("default").config == mallee.open_pod(resources.pods()["default"]).config


def test_without_asyncio(pod_file: Path) -> None:
    with mallee.sync.open_pod(pod_file, timeout_s=5) as pod:
        assert pod.names[0] == "skid-1"
        skid = pod.device("skid-1")
        assert (skid.name, skid.dictionary.profile) == ("skid-1", "pump")
        assert skid.read("supply_temperature").value == 37.02
        assert skid.read_many(["flow", "heat"]).number("flow") == 800.0
        assert skid.read_fast().value("state") == "local"
        assert not [alarm for alarm in skid.read_alarms() if alarm.active]
        assert skid.write({"preset_valve": 55}).value("preset_valve") == 55.0
        numbers = []
        for snapshot in pod.subscribe("skid-1", "flow", interval_s=0.05):
            numbers.append(snapshot.number("flow"))
            if len(numbers) == 3:
                break
        assert numbers == [800.0] * 3
        open_still = pod.subscribe("skid-1", "flow")
        next(open_still)
        with pytest.raises(mallee.MalleeError):
            skid.read("flo")
    open_still.close()
    pod.close()


def test_the_package_is_typed_and_light() -> None:
    assert (Path(mallee.__file__).parent / "py.typed").is_file()
    assert set(mallee.__all__) <= set(dir(mallee))
    assert all(getattr(mallee, name) is not None for name in mallee.__all__)
    with pytest.raises(AttributeError, match="no attribute 'pods'"):
        mallee.pods  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
    code = "import sys, mallee; print([n for n in sys.modules if n.startswith(('mallee.', 'pymodbus', 'msgspec'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
