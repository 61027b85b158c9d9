"""A line with real controllers and another program's master on it, overheard."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from mallee.device.device import Device
from mallee.device.discovery import discover
from mallee.device.frames import FrameRow
from mallee.device.overhearing import overhear
from mallee.diagnosis.finding import examine
from mallee.diagnosis.line_checks import LINE_CHECKS
from mallee.diagnosis.line_measuring import measure
from mallee.link import pdus
from mallee.link.address import SerialPort
from mallee.link.failures import NoAnswer
from mallee.link.rtu import SerialLink
from mallee.pod.drafting import draft
from mallee.pod.loader import parse_pod
from mallee.pod.runner import scan_once

from .serial_bench import SerialBench


def test_what_a_master_and_controllers_say_is_overheard_and_named():
    """The master's own counters say the same as the listener's, who knows the units only by what they told the master."""
    bench = SerialBench(units=(1, 2))
    rows: list[FrameRow] = []

    async def test(link: SerialLink) -> None:
        stop = asyncio.Event()
        listening = asyncio.create_task(overhear([bench.address], {}, lambda frame, row: rows.append(row), stop))
        await asyncio.sleep(0.05)
        devices = [await Device.connect(link, unit) for unit in (1, 2)]
        for _ in range(5):
            for device in devices:
                await device.read_fast()
            with suppress(NoAnswer):
                await link.request(9, pdus.read_input(0, 2), timeout_s=0.1)
        await asyncio.sleep(1.2)
        stop.set()
        told = await listening
        statistics = link.statistics
        assert told.noise_bytes == 0 and told.bytes == statistics.bytes_in + statistics.bytes_out
        for unit in told.units:
            counted = statistics.unit(unit.unit)
            assert (unit.requests, unit.answers) == (counted.requests, counted.answers + counted.resyncs)
        one, two, dead = told.units
        assert (one.unanswered, two.unanswered) == (0, 0) and dead.unanswered == dead.requests > 0
        assert 2.0 < (one.delay_p50_ms or 0) < 10

    bench.run_link(test)
    polled = [row for row in rows if row.direction == "answer" and "supply_temperature" in row.points]
    assert {row.unit for row in polled} == {1, 2} and len(polled) == 10


def test_who_listens_and_cannot_go_on_hears_of_it_at_once():
    """A closed pipe or a full disk behind what is shown: the error comes out, and is not left to the loop."""
    bench = SerialBench()
    shown = []

    def show(frame, row) -> None:
        shown.append(row)
        raise BrokenPipeError

    async def test(link: SerialLink) -> None:
        listening = asyncio.create_task(overhear([bench.address], {}, show, asyncio.Event()))
        await asyncio.sleep(0.05)
        await link.request(1, pdus.read_input(0, 2))
        with pytest.raises(BrokenPipeError):
            await listening
        assert len(shown) == 1

    bench.run_link(test)


def test_what_is_found_becomes_a_pod_file_that_runs():
    """Real controllers on a line whose speed nobody tells: found, written, loaded, and read as a pod."""
    bench = SerialBench("pdu", units=(7, 12))

    async def test(link: SerialLink) -> None:
        found = await discover([SerialPort("bus")], range(1, 17))
        assert [(one.unit, one.profile, one.note) for one in found] == [(7, "pdu", None), (12, "pdu", None)]
        assert found[0].address == str(bench.address)
        document = await scan_once(parse_pod(draft(found, "found")), timeout_s=1.0)
        assert [(pdu.unit, pdu.answering) for pdu in document.pdus] == [(7, True), (12, True)]

    bench.run_link(test)


def test_a_line_of_real_controllers_is_healthy():
    bench = SerialBench(units=(1, 2))

    async def test(link: SerialLink) -> None:
        findings = examine(LINE_CHECKS, await measure(bench.address, (1, 2, 3)))
        assert {finding.check: finding.state for finding in findings} == {f.check: "ok" for f in findings}, findings

    bench.run_link(test)
