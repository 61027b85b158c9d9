"""The fixtures of tests on boards, and the hooks around them. Registered by the plugin when there is a --board."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pytest_embedded import plugin as embedded
from pytest_embedded.plugin import multi_dut_fixture

from ..errors import MalleeError
from . import pod as pods
from .board import Board, Lacking
from .bus import Bus
from .controller import Controller
from .faults import Faults
from .inputs import Inputs
from .measuring import Measuring
from .plant import PlantOnBench
from .pod import PodOnBench
from .power import CommandPower, Power, probe, switch_on
from .rig import Rig
from .selecting import setups_of

_CONSOLES = {"dut", "serial"}
"""Fixtures of pytest-embedded that open the console."""


@contextmanager
def explained() -> Iterator[None]:
    """What a board lacks skips the test; any other error of ours fails it with its three parts, and without our stack."""
    try:
        yield
    except Lacking as error:
        pytest.skip(error.what)
    except MalleeError as error:
        _fail(error)


def _fail(error: MalleeError) -> NoReturn:
    pytest.fail(f"{error.what}\n  likely: {error.likely}\n  next:   {error.next}", pytrace=False)


def _all(board: Board | list[Board]) -> list[Board]:
    return board if isinstance(board, list) else [board]


@pytest.fixture(scope="session")
def board_rig() -> Iterator[Rig]:
    """Boards that are kept over tests."""
    with Rig() as rig:
        yield rig


@pytest.fixture
def board_profile(request: pytest.FixtureRequest) -> str | None:
    """From the marker `profile`, by way of its parameter; None: as --board-profile says."""
    return getattr(request, "param", None)


@pytest.fixture
def board(
    request: pytest.FixtureRequest, board_rig: Rig, board_profile: str | None, count: None
) -> Iterator[Board | list[Board]]:
    """The board under test; with --count a list of them. A virtual one is new for each test, the others stay as they are left."""
    wanted = setups_of(request.config, embedded._COUNT)
    with ExitStack() as stack, explained():
        found = [stack.enter_context(board_rig.board(each, place, board_profile)) for place, each in enumerate(wanted)]
        yield found[0] if len(found) == 1 else found


@pytest.fixture
@multi_dut_fixture
def controller(board: Board) -> Controller:
    """Its controller, in plain statements."""
    with explained():
        board.bus_address  # noqa: B018 - asks whether there is one
        return Controller(board.unit)


@pytest.fixture
@multi_dut_fixture
def bus(board: Board) -> Bus:
    """Its line: frames as they are, counters, and the address for other programs."""
    with explained():
        board.bus_address  # noqa: B018
        return Bus(board)


@pytest.fixture
def power(board: Board | list[Board], board_rig: Rig) -> Iterator[Power | list[Power]]:
    """Its supply, on again behind the test. Commands that switch a real one are probed once a session, and tests that need them
    are skipped where they fail."""
    found: list[Power] = []
    with explained():
        for each in _all(board):
            switch, unit = each.power, each.unit
            if isinstance(switch, CommandPower):
                why = board_rig.distrust(each, lambda switch=switch, unit=unit: probe(switch, unit))
                if why is not None:
                    raise Lacking("power", f"it was probed and is not trusted: {why}")
            found.append(switch)
    yield found if isinstance(board, list) else found[0]
    with explained():
        switch_on(found)


@pytest.fixture
@multi_dut_fixture
def faults(board: Board) -> Faults:
    """Faults that it can have; whatever still stands ends with the test."""
    with explained():
        return board.faults


@pytest.fixture
@multi_dut_fixture
def inputs(board: Board) -> Inputs:
    """What stands at its transmitters, set by the test."""
    with explained():
        return board.inputs


@pytest.fixture
@multi_dut_fixture
def plant(board: Board) -> PlantOnBench:
    """The simulated plant behind it."""
    with explained():
        return board.plant


@pytest.fixture
def pod(request: pytest.FixtureRequest) -> Iterator[PodOnBench]:
    """A whole pod, by the names of its controllers; a virtual one is new for each test."""
    setup = setups_of(request.config, embedded._COUNT)[0]
    with explained():
        if why := setup.lacks("pod"):
            raise Lacking("pod", why)
    with ExitStack() as stack:
        with explained():
            found = stack.enter_context(pods.opened(setup.kind, setup.pod))
        yield found


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Measuring:
    """`measure("flow", value, unit="l/min", at_least=…, at_most=…)`: recorded in the report, and a failure beyond a limit."""
    return Measuring(lambda name, value: request.node.user_properties.append((name, value)))


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[Any]:
    """pytest-embedded's: where `dut` opens the console. While a test has it, time of the board passes by itself.

    pytest-embedded asks for it at every test, whatever that is about: only one that uses the console gets a board by this.
    """
    if not _CONSOLES & {*request.fixturenames} and "port" not in request.node._fixtureinfo.initialnames:
        yield request.config.getoption("--port")
        return
    board = request.getfixturevalue("board")
    if not all(isinstance(each, Board) for each in _all(board)):  # a fixture of somebody else by that name
        yield request.config.getoption("--port")
        return
    request.node.funcargs.setdefault("board", board)
    with ExitStack() as stack:
        for each in _all(board):
            stack.enter_context(each.live())
        ports = [each.console_port for each in _all(board)]
        yield ports if isinstance(board, list) else ports[0]


@pytest.fixture
def artifacts(request: pytest.FixtureRequest, session_tempdir: str) -> Path:
    """The folder of this test, for files of its own too."""
    from .keeping import folder_of

    folder = folder_of(request.node, session_tempdir)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
