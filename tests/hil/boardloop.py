"""An event loop in an emulated board's time: whoever waits lets the board run, and nobody else does."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from mallee.hil.emulated.pico import Pico

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    def __init__(self, pico: Pico) -> None:
        super().__init__()
        self._pico = pico

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self._pico.run(1e6 * timeout)
        return super().select(timeout and 0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, pico: Pico) -> None:
        super().__init__(_Selector(pico))
        self._pico = pico

    def time(self) -> float:
        return self._pico.now_us / 1e6


def run_on(pico: Pico, main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, by the board's clock."""
    with asyncio.Runner(loop_factory=lambda: _Loop(pico)) as runner:
        return runner.run(main)
