"""What is wrong with a line, found from its symptoms alone: the line model makes each cause, and a healthy line is healthy."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from mallee.diagnosis.finding import Finding, examine
from mallee.diagnosis.line_checks import LINE_CHECKS
from mallee.diagnosis.line_evidence import LineEvidence
from mallee.diagnosis.line_measuring import latency_timer_ms, measure
from mallee.diagnosis.line_timing import turnaround_s
from mallee.link import pdus
from mallee.link.address import SerialAddress
from mallee.link.probing import sort
from mallee.link.rtu_frames import encode
from mallee.sim.line.faults import Faults

from .line_loop import LineDevice, LineLoop, LineMaster, run_on_line
from .test_discovery import device

READ = pdus.encode(pdus.read_input(0, 2))
UNITS = range(1, 5)


def examined(
    devices: list[LineDevice], *, said: tuple[int, str] | None = None, force: bool = False, **line
) -> tuple[dict[str, Finding], LineEvidence, bytes]:
    """Findings by check. `said`: baud and framing that the user names, where those are not the line's."""

    async def main(address: SerialAddress):
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LineLoop)
        named = address if said is None else SerialAddress(address.device, *said)
        return await measure(named, UNITS, force=force), bytes(loop.written)

    evidence, written = run_on_line(main, devices, **line)
    return {finding.check: finding for finding in examine(LINE_CHECKS, evidence)}, evidence, written


def wrong(findings: dict[str, Finding]) -> list[str]:
    """Checks that say so, with the cause that is thought of first, and whether that is certain."""
    return [
        f"{name}: {finding.causes[0].cause}{'!' if finding.certain else '?'}"
        for name, finding in findings.items()
        if finding.state in ("warn", "fail")
    ]


def three() -> list[LineDevice]:
    return [device(unit) for unit in (1, 2, 3)]


@pytest.mark.parametrize(("baud", "framing"), [(1200, "8E1"), (9600, "8N1"), (19200, "8E1"), (115200, "8N1")])
def test_a_healthy_line_is_healthy_and_its_times_are_told(baud, framing):
    findings, evidence, _ = examined(three(), baud=baud, framing=framing)
    assert {name: finding.state for name, finding in findings.items()} == dict.fromkeys(findings, "ok")
    assert not any(finding.causes for finding in findings.values())
    facts = findings["timing"].evidence
    silence_ms = 1000 * evidence.silence_s
    # The units answer after exactly that silence; the adapter adds less than two milliseconds and a character.
    assert silence_ms <= float(facts["turnaround_min_ms"] or 0) <= silence_ms + 2.0 + 1000 * evidence.character_s


@pytest.mark.parametrize(("baud", "framing"), [(9600, "8E1"), (38400, "8N1"), (19200, "8N1")])
def test_another_baud_rate_or_framing(baud, framing):
    findings, _, _ = examined(three(), said=(19200, "8E1"), baud=baud, framing=framing)
    assert wrong(findings) == ["answers: another baud rate or framing!"]
    assert findings["answers"].evidence == {"baud": baud, "framing": framing}


def test_swapped_wires_on_a_biased_line():
    findings, _, _ = examined(three(), swapped=True)
    assert wrong(findings) == ["answers: wires A and B are swapped?"]
    assert "0x00 follows" in findings["answers"].seen and all(cause.tell for cause in findings["answers"].causes)


def test_silence_has_more_than_one_cause():
    """Swapped wires on a line that nobody biases look like no unit at all: both are named, and what tells them apart."""
    told = [examined([], swapped=False)[0], examined(three(), swapped=True, biased=False)[0]]
    for findings in told:
        assert wrong(findings) == ["answers: the units have no supply, or are not on this line?"]
        assert findings["answers"].causes[1].cause == "wires A and B are swapped"
        assert findings["answers"].seen.startswith("nobody answers: not a byte came")
    assert told[0]["answers"] == told[1]["answers"]


def test_swapped_wires_where_others_talk():
    masters = [LineMaster([encode(1, READ), encode(2, READ)])]
    line = {"swapped": True, "biased": False, "masters": masters}
    findings, _, written = examined(three(), **line)
    found = findings["other master"]
    assert wrong(findings) == [] and written == b"" and found.state == findings["answers"].state == "unknown"
    assert found.causes[0].cause == "wires A and B are swapped" and not found.certain
    findings, _, _ = examined(three(), force=True, **line)
    assert wrong(findings) == ["answers: wires A and B are swapped?"]
    assert "nobody asked for" in findings["answers"].seen and findings["other master"].state == "unknown"


