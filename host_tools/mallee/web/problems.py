"""Errors as HTTP has them: a status, and the JSON twin that the command line has too."""

from __future__ import annotations

from ..errors import ExitCode, MalleeError, NotFound
from .journal import CannotNote

STATUS = {
    ExitCode.USAGE: 400,
    ExitCode.NO_ANSWER: 504,
    ExitCode.REFUSED: 409,
}


class HttpError(MalleeError):
    """An error of the request itself, with its status."""

    def __init__(self, status: int, what: str, likely: str, next: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(what, likely, next, code)
        self.status = status


def status_of(error: MalleeError) -> int:
    if isinstance(error, HttpError):
        return error.status
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, CannotNote):
        return 507
    return STATUS.get(error.code, 500)


def bad_request(what: str, why: str) -> HttpError:
    return HttpError(
        400, f"{what}: {why}", "a field is missing, misspelt or of another kind", "/api/v1/openapi.json has all"
    )


def no_token() -> HttpError:
    return HttpError(
        401,
        "this needs a token, and none that is known here was given",
        "no token was sent, a letter of it is missing, or it was revoked",
        "`mallee serve token add NAME --role operator` makes one; send it as `Authorization: Bearer TOKEN`",
        ExitCode.REFUSED,
    )


def wrong_role(name: str, role: str, needed: str) -> HttpError:
    return HttpError(
        403,
        f"{name} is {role}, and this needs {needed}",
        "the token was made for less",
        f"ask for a token of another role: `mallee serve token add NAME --role {needed}`",
        ExitCode.REFUSED,
    )


def no_document() -> HttpError:
    return HttpError(
        503,
        "nothing is known of the pod yet",
        "the page was started a moment ago, or the pod cannot be followed",
        "try again in a second; /metrics and the page itself say what is wrong",
        ExitCode.NO_ANSWER,
    )
