"""Answers of the API as JSON, errors as their twin."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from ..errors import MalleeError
from .problems import status_of


def answer(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def problem(error: MalleeError, headers: dict[str, str] | None = None) -> Response:
    status = status_of(error)
    if status == 401:
        headers = {"www-authenticate": "Bearer", **(headers or {})}
    return Response(
        msgspec.json.encode(error.document()), status_code=status, media_type="application/json", headers=headers
    )
