"""The time of a board: an event loop that is run only while a test asks or waits, or by a thread while outside programs talk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")
_GIVE_WAY_S = 0.001


class BoardTime:
    """`loop` decides what a second is: of a simulation, of an emulated chip, or of the wall."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._one_at_a_time = threading.RLock()
        self._asking = 0
        self._flowing = 0

    @property
    def now_s(self) -> float:
        return self._loop.time()

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; time passes as long as it takes."""
        with self.held():
            return self._loop.run_until_complete(work)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within the block nobody else lets time pass: for whoever changes the board itself, which is run by one at a time.
        Blocks may lie in each other."""
        self._asking += 1
        try:
            with self._one_at_a_time:
                yield
        finally:
            self._asking -= 1

    def run(self, seconds: float) -> None:
        self.complete(asyncio.sleep(seconds))

    @property
    def flowing(self) -> bool:
        return self._flowing > 0

    @contextmanager
    def flow(self, turn: Callable[[], float]) -> Iterator[None]:
        """Within the block a thread lets time pass: `turn` takes one small step, and says how long to wait before the next.
        Whoever asks meanwhile goes first. Blocks may lie in each other."""
        self._flowing += 1
        try:
            if self._flowing > 1:
                yield
                return
            with self._thread(turn):
                yield
        finally:
            self._flowing -= 1

    @contextmanager
    def _thread(self, turn: Callable[[], float]) -> Iterator[None]:
        finish = threading.Event()
        failed: list[BaseException] = []

        def go_on() -> None:
            try:
                while not finish.is_set():
                    with self._one_at_a_time:
                        pause_s = turn()
                    finish.wait(_GIVE_WAY_S if self._asking else pause_s)
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=go_on, daemon=True, name="time of a board")
        thread.start()
        try:
            yield
        finally:
            finish.set()
            thread.join()
        if failed:
            raise failed[0]

    def close(self) -> None:
        """Safe to call twice."""
        loop = self._loop
        if loop.is_closed():
            return
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        with suppress(Exception):
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()
