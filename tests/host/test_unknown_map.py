"""Controllers with a map that this program has never seen: read from them once, kept, and then as good as any other."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from mallee import resources
from mallee.cli import main
from mallee.device.device import Device
from mallee.device.dictionary import Dictionary, Point, encode, hash_of
from mallee.errors import ExitCode, MalleeError
from mallee.link.failures import NoAnswer
from mallee.link.tcp import TcpLink
from mallee.paths import user_cache_dir
from mallee.pod.runner import PodRunner

from .peer import Peer
from .peers_in_thread import peer_in_thread
from .pod_of_peers import pod_of_peers, steady_skid
from .virtual_loop import run_virtual

FILE = 20  # FC20


def newer(dictionary: Dictionary, extra: int = 900) -> Dictionary:
    """A later map: more points, one of them a setting, and another name for the flow. Meanings that cannot be compressed make it
    longer than one file of 20,000 bytes."""
    points = tuple(
        Point(f"extra.{n}", "input", 1000 + n, "u16", "".join(chr(33 + (n * k * k + k) % 90) for k in range(90)))
        for n in range(extra)
    )
    setting = Point(
        "economy", "holding", 3000, "u16", "How much to save.", scale=-1, unit="kW", low=0, high=90, default=12
    )
    moved = tuple(
        msgspec.structs.replace(p, name="coolant_flow" if p.name == "flow" else p.name) for p in dictionary.points
    )
    return msgspec.structs.replace(dictionary, version=(1, 99), points=(*moved, *points, setting))


NEWER = newer(resources.dictionary("pump"))
CONTENT = encode(NEWER)
NAME = f"{hash_of(NEWER):016x}.cbor"


def downloads(peer: Peer) -> int:
    return sum(pdu[0] == FILE for pdu in peer.requests)


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file()]


def with_peer(scenario, **settings) -> None:
    async def main() -> None:
        async with Peer(NEWER) as peer:
            link = TcpLink("127.0.0.1", peer.port, **settings)
            try:
                await scenario(link, peer)
            finally:
                await link.close()

    run_virtual(main())


def test_it_is_downloaded_once_and_cached(tmp_path: Path) -> None:
    async def scenario(link: TcpLink, peer: Peer) -> None:
        assert len(peer.files[1]) > 20_000
        device = await Device.connect(link, 1, cache=tmp_path)
        assert device.dictionary == NEWER
        assert files(tmp_path) == [f"{NAME}.z"]
        peer.requests.clear()
        device = await Device.connect(link, 1, cache=tmp_path)
        assert device.dictionary == NEWER and downloads(peer) == 0

    with_peer(scenario)


@pytest.mark.parametrize(
    "damage",
    [b"", b"rubbish", CONTENT[:-1], CONTENT[: len(CONTENT) // 2], encode(resources.dictionary("pdu")), CONTENT[:50] + b"\1"],
    ids=["empty", "rubbish", "short by one", "half", "another map", "broken"],
)  # fmt: skip
def test_a_damaged_cache_is_fetched_again_and_mended(tmp_path: Path, damage: bytes) -> None:
    async def scenario(link: TcpLink, peer: Peer) -> None:
        (tmp_path / f"{NAME}.z").write_bytes(damage)
        assert (await Device.connect(link, 1, cache=tmp_path)).dictionary == NEWER
        assert downloads(peer) > 0
        assert (tmp_path / f"{NAME}.z").read_bytes() == CONTENT

    with_peer(scenario)


def test_a_cache_that_cannot_be_written_costs_a_download_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder belongs")

    async def scenario(link: TcpLink, peer: Peer) -> None:
        for _ in range(2):
            assert (await Device.connect(link, 1, cache=tmp_path / "cache")).dictionary == NEWER

    with_peer(scenario)


def test_an_interrupted_download_goes_on_where_it_was(tmp_path: Path) -> None:
    async def scenario(link: TcpLink, peer: Peer) -> None:
        await Device.connect(link, 1, cache=tmp_path / "whole")
        whole = downloads(peer)
        peer.requests.clear()
        peer.hook = lambda pdu: stop() if downloads(peer) > whole // 2 else None

        def stop() -> None:
            peer.silent = True

        with pytest.raises(NoAnswer):
            await Device.connect(link, 1, cache=tmp_path)
        assert (tmp_path / f"{NAME}.part").stat().st_size > len(CONTENT) // 3
        peer.silent, peer.hook = False, None
        peer.requests.clear()
        await asyncio.sleep(60)  # until it is probed again
        assert (await Device.connect(link, 1, cache=tmp_path)).dictionary == NEWER
        assert downloads(peer) < whole * 0.6
        assert files(tmp_path) == [f"{NAME}.z"]

    with_peer(scenario)


@pytest.mark.parametrize("part", [b"rubbish", CONTENT + b"more", b"\0" * 5001], ids=["rubbish", "longer", "wrong"])
def test_a_damaged_beginning_costs_one_more_download(tmp_path: Path, part: bytes) -> None:
    async def scenario(link: TcpLink, peer: Peer) -> None:
        (tmp_path / f"{NAME}.part").write_bytes(part)
        assert (await Device.connect(link, 1, cache=tmp_path)).dictionary == NEWER
        assert files(tmp_path) == [f"{NAME}.z"]

    with_peer(scenario)


class Losing(Peer):
    """Every tenth of its records gets lost."""

    @property
    def silent(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return bool(self.requests) and self.requests[-1][0] == FILE and downloads(self) % 10 == 0

    @silent.setter
    def silent(self, value: bool) -> None: ...


def test_lost_answers_are_asked_for_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with Losing(NEWER) as peer:
            link = TcpLink("127.0.0.1", peer.port)
            assert (await Device.connect(link, 1, cache=tmp_path)).dictionary == NEWER
            assert link.statistics.unit(1).timeouts > 10
            await link.close()

    run_virtual(main())


def test_a_controller_that_serves_another_map_than_it_names_is_refused(tmp_path: Path) -> None:
    async def scenario(link: TcpLink, peer: Peer) -> None:
        for content in (b"rubbish", encode(resources.dictionary("pump")), CONTENT[:-3]):
            peer.files[1] = Peer.file_of(content)
            with pytest.raises(MalleeError, match=r"the dictionary that .* serves is wrong") as caught:
                await Device.connect(link, 1, cache=tmp_path)
            assert caught.value.code is ExitCode.REFUSED
        assert files(tmp_path) == []

    with_peer(scenario)


def test_controllers_of_one_release_are_asked_once_for_all(tmp_path: Path) -> None:
    async def main() -> None:
        async with Peer(NEWER) as one, Peer(NEWER) as two, Peer(NEWER) as three:
            peers = (one, two, three)
            links = [TcpLink("127.0.0.1", peer.port) for peer in peers]
            found = await asyncio.gather(*(Device.connect(link, 1, cache=tmp_path) for link in links))
            assert all(device.dictionary == NEWER for device in found)
            assert sorted(downloads(peer) > 0 for peer in peers) == [False, False, True]
            for link in links:
                await link.close()

    run_virtual(main())


def test_when_the_first_falls_silent_the_next_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with Peer(NEWER) as one, Peer(NEWER) as two:
            one.hook = lambda pdu: setattr(one, "silent", downloads(one) > 50)
            links = [TcpLink("127.0.0.1", peer.port) for peer in (one, two)]
            found = await asyncio.gather(
                *(Device.connect(link, 1, cache=tmp_path) for link in links), return_exceptions=True
            )
            assert isinstance(found[0], NoAnswer)
            assert isinstance(found[1], Device)
            assert found[1].dictionary == NEWER
            assert 0 < downloads(two) < len(CONTENT) / 240 - 40
            for link in links:
                await link.close()

    run_virtual(main())


def test_a_pod_controls_a_skid_with_a_newer_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its remote block has what the older map has not: that is written back as it stood there."""
    remote = Point("remote_economy", "holding", 111, "u16", "How much to save.", unit="kW", low=0, high=90, default=12)
    pump = resources.dictionary("pump")
    longer = msgspec.structs.replace(pump, version=(1, 99), points=(*pump.points, remote))

    async def main() -> None:
        async with pod_of_peers() as pod, Peer(longer) as skid:
            steady_skid(skid)
            skids = (msgspec.structs.replace(pod.config.skids[0], address=f"tcp://127.0.0.1:{skid.port}"),)
            runner = PodRunner(msgspec.structs.replace(pod.config, skids=skids))
            for sequence in range(8):
                skid.set("sequence", sequence)
                await runner.scan()
                await asyncio.sleep(1.0)
            document = await runner.scan()
            assert document.skids[0].lease.ours, document.skids[0]
            assert (skid.get("remote_economy"), skid.get("remote_supply_temperature")) == (12, 3700)
            await runner.close()

    run_virtual(main())


def test_commands_use_every_point_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with peer_in_thread(NEWER) as peer:
        peer.set("coolant_flow", 8000)
        address = f"tcp://127.0.0.1:{peer.port}#1"

        def mallee(*arguments: str) -> list[dict]:
            assert main([*arguments, "-o", "json", "--timeout", "5s"]) == 0
            return json.loads(capsys.readouterr().out)

        assert [row["value"] for row in mallee("get", address, "coolant_flow", "economy")] == [800.0, 12.0]
        asked = downloads(peer)
        assert asked > 0
        assert mallee("set", address, "economy", "33.5", "--yes")[0]["new"] == 33.5
        assert peer.get("economy") == 335
        assert mallee("describe", address, "economy")[0]["meaning"] == "How much to save."
        assert len(mallee("get", address, "extra.*")) == 900
        assert main(["set", address, "economy", "91", "--yes"]) == ExitCode.REFUSED
        assert downloads(peer) == asked  # a second start asks for nothing more
        assert (user_cache_dir() / "dictionaries" / f"{NAME}.z").is_file()
