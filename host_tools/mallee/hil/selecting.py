"""Which tests run on this board: markers against what it is and has. And what the command line says is checked at the start."""

from __future__ import annotations

import pytest

from ..errors import MalleeError
from ..suggest import did_you_mean
from .capabilities import CAPABILITIES, PROFILES
from .setups import Setup, setups

_KNOWN = {"needs": tuple(CAPABILITIES), "profile": PROFILES}
_CALLED = {"needs": "capability", "profile": "profile"}


def setups_of(config: pytest.Config, count: int) -> list[Setup]:
    """Of `count` boards. Raises pytest.UsageError."""
    try:
        return setups(config.option, count)
    except MalleeError as error:
        raise pytest.UsageError(f"{error.what}\n  likely: {error.likely}\n  next:   {error.next}") from None


def pytest_configure(config: pytest.Config) -> None:
    setups_of(config, config.option.count)
    if not config.option.embedded_services:
        config.option.embedded_services = "serial"  # whoever asks for `dut` gets the board's console


def pytest_report_header(config: pytest.Config) -> list[str]:
    found = setups_of(config, config.option.count)
    return [f"board: {each.board}{'' if each.bus is None else f', bus {each.bus} unit {each.unit}'}" for each in found]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A virtual or emulated board is what the test is for; of a test for both profiles there are two."""
    if "board_profile" not in metafunc.fixturenames or any(
        mark.name == "parametrize" and "board_profile" in str(mark.args[:1])
        for mark in metafunc.definition.iter_markers()
    ):
        return
    first = setups_of(metafunc.config, metafunc.config.option.count)[0]
    names = [name for name in _marked(metafunc.definition, "profile") if first.profile in (None, name)]
    if names and first.kind != "real":
        metafunc.parametrize("board_profile", names, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Wrong markers end the run; what can be told before the board is asked is skipped here, the rest by the fixtures."""
    first = setups_of(config, config.option.count)[0]
    for item in items:
        for kind, known in _KNOWN.items():
            for name in _marked(item, kind):
                if name not in known:
                    raise pytest.UsageError(
                        f"{item.nodeid}: @pytest.mark.{kind}: there is no {_CALLED[kind]} {name!r}: {did_you_mean(name, known)}"
                    )
        if why := _unfit(item, first):
            item.add_marker(pytest.mark.skip(reason=why))


def _unfit(item: pytest.Item, setup: Setup) -> str | None:
    for name in _marked(item, "needs"):
        if why := setup.lacks(name):
            return f"no {name}: {why}"
    fits = _marked(item, "profile")
    if fits and setup.profile is not None and setup.profile not in fits:
        return f"it is for a {' or a '.join(fits)}, and --board-profile is {setup.profile}"
    return None


@pytest.fixture(autouse=True)
def _board_fits(request: pytest.FixtureRequest) -> None:
    """What only the board itself can tell: its profile, and whether its supply obeys."""
    node = request.node
    fits = _marked(node, "profile")
    if fits and "board" in request.fixturenames:
        board = request.getfixturevalue("board")
        profile = (board[0] if isinstance(board, list) else board).profile
        if profile is not None and profile not in fits:
            pytest.skip(f"it is for a {' or a '.join(fits)}, and the board is a {profile}")
    if "power" in _marked(node, "needs"):
        request.getfixturevalue("power")


def _marked(item: pytest.Item, kind: str) -> list[str]:
    return [name for marker in item.iter_markers(kind) for name in marker.args]
