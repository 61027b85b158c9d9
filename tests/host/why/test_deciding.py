"""What a whole host says of its decisions: skids, racks' limits and permits, and what came of them. In virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mallee.errors import ExitCode, MalleeError
from mallee.pod import hostfolder, powercontrol
from mallee.pod.actuators.limiter import LimitRead
from mallee.pod.document import PodDocument
from mallee.pod.reasons import Reason
from mallee.pod.runner import PodRunner
from mallee.pod.why import asking
from msgspec.structs import replace

from ..peer import Peer
from ..pod_of_peers import PodOfPeers, pod_of_peers
from ..virtual_loop import run_virtual


class Manager:
    """Of one rack."""

    def __init__(self) -> None:
        self.limit_W: float | None = None
        self.refuses = False

    async def read(self) -> LimitRead:
        return LimitRead(limit_W=self.limit_W, least_W=10_000.0)

    async def set(self, limit_W: float | None) -> None:
        await asyncio.sleep(0.5)
        if self.refuses:
            raise MalleeError("it refuses: 403", "no right", "ask", ExitCode.REFUSED)
        self.limit_W = limit_W

    async def close(self) -> None:
        pass


class Bench:
    def __init__(self, pod: PodOfPeers, runner: PodRunner, managers: dict[str, Manager]) -> None:
        self.pod, self.runner, self.managers = pod, runner, managers

    async def scans(self, count: int) -> PodDocument:
        document = None
        for _ in range(count):
            document = await self.runner.scan()
            self.pod.tick()
            await asyncio.sleep(1.0)
        assert document is not None
        return document

    def load(self, phase_A: float) -> None:
        for phase in (1, 2, 3):
            self.pod.pdu_a.set(f"phase_current.{phase}", round(10 * phase_A))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    managers: dict[str, Manager] = {}

    def opened(address: str, *, timeout_s: float) -> Manager:
        return managers.setdefault(address.rpartition("/")[2], Manager())

    monkeypatch.setattr(powercontrol, "open_limiter", opened)

    def run(scenario, **arguments) -> None:
        async def main() -> None:
            async with pod_of_peers() as pod:
                address = "redfish+http://127.0.0.1:9/redfish/v1/Chassis/"
                racks = tuple(
                    replace(rack, power_limit=address + rack.name, priority=10 * n)
                    for n, rack in enumerate(pod.config.racks, 1)
                )
                runner = PodRunner(replace(pod.config, racks=racks), state_dir=tmp_path, **arguments)
                try:
                    await scenario(Bench(pod, runner, managers))
                finally:
                    await runner.close()

        run_virtual(main())

    return run


def taken(peer: Peer) -> None:
    """By another host."""
    peer.leased, peer.holder, peer.epoch = True, 3, 99
    for name, raw in {"lease_state": 1, "lease_holder": 3, "lease_epoch": 99}.items():
        peer.set(name, raw)


def of(document: PodDocument, name: str) -> Reason:
    return next(reason for reason in document.reasons if reason.of == name)


def test_every_set_point_of_a_skid_has_its_reason_and_is_written(bench) -> None:
    async def scenario(host: Bench) -> None:
        document = await host.scans(2)
        names = {reason.of for reason in document.reasons if reason.of.startswith("skid-1.")}
        assert names == {
            f"skid-1.remote_{each}"
            for each in ("supply_temperature", "differential_pressure", "heat", "operation", "mode")
        }
        supply = of(document, "skid-1.remote_supply_temperature")
        assert (supply.value, supply.rule, supply.outcome) == (37.0, "the setting", "written")
        assert [asked.value for asked in supply.lost] == [14.5, 35.0]  # 12 °C dew point, 32 °C facility water
        assert supply.since is not None and supply.since < document.time
        host.pod.skid.set("facility_supply_temperature", 3600)
        supply = of(await host.scans(1), "skid-1.remote_supply_temperature")
        assert supply.value == 39.0 and "facility water" in supply.rule and supply.lost[0].rule == "the setting"
        assert supply.since is not None and supply.since > document.time

    bench(scenario)


def test_a_set_point_that_is_refused_says_who_refused_it(bench) -> None:
    async def scenario(host: Bench) -> None:
        await host.scans(2)
        taken(host.pod.skid)
        reason = of(await host.scans(1), "skid-1.remote_heat")
        assert reason.outcome == "failed" and "host 3" in reason.detail

    bench(scenario)


def test_a_set_point_beyond_its_register_says_what_stands_there(bench) -> None:
    async def scenario(host: Bench) -> None:
        config = host.runner.config
        host.runner._settings = replace(host.runner._settings, differential_pressure_kPa=400.0, pressure_reset=False)
        assert config.control.differential_pressure_kPa == 200.0
        reason = of(await host.scans(2), "skid-1.remote_differential_pressure")
        assert reason.outcome == "limited" and reason.detail == "350 is what its register allows"
        assert isinstance(reason.value, float) and reason.value > 390.0

    bench(scenario)


def test_a_racks_limit_is_asked_for_and_then_in_force(bench, tmp_path: Path) -> None:
    async def scenario(host: Bench) -> None:
        before = of(await host.scans(3), "rack-2.power_limit")
        assert (before.value, before.outcome) == (None, "") and before.rule == "no limit asks it to draw less"
        host.load(110.0)
        limited = of(await host.scans(1), "rack-2.power_limit")
        assert limited.outcome == "asked" and "110% of 100: down to 95%" in limited.rule
        assert isinstance(limited.value, float) and {"rack-2.power", "pdu-a, of 100 A"} <= {
            i.name for i in limited.inputs
        }
        host.load(94.0)
        done = of(await host.scans(2), "rack-2.power_limit")
        assert done.outcome == "written" and done.value == limited.value and done.since == limited.since
        assert host.managers["rack-2"].limit_W == pytest.approx(1000 * limited.value)

    bench(scenario)
    notes, _ = asking.notes(tmp_path, "rack-2.power_limit")
    assert [(note.old is None, note.outcome) for note in notes] == [(True, "asked"), (False, "written")]


def test_a_manager_that_refuses_is_told_with_its_words(bench) -> None:
    async def scenario(host: Bench) -> None:
        await host.scans(3)
        host.managers["rack-2"].refuses = True
        host.load(110.0)
        failed = of(await host.scans(3), "rack-2.power_limit")
        assert failed.outcome == "failed" and "403" in failed.detail

    bench(scenario)


def test_a_host_that_only_advises_writes_nothing_and_keeps_its_notes_apart(bench, tmp_path: Path) -> None:
    async def scenario(host: Bench) -> None:
        await host.scans(3)
        host.load(110.0)
        document = await host.scans(2)
        assert of(document, "rack-2.power_limit").outcome == of(document, "skid-1.remote_heat").outcome == "advised"
        assert host.managers["rack-2"].limit_W is None and host.pod.skid.holder == 0
        assert not (tmp_path / "book.json").exists() and not (tmp_path / "document.json").exists()
        found = hostfolder.live(tmp_path)
        assert found is not None and found.advising

    bench(scenario, advise=True)
    notes, _ = asking.notes(tmp_path)
    assert {note.outcome for note in notes} == {"advised"}


def test_while_the_power_manager_may_not_act_it_says_so(bench) -> None:
    async def scenario(host: Bench) -> None:
        taken(host.pod.pdu_a)
        document = await host.scans(6)
        assert not [reason for reason in document.reasons if reason.of.startswith("rack-")]
        told = asking.answers.of_rack(document, "rack-1", "power_limit", 0.0)
        assert told.set_by == "nobody" and "holds the leases of all PDUs" in told.why
        assert told.ask == ("pdu-a.lease_state",)

    bench(scenario)


def test_a_host_that_takes_over_keeps_limits_that_were_set_since_it_last_looked(bench) -> None:
    async def scenario(host: Bench) -> None:
        host.load(110.0)  # rack limits are needed as long as this stands
        for peer in host.pod.peers:
            taken(peer)
        document = await host.scans(3)
        assert document.role == "standby"
        for manager in host.managers.values():
            manager.limit_W = 40_000.0  # by the other host, long before ours reads again
        for peer in host.pod.peers:
            peer.lapse()
        for _ in range(5):
            document = await host.scans(1)
            assert {manager.limit_W for manager in host.managers.values()} == {40_000.0}
        assert document.role == "master"
        assert {rack.wanted_cap_kW for rack in document.racks} == {40.0}

    bench(scenario)
