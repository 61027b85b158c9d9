"""Going on while a controller or its line is away: for an hour, and not silently."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ...errors import ExitCode, MalleeError
from ...link.failures import GATEWAY_PATH, GATEWAY_TARGET, LinkDown, NoAnswer, Refused

T = TypeVar("T")
_BUSY = 6  # exception code
_PASSING = (_BUSY, GATEWAY_PATH, GATEWAY_TARGET)
_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_TELL_AFTER_S = 5.0
_TELL_OF_RESTART_S = 15.0
_RESTART_S = 60.0
"""A restart takes two seconds, and ten where new firmware hangs; nobody is given up sooner, however little is to be waited."""


class Patience:
    """`tell` is called once when something is waited for, and once when it is there again. `retries` are those of what got no
    answer."""

    def __init__(self, limit_s: float, tell: Callable[[str], None]) -> None:
        self.limit_s = limit_s
        self.retries = 0
        self.waited_s = 0.0
        self.tell = tell

    async def ask(self, name: str, action: Callable[[], Awaitable[T]], *, restarting: bool = False) -> T:
        """What `action` gives, tried again while nobody answers or the controller is busy; while it is `restarting`, whatever is
        wrong, for a minute at least. Raises MalleeError: the last of these, or at once whatever else the action raises."""
        limit_s = max(self.limit_s, _RESTART_S) if restarting else self.limit_s
        loop = asyncio.get_running_loop()
        began, tries, told = loop.time(), 0, False
        while True:
            try:
                found = await action()
            except MalleeError as error:
                code = error.exception_code if isinstance(error, Refused) else None
                if not (restarting or code in _PASSING or isinstance(error, NoAnswer | LinkDown)):
                    if told:
                        self.tell(f"{name}: answers again")
                    raise
                waited = loop.time() - began
                if waited >= limit_s:
                    raise _given_up(error, limit_s) from error
                if waited >= (_TELL_OF_RESTART_S if restarting else _TELL_AFTER_S) and not told:
                    told = True
                    self.tell(f"{name}: waiting: {error.what}")
                pause = _PAUSES_S[min(tries, len(_PAUSES_S) - 1)]
                tries += 1
                self.retries += code != _BUSY
                self.waited_s += pause
                await asyncio.sleep(pause)
                continue
            if told:
                self.tell(f"{name}: going on")
            return found


def _given_up(error: MalleeError, limit_s: float) -> MalleeError:
    return MalleeError(
        f"{error.what}, for {limit_s:g} s",
        error.likely,
        "run the same command again when it is back: what was received is kept, and the old firmware runs",
        ExitCode.NO_ANSWER,
    )
