"""What the command line says about boards: what is right, and what is told about what is not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from mallee.errors import MalleeError
from mallee.hil.setups import Setup, setups

NAMES = ("board", "board_profile", "board_bus", "board_unit", "board_power_on", "board_power_off", "board_pod")


def options(**given: str) -> SimpleNamespace:
    return SimpleNamespace(**{name: given.get(name) for name in NAMES})


def test_a_simulated_board_needs_its_kind_alone():
    assert setups(options(board="virtual"), 1) == [Setup(board="virtual")]
    (found,) = setups(options(board="emulated", board_profile="pump", board_unit="17"), 1)
    assert (found.kind, found.profile, found.unit) == ("emulated", "pump", 17)


def test_a_real_board_has_what_is_given(tmp_path):
    console, line = tmp_path / "console", tmp_path / "line"
    console.touch()
    line.touch()
    given = {"board_bus": str(line), "board_power_on": "on | tee log", "board_power_off": "off"}
    (found,) = setups(options(board=str(console), **given), 1)
    assert found.kind == "real" and found.bus == f"serial://{line}"
    assert found.power == ("off", "on | tee log"), "one board: a | is the shell's"
    assert [found.lacks(name) for name in ("bus", "power", "console")] == [None] * 3
    assert "a plant with physics" in (found.lacks("plant") or "")
    bare = setups(options(board="socket://localhost:4000"), 1)[0]
    assert bare.lacks("bus") == "--board-bus: not given" and "--board-power-on" in (bare.lacks("power") or "")


def test_several_boards_are_divided_by_bars():
    found = setups(options(board="virtual", board_profile="pdu|pump", board_unit="1|2"), 2)
    assert [(each.board, each.profile, each.unit) for each in found] == [("virtual", "pdu", 1), ("virtual", "pump", 2)]
    with pytest.raises(MalleeError, match="for 3 boards, and --count is 2"):
        setups(options(board="virtual", board_unit="1|2|3"), 2)


@pytest.mark.parametrize(
    ("given", "what", "next_step"),
    [
        ({"board": "/dev/ttyNOPE"}, "--board: there is no port /dev/ttyNOPE", "list_ports"),
        ({"board": "virtaul"}, "'virtaul' is neither virtual nor emulated", "did you mean 'virtual'?"),
        ({"board": "virtual", "board_profile": "pmup"}, "there is no profile 'pmup'", "did you mean 'pump'?"),
        ({"board": "virtual", "board_unit": "248"}, "'248' is no unit", "1 to 247"),
        (
            {"board": "virtual", "board_bus": "/dev/ttyUSB0"},
            "--board-bus: the virtual board brings its own",
            "real board",
        ),
        ({"board": "COM3", "board_bus": "/dev/ttyNOPE"}, "--board-bus: there is no port /dev/ttyNOPE", "list_ports"),
        ({"board": "COM3", "board_power_on": "on"}, "one is missing", "give both"),
        ({"board": "COM3", "board_bus": "serial://COM4?bauds=9600"}, "'bauds' is unknown", "serial:///dev"),
        (
            {"board": "virtual", "board_pod": "/nowhere/pod.toml"},
            "there is no file /nowhere/pod.toml",
            "examples/pod.toml",
        ),
    ],
)
def test_what_is_wrong_is_told_with_the_next_step(given, what, next_step):
    with pytest.raises(MalleeError) as raised:
        setups(options(**given), 1)
    assert what in raised.value.what and next_step in raised.value.next, raised.value.next
    assert raised.value.likely
