"""The application: routes of the page, its files, the API, live updates and metrics."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import msgspec
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ..errors import ExitCode, MalleeError
from . import assets, metrics, openapi
from .answers import answer, problem
from .endpoints import Call, Endpoint
from .guard import Guard
from .handlers import ENDPOINTS
from .page import Page
from .problems import HttpError, bad_request, no_token, wrong_role
from .roles import Role
from .tokens import Token

MOST_BODY_BYTES = 64_000
_EVENTS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def make_app(page: Page) -> Starlette:
    by_path: dict[str, dict[str, Endpoint]] = {}
    for each in ENDPOINTS:
        by_path.setdefault(each.path, {})[each.method] = each
    described = openapi.document(ENDPOINTS, private=page.private, examples=_examples(page))
    described = msgspec.json.format(msgspec.json.encode(described), indent=2)
    registry = metrics.registry(page.live)

    async def live(request: Request) -> Response:
        _who(page, request, Role.VIEWER if page.private else None)
        if page.live.full():
            raise HttpError(
                503,
                "too many browsers follow this page",
                "tabs were left open, or a program connects again and again",
                "close some; /metrics has mallee_serve_subscribers",
                ExitCode.REFUSED,
            )
        return StreamingResponse(page.live.messages(), media_type="text/event-stream", headers=_EVENTS)

    async def numbers(request: Request) -> Response:
        _who(page, request, Role.VIEWER if page.private else None)
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": kind})

    async def index(request: Request) -> Response:
        return assets.send(request, assets.index(page.private))

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name == assets.CHARTS:
            return assets.send(request, await asyncio.to_thread(assets.asset, name))
        if name not in assets.names():
            raise HTTPException(404)
        return assets.send(request, assets.asset(name))

    async def api_document(request: Request) -> Response:
        return Response(described, media_type="application/json")

    routes = [
        Route("/", index),
        Route("/static/{name:path}", static),
        Route("/live", live),
        Route("/metrics", numbers),
        Route("/api/v1/openapi.json", api_document),
        *(Route(path, _dispatch(page, methods), methods=list(methods)) for path, methods in by_path.items()),
    ]
    handlers: Any = {MalleeError: _told, HTTPException: _refused, Exception: _bug}
    return Starlette(routes=routes, exception_handlers=handlers, middleware=[Middleware(Guard, page=page)])


def _examples(page: Page) -> dict[str, str]:
    if not page.config.skids:
        return {}
    name = page.config.skids[0].name
    return {"name": name, "point": "supply_temperature", "series": f"{name}.supply_temperature"}


def _dispatch(page: Page, methods: dict[str, Endpoint]) -> Any:
    async def handle(request: Request) -> Response:
        endpoint = methods.get(request.method) or methods["GET"]  # HEAD
        least = endpoint.role or (Role.VIEWER if page.private else None)
        token = _who(page, request, least)
        query = _query(request, endpoint)
        body = None if endpoint.body is None else await _body(page, request, endpoint.body)
        return answer(await endpoint.handle(page, Call(request.path_params, query, body, token)))

    return handle


def _who(page: Page, request: Request, least: Role | None) -> Token | None:
    """Whose request it is. Raises HttpError: 401 without a token that is known, 403 where its role is too small."""
    if least is None:
        return None
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    token = page.tokens.owner(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        page.counters.refuse("token")
        raise no_token()
    if not token.role.may(least):
        page.counters.refuse("role")
        error = wrong_role(token.name, token.role, least)
        if request.method == "POST":
            page.refused(token, request.method, request.url.path, str(error))
        raise error
    return token


def _query(request: Request, endpoint: Endpoint) -> Any:
    lists = {field.name for field in msgspec.structs.fields(endpoint.query) if field.name == "series"}
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise bad_request("the query is not what this takes", f"{name} stands there twice")
        else:
            given[name] = value
    try:
        return msgspec.convert(given, endpoint.query, strict=False)
    except msgspec.ValidationError as error:
        raise bad_request("the query is not what this takes", str(error)) from error


async def _body(page: Page, request: Request, kind: Any) -> Any:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        page.counters.refuse("type")
        raise HttpError(
            415,
            "the body is no JSON",
            "its content type says something else, or nothing",
            "send it with `Content-Type: application/json`",
        )
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_BODY_BYTES:
            page.counters.refuse("size")
            raise HttpError(
                413, f"the body is longer than {MOST_BODY_BYTES} bytes", "it is not what this takes", "send less"
            )
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise bad_request("the body is not what this takes", str(error)) from error


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, MalleeError)
    return problem(error)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        what = HttpError(
            405, f"{request.url.path} is not {request.method}ed", "another method is meant", f"use {allowed}"
        )
    else:
        shown = re.sub(r"[^ -~]", "?", request.url.path)[:200]
        what = HttpError(
            error.status_code, f"there is no {shown}", "a typing error", "/api/v1/openapi.json has all paths"
        )
    return problem(what, dict(error.headers) if error.headers else None)


async def _bug(request: Request, error: Exception) -> Response:
    return problem(
        MalleeError(
            f"a bug of mallee: {type(error).__name__}",
            "nothing that you did",
            "see what `mallee serve` printed, and report it",
            ExitCode.BUG,
        )
    )
