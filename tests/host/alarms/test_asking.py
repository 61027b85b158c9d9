"""Actions from another process while a host runs, and `mallee alarms`."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from mallee import clock
from mallee.errors import ExitCode, MalleeError
from mallee.paths import pod_state_dir
from mallee.pod.alarms import asking
from mallee.pod.alarms.asking import action, ask
from mallee.pod.alarms.possible import check_named, possible_alarms
from mallee.pod.alarms.store import AlarmStore
from mallee.pod.document import Event, PodDocument
from mallee.pod.runner import PodRunner, run_pod

from ..commanding import Ran
from ..peers_in_thread import PeersInThread, in_thread
from ..pod_of_peers import PodOfPeers, pod_of_peers
from ..virtual_loop import run_virtual
from .books import START


def over_temperature(pod: PodOfPeers, active: bool) -> None:
    pod.skid.image["discrete"][21] = active
    pod.skid.set("alarm_count", int(active))
    pod.skid.set("first_out", 21 if active else 0xFFFF)


def with_host(folder: Path, scenario) -> None:
    async def main_() -> None:
        async with pod_of_peers() as pod:
            runner = PodRunner(pod.config, state_dir=folder)
            try:
                over_temperature(pod, True)
                await runner.scan()
                await scenario(pod, runner)
            finally:
                await runner.close()

    run_virtual(main_())


def test_an_acknowledgement_is_heard_within_a_scan_and_outlives_the_host(tmp_path: Path) -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        wanted = action("acknowledge", "skid-1", "over_temperature", by="ada", now=clock.utc_now(), note="seen")
        asked = asyncio.create_task(ask(tmp_path, pod.config, wanted))
        await asyncio.sleep(0.2)
        document = await runner.scan()
        assert (await asked).done == ("skid-1: over_temperature",)
        assert document.alarms[0].acknowledged_by == "ada"
        again = action("acknowledge", "skid-1", "over_temperature", by="bob", now=clock.utc_now())
        asked = asyncio.create_task(ask(tmp_path, pod.config, again))
        await asyncio.sleep(0.2)
        await runner.scan()
        with pytest.raises(MalleeError, match="acknowledged already") as error:
            await asked
        assert error.value.code is ExitCode.REFUSED
        other = PodRunner(pod.config, state_dir=tmp_path)
        assert (await other.scan()).alarms[0].note == "seen"
        await other.close()

    with_host(tmp_path, scenario)


def test_a_host_that_hangs_is_told_and_the_action_waits(tmp_path: Path) -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner) -> None:
        wanted = action("shelve", "skid-1", "flow_low", by="ada", now=clock.utc_now(), note="n", for_s=60)
        with pytest.raises(MalleeError, match="within 5 s") as error:
            await ask(tmp_path, pod.config, wanted)
        assert error.value.code is ExitCode.NO_ANSWER
        document = await runner.scan()
        assert [alarm.name for alarm in document.suppressed] == ["flow_low"]

    with_host(tmp_path, scenario)


def test_nobody_hears_where_no_host_runs(tmp_path: Path) -> None:
    async def scenario(pod: PodOfPeers, _: PodRunner) -> None:
        wanted = action("acknowledge", "skid-1", "flow_low", by="ada", now=clock.utc_now())
        with pytest.raises(MalleeError, match="no host keeps") as error:
            await ask(tmp_path / "elsewhere", pod.config, wanted)
        assert error.value.code is ExitCode.NO_ANSWER

    with_host(tmp_path, scenario)


@pytest.mark.parametrize("for_s", [0.0, 25 * 3600.0])
def test_shelving_has_limits(for_s: float) -> None:
    with pytest.raises(MalleeError, match="cannot be shelved"):
        action("shelve", "d", "a", by="ada", now=START, for_s=for_s)
    with pytest.raises(MalleeError, match="cannot be asked"):
        action("acknowledge", "d", "a", by="ada", now=START, note="x" * 501)


@pytest.fixture
def mallee(peers: PeersInThread, mallee: Callable[..., Ran]) -> Iterator[Callable[..., Ran]]:
    yield mallee
    peers.call(lambda: over_temperature(peers.pod, False))


@pytest.fixture
def host(peers: PeersInThread, mallee: Callable[..., Ran]) -> Iterator[Path]:
    """`mallee run` beside: returns where its files are, once it has scanned."""
    config = peers.pod.config
    folder = pod_state_dir(config.pod.name, config.pod.host_id)
    peers.call(lambda: over_temperature(peers.pod, True))

    async def serve(ready: Callable[[], None], finish: asyncio.Event) -> None:
        def publish(document: PodDocument) -> None:
            if document.alarms:
                ready()

        await run_pod(config, publish=publish, stop=finish, state_dir=folder)

    with in_thread(serve):
        yield folder


def test_without_a_host_the_pod_is_scanned_once(mallee, peers: PeersInThread) -> None:
    ran = mallee("alarms", "-o", "json")
    assert (ran.code, ran.json) == (0, []) and "no host runs here" in ran.err
    peers.call(lambda: over_temperature(peers.pod, True))
    ran = mallee("alarms", "-o", "json")
    assert ran.code == 5 and [(row["name"], row["state"]) for row in ran.json] == [
        ("over_temperature", "unacknowledged")
    ]


def test_people_work_with_the_alarms_of_a_running_host(mallee, host: Path) -> None:
    ran = mallee("alarms", "-o", "json")
    assert ran.code == 5 and ran.json[0]["name"] == "over_temperature" and "no host" not in ran.err
    assert "facility water" in mallee("alarms").out
    assert mallee("alarms", "ack", "skid-1", "over_temperature", "--note", "seen", "--by", "ada").code == 0
    (row,) = list(csv.DictReader(io.StringIO(mallee("alarms", "-o", "csv").out)))
    assert (row["state"], row["acknowledged_by"], row["note"]) == ("acknowledged", "ada", "seen")
    ran = mallee("alarms", "ack", "skid-1", "over_temperature", "--by", "bob")
    assert ran.code == 4 and "acknowledged already" in ran.err and "--all" in ran.err
    ran = mallee("alarms", "shelve", "skid-1", "over_*", "--for", "1h", "--note", "known", "-o", "json")
    assert ran.code == 0 and ran.json[0]["alarm"] == "skid-1: over_temperature"
    ran = mallee("alarms", "-o", "json")
    assert (ran.code, ran.json) == (0, []) and "--all" in ran.err
    (row,) = mallee("alarms", "--all", "-o", "json").json
    assert row["state"] == "shelved" and row["shelved_until"].endswith("Z")
    assert mallee("alarms", "unshelve", "skid-1", "over_temperature").code == 0
    assert mallee("alarms", "out-of-service", "skid-1", "over_temperature", "--note", "sensor").code == 0
    assert mallee("alarms", "in-service", "skid-1", "over_temperature").code == 0
    assert mallee("alarms", "reset", "skid-1", "over_temperature").code == 4
    assert mallee("alarms", "-o", "jsonl").code == 5
    events, _ = AlarmStore(host).events()
    assert [event.kind for event in events if event.alarm] == [
        "alarm", "alarm_acknowledged", "alarm_shelved", "alarm_unshelved", "alarm", "alarm_out_of_service",
        "alarm_in_service", "alarm",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "what", "next_step"),
    [
        (["ack", "skid-9", "flow_low"], 2, "'skid-9'", "did you mean 'skid-1'"),
        (["ack", "skid-1", "flow_lwo"], 2, "no alarm 'flow_lwo'", "did you mean 'flow_low'"),
        (["ack", "feed A", "feed_last"], 2, "no alarm 'feed_last'", "did you mean 'feed_lost'"),
        (["shelve", "skid-1", "flow_low", "--note", "x", "--for", "25h"], 2, "cannot be shelved", "out of service"),
        (["shelve", "skid-1", "flow_low", "--note", "x", "--for", "soon"], 2, "not a duration", "500ms"),
        (["shelve", "skid-1", "flow_low", "--for", "1h"], 2, "--note", "--help"),
        (["ack", "skid-1", "flow_low"], 4, "it is not active", "--all"),
        (["acknowledge", "skid-1", "flow_low"], 2, "acknowledge", "--help"),
    ],
)
def test_errors_say_what_likely_and_next(mallee, host: Path, arguments, code, what, next_step) -> None:
    ran = mallee("alarms", *arguments)
    assert ran.code == code and ran.out == ""
    lines = {line.partition(": ")[0]: line.partition(": ")[2] for line in ran.err.splitlines()}
    assert what in lines["error"] and lines["likely"] and next_step in lines["next"]


def test_without_a_host_nothing_can_be_asked_or_reported(mallee) -> None:
    ran = mallee("alarms", "ack", "skid-1", "flow_low")
    assert ran.code == 3 and "no host keeps the alarms" in ran.err
    ran = mallee("alarms", "report")
    assert ran.code == 2 and "no alarm log" in ran.err and "mallee run" in ran.err


def test_the_report_in_every_form(mallee, peers: PeersInThread) -> None:
    config = peers.pod.config
    store = AlarmStore(pod_state_dir(config.pod.name, config.pod.host_id))
    store.open()
    marks = [Event(time=START + timedelta(minutes=10 * n), kind="running", device="host", text="") for n in range(145)]
    alarms = [
        Event(time=START + timedelta(minutes=1435, seconds=n), kind="alarm", device="d", text="", alarm=f"a{n}")
        for n in range(12)
    ]
    store.append([*marks[:144], *alarms])
    store.append(marks[144:])
    ran = mallee("alarms", "report", "-o", "json")
    assert ran.code == 5 and ran.json["covered_s"] == 86_400
    figures = {row["figure"]: row for row in ran.json["figures"]}
    assert figures["alarms in 10 minutes, most"]["value"] == 12 and not figures["alarms in 10 minutes, most"]["ok"]
    assert figures["time in flood"]["value"] == pytest.approx(593 / 86_400) and figures["time in flood"]["ok"]
    assert "time in flood" in mallee("alarms", "report").out
    assert len(list(csv.DictReader(io.StringIO(mallee("alarms", "report", "-o", "csv").out)))) == len(figures)


def test_alarms_of_the_pod_are_described_like_those_of_controllers(mallee) -> None:
    ran = mallee("describe", "alarm", "feed_lost", "-o", "json")
    assert ran.json[0]["profile"] == "pod" and "other feed" in ran.json[0]["consequence"]


def test_names_are_checked_and_patterns_are_not(peers: PeersInThread) -> None:
    known = possible_alarms(peers.pod.config)
    assert ("feed A", "feed_phase_lost.2") in known and ("pod", "leases_lost") in known
    check_named("*", "nonsense", known)
    assert asking.SAID["shelve"] == "shelved"
