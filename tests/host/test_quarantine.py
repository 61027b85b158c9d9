"""A lying controller in a pod of peers: the pod runs on without it, tells why, and takes it back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest
from mallee import clock
from mallee.cli.believing import quarantined
from mallee.history.attending import Attendant
from mallee.history.recorder import Recorder
from mallee.history.scanned import Scanned
from mallee.paths import pod_state_dir
from mallee.pod.alarms.asking import action
from mallee.pod.alarms.store import AlarmStore
from mallee.pod.config import PodConfig
from mallee.pod.document import PodDocument
from mallee.pod.runner import PodRunner, scan_once
from mallee.pod.status import status_rows
from mallee.pod.topology.live import node_states
from mallee.pod.trust.settings import QuarantineSection
from mallee.reading import Quality
from mallee.ui import cells

from .pod_of_peers import PodOfPeers, pod_of_peers
from .virtual_loop import run_virtual


class Bench:
    """A running pod; `scans` ticks all but who is `frozen`."""

    def __init__(self, pod: PodOfPeers, runner: PodRunner) -> None:
        self.pod, self.runner = pod, runner
        self.frozen: set[str] = set()
        self.kinds: list[str] = []

    async def scans(self, count: int) -> PodDocument:
        document = None
        for _ in range(count):
            document = await self.runner.scan()
            self.kinds += [event.kind for event in document.events]
            held = {name: getattr(self.pod, name) for name in self.frozen}
            before = {name: (peer.get("sequence"), peer.get("uptime")) for name, peer in held.items()}
            self.pod.tick()
            for name, (sequence, uptime) in before.items():
                held[name].set("sequence", sequence)
                held[name].set("uptime", uptime)
            await asyncio.sleep(1.0)
        assert document is not None
        return document


def with_bench(scenario, *, state_dir: Path | None = None, **quarantine) -> None:
    async def main() -> None:
        async with pod_of_peers() as pod:
            config = msgspec.structs.replace(pod.config, quarantine=QuarantineSection(**quarantine))
            runner = PodRunner(config, state_dir=state_dir)
            try:
                await scenario(Bench(pod, runner), config)
            finally:
                await runner.close()

    run_virtual(main())


def test_a_frozen_pdu_is_one_alarm_and_the_others_go_on() -> None:
    async def scenario(bench: Bench, config: PodConfig) -> None:
        await bench.scans(3)
        bench.frozen = {"pdu_a"}
        document = await bench.scans(14)
        pdu, other = document.pdus
        assert pdu.answering and pdu.trust.quarantined == "frozen" and pdu.trust.frozen == 1
        assert pdu.power.value is None and pdu.power.quality is Quality.QUARANTINED
        assert pdu.branches[0].closed is None and pdu.state.value is None
        assert not pdu.lease.ours and other.lease.ours and document.skids[0].lease.ours
        (alarm,) = [a for a in document.alarms if a.device == "pdu-a"]
        assert (alarm.name, alarm.priority) == ("controller_quarantined", "high")
        assert "Frozen: its sequence number stands still" in alarm.condition and alarm.remedy
        assert not any(finding.where == "pdu-a" for finding in document.findings)
        assert document.feeds[0].power_kW is None and document.feeds[1].power_kW == pytest.approx(60.0)
        limits = {limit.name: limit for limit in document.limits}
        assert not limits["pdu-a"].measured and limits["pdu-b"].measured, "it counts as rated"
        row = next(row for row in status_rows(document) if row.device == "pdu-a")
        assert row.state == "quarantined" and "stands still" in row.reason
        assert node_states(document)["pdu", "pdu-a"].word == "quarantined"
        bench.pod.pdu_a.requests.clear()
        await bench.scans(20)
        assert {request[0] for request in bench.pod.pdu_a.requests} == {4}, "nothing is written to it"
        assert "quarantined" in bench.kinds

    with_bench(scenario)


def test_it_is_believed_and_leased_again_after_its_time() -> None:
    async def scenario(bench: Bench, config: PodConfig) -> None:
        await bench.scans(3)
        bench.frozen = {"pdu_a"}
        await bench.scans(14)
        bench.frozen = set()
        bench.pod.pdu_a.lapse()
        assert (await bench.scans(15)).pdus[0].quarantined
        document = await bench.scans(25)
        pdu = document.pdus[0]
        assert not pdu.quarantined and pdu.trust.returns == 1 and pdu.lease.ours
        assert pdu.power.number == 60_000 and document.alarms == ()
        assert {"quarantined", "believed", "alarm_gone"} <= set(bench.kinds)

    with_bench(scenario, return_after_s=20)


def test_a_skid_that_lies_moves_no_set_point_not_even_for_one_scan() -> None:
    async def scenario(bench: Bench, config: PodConfig) -> None:
        before = await bench.scans(5)
        bench.pod.skid.set("facility_supply_temperature", 13_000)
        first = await bench.scans(1)
        assert first.skids[0].trust.doubted == ("facility_supply_temperature",) and not first.skids[0].quarantined
        assert first.skids[0].wanted == before.skids[0].wanted
        document = await bench.scans(3)
        assert document.skids[0].trust.quarantined == "impossible" and document.skids[0].wanted is None
        assert "facility_supply_temperature is 130 °C (-40 to 125 can be)" in document.skids[0].trust.evidence
        assert [alarm.name for alarm in document.alarms if alarm.device == "skid-1"] == ["controller_quarantined"]

    with_bench(scenario)


def test_silence_and_a_lost_lease_are_told_under_the_quarantine() -> None:
    async def scenario(bench: Bench, config: PodConfig) -> None:
        await bench.scans(3)
        bench.frozen = {"pdu_a"}
        await bench.scans(14)
        bench.pod.pdu_a.silent = True
        document = await bench.scans(4)
        assert [(a.device, a.name) for a in document.alarms] == [("pdu-a", "controller_quarantined")]
        (beneath,) = [alarm for alarm in document.suppressed if alarm.name == "no_answer"]
        assert beneath.suppressed_by == "pdu-a: controller_quarantined"
        assert document.pdus[0].quarantined, "silence proves nothing"

    with_bench(scenario)


def test_somebody_resets_the_alarm_and_only_then_it_is_forgiven(tmp_path: Path) -> None:
    async def scenario(bench: Bench, config: PodConfig) -> None:
        await bench.scans(3)
        bench.pod.pdu_a.set("phase_voltage.1", 9000)
        await bench.scans(5)
        bench.pod.pdu_a.set("phase_voltage.1", 2400)
        assert (await bench.scans(60)).pdus[0].quarantined
        wanted = action("reset", "pdu-a", "controller_quarantined", by="ada", now=clock.utc_now(), note="chip changed")
        AlarmStore(tmp_path).hand_over(wanted)
        document = await bench.scans(1)
        assert document.pdus[0].quarantined
        assert "alarm_reset" in bench.kinds and "action_refused" not in bench.kinds
        assert not (await bench.scans(3)).pdus[0].quarantined

    with_bench(scenario, state_dir=tmp_path, return_after_s=20)


def test_a_host_that_starts_anew_and_a_single_scan_know_of_it() -> None:
    state_dir = pod_state_dir("small pod", 7)

    async def scenario(bench: Bench, config: PodConfig) -> None:
        await bench.scans(3)
        bench.pod.pdu_a.set("phase_voltage.1", 9000)
        await bench.scans(5)
        bench.pod.pdu_a.set("phase_voltage.1", 2400)
        await bench.runner.close()
        bench.runner = PodRunner(config, state_dir=state_dir)
        document = await bench.scans(2)
        assert (
            document.pdus[0].trust.quarantined == "impossible" and "phase_voltage.1" in document.pdus[0].trust.evidence
        )
        assert document.pdus[0].trust.left_s is None
        told = quarantined(config)
        assert list(told) == ["pdu-a"] and told["pdu-a"].startswith("impossible: in 3 scans phase_voltage.1 is 900 V")
        await bench.runner.close()
        seen = await scan_once(config, quarantined=told)
        assert seen.pdus[0].quarantined and seen.pdus[0].power.value is None
        assert [alarm.name for alarm in seen.alarms if alarm.device == "pdu-a"] == ["controller_quarantined"]
        assert not (await scan_once(config)).pdus[0].quarantined

    with_bench(scenario, state_dir=state_dir)


def test_history_has_a_gap_and_pictures_a_word() -> None:
    async def scenario(bench: Bench, config: PodConfig) -> None:
        taken: list[Scanned] = []
        recorder = cast(Recorder, SimpleNamespace(take=taken.append, status=SimpleNamespace(problem=None)))
        attendant = Attendant(bench.runner.members, recorder, lambda text: None)
        await bench.scans(3)
        bench.pod.skid.set("flow", 60_000)
        document = await bench.scans(4)
        attendant.take(document)
        (skid,) = [heard for heard in taken[-1].heard if heard.device == "skid-1"]
        assert skid.snapshot is None and skid.reason.startswith("it is in quarantine: impossible: ")
        assert all(heard.snapshot is not None for heard in taken[-1].heard if heard.device != "skid-1")
        assert cells.state(document.skids[0]).plain == "quarantined"
        assert cells.number(document.skids[0].flow).plain == "?"

    with_bench(scenario)


def test_switched_off_nobody_is_ever_in_quarantine() -> None:
    async def scenario(bench: Bench, config: PodConfig) -> None:
        await bench.scans(3)
        bench.frozen = {"pdu_a"}
        bench.pod.skid.set("facility_supply_temperature", 13_000)
        document = await bench.scans(20)
        assert not any(member.quarantined for member in document.members)

    with_bench(scenario, enabled=False)