@pytest.mark.parametrize("later_s", [0.0, 0.0003, 0.03, 0.1])
def test_two_units_with_one_address(later_s):
    devices = [device(1), device(2, serial=21), device(2, serial=22, reply_s=later_s), device(3)]
    findings, _, _ = examined(devices)
    assert "address 2" in findings["addresses"].seen
    if later_s < 0.02:
        assert wrong(findings) == ["addresses: two units with one address that answer at once?"]
        assert "other units' are not" in findings["addresses"].causes[0].because
    else:
        assert wrong(findings) == ["addresses: two units with one address!"]


def test_an_adapter_that_echoes():
    findings, _, _ = examined(three(), echo=True)
    assert wrong(findings) == ["echo: an adapter that hears itself, or a four-wire line joined to two wires!"]


def test_damage_only_while_somebody_sends():
    findings, _, _ = examined(three(), faults=Faults(flip=4e-4), seed=2)
    assert [text.split(":")[0] for text in wrong(findings)] == ["damage"]
    found = findings["damage"]
    assert found.causes[0].cause.startswith("reflections") and found.causes[1].cause.startswith("interference")
    assert not found.certain and "long ones more than short ones" in found.causes[0].because
    assert found.evidence["idle_bytes"] == 0


def test_noise_while_nobody_sends():
    """Bytes that come by themselves may be a master behind swapped wires: nothing is asked until somebody says so."""
    noise = {"faults": Faults(babble=4.0), "seed": 3}
    findings, _, written = examined(three(), **noise)
    assert written == b"" and "noise" in findings["other master"].causes[1].cause
    findings, _, _ = examined(three(), force=True, **noise)
    assert "damage" in [text.split(":")[0] for text in wrong(findings)] and findings["addresses"].state == "ok"
    found = findings["damage"]
    assert found.causes[0].cause.startswith("interference") and "a line that nobody biases" in found.causes[1].cause
    assert int(found.evidence["idle_bytes"] or 0) > 0


def test_a_line_that_floats_as_drivers_turn():
    findings, _, _ = examined(three(), faults=Faults(lead=1.0), seed=4)
    assert wrong(findings) == ["bias: a line that nobody biases: it floats while nobody sends?"]
    assert findings["damage"].state == "ok"


@pytest.mark.parametrize(("said", "spoken"), [(None, (19200, "8E1")), ((19200, "8E1"), (9600, "8N1"))])
def test_another_master_is_heard_and_nothing_asked(said, spoken):
    masters = [LineMaster([encode(1, READ), encode(2, READ)])]
    findings, _, written = examined(three(), said=said, baud=spoken[0], framing=spoken[1], masters=masters)
    assert wrong(findings) == ["other master: a second master on the line!"] and written == b""
    assert f"{spoken[0]} Bd {spoken[1]}" in findings["other master"].seen
    assert {finding.state for name, finding in findings.items() if name != "other master"} == {"unknown"}


def test_a_slow_poll_at_another_baud_rate_is_another_master():
    masters = [LineMaster([encode(1, READ)], interval_s=1.0)]
    for baud in (1200, 38400):
        findings, _, written = examined(three(), said=(19200, "8E1"), baud=baud, framing="8N1", masters=masters)
        assert wrong(findings) == ["other master: a second master on the line!"] and written == b""


@pytest.mark.parametrize("answer", [b"\x06\x00\x03\x12\x34", b"\x02\x03\x01\x02\x03"])
def test_answers_without_requests_prove_no_second_master(answer):
    """They have the form of requests; the adapter does not hear who asks."""
    findings, _, written = examined([], masters=[LineMaster([encode(1, answer)])])
    found = findings["other master"]
    assert written == b"" and found.state == "fail" and not found.certain
    assert [cause.cause for cause in found.causes] == [
        "a master that this adapter does not hear",
        "a second master on the line",
    ]


def test_it_asks_beside_another_master_when_it_is_told_to():
    findings, _, written = examined(three(), masters=[LineMaster([encode(9, READ)], interval_s=0.9)], force=True)
    assert findings["other master"].state == "fail" and findings["answers"].state == "ok" and written


def test_beside_another_master_silence_says_nothing_certain_about_the_baud_rate():
    _, evidence, _ = examined(three(), said=(19200, "8E1"), baud=9600, framing="8E1")
    found = {each.check: each for each in examine(LINE_CHECKS, replace(evidence, master=evidence.address))}["answers"]
    assert not found.certain and [cause.cause for cause in found.causes] == [
        "collisions with the other master hid or garbled the answers",
        "another baud rate or framing",
    ]


