"""What is kept of a test: also of a board that does not answer any more, and without hiding anything."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from mallee.hil.artifacts import folder_name, keep
from mallee.hil.board import Board, Lacking
from mallee.hil.boardtime import BoardTime
from mallee.hil.controller import Controller
from mallee.hil.line import Line
from mallee.hil.subjects import subjects_of
from mallee.hil.trace import Trace
from mallee.hil.unit import Unit
from mallee.link.opening import links_from
from mallee.testing.answering import MockLink
from mallee.testing.mock import MockDevice

from ..virtual_loop import VirtualLoop


class MockBoard(Board):
    kind = "mock"

    def __init__(self, device: MockDevice) -> None:
        time = BoardTime(VirtualLoop())
        super().__init__(time, Unit(Line(time, "serial:///dev/mock"), device.unit, "mock"), device.dictionary.profile)

    @property
    def bus_address(self) -> str:
        return self.unit.address

    @property
    def console_port(self) -> None:
        return None

    @property
    def console(self) -> bytes:
        return b"before\nhello\n"

    @contextmanager
    def live(self) -> Iterator[None]:
        yield

    @property
    def origin(self) -> Mapping[str, str]:
        return {}


@pytest.fixture
def device(pdu) -> MockDevice:
    found = MockDevice(pdu, unit=7)
    found.set(power=1000.0, uptime=5)
    return found


@pytest.fixture
def board(device) -> Iterator[MockBoard]:
    with links_from(lambda address, timeout_s: MockLink(address, timeout_s, {7: device})):
        board = MockBoard(device)
        yield board
        board.close()


def test_each_part_is_there(board, device, tmp_path):
    controller = Controller(board.unit)
    board.console_from = len(b"before\n")
    for watts in (1000.0, 2000.0, 1500.0):
        device.set(power=watts)
        assert controller.number("power") == watts
        board.run(1)
    kept, missing = keep(
        tmp_path / "a",
        subjects_of({"board": board, "controller": controller}),
        [{"name": "x"}],
        {"mallee.version": "1"},
    )
    assert set(kept) >= {"provenance.json", "measurements.json", "console.txt", "bus.pcap", "bus.txt", "plot.svg"}
    assert (tmp_path / "a" / "console.txt").read_bytes() == b"hello\n"
    words = (tmp_path / "a" / "bus.txt").read_text()
    assert "power 2000 W" in words and "-> " in words and "<- " in words
    assert len(struct.unpack_from("<IHHiIII", (tmp_path / "a" / "bus.pcap").read_bytes())) == 7
    assert "power" in (tmp_path / "a" / "plot.svg").read_text()
    assert all(told.startswith(("no journal.jsonl", "no recording.json")) for told in missing), (
        missing
    )  # a mock has no files


def test_a_board_that_is_silent_at_the_end_hides_nothing(board, device, tmp_path):
    Controller(board.unit).read("power")
    device.silent = True
    kept, missing = keep(tmp_path / "b", subjects_of({"board": board}), [], {})
    assert {"bus.pcap", "bus.txt", "console.txt"} <= set(kept)
    told = "\n".join(missing)
    assert "no journal.jsonl: " in told and "did not answer" in told
    assert not (tmp_path / "b" / "journal.jsonl").exists()
    assert json.loads((tmp_path / "b" / "provenance.json").read_text()) == {}


def test_nothing_of_a_run_before_stands_beside_what_is_kept(board, tmp_path):
    for name in ("measurements.json", "plot.svg", "recording.json", "own.txt"):
        (tmp_path / name).write_text("before")
    keep(tmp_path, subjects_of({"board": board}), [], {})
    left = {path.name for path in tmp_path.iterdir()}
    assert not left & {"measurements.json", "plot.svg", "recording.json"} and "own.txt" in left


def test_a_folder_that_cannot_be_made_is_told(board, tmp_path):
    (tmp_path / "file").touch()
    kept, missing = keep(tmp_path / "file" / "x", subjects_of({"board": board}), [], {})
    assert kept == [] and "nothing is kept" in missing[0]


def test_a_mock_has_nothing_to_switch(board):
    for name in ("power", "faults", "inputs", "plant"):
        with pytest.raises(Lacking, match=f"no {name}"):
            getattr(board, name)


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ("tests/test_a.py::test_b[pdu]", "tests-test_a.py--test_b[pdu]"),
        ("test_a.py::TestB::test_c[a/b: ü]", "test_a.py--TestB--test_c[a-b-ü]"),
    ],
)
def test_a_test_has_one_folder(node, name):
    assert folder_name(node) == name


def test_long_names_stay_apart():
    one, other = folder_name("t" * 300 + "[12]"), folder_name("t" * 300 + "[21]")
    assert one != other and len(one) <= 120


def test_a_trace_counts_what_it_forgets(board, device):
    trace = Trace(most=4)
    asyncio.run(_talk(device, trace))
    assert len(trace.frames) == 4 and trace.left_out == 2
    assert trace.words({}).startswith("2 frames before these were left out\n")


async def _talk(device: MockDevice, trace: Trace) -> None:
    link = MockLink("serial:///dev/mock", 1.0, {7: device})
    link.taps.append(trace)
    for _ in range(3):
        await link.exchange(7, b"\x04\x00\x00\x00\x01")
    await link.close()


def test_names_of_folders_are_for_every_file_system():
    assert (
        Path(folder_name("a::b[c*d?e|f<g>h\\i]")).name == folder_name("a::b[c*d?e|f<g>h\\i]") == "a--b[c-d-e-f-g-h-i]"
    )
