"""The control loop against peers that keep the wire contract, in virtual time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from mallee import clock
from mallee.pod.document import PodDocument, from_json, to_json
from mallee.pod.runner import PodRunner, run_pod
from mallee.reading import Quality

from .pod_of_peers import PodOfPeers, pod_of_peers
from .virtual_loop import run_virtual

UPTIME = bytes((4, 0, 40))
"""How the request for it begins."""


def with_runner(scenario, **arguments) -> None:
    async def main() -> None:
        async with pod_of_peers() as pod:
            runner = PodRunner(pod.config, **arguments)
            try:
                await scenario(pod, runner)
            finally:
                await runner.close()

    run_virtual(main())


async def scans(pod: PodOfPeers, runner: PodRunner, count: int) -> list[PodDocument]:
    documents: list[PodDocument] = []
    for _ in range(count):
        documents.append(await runner.scan())
        pod.tick()
        await asyncio.sleep(1.0)
    return documents


def test_first_scan_leases_everything_and_shows_everything() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        pod.pdu_a.set("permit", 0b11110111)
        document = (await scans(pod, runner, 2))[-1]
        assert [peer.holder for peer in pod.peers] == [7, 7, 7]
        assert pod.pdu_a.get("permit") == 0b11110111  # kept as it was read
        assert pod.skid.get("remote_supply_temperature") == 3700
        skid, pdu, feed, rack = document.skids[0], document.pdus[0], document.feeds[0], document.racks[0]
        assert skid.supply_temperature.value == 37.02
        assert skid.lease.ours
        assert pdu.branches[0].closed is True
        assert pdu.branches[0].tripped is False
        assert feed.power_kW == pytest.approx(60.0)
        assert feed.current_A == pytest.approx(90.3)
        assert feed.survivor_current_A == pytest.approx(90.3 + 90.0)  # two branches of 45 A come over
        assert feed.headroom_A == pytest.approx(200.0 - 180.3)
        assert document.feeds[1].headroom_A == pytest.approx(150.0 - 180.3)
        assert rack.power_kW == pytest.approx(60.0)
        assert document.totals.power_kW == pytest.approx(120.0)
        assert skid.wanted is not None
        assert skid.wanted.heat_kW == pytest.approx(120.0 * 104 / 120)
        assert {finding.where for finding in document.findings} == {"feed B", "pdu-a", "pdu-b"}
        assert document.alarms == ()
        assert document.bus.timeouts == document.bus.exceptions == 0
        assert from_json(to_json(document)) == document

    with_runner(scenario)


def test_steady_state_is_one_read_and_one_write_a_controller() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        await scans(pod, runner, 2)
        for peer in pod.peers:
            peer.requests.clear()
        await scans(pod, runner, 5)
        for peer in pod.peers:
            scanned = [request for request in peer.requests if request[:3] != UPTIME]
            assert [request[0] for request in scanned] == [4, 16] * 5
            assert len(peer.requests) - len(scanned) <= 1, "its uptime, each ten seconds"

    with_runner(scenario)


def test_a_date_that_is_set_back_makes_no_old_value_new(monkeypatch) -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        await scans(pod, runner, 2)
        pod.skid.silent = True
        true_date = clock.utc_now
        monkeypatch.setattr(clock, "utc_now", lambda: true_date() - timedelta(hours=1))
        temperature = (await scans(pod, runner, 6))[-1].skids[0].supply_temperature
        assert temperature.quality is Quality.STALE
        assert temperature.age_s is not None and temperature.age_s >= 5.0

    with_runner(scenario)


def test_a_silent_controller_is_one_alarm_and_makes_sums_unknown() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        await scans(pod, runner, 2)
        pod.pdu_a.silent = True
        begun = asyncio.get_running_loop().time()
        first, second, *_, last = await scans(pod, runner, 6)
        assert asyncio.get_running_loop().time() - begun < 6 * 1.5
        assert [alarm.name for alarm in last.alarms] == ["no_answer"]
        assert last.alarms[0].device == "pdu-a"
        assert last.alarms[0].remedy
        assert first.pdus[0].power.quality is Quality.GOOD  # a moment old
        assert last.pdus[0].power.quality is Quality.STALE
        assert last.pdus[0].power.value == 60000
        assert last.feeds[0].power_kW is None
        assert last.feeds[1].power_kW == pytest.approx(60.0)
        assert last.racks[0].power_kW is None
        assert last.racks[0].estimate_kW == pytest.approx(60.0)
        assert last.skids[0].lease.ours  # the others go on
        assert [event.kind for event in first.events] == ["lost"]  # one lost request is no alarm yet
        assert [event.kind for event in second.events] == ["alarm"]
        pod.pdu_a.silent = False
        pod.pdu_a.lapse()
        back = await scans(pod, runner, 8)
        kinds = [event.kind for document in back for event in document.events]
        assert {"returned", "alarm_gone"} <= set(kinds)
        assert back[-1].pdus[0].lease.ours
        assert back[-1].feeds[0].power_kW == pytest.approx(60.0)

    with_runner(scenario)


def test_a_restarted_controller_is_leased_again_with_a_higher_epoch() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        await scans(pod, runner, 2)
        port = pod.skid.port
        await pod.skid.stop()
        gone = (await scans(pod, runner, 2))[-1]
        assert not gone.skids[0].answering
        pod.skid.restart()
        await pod.skid.start(port)
        documents = await scans(pod, runner, 6)
        assert pod.skid.leased
        assert documents[-1].skids[0].lease.ours
        assert "restarted" in {event.kind for document in documents for event in document.events}
        assert documents[-1].bus.reconnects == 1

    with_runner(scenario)


def test_another_host_is_left_alone_and_named() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        peer = pod.skid
        peer.leased, peer.holder, peer.epoch = True, 3, 9
        for name, raw in {"lease_state": 1, "lease_holder": 3, "lease_epoch": 9}.items():
            peer.set(name, raw)
        document = (await scans(pod, runner, 3))[-1]
        assert not any(request[0] == 16 for request in peer.requests)
        assert "host 3" in document.skids[0].lease.note
        peer.lapse()
        assert (await scans(pod, runner, 2))[-1].skids[0].lease.ours
        assert peer.epoch == 10

    with_runner(scenario)


def test_a_refused_lease_is_reported_and_tried_again_later() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        pod.skid.leased, pod.skid.holder, pod.skid.epoch = (
            True,
            3,
            9,
        )  # but its fast block does not show it yet
        documents = await scans(pod, runner, 4)
        kinds = [event.kind for document in documents for event in document.events]
        assert kinds.count("lease_refused") == 1
        assert "lease_held" in documents[-1].skids[0].lease.note

    with_runner(scenario)


def test_advise_reads_and_never_writes() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        document = (await scans(pod, runner, 3))[-1]
        assert document.advise
        assert document.skids[0].wanted is not None
        assert not any(request[0] in (5, 6, 15, 16) for peer in pod.peers for request in peer.requests)

    with_runner(scenario, advise=True)


def test_a_controller_that_starts_with_the_pod_is_waited_for_then_missed() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        pod.pdu_a.silent = True
        first, second, third, fourth, fifth = await scans(pod, runner, 5)
        for document in (first, second, third):
            assert document.alarms == ()
            assert "lost" not in {event.kind for event in document.events}
        assert "lost" in {event.kind for event in fourth.events}
        assert [alarm.name for alarm in fifth.alarms] == ["no_answer"]

    with_runner(scenario)


def test_alarms_come_and_go_with_their_remedy() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        await scans(pod, runner, 1)
        pod.skid.image["discrete"][21] = 1
        pod.skid.set("alarm_count", 1)
        pod.skid.set("first_out", 21)
        came = (await scans(pod, runner, 1))[0]
        assert [(alarm.name, alarm.priority, alarm.first_out) for alarm in came.alarms] == [
            ("over_temperature", "high", True)
        ]
        assert "facility water" in came.alarms[0].remedy
        assert [event.kind for event in came.events] == ["alarm"]
        pod.skid.image["discrete"][21] = 0
        pod.skid.set("alarm_count", 0)
        pod.skid.set("first_out", 0xFFFF)
        gone = (await scans(pod, runner, 1))[0]
        assert gone.alarms == ()
        assert [event.kind for event in gone.events] == ["alarm_gone"]

    with_runner(scenario)


def test_a_stuck_loop_makes_values_stale() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        for _ in range(5):
            await runner.scan()  # sequence numbers stand still
            await asyncio.sleep(1.0)
        document = await runner.scan()
        assert document.skids[0].answering
        assert document.skids[0].supply_temperature.quality is Quality.STALE

    with_runner(scenario)


def test_the_loop_keeps_time_and_gives_leases_back_at_the_end() -> None:
    async def main() -> None:
        async with pod_of_peers() as pod:
            documents: list[PodDocument] = []
            stop = asyncio.Event()

            def publish(document: PodDocument) -> None:
                documents.append(document)
                pod.tick()
                if len(documents) == 5:
                    stop.set()

            await run_pod(pod.config, publish=publish, stop=stop)
            spacing = [(b.time - a.time).total_seconds() for a, b in pairwise(documents)]
            assert spacing == pytest.approx([1.0] * 4, abs=0.1)
            assert documents[-1].scan_overruns == 0
            assert not any(peer.leased for peer in pod.peers)

    run_virtual(main())


def test_each_document_says_how_long_after_its_due_time_the_cycle_ended() -> None:
    """Both what delays the beginning and what the scan itself takes; nothing where no scan was due."""

    async def main() -> None:
        async with pod_of_peers() as pod:
            documents: list[PodDocument] = []
            stop = asyncio.Event()
            runner = PodRunner(pod.config)
            scan = runner.scan
            took_s = 0.2

            async def slow() -> PodDocument:
                await asyncio.sleep(took_s)
                return await scan()

            def publish(document: PodDocument) -> None:
                nonlocal took_s
                documents.append(document)
                pod.tick()
                took_s = {1: 0.2, 2: 1.3}.get(len(documents), 0.0)
                if len(documents) == 4:
                    stop.set()

            assert (await runner.scan()).cycle_s is None
            runner.scan = slow
            try:
                await runner.run(publish, stop)
            finally:
                await runner.close()
            assert [each.cycle_s for each in documents] == pytest.approx([0.2, 0.2, 1.3, 0.0], abs=0.05)

    run_virtual(main())


def test_run_times_of_a_skid_are_known_for_the_choice_who_stands_by() -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        pod.skid.set("run_time.1", 7200)
        pod.skid.set("run_time.2", 1800)
        await scans(pod, runner, 2)
        assert runner.members["skid-1"].run_h == 2.5 and runner.members["pdu-a"].run_h is None
        pod.skid.set("run_time.1", 7200 + 3600)
        await scans(pod, runner, 2)
        assert runner.members["skid-1"].run_h == 2.5  # read each ten minutes
        for _ in range(60):
            await asyncio.sleep(10.0)
            await runner.scan()
        assert runner.members["skid-1"].run_h == 3.5

    with_runner(scenario)
