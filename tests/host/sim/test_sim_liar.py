"""What liars do to answers: whole frames, the right registers, nothing else; and as faults of a scenario, with an end."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import msgspec
import pytest
from mallee import resources
from mallee.link.mbap import MbapStream, encode
from mallee.sim.liar import Liar, frozen, moved, saying
from mallee.sim.network import Server

pytest.importorskip("CoolProp")

from mallee.sim.scenario.faults import FAULTS
from mallee.sim.scenario.standing import Standing

PUMP = resources.dictionary("pump")
FLOW, UPTIME = PUMP.by_name["flow"], PUMP.by_name["uptime"]


def read(address: int, count: int, function: int = 4) -> bytes:
    return struct.pack(">BHH", function, address, count)


def words(*values: int, function: int = 4) -> bytes:
    return struct.pack(f">BB{len(values)}H", function, 2 * len(values), *values)


class Asking:
    """A client of a liar; each question has a transaction of its own."""

    def __init__(self, liar: Liar) -> None:
        self.liar, self.number, self.stream = liar, 0, MbapStream()

    def ask(self, request: bytes, answer: bytes, pieces: int = 1) -> bytes:
        self.number += 1
        self.liar.asked(7, encode(self.number, 1, request))
        data = encode(self.number, 1, answer)
        size = -(-len(data) // pieces)
        out = b"".join(self.liar.answered(7, data[at : at + size]) for at in range(0, len(data), size))
        (frame,) = self.stream.feed(out)
        assert (frame.transaction, frame.unit) == (self.number, 1)
        return frame.pdu


def test_what_is_frozen_repeats_its_first_answer_to_each_question() -> None:
    client = Asking(Liar(frozen()))
    assert client.ask(read(100, 2), words(1, 2)) == words(1, 2)
    assert client.ask(read(100, 2), words(3, 4)) == words(1, 2)
    assert client.ask(read(100, 1), words(5)) == words(5)
    write = struct.pack(">BHH", 6, 100, 1)
    assert client.ask(write, write) == write
    refused = bytes((0x84, 2))
    assert client.ask(read(100, 2), refused) == refused, "an exception is no value"


@pytest.mark.parametrize("pieces", [1, 3])
def test_one_point_is_changed_and_nothing_beside_it(pieces: int) -> None:
    client = Asking(Liar(saying(FLOW, 6000.0)))
    first = FLOW.address - 1
    assert client.ask(read(first, 3), words(1, 2, 3), pieces) == words(1, 60_000, 3)
    assert client.ask(read(first, 1), words(1), pieces) == words(1)
    holding = words(1, 2, 3, function=3)
    assert client.ask(read(first, 3, function=3), holding, pieces) == holding


def test_a_number_of_two_registers_is_moved_and_never_below_nothing() -> None:
    client = Asking(Liar(moved(UPTIME, 86_400)))
    assert client.ask(read(UPTIME.address, 2), words(0, 10)) == words(1, 20_874)
    client = Asking(Liar(moved(UPTIME, -86_400)))
    assert client.ask(read(UPTIME.address, 2), words(0, 10)) == words(0, 0)


def test_what_was_asked_before_it_began_is_answered_truly() -> None:
    data = encode(9, 1, words(1))
    assert Liar(saying(FLOW, 1.0)).answered(3, data) == data


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("controller_repeats", {}),
        ("controller_says", {"point": "flow", "value": 6000.0}),
        ("controller_clock_jumps", {"by_s": -5}),
    ],
)
def test_a_fault_has_an_end_and_ends_no_other(name: str, given: dict) -> None:
    server = Server("skid-1", "127.0.0.1", 1)
    world = SimpleNamespace(controller=lambda _: SimpleNamespace(server=server))
    stage = SimpleNamespace(standing=Standing(), world=world, equipment=SimpleNamespace(skids={"skid-1": None}))
    fault = FAULTS[name]
    undo = fault.begin(stage, "skid-1", msgspec.convert(given, fault.parameters))  # type: ignore[arg-type]
    first = server.liar
    assert isinstance(first, Liar) and undo is not None
    again = fault.begin(stage, "skid-1", msgspec.convert(given, fault.parameters))  # type: ignore[arg-type]
    undo()
    assert server.liar is not first and server.liar is not None
    assert again is not None
    again()
    assert server.liar is None
