"""Sessions recorded from devices and played again, and recordings that come to nothing."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mallee
import pytest
from mallee.link.failures import NoAnswer, Refused
from mallee.testing import Replay, record, run
from mallee.testing.replay import UnknownRequest

from .foreign_peer import foreign_unit
from .peers_in_thread import peers_in_thread, write_pod_file
from .test_foreign import SHELF, shelf_image, write_pod


def session(pod_file: Path) -> list[object]:
    """A program: what it reads, and one point that the device refuses."""
    seen: list[object] = []

    async def main() -> None:
        async with mallee.open_pod(pod_file, timeout_s=3) as pod:
            for name in pod.names:
                device = await pod.device(name)
                seen.extend(
                    reading.value for reading in (await device.read_fast()).values() if reading.name != "sequence"
                )
            if "skid-1" in pod.names:
                await (await pod.device("skid-1")).write({"preset_valve": 65.0})
                with pytest.raises(Refused):
                    await (await pod.device("pdu-a")).link.exchange(1, bytes.fromhex("0400240001"))

    asyncio.run(main())
    return seen


def test_a_recorded_session_is_played_again(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    with peers_in_thread() as peers:
        pod_file = write_pod_file(peers.pod.config, tmp_path / "pod.toml")
        with record(path):
            real = session(pod_file)
    with Replay(path) as replay:  # and the peers are gone
        assert session(pod_file) == real
        assert replay.unknown == []
        assert session(pod_file) == real  # after the last answer, the last again

    async def something_else() -> None:
        async with mallee.open_pod(pod_file) as pod:
            await (await pod.device("skid-1")).read("dry_run_level")

    with Replay(path) as replay, pytest.raises(UnknownRequest, match="has no answer to function 3 at 236"):
        run(something_else())
    assert len(replay.unknown) == 1


@pytest.mark.parametrize("serial", [None, "8N1"])
def test_a_device_of_another_make_is_recorded_on_any_link(tmp_path: Path, serial: str | None) -> None:
    path = tmp_path / "session.jsonl"
    with foreign_unit(shelf_image(), unit=12, functions=(1, 3, 4, 5, 6), serial=serial) as peer:
        pod_file = write_pod(tmp_path, peer, str(SHELF))
        with record(path):
            real = session(pod_file)
    with Replay(path):
        assert session(pod_file) == real == ["SHELF-6"]


def test_silence_is_recorded_too(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"

    async def main(code: int) -> None:
        async with mallee.open_pod(tmp_path / "pod.toml", timeout_s=0.2) as pod:
            device = await pod.device("skid-1")
            peers.pod.skid.silent = True
            with pytest.raises(NoAnswer):
                await device.read("flow")

    with peers_in_thread() as peers:
        write_pod_file(peers.pod.config, tmp_path / "pod.toml")
        with record(path):
            asyncio.run(main(0))
    assert path.read_text().splitlines()[-1].count("null") == 1
    with Replay(path):
        asyncio.run(main(0))


@contextmanager
def no_file_grows() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("what", ["the device is away", "nothing was asked", "the file cannot grow"])
def test_a_recording_that_comes_to_nothing_leaves_the_old_one(tmp_path: Path, what: str) -> None:
    path = tmp_path / "session.jsonl"
    path.write_text("the old one")

    async def away() -> None:
        async with mallee.open_pod("default", timeout_s=0.2) as pod:
            await pod.device("tcp://127.0.0.1:1")

    async def asked(pod_file: Path) -> None:
        async with mallee.open_pod(pod_file, timeout_s=5) as pod:
            await pod.device("skid-1")

    if what == "the device is away":
        with pytest.raises(mallee.MalleeError, match="no connection"), record(path):
            asyncio.run(away())
    elif what == "nothing was asked":
        with pytest.raises(mallee.MalleeError, match="nothing was recorded") as caught, record(path):
            pass
        assert "mallee-record" in caught.value.next
    else:
        with peers_in_thread() as peers:
            pod_file = write_pod_file(peers.pod.config, tmp_path / "pod.toml")
            full = pytest.raises(mallee.MalleeError, match=r"cannot write .*\.jsonl: File too large")
            with no_file_grows(), full, record(path):
                asyncio.run(asked(pod_file))
    assert path.read_text() == "the old one"
    assert [each.name for each in tmp_path.iterdir() if "session" in each.name] == ["session.jsonl"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ":1: no recorded session"),
        ("{}", ":1: no recorded session"),
        ('{"mallee_session":2}', ":1: no recorded session: its format is not 1"),
        ('{"mallee_session":1}\n{"link":"x"}', ":2: no recorded session"),
        ('{"mallee_session":1}\n{"link":"x","unit":1,"request":"zz","answer":null}', ":2: no recorded session"),
        (None, "no such file or directory"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "a.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(mallee.MalleeError) as caught:
        Replay(path)
    assert says in caught.value.what
    with pytest.raises(mallee.MalleeError, match="cannot write"), record(tmp_path / "none" / "a.jsonl"):
        pass
