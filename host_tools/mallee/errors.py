"""The error triple and the exit codes.

Every error that reaches a person says three things: what happened, the likely cause, and what to do next.
"""

from __future__ import annotations

import enum

import msgspec


class ExitCode(enum.IntEnum):
    """What a command's exit status means; printed in its help."""

    DONE = 0
    BUG = 1
    USAGE = 2
    NO_ANSWER = 3
    REFUSED = 4
    FINDINGS = 5
    DECLINED = 6
    INTERRUPTED = 130


EXIT_CODE_MEANING: dict[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.BUG: "a bug of mallee",
    ExitCode.USAGE: "wrong usage or configuration",
    ExitCode.NO_ANSWER: "no answer",
    ExitCode.REFUSED: "refused by a limit, an interlock or an exception",
    ExitCode.FINDINGS: "done, with findings",
    ExitCode.DECLINED: "declined by the person asked",
    ExitCode.INTERRUPTED: "interrupted",
}


class ErrorDocument(msgspec.Struct, frozen=True):
    """The JSON twin of an error."""

    code: int
    message: str
    likely: str
    next: str


class MalleeError(Exception):
    """An error with what happened, its likely cause, and what to do next; `code` becomes the exit status."""

    def __init__(self, what: str, likely: str, next: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(what)
        self.what = what
        self.likely = likely
        self.next = next
        self.code = code

    def document(self) -> ErrorDocument:
        return ErrorDocument(code=int(self.code), message=self.what, likely=self.likely, next=self.next)


class NotFound(MalleeError):
    """What was named is not there: a device, a point, an alarm, a series."""
