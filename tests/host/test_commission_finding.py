"""The first part of an acceptance: what a scan finds gets its names and units, and the pod file is written."""

from __future__ import annotations

import asyncio
import builtins
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from mallee import resources
from mallee.cli import person
from mallee.cli.common import Context
from mallee.commissioning import asking, finding, performing
from mallee.commissioning.finding import AsTheyAre, find
from mallee.commissioning.stock import checked, proposed
from mallee.deploy.identity import Who
from mallee.device.discovery import Found
from mallee.errors import MalleeError
from mallee.pod.loader import load_pod

from .commanding import commands
from .peer import Peer


class Naming:
    """Tells these names and units, by what they call themselves; `flash` is what happens at the board."""

    left: Any = "declined"

    def __init__(self, wanted: dict[str, tuple[str, int]], flash: Callable[[str, str, int], bool]) -> None:
        self.wanted, self.flash = wanted, flash
        self.complaints: list[str] = []

    def identity(self, one: Found, proposal: str) -> tuple[str, int]:
        return self.wanted.get(one.name or "", (proposal, one.unit))

    def rename(self, one: Found, name: str, unit: int) -> bool:
        return self.flash(one.name or "", name, unit)

    def again(self, error: MalleeError) -> None:
        self.complaints.append(error.what)


@pytest.fixture
def at_once(monkeypatch):
    """A controller that does not answer as it shall is not waited for, nor what settles in a plant: here is none."""
    wait = asking.wait
    monkeypatch.setattr(finding, "_START_S", 0.0)
    monkeypatch.setattr(asking, "_AGAIN_S", 0.0)
    monkeypatch.setattr(performing, "wait", lambda device, expect, settle_s: wait(device, expect, 0.0))


def found_by(folder, names: Any, act: Callable[[Peer, Peer], None] = lambda skid, pdu: None, **options: Any):
    """The named controllers of a skid without a name and of a PDU, on ports; after `act` with the two."""

    async def all_of_it():
        pump, pdus = resources.dictionary("pump"), resources.dictionary("pdu")
        async with Peer(pump, profile=1, name="") as skid, Peer(pdus, profile=2, name="pdu-a1") as pdu:
            act(skid, pdu)
            targets = [f"127.0.0.1:{skid.port}", f"127.0.0.1:{pdu.port}"]
            return await find(folder / "s.found.json", folder / "new.toml", targets, names, who="Ada", **options)

    return asyncio.run(all_of_it())


def test_controllers_get_name_and_unit_and_the_pod_file_has_them(tmp_path):
    peers: dict[str, Peer] = {}

    def flash(was: str, name: str, unit: int) -> bool:
        peer = peers[was]
        peer.unit = unit
        peer.identify(1 if was == "" else 2, name)
        return True

    names = Naming({"": ("skid-west", 1), "pdu-a1": ("pdu-a1", 7)}, flash)
    named = found_by(tmp_path, names, lambda skid, pdu: peers.update({"": skid, "pdu-a1": pdu}))
    assert [(each.name, each.unit, each.verdict, each.who) for each in named] == [
        ("skid-west", 1, "passed", "Ada"),
        ("pdu-a1", 7, "passed", "Ada"),
    ]
    assert (named[1].was_unit, named[0].was_name) == (1, "") and not names.complaints
    config = load_pod(tmp_path / "new.toml")
    assert [(each.name, each.unit) for each in config.controllers] == [("skid-west", 1), ("pdu-a1", 7)]


def test_nobody_there_keeps_what_is_and_says_so(tmp_path):
    named = found_by(tmp_path, AsTheyAre())
    assert [(each.name, each.verdict) for each in named] == [("skid-1", "skipped"), ("pdu-a1", "passed")]
    assert "it still calls itself nothing" in named[0].note
    assert [each.name for each in load_pod(tmp_path / "new.toml").controllers] == ["skid-1", "pdu-a1"]


@pytest.mark.usefixtures("at_once")
def test_a_board_that_does_not_answer_as_it_shall_is_not_believed(tmp_path):
    names = Naming({"": ("skid-west", 1)}, lambda was, name, unit: True)  # said to be done, and was not
    named = found_by(tmp_path, names)
    assert named[0].verdict == "declined" and len(names.complaints) == 3
    assert all("it calls itself nothing, unit 1" in each for each in names.complaints)


@pytest.mark.usefixtures("at_once")
def test_another_board_at_that_unit_is_not_believed(tmp_path):
    peers: list[Peer] = []

    def flash(was: str, name: str, unit: int) -> bool:
        peers[0].identify(1, name)
        peers[0].set("serial_number", int.from_bytes(b"ANOTHER".ljust(16, b"\0"), "big"))
        return True

    names = Naming({"": ("skid-west", 1)}, flash)
    found_by(tmp_path, names, lambda skid, pdu: peers.append(skid))
    assert "serial number ANOTHER answers at unit 1" in names.complaints[0]


