"""Two units with one address: what they make of each other's answers, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..link import pdus
from ..link.probing import Probe, Prober
from ..link.rtu_frames import FRAME_MIN
from .identity import decode_identity, identity_registers

Verdict = Literal["one", "two", "damaged", "silent"]

TIMES = 8
_WAIT_S = 0.3
_LINGER_S = 0.12  # a second unit is 100 ms later at most: `reply_delay` of a mallee controller, and most others


def short_question() -> bytes:
    """One register: answers of two units come one after the other, where one is a little slower."""
    return pdus.encode(pdus.read_input(0, 1))


def long_question() -> bytes:
    """The identity, with the serial number."""
    return pdus.encode(pdus.read_input(0, identity_registers()))


async def ask(prober: Prober, unit: int, question: bytes, times: int = TIMES) -> list[Probe]:
    """Again and again, and wait each time for a second answer. Raises LinkDown."""
    return [await prober.ask(unit, question, wait_s=_WAIT_S, linger_s=_LINGER_S) for _ in range(times)]


def judge(probes: Sequence[Probe]) -> Verdict:
    """`two`: two good answers to one request, or answers with two serial numbers. `damaged`: most answers are, which two units at
    once do, and so does noise. `silent`: most requests brought nothing. Pure."""
    heard = [probe for probe in probes if probe.frames or probe.noise_bytes >= FRAME_MIN]
    if 2 * len(heard) < len(probes):  # a stray burst now and then is nobody's answer
        return "silent"
    if any(len(probe.answers) > 1 for probe in heard) or len(serial_numbers(heard)) > 1:
        return "two"
    damaged = sum(not probe.answers for probe in heard)
    return "damaged" if 2 * damaged > len(heard) else "one"


def serial_numbers(probes: Sequence[Probe]) -> set[str]:
    """Of mallee controllers, as far as their answers are good."""
    found: set[str] = set()
    for probe in probes:
        for pdu in probe.answers:
            words = [int.from_bytes(pdu[at : at + 2], "big") for at in range(2, len(pdu) - 1, 2)]
            identity = decode_identity(words) if len(words) >= identity_registers() and not pdu[0] & 0x80 else None
            if identity is not None and identity.serial_number is not None:
                found.add(identity.serial_number)
    return found
