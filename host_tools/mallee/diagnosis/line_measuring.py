"""Listen to a line, ask its units, and note what comes: the evidence of a diagnosis."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ..device.duplicates import TIMES, Verdict, ask, judge, long_question, short_question
from ..device.linesearch import NEAR, SERIAL_PROBE_S, Progress, find_settings, find_units
from ..device.others import LISTEN_S, others_in
from ..link.address import SerialAddress, SerialPort
from ..link.listening import Listener
from ..link.probing import Probe, Prober
from ..link.rtu_frames import character_s, silence_s
from .line_evidence import LineEvidence

UNITS = tuple(range(1, 17))  # asked where nobody says which there are
_EXAMINED_MAX = 8  # units that are asked many times; the others once


async def measure(
    address: SerialAddress,
    units: Sequence[int],
    *,
    force: bool = False,
    progress: Progress = lambda step: None,
    say: Callable[[str], None] = lambda text: None,
    drivers: Path = Path("/sys/bus/usb-serial/devices"),
) -> LineEvidence:
    """Takes two seconds, and some four for each unit that answers; where none does, a minute for other baud rates. Only reads.
    `drivers` is where Linux has the settings of serial adapters. Raises LinkDown."""
    say(f"listening to {address} for {LISTEN_S:g} s")
    async with Listener(address) as listener:
        await asyncio.sleep(LISTEN_S)
    listened = listener.report()
    evidence = {
        "address": address,
        "character_s": character_s(address.baud, address.framing),
        "silence_s": silence_s(address.baud),
        "listened": listened,
        "latency_timer_ms": latency_timer_ms(address.device, drivers),
    }
    others = await others_in(address, listened)
    evidence |= {"master": others.speaks, "master_asks": others.asks}
    if others.talk and not force:
        return LineEvidence(**evidence)
    say(f"asking {len(units)} addresses")
    heard = await find_units(address, units, SERIAL_PROBE_S, progress)
    verdicts: dict[int, Verdict] = {unit: verdict for unit, verdict in heard if verdict != "silent"}
    evidence["asked"] = tuple(units)
    async with Prober(address) as prober:
        short: dict[int, tuple[Probe, ...]] = {}
        long: dict[int, tuple[Probe, ...]] = {}
        for unit in list(verdicts)[:_EXAMINED_MAX]:
            say(f"asking unit {unit} {2 * TIMES} times")
            short[unit] = tuple(await ask(prober, unit, short_question()))
            long[unit] = tuple(await ask(prober, unit, long_question()))
            verdicts[unit] = judge(short[unit] + long[unit])
        probes = [probe for some in (*short.values(), *long.values()) for probe in some]
        if any(probe.answers for probe in probes):
            return LineEvidence(**evidence, verdicts=verdicts, short=short, long=long)
        if (
            listened.bytes
        ):  # where bytes come without being asked for, those that come after a question are nobody's answer
            verdicts, short, long = {}, {}, {}
        evidence |= {"verdicts": verdicts, "short": short, "long": long}
        evidence["nobody"] = () if verdicts else tuple(await ask(prober, units[0], short_question()))
    say("nobody answers well: trying other baud rates and framings")
    near = units[:NEAR]
    elsewhere = await find_settings(address.device, near, SERIAL_PROBE_S, progress, but=address)
    return LineEvidence(**evidence, elsewhere=elsewhere, asked_elsewhere=len(near))


def latency_timer_ms(device: str, drivers: Path) -> float | None:
    """How long an FTDI adapter holds bytes back, as Linux tells it; None for others and elsewhere."""
    with suppress(OSError, ValueError):
        return float((drivers / os.path.basename(os.path.realpath(device)) / "latency_timer").read_text())
    return None


async def find_and_measure(
    target: SerialAddress | SerialPort,
    units: Sequence[int],
    *,
    force: bool = False,
    progress: Progress = lambda step: None,
    say: Callable[[str], None] = lambda text: None,
) -> LineEvidence:
    """`measure`, of a line that nobody said how to speak to as well: then at the standard's settings, or, where units are silent
    at those, at the ones at which they answer."""
    if isinstance(target, SerialAddress):
        return await measure(target, units, force=force, progress=progress, say=say)
    evidence = await measure(SerialAddress(target.device), units, force=force, progress=progress, say=say)
    if evidence.elsewhere is None or not evidence.elsewhere.good:
        return evidence
    return await measure(evidence.elsewhere.address, units, force=force, progress=progress, say=say)