def test_interrupted_it_goes_on_with_the_next_and_scans_no_more(tmp_path):
    class Leaving(AsTheyAre):
        def identity(self, one: Found, proposal: str) -> tuple[str, int]:
            if one.name == "pdu-a1":
                raise KeyboardInterrupt
            return super().identity(one, proposal)

    seen: list[Found] = []

    async def scan(targets: Sequence[str], units: Sequence[int] | None) -> list[Found]:
        seen.extend(await finding.scanned(targets, units))
        return seen

    async def never(targets: Sequence[str], units: Sequence[int] | None) -> list[Found]:
        raise AssertionError("it was scanned already")

    async def again(scan: finding.Scan, names: Any):
        return await find(tmp_path / "s.found.json", tmp_path / "new.toml", targets, names, who="Bob", scan=scan)

    with pytest.raises(KeyboardInterrupt):
        found_by(tmp_path, Leaving(), scan=scan)
    targets = [one.address.removeprefix("tcp://") for one in seen]
    assert not (tmp_path / "new.toml").exists()
    named = asyncio.run(again(never, AsTheyAre()))
    assert [(each.name, each.who) for each in named] == [("skid-1", "Ada"), ("pdu-a1", "Bob")]
    assert asyncio.run(again(never, AsTheyAre())) == named, "the pod file is there: nothing is asked again"
    targets = ["192.0.2.9"]
    with pytest.raises(MalleeError, match="another scan"):
        asyncio.run(again(never, AsTheyAre()))


def test_a_pod_file_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "new.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(MalleeError, match="exists"):
        found_by(tmp_path, AsTheyAre())
    assert (tmp_path / "new.toml").read_text(encoding="utf-8") == "mine"


def test_names():
    one = Found(address="tcp://h", unit=1, mallee=True, profile="pump", name="skid-1")
    assert proposed(one, frozenset()) == "skid-1" and proposed(one, frozenset({"skid-1"})) == "skid-2"
    for name, unit in (("a/b", 1), ("skid-1", 1), ("x", 0), ("x", 248), ("", 1)):
        with pytest.raises(MalleeError):
            checked(name, unit, frozenset({"skid-1"}))
    checked("skid 2", 247, frozenset({"skid-1"}))


def test_two_units_at_one_address_are_told_and_left_out(tmp_path):
    async def scan(targets: Sequence[str], units: Sequence[int] | None) -> list[Found]:
        good = Found(address="tcp://192.0.2.1:502", unit=1, mallee=True, profile="pump", name="skid-1")
        return [
            good,
            Found(address="tcp://192.0.2.2:502", unit=1, mallee=True, profile="pdu", name="p", note="two units"),
        ]

    named = asyncio.run(
        find(tmp_path / "f.json", tmp_path / "new.toml", ["192.0.2.1"], AsTheyAre(), who="Ada", scan=scan)
    )
    assert [each.verdict for each in named] == ["passed", "failed"] and "two units" in named[1].note
    assert [each.name for each in load_pod(tmp_path / "new.toml").controllers] == ["skid-1"]


def test_a_board_is_flashed_as_mallee_flash_does(monkeypatch):
    """The bundle of its profile, through the port that was named, with the new name and unit and nothing else changed."""
    seen: list[Any] = []
    monkeypatch.setattr(person, "build_bundle", lambda board, profile: (board, profile))
    monkeypatch.setattr(person, "install", lambda door, bundle, who, progress: seen.append((door.name, bundle, who)))
    one = Found(address="tcp://192.0.2.1:502", unit=1, mallee=True, profile="pdu")
    person.flash(Context(None), "rp2_pico", "/dev/ttyACM7", one, Who(name="pdu-a1", unit=7))
    assert seen == [("/dev/ttyACM7", ("rp2_pico", "pdu"), Who(name="pdu-a1", unit=7))]
    with pytest.raises(MalleeError):
        person.flash(Context(None), "no_such_board", None, one, Who(name="pdu-a1", unit=7))


def test_a_person_is_asked_and_the_board_is_flashed(tmp_path, capsys, monkeypatch, at_once):
    """At the terminal: the name, the unit, the board; then the acceptance would go on, which is declined by leaving."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    answers = ["skid-west", "many", "5", "rp2_pico /dev/ttyACM0"]

    def answer() -> str:
        if not answers:
            raise EOFError
        return answers.pop(0)

    monkeypatch.setattr(builtins, "input", answer)

    async def run_it() -> Any:
        async with Peer(resources.dictionary("pump"), profile=1, name="") as skid:

            def flash(context, board, port, one, who) -> None:
                assert (board, port, one.profile, who.name, who.unit) == (
                    "rp2_pico", "/dev/ttyACM0", "pump", "skid-west", 5,
                )  # fmt: skip
                skid.unit = 5
                skid.identify(1, who.name)

            monkeypatch.setattr(person, "flash", flash)
            command = commands(capsys)
            return await asyncio.to_thread(command, "commission", "--scan", f"127.0.0.1:{skid.port}")

    ran = asyncio.run(run_it())
    assert ran.code == 130 and "passed   skid-west" in ran.err and "A number, 1 to 247" in ran.err
    config = load_pod(tmp_path / "pod.toml")
    assert [(each.name, each.unit) for each in config.controllers] == [("skid-west", 5)]
