"""A recorded session played again: the same requests get the same answers, and others are a clear failure."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..errors import ExitCode
from ..link.base import Link
from ..link.failures import LinkError, NoAnswer
from .answering import WirelessLink
from .session import read_session
from .standing import StandIn


class UnknownRequest(LinkError):
    """The recording has no answer to this."""

    def __init__(self, path: Path, link: str, unit: int, request: bytes, known: int) -> None:
        first = int.from_bytes(request[1:3], "big")
        super().__init__(
            f"{path} has no answer to function {request[0]} at {first} ({request.hex()}) of {link} unit {unit}",
            f"the program asks for something else than when it was recorded ({known} requests of that unit are)",
            "if that is meant, record again: pytest --mallee-record, with the devices at hand",
            ExitCode.NO_ANSWER,
        )


class Replay(StandIn):
    """`with Replay(path) as replay`: links that are opened meanwhile answer from the recording.

    A request that was made several times gets its answers in their order, and then the last one again. `unknown` has what was
    asked and is not in it: each is an UnknownRequest for whoever asked. Raises MalleeError for a file that is no recording.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.unknown: list[UnknownRequest] = []
        self._answers: dict[tuple[str, int, bytes], list[bytes | None]] = {}
        for each in read_session(path):
            key = (each.link, each.unit, bytes.fromhex(each.request))
            answer = None if each.answer is None else bytes.fromhex(each.answer)
            self._answers.setdefault(key, []).append(answer)

    def answer(self, link: str, unit: int, request: bytes) -> bytes | None:
        """None: nothing came. Raises UnknownRequest."""
        answers = self._answers.get((link, unit, request))
        if not answers:
            known = sum(key[:2] == (link, unit) for key in self._answers)
            error = UnknownRequest(self.path, link, unit, request, known)
            self.unknown.append(error)
            raise error
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def open(self, address: str, timeout_s: float) -> Link:
        return _ReplayLink(self, address, timeout_s)


class _ReplayLink(WirelessLink):
    def __init__(self, replay: Replay, address: str, timeout_s: float) -> None:
        super().__init__(address, timeout_s)
        self._replay = replay

    async def reply(self, unit: int, payload: bytes, limit_s: float) -> bytes:
        await asyncio.sleep(0)
        answer = self._replay.answer(self.address, unit, payload)
        if answer is None:
            raise NoAnswer(self.address, unit, limit_s)
        return answer
