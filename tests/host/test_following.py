"""Following a pod: a host that runs here is listened to, one that falls silent is stale, and without one the pod is read."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from mallee.paths import pod_state_dir
from mallee.pod import hostfolder
from mallee.pod.following import Seen, follow
from mallee.pod.hostfolder import host_folder, point_to_demo
from mallee.pod.why.store import ADVISING, DOCUMENT, DecisionStore
from msgspec.structs import replace

from .documents import NOW, document
from .pod_of_peers import PodOfPeers, pod_of_peers
from .virtual_loop import run_virtual


def published(folder: Path, scan: int) -> None:
    store = DecisionStore(folder)
    store.open()
    store.publish(replace(document(), scan=scan, time=NOW))


def aged(folder: Path, seconds: float) -> None:
    old_s = time.time() - seconds
    os.utime(folder / DOCUMENT, (old_s, old_s))


def test_documents_of_a_host_come_once_each_then_stale_and_then_the_pod_is_read(tmp_path: Path) -> None:
    async def main() -> None:
        async with pod_of_peers() as pod:
            assert isinstance(pod, PodOfPeers)
            published(tmp_path, 7)
            stop = asyncio.Event()
            found: list[Seen] = []
            async for seen in follow(pod.config, tmp_path, stop):
                found.append(seen)
                if len(found) == 1:
                    published(tmp_path, 8)
                elif len(found) == 2:
                    aged(tmp_path, 10.0)
                elif len(found) == 4:
                    DecisionStore(tmp_path).close()
                elif len(found) == 6:
                    published(tmp_path, 1)
                elif len(found) == 7:
                    stop.set()
            assert [seen.source for seen in found] == ["host"] * 4 + ["own"] * 2 + ["host"]
            assert [seen.document.scan for seen in found] == [7, 8, 8, 8, 1, 2, 1]
            assert [seen.stale for seen in found] == [False, False, True, True, False, False, False]
            assert found[4].document.advise and found[4].document.skids[0].answering
            assert pod.skid.holder == 0  # nothing was written

    run_virtual(main())


def test_a_host_that_only_advises_is_said_to_do_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with pod_of_peers() as pod:
            published(tmp_path / ADVISING, 3)
            stop = asyncio.Event()
            async for seen in follow(pod.config, tmp_path, stop):
                assert seen.source == "advising" and seen.document.scan == 3
                stop.set()

    run_virtual(main())


def test_a_demo_is_found_while_it_lives_and_a_real_host_comes_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with pod_of_peers() as pod:
            own = pod_state_dir(pod.config.pod.name, pod.config.pod.host_id)
            assert host_folder(pod.config) == own  # nothing ran ever
            point_to_demo(pod.config, tmp_path)
            assert host_folder(pod.config) == own  # it left no document yet, or was killed
            published(tmp_path, 1)
            assert host_folder(pod.config) == tmp_path
            stop = asyncio.Event()
            async for seen in follow(pod.config, own, stop):
                assert seen.source == "host"
                stop.set()
            aged(tmp_path, hostfolder.GIVEN_UP_S + 1)
            assert host_folder(pod.config) == own
            published(tmp_path, 2)
            published(own, 1)
            assert host_folder(pod.config) == own
            DecisionStore(own).close()
            assert host_folder(pod.config) == tmp_path
            point_to_demo(pod.config, None)
            point_to_demo(pod.config, None)
            assert host_folder(pod.config) == own

    run_virtual(main())
