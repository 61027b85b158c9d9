"""The control cycle at 64 controllers: every one read, decided for and written each second."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from mallee.link.statistics import percentile
from mallee.pod.config import ControlSection, Feed, Pdu, PodConfig, PodSection, Rack, Skid
from mallee.pod.document import PodDocument
from mallee.pod.runner import run_pod

from ..figure import Figure

SKIDS, PDUS, SCANS, WARM = 4, 60, 120, 5
SCAN_S = 1.0


@contextmanager
def peers(skids: int = SKIDS, pdus: int = PDUS) -> Iterator[list[int]]:
    """Ports of the skids, then of the PDUs."""
    command = [sys.executable, "-m", "tests.bench.pod.peers", str(skids), str(pdus)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def pod(ports: list[int]) -> PodConfig:
    """Two feeds, two racks for each pair of PDUs."""
    addresses = [f"tcp://127.0.0.1:{port}" for port in ports]
    return PodConfig(
        pod=PodSection(name="64 controllers"),
        control=ControlSection(scan_s=SCAN_S),
        feeds=(Feed("A", 5000.0), Feed("B", 5000.0)),
        skids=tuple(Skid(f"skid-{n + 1}", address) for n, address in enumerate(addresses[:SKIDS])),
        pdus=tuple(
            Pdu(
                f"pdu-{n + 1}",
                address,
                feed="AB"[n % 2],
                main_A=200.0,
                racks=(f"rack-{n - n % 2}", f"rack-{n - n % 2 + 1}"),
            )
            for n, address in enumerate(addresses[SKIDS:])
        ),
        racks=tuple(Rack(f"rack-{n}", 120.0, 104.0) for n in range(PDUS)),
    )


def measure() -> dict[str, Figure]:
    times_s: list[float] = []
    latest: list[PodDocument] = []

    async def run(config: PodConfig) -> float:
        stop, cpu_s = asyncio.Event(), 0.0

        def heard(document: PodDocument) -> None:
            nonlocal cpu_s
            times_s.append(time.perf_counter())
            latest[:] = [document]
            if len(times_s) == WARM:
                cpu_s = time.process_time()
            if len(times_s) == WARM + SCANS:
                stop.set()

        await run_pod(config, publish=heard, stop=stop)
        return time.process_time() - cpu_s

    with peers() as ports:
        cpu_s = asyncio.run(run(pod(ports)))
    leases = sum(member.lease.ours for member in latest[0].members)
    if leases != SKIDS + PDUS:
        raise RuntimeError(f"{leases} leases of {SKIDS + PDUS}")
    cycles_s = sorted(later - sooner for sooner, later in pairwise(times_s[WARM - 1 :]))
    p99_s = percentile(cycles_s, 0.99)
    assert p99_s is not None
    how = f"{SKIDS} skids and {PDUS} PDUs in another process that keep leases by the wire contract (no firmware); "
    how += f"{SCANS} scans of {SCAN_S:g} s, {latest[0].scan_overruns} missed"
    return {
        "p99": Figure(
            round(p99_s / SCAN_S, 4), f"time between documents over the period; {how}; longest {cycles_s[-1]:.3f} s"
        ),
        "cpu": Figure(round(100 * cpu_s / (times_s[-1] - times_s[WARM - 1]), 1), f"of one core; {how}"),
    }
