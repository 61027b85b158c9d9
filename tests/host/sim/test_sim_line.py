"""The line model, in virtual time: what goes in at one end, when and how it comes out at the others."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.errors import MalleeError
from mallee.sim.line.faults import Faults, parse_faults
from mallee.sim.line.model import Arrival, Line
from mallee.sim.line.ptys import PtyEnd


def drain(line: Line, until_us: int = 60_000_000) -> list[Arrival]:
    arrivals: list[Arrival] = []
    while (next_us := line.next_us) is not None and next_us <= until_us:
        arrivals += line.step(next_us)
    return arrivals


def heard(arrivals: list[Arrival], listener: int) -> bytes:
    return bytes(arrival.byte for arrival in arrivals if arrival.listener == listener)


@pytest.mark.parametrize(("baud", "framing", "us"), [(9600, "8E1", 1146), (9600, "8N1", 1042), (19200, "8N2", 573)])
def test_bytes_take_their_time(baud, framing, us):
    line = Line(baud=baud, framing=framing)
    line.send(0, b"abcdefgh", 1000)
    arrivals = drain(line)
    assert heard(arrivals, 1) == b"abcdefgh" and heard(arrivals, 0) == b""
    assert arrivals[0].time_us == 1000 + us
    assert arrivals[-1].time_us == pytest.approx(1000 + 8 * line.character_ns / 1000, abs=1)


def test_everybody_hears_and_an_echoing_end_itself():
    line = Line(3, echo=(0,))
    line.send(0, b"ask", 0)
    arrivals = drain(line)
    assert [heard(arrivals, end) for end in range(3)] == [b"ask"] * 3
    line.send(2, b"answer", arrivals[-1].time_us + 2000)
    arrivals = drain(line)
    assert [heard(arrivals, end) for end in range(3)] == [b"answer", b"answer", b""]
    assert line.counts["echo"] == 3


def test_two_at_once_garble_each_other():
    line = Line(3)
    line.send(1, bytes(10), 0)
    line.send(2, bytes(10), 300)
    arrivals = drain(line)
    assert len(heard(arrivals, 0)) == 20 and heard(arrivals, 0) != bytes(20)
    assert line.counts["collision"] > 10


def test_an_end_whose_wire_is_off():
    line = Line(3)
    line.cut.add(1)
    line.send(1, b"lost", 0)
    line.send(0, b"ask", 10_000)
    arrivals = drain(line)
    assert heard(arrivals, 1) == b"" and heard(arrivals, 2) == b"ask" and line.counts["cut"] == 4


@pytest.mark.parametrize("fault", ["flip", "drop", "insert", "lead", "truncate", "silent", "late", "babble"])
def test_each_fault_happens_and_is_counted(fault):
    line = Line(faults=parse_faults([f"{fault}=0.2"]), seed=1)
    sent = bytes(range(100))
    got: list[bytes] = []
    for start_s in range(1, 60):
        line.send(1, sent, start_s * 1_000_000)
        got.append(heard(drain(line, (start_s + 1) * 1_000_000 - 1), 0))
    damaged = sum(data != sent for data in got)
    assert line.counts[fault] > 0 and set(line.counts) <= {fault, "collision"}
    if fault == "late":
        assert all(data == sent for data in got)  # every one came whole, within its second
    else:
        assert damaged > 0


def test_noise_behind_silence_is_a_transceiver_that_turns():
    line = Line(faults=Faults(insert=1.0))
    line.send(0, b"x", 5_000)
    first = heard(drain(line), 1)
    assert first[0] in (0x00, 0xFF) and first[1:] == b"x"


def test_noise_in_front_of_a_burst():
    line = Line(faults=Faults(lead=1.0))
    line.send(0, b"xyz", 5_000)
    got = heard(drain(line), 1)
    assert got[0] in (0x00, 0xFF) and got[1:] == b"xyz" and line.counts["lead"] == 1


def test_a_pair_that_is_cut_in_the_middle_of_a_burst():
    line = Line(3)
    line.send(1, b"abcdef", 0)
    before = line.step(int(2.5 * line.character_ns / 1000))
    line.broken = True
    during = line.step(int(4.5 * line.character_ns / 1000))
    line.broken = False
    assert (heard(before, 0), heard(during, 0), heard(drain(line), 0)) == (b"ab", b"", b"ef")
    assert line.counts["cut"] == 2


def test_an_end_that_dies_sends_no_more():
    line = Line(3, faults=Faults(late=1.0, late_s=0.1))
    line.send(1, b"late", 0)
    line.faults = Faults()
    line.send(2, b"abcdef", 0)
    got = line.step(int(2.5 * line.character_ns / 1000))
    line.stop(1)
    line.stop(2)
    assert heard(got, 0) == b"ab" and drain(line) == [] and line.idle and line.counts["died"] == 8


def test_who_begins_when_the_other_has_ended_does_not_garble_it():
    line = Line(3)
    line.send(1, b"ab", 0)
    line.send(2, b"cd", int(2.2 * line.character_ns / 1000))  # a controller that ran ahead says so before its time
    assert heard(drain(line), 0) == b"abcd" and not line.counts["collision"]


def test_only_controllers_are_late_however_many_masters_there_are():
    line = Line(1, faults=Faults(late=1.0, late_s=1.0))
    unit, master = line.add_end(), line.add_end(master=True)
    line.send(master, b"ask", 0)
    assert heard(drain(line), unit) == b"ask" and not line.counts["late"]
    line.send(unit, b"answer", 10_000)
    assert heard(drain(line), master) == b"answer" and line.counts["late"] == 1


def test_whoever_steps_at_changes_only_hears_the_same():
    def run(each_byte: bool) -> list[Arrival]:
        line = Line(3, faults=Faults(late=0.5, late_s=0.05, babble=20.0), seed=3)
        line.send(1, bytes(range(30)), 0)
        line.send(2, bytes(range(20)), 60_000)
        arrivals: list[Arrival] = []
        while (next_us := line.next_us if each_byte else line.next_change_us) is not None and next_us < 400_000:
            arrivals += line.step(next_us)
        return [arrival for arrival in arrivals if arrival.time_us < 390_000]

    assert run(each_byte=True) == run(each_byte=False) != []


def test_a_late_device_keeps_the_order_of_its_answers():
    for seed in range(30):
        line = Line(faults=Faults(late=0.7, late_s=1.0), seed=seed)
        for number in range(10):
            line.send(1, bytes((number, number)), number * 50_000)
        assert heard(drain(line), 0) == bytes(n for n in range(10) for _ in range(2)), seed


@given(
    bursts=st.lists(
        st.tuples(st.integers(0, 2), st.binary(min_size=1, max_size=40), st.integers(0, 50_000)), max_size=12
    ),
    seed=st.integers(0, 99),
)
def test_same_seed_same_bytes_and_time_never_runs_back(bursts, seed):
    def run(step_us: int | None) -> list[Arrival]:
        line = Line(3, faults=Faults(flip=0.01, drop=0.05, insert=0.05, truncate=0.1, silent=0.1), seed=seed)
        now_us, arrivals = 0, []
        for sender, data, pause_us in bursts:
            now_us += pause_us
            arrivals += line.step(now_us) if step_us else []
            line.send(sender, data, now_us)
        return arrivals + drain(line)

    one = run(1)
    assert one == run(1)
    assert [a.time_us for a in one] == sorted(a.time_us for a in one)


@pytest.mark.parametrize("text", ["flop=1", "flip", "flip=2", "flip=-1", "late=x", "babble=1e6"])
def test_wrong_faults_are_explained(text):
    with pytest.raises(MalleeError) as caught:
        parse_faults([text])
    assert "flip" in caught.value.next


@pytest.mark.skipif(sys.platform == "win32", reason="there are no PTYs on Windows")
def test_a_port_knows_whether_a_program_has_it_open():
    end = PtyEnd()
    try:
        assert not end.in_use()
        program = os.open(end.name, os.O_RDWR | os.O_NOCTTY)
        assert end.in_use()
        end.write(b"\x00\r\n\x04")
        assert os.read(program, 10) == b"\x00\r\n\x04", "still raw"
        os.write(program, b"\x03\r")
        assert end.read() == b"\x03\r"
        os.close(program)
        assert not end.in_use()
    finally:
        end.close()
