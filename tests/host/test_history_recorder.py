"""The recorder beside a pod under control: nothing is doubled through restarts, and no disk stalls it."""

from __future__ import annotations

import asyncio
import binascii
import struct
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path

from mallee.errors import MalleeError
from mallee.history.attending import run_recorded
from mallee.history.backfill import Backfill
from mallee.history.problems import NoRoom
from mallee.history.query import History
from mallee.history.recorder import Recorder
from mallee.history.rows import Entry
from mallee.history.scanned import Scanned
from mallee.history.store import Store
from mallee.link.opening import open_link
from mallee.pod.config import HistorySection
from mallee.pod.document import PodDocument
from mallee.pod.member import Member

from .history_files import BEGIN_MS, make
from .peer import Peer
from .pod_of_peers import PodOfPeers, pod_of_peers
from .virtual_loop import run_virtual


def record(
    pod: PodOfPeers, path: Path, for_s: float, notes: list[str], each: Callable[[int], None] = lambda _: None
) -> tuple[list[PodDocument], Coroutine[None, None, None]]:
    """Run the pod so long; `each(scan)` may change it between scans."""
    documents: list[PodDocument] = []
    stop = asyncio.Event()

    def publish(document: PodDocument) -> None:
        documents.append(document)
        pod.tick()
        each(document.scan)
        if document.scan >= for_s:
            stop.set()

    return documents, run_recorded(
        pod.config, HistorySection(path=str(path)), publish=publish, note=notes.append, stop=stop
    )


def keep_journal(peer: Peer, count: int) -> None:
    """A ring of 64 records with `count` in it so far, and its row in the directory; made as docs/journal.md says."""
    ring = bytearray(64 * 16)
    for sequence in range(max(1, count - 63), count + 1):
        data = struct.pack(">IIBBHH", sequence, 10 * sequence, 8, 0, 1 + sequence % 8, sequence & 1)
        ring[sequence % 64 * 16 : sequence % 64 * 16 + 16] = data + binascii.crc_hqx(data, 0xFFFF).to_bytes(2, "big")
    peer.files[10] = peer.file_of(struct.pack(">HHIH", 20, 2, len(ring), 1))
    peer.files[20] = peer.file_of(bytes(ring))
    for name, value in (("journal_sequence", count), ("boot_count", 3), ("uptime", 10_000), ("memory_kind", 1)):
        peer.set(name, value)


def test_a_pod_is_recorded_with_gaps_events_and_energy_and_nothing_is_doubled(tmp_path):
    path, notes = tmp_path / "history.db", []

    async def main() -> None:
        async with pod_of_peers() as pod:
            keep_journal(pod.pdu_a, 5)
            pod.pdu_a.set("energy", 1000)
            pod.pdu_a.set("branch.3.energy", 300)

            def silence(scan: int) -> None:
                pod.pdu_b.silent = 20 <= scan < 30

            _, running = record(pod, path, 80, notes, silence)
            await running
            keep_journal(pod.pdu_a, 9)  # while no host ran
            pod.pdu_a.set("energy", 1700)
            pod.pdu_a.set("branch.3.energy", 555)
            await asyncio.sleep(300)
            _, running = record(pod, path, 70, notes)
            await running

    run_virtual(main())
    assert notes == []
    with History(path) as history:
        power = next(each for each in history.series() if each.name == "pdu-a.power")
        (piece,) = history.read([power], 0, 1 << 60)
        assert len(piece.times_ms) == 150 and set(piece.values) == {60_000}
        journal = [event for event in history.events("pdu-a", 0, 1 << 60) if event.source == "journal"]
        assert [event.sequence for event in journal] == list(range(1, 10))
        assert all(event.estimated and event.what.startswith("branch") for event in journal)
        assert [e.kind for e in history.events("pdu-b", 0, 1 << 60) if e.kind in ("lost", "returned")] == [
            "lost",
            "returned",
        ]
        gaps = history.gaps(None, 0, 1 << 60)
        assert [(gap.device, gap.cause) for gap in gaps] == [("pdu-b", "no_answer"), ("", "not_recording")]
        silent, away = gaps
        assert silent.to_ms is not None and away.to_ms is not None
        assert 9_000 < silent.to_ms - silent.from_ms < 20_000  # it is asked again at growing intervals
        assert 300_000 <= away.to_ms - away.from_ms < 303_000
        fills = {series.name: fill.amount for series, fill in history.fills(0, 1 << 60)}
        assert fills["pdu-a.energy"] == 700 and fills["pdu-a.branch.3.energy"] == 255
        assert history.counters()["recorded_scans"] == 150


