"""pytest plugin: hardware in the loop, on boards virtual, emulated and real (docs/hil.md).

pytest loads this file at every start: without --board it only declares options and markers. With it, `fixtures` is registered
behind pytest-embedded, so that its `port` is the one that counts.
"""

from __future__ import annotations

import importlib.util

import pytest

from .capabilities import CAPABILITIES, PROFILES

_NEEDED = ("pytest_embedded", "pytest_embedded_serial")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mallee hil", "mallee: hardware in the loop (docs/hil.md)")
    for option, metavar, text in (
        (
            "--board",
            "BOARD",
            "virtual, emulated, or the console of a real board: /dev/ttyACM0, COM3, socket://HOST:PORT",
        ),
        (
            "--board-profile",
            "PROFILE",
            "pdu or pump: of tests that fit both on a virtual or emulated board (default pdu); what a real one must be",
        ),
        (
            "--board-bus",
            "ADDRESS",
            "a real board's Modbus: serial:///dev/ttyUSB0?baud=19200&framing=8E1 or tcp://HOST:PORT",
        ),
        ("--board-unit", "N", "its unit on that bus (default 1)"),
        ("--board-power-on", "COMMAND", "shell command that switches a real board's supply on"),
        ("--board-power-off", "COMMAND", "shell command that switches it off"),
        (
            "--board-pod",
            "FILE",
            "pod file: of the plant behind a virtual board, and of the fixture `pod` (default: the default pod)",
        ),
        ("--board-artifacts", "DIR", "folder for what is kept of each test (default: in that of pytest-embedded)"),
    ):
        group.addoption(option, metavar=metavar, help=text)
    group.addoption("--board-artifacts-always", action="store_true", help="keep it of tests that pass, too")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"needs(*capabilities): skip where the board has not all of them: {', '.join(CAPABILITIES)}"
    )
    config.addinivalue_line("markers", f"profile(*names): for controllers of these profiles: {', '.join(PROFILES)}")
    if config.getoption("--board") is not None:
        _register_fixtures(config)


def _register_fixtures(config: pytest.Config) -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise pytest.UsageError(
            f"--board needs {' and '.join(missing).replace('_', '-')}: mallee was installed without its hil extra. "
            "pip install 'mallee[hil]'"
        )
    from . import fixtures, keeping, selecting

    for module in (selecting, keeping, fixtures):
        config.pluginmanager.register(module, module.__name__)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a board, tests that say what they need of one are skipped with a reason, not broken for want of fixtures."""
    if config.getoption("--board") is not None:
        return
    for item in items:
        marked = [name for marker in item.iter_markers() if marker.name in ("needs", "profile") for name in marker.args]
        if marked and all(name in CAPABILITIES or name in PROFILES for name in marked):
            item.add_marker(pytest.mark.skip(reason="no board: pytest --board virtual, emulated, or a port"))
