"""pytest fixtures for tests of programs that use mallee. pytest loads this file at every start: it imports what it needs late."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from ..device.dictionary import Dictionary
    from .mock import MockDevice
    from .pod import MockPod
    from .replay import Replay

T = TypeVar("T")
_WENT_WELL = pytest.StashKey[bool]()


class _Discard(Exception):
    """The test did not go well: what it recorded is no recording of it."""


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """A fixture is not told how its test went."""
    if call.when == "call":
        item.stash[_WENT_WELL] = call.excinfo is None


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mallee")
    group.addoption(
        "--mallee-record",
        action="store_true",
        help="record the sessions of mallee_replay anew, from the devices themselves, instead of replaying them",
    )


@pytest.fixture
def mallee_mock() -> Iterator[Callable[..., MockPod]]:
    """`pod = mallee_mock("pod.toml")`: until the test ends, whatever opens that pod has devices in memory."""
    from .pod import MockPod

    with ExitStack() as stack:
        yield lambda *arguments, **named: stack.enter_context(MockPod(*arguments, **named))


@pytest.fixture
def mallee_device() -> Callable[..., MockDevice]:
    """`device = mallee_device("pump")`: one device in memory, of a profile or of a dictionary, for code that takes its PDUs."""
    from .. import resources
    from .mock import MockDevice

    def make(dictionary: str | Dictionary, **named: Any) -> MockDevice:
        found = resources.dictionary(dictionary) if isinstance(dictionary, str) else dictionary
        return MockDevice(found, **named)

    return make


@pytest.fixture
def mallee_replay(request: pytest.FixtureRequest) -> Iterator[Callable[[str | Path], Replay | None]]:
    """`mallee_replay("session.jsonl")`: links answer from that recording, beside the test's file. A request that it does not have
    fails the test. With --mallee-record it is recorded anew instead; where the test fails, the old recording stays."""
    from .recording import record
    from .replay import Replay

    replays: list[Replay] = []
    with suppress(_Discard), ExitStack() as stack:

        def start(path: str | Path) -> Replay | None:
            file = request.path.parent / path
            if request.config.getoption("--mallee-record"):
                stack.enter_context(record(file))
                return None
            replays.append(stack.enter_context(Replay(file)))
            return replays[-1]

        yield start
        if not request.node.stash.get(_WENT_WELL, False):
            raise _Discard
    unknown = [error for replay in replays for error in replay.unknown]
    if unknown:
        pytest.fail("\n".join(f"{error.what}\n  {error.likely}\n  {error.next}" for error in unknown), pytrace=False)


@pytest.fixture
def mallee_run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """`mallee_run(main())`: as asyncio.run, in virtual time. For devices in memory and recordings."""
    from .virtual import run

    return run