def test_a_poll_that_is_under_way_is_no_silence(tmp_path):
    """Looks and polls both come once a second: one look after the other may fall into a poll."""
    taken: list[Scanned] = []

    async def main() -> None:
        async with pod_of_peers() as pod:
            pod.pdu_a.set("branch.3.energy", 300)
            pod.pdu_a.set("branch.3.phase_current.2", 1234)
            link = open_link(pod.config.pdus[0].address)
            member = Member(pod.config.pdus[0], link)
            await member.poll(5.0, 1.0)
            member.answering = False  # as it is while the next one is under way
            stop = asyncio.Event()
            running = asyncio.create_task(Backfill([member], taken.append).run(stop))
            await asyncio.sleep(130)
            stop.set()
            await running
            await link.close()

    run_virtual(main())
    assert len(taken) == 3
    for scanned in taken:
        (heard,) = scanned.heard
        assert heard.snapshot is not None and heard.snapshot["branch.3.energy"].value == 300
        assert heard.snapshot["branch.3.phase_current.2"].value == 12.34


def test_a_pod_is_controlled_though_nothing_can_be_recorded(tmp_path):
    notes: list[str] = []

    async def main() -> list[PodDocument]:
        async with pod_of_peers() as pod:
            documents, running = record(pod, tmp_path / "nowhere" / "history.db", 5, notes)
            await running
            assert pod.skid.epoch > 0  # it was leased
            return documents

    assert len(run_virtual(main())) == 5
    assert notes[0].startswith("history: not recording:") and "there is no folder" in notes[0] and "mkdir" in notes[0]
    assert notes[-1].endswith("not written")


class SlowStore(Store):
    """Its disk takes nothing until it is told to."""

    def hold(self) -> None:
        self.let = threading.Event()

    def append(self, entry: Entry) -> None:
        self.let.wait(30)
        super().append(entry)


def scans(first: int, count: int) -> list[Scanned]:
    return [Scanned(BEGIN_MS + 1000 * n, float(n)) for n in range(first, first + count)]


def test_a_slow_disk_costs_scans_that_are_counted_and_never_the_caller(tmp_path):
    made = make(tmp_path / "history.db")
    made.__class__ = SlowStore
    assert isinstance(made, SlowStore)
    made.hold()
    recorder = Recorder(lambda _: made, scan_s=1.0, waiting_max=4)
    for scanned in scans(0, 50):
        recorder.take(scanned)  # it returns at once, whatever the disk does
    dropped = recorder.status.dropped_scans
    assert 44 <= dropped <= 46
    made.let.set()
    while recorder.status.waiting:
        pass
    recorder.take(scans(60, 1)[0])
    assert recorder.close()
    status = recorder.status
    assert status.recorded + status.dropped_scans == 51 and status.failed_writes == 0
    with History(tmp_path / "history.db") as history:
        assert history.counters()["dropped_scans"] == dropped
        assert history.gaps("", 0, 1 << 60)[-1].cause in ("dropped", "late")


def test_a_full_disk_is_told_counted_and_left_behind(tmp_path):
    made = make(tmp_path / "history.db")
    append, told = made.append, []

    def full(entry: Entry) -> None:
        if 10 <= (entry.time_ms - BEGIN_MS) // 1000 < 20:
            raise NoRoom("the disk is full", "", "")
        append(entry)

    made.append = full  # type: ignore[method-assign]
    recorder = Recorder(lambda _: made, scan_s=1.0)
    for scanned in scans(0, 30):
        recorder.take(scanned)
        told.append(recorder.status.problem)
    assert recorder.close()
    assert recorder.status == (20, 0, 10, 0, None)
    with History(tmp_path / "history.db") as history:
        (gap,) = history.gaps("", 0, 1 << 60)
        assert (gap.from_ms, gap.to_ms, gap.cause) == (BEGIN_MS + 9000, BEGIN_MS + 20_000, "not_written")
        assert history.counters() == {"failed_writes": 10, "recorded_scans": 20}


def test_a_bug_ends_a_scan_and_not_the_recording(tmp_path):
    opened = 0

    def open_store(now_ms: int) -> Store:
        nonlocal opened
        opened += 1
        if opened == 1:
            raise RuntimeError("what nobody thought of")
        return make(tmp_path / "history.db")

    recorder = Recorder(open_store, scan_s=1.0)
    for scanned in scans(0, 100):
        recorder.take(scanned)
    assert recorder.close()
    assert opened == 2 and recorder.status.recorded == 69 and recorder.status.failed_writes == 31
    assert not isinstance(recorder.status.problem, MalleeError)


def test_a_date_that_is_set_is_an_event_and_no_gap_that_is_missing(tmp_path):
    recorder = Recorder(lambda _: make(tmp_path / "history.db"), scan_s=1.0)
    for n in range(20):
        recorder.take(Scanned(BEGIN_MS + 1000 * n + (7_200_000 if n >= 10 else 0), float(n)))
    assert recorder.close()
    with History(tmp_path / "history.db") as history:
        assert [gap.cause for gap in history.gaps("", 0, 1 << 60)] == ["clock"]
        (event,) = history.events("", 0, 1 << 60)
        assert (event.kind, event.what) == ("date_set", "the date moved by 7200 s")
