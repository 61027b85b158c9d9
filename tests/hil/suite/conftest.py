"""mallee's own tests on a board, by its own plugin: `pytest tests/hil/suite --board virtual` (or emulated, or a port).

Without a board they are skipped. `make test` runs them on the virtual one, `make test-emulated` on the emulated one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

EMULATED_S = 1800  # a second of an emulated board's time takes twenty of this computer's, and more where that is busy


@pytest.fixture(scope="session", autouse=True)
def _its_image(request: pytest.FixtureRequest) -> None:
    """Without a stock image there is no emulated board, and nothing to test: skipped, as all tests of it are."""
    if request.config.getoption("--board", None) == "emulated":
        request.getfixturevalue("image")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--board", None) != "emulated":
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(EMULATED_S))


@pytest.fixture
def disturb(board) -> Callable[[str, float], None]:
    """A value that protection acts upon, at whatever this board has: an input set by hand, or a fault in its plant."""

    def disturb(name: str, value: float) -> None:
        if board.kind == "emulated":
            board.inputs.set(name, value)
        elif name.startswith("branch."):
            board.faults.begin("branch_overload", name.split(".")[1], by_A=value)
        else:
            board.faults.begin("sensor_offset", name, by=value)

    return disturb