def test_beside_another_master_nothing_is_blamed_for_its_collisions():
    """A master that asks the same units, as fast as it can: two answers to one request are no two units, silence is no swapped
    wires, and damage is collisions first."""
    busy = LineMaster([encode(unit, READ) for unit in (1, 2, 3)], interval_s=0.05)
    sure, states = [], set()
    for seed in range(6):
        findings, evidence, _ = examined(three(), masters=[busy], force=True, seed=seed)
        assert evidence.master is not None and findings["damage"].evidence["idle_bytes"] is None
        assert "silence is silent" not in findings["damage"].seen
        states.add(findings["damage"].state)
        for name in ("answers", "addresses", "damage"):
            causes = [cause.cause for cause in findings[name].causes]
            assert "wires A and B are swapped" not in causes
            assert not causes or "other master" in causes[0], (name, causes)
        sure += [name for name, each in findings.items() if each.certain and name != "other master"]
    assert sure == [] and "fail" in states  # there were collisions to be blamed for


def test_two_serial_numbers_are_two_units_beside_another_master_too():
    masters = [LineMaster([encode(9, READ)], interval_s=2.0)]
    devices = [device(1), device(2, serial=21), device(2, serial=22, reply_s=0.05)]
    findings, _, _ = examined(devices, masters=masters, force=True)
    assert findings["addresses"].certain and "two units answer at address 2" in findings["addresses"].seen


def test_silence_beside_a_master_at_another_baud_rate_is_that_first():
    masters = [LineMaster([encode(9, READ)], interval_s=1.0)]
    findings, _, _ = examined([], said=(19200, "8E1"), baud=9600, masters=masters, force=True)
    found = findings["answers"]
    assert found.causes[0].cause == "another baud rate or framing" and not found.certain
    assert "9600 Bd 8E1" in found.causes[0].because and "not a byte" not in found.seen


def test_answers_of_which_none_is_good_are_no_answers():
    """Two units collide in every answer, and nobody else is there; then a unit that answers well at another framing only."""
    findings, _, _ = examined([device(2, serial=21), device(2, serial=22)])
    assert findings["answers"].state == "fail" and "not one good answer" in findings["answers"].seen
    assert findings["answers"].causes[0].cause.startswith("two units") and not findings["answers"].certain


def test_what_was_asked_where_is_told():
    findings, _, _ = examined([device(200)])
    seen = findings["answers"].seen
    assert "not a byte came from 4 addresses at 19200 Bd 8E1" in seen and "4 of them at other" in seen


def test_an_echo_now_and_then_is_told():
    _, evidence, _ = examined(three())
    probes = [replace(probe, echoed=index % 3 == 0) for index, probe in enumerate(evidence.short[1])]
    found = {each.check: each for each in examine(LINE_CHECKS, replace(evidence, short={1: tuple(probes)}))}["echo"]
    assert found.state == "warn" and not found.certain and found.evidence["echoed"] == 3


@pytest.mark.parametrize("baud", [1200, 9600, 19200])
def test_a_slow_adapter(baud):
    findings, _, _ = examined(three(), baud=baud, latency_ms=16)
    assert wrong(findings) == ["adapter: a long latency timer!"]
    assert findings["adapter"].evidence["piece_gap_ms"] == pytest.approx(16, abs=1)


def test_slow_units_are_not_a_slow_adapter():
    """Their answers begin late, but the bytes come as they are sent."""
    findings, _, _ = examined([device(unit, reply_s=0.04) for unit in (1, 2)])
    assert wrong(findings) == []
    assert float(findings["timing"].evidence["turnaround_min_ms"] or 0) > 40


def test_a_fast_line_behind_a_slow_adapter_is_not_certain():
    """An answer that fits into one piece says only when it was handed over; slow units send theirs in many."""
    findings, _, _ = examined(three(), baud=115200, framing="8N1", latency_ms=16)
    slow, _, _ = examined([device(unit, reply_s=0.02) for unit in (1, 2)], baud=115200, framing="8N1")
    assert wrong(findings) == ["adapter: a long latency timer?"] and wrong(slow) == []
    assert [cause.cause for cause in findings["adapter"].causes] == [
        "a long latency timer",
        "units that take their time",
    ]


def test_what_is_no_line_has_no_times():
    """As on a pseudo terminal: answers at once, and whole."""
    answer = encode(1, b"\x04\x02\x4d\x4c")
    probe = sort(1, b"\x04\x00\x00\x00\x01", [(-0.003, answer)])
    assert probe.answers and turnaround_s(probe, 11 / 19200) is None


def test_the_driver_says_how_long_the_timer_is(tmp_path):
    (tmp_path / "ttyUSB7").mkdir()
    (tmp_path / "ttyUSB7" / "latency_timer").write_text("16\n")
    assert latency_timer_ms("/dev/ttyUSB7", tmp_path) == 16.0
    assert latency_timer_ms("/dev/ttyUSB8", tmp_path) is None
