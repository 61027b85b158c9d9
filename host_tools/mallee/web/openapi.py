"""The OpenAPI document, made of the same structures that requests are checked with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from .. import __version__
from ..errors import ErrorDocument
from .endpoints import Endpoint

_WORDS = {
    400: "The request is not what this takes.",
    401: "No token, or none that is known.",
    403: "The token's role does not allow it.",
    404: "What was named is not there; `next` has the nearest names.",
    409: "Refused by a limit, an interlock, or by how things stand.",
    413: "The request is too long.",
    415: "The body is no JSON.",
    503: "Nothing is known of the pod yet.",
    504: "The host or the controller does not answer.",
    507: "It cannot be noted, so it is not done.",
}
_DESCRIPTION = (
    "What one pod is doing, and what people may do about it. Numbers have units; null is not known, never 0. Live updates are "
    "server-sent events at /live: each `pod` event is what GET /api/v1/pod answers, each `trouble` event an error. Metrics for "
    "Prometheus are at /metrics."
)


def document(
    endpoints: tuple[Endpoint, ...], *, private: bool, examples: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """`examples` of parameters by their names: of this pod, so that who reads it can try it."""
    types = [ErrorDocument]
    for each in endpoints:
        types += [each.answer, each.query, *([each.body] if each.body else [])]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = {str(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(
            each, by_type, components, private, examples or {}
        )
    used = _used(paths, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mallee", "version": __version__, "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name in used},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    each: Endpoint, by_type: dict[str, Any], components: dict[str, Any], private: bool, examples: Mapping[str, str]
) -> dict[str, Any]:
    words = re.sub(r"\{(\w+)\}", r"\1", each.path).split("/")[3:]
    found: dict[str, Any] = {
        "operationId": f"{each.method.lower()}_{'_'.join(words).replace('-', '_')}",
        "summary": each.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            | ({"example": examples[name]} if name in examples else {})
            for name in re.findall(r"\{(\w+)\}", each.path)
        ]
        + _query(components[each.query.__name__], examples),
        "responses": {"200": {"description": "Done.", "content": _json(by_type[str(each.answer)])}},
    }
    statuses = {400, *each.errors}
    if each.role is not None or private:
        found["security"] = [{"token": []}]
        statuses |= {401, 403}
    if each.body is not None:
        found["requestBody"] = {"required": True, "content": _json(by_type[str(each.body)])}
        statuses |= {413, 415}
    error = _json(by_type[str(ErrorDocument)])
    for status in sorted(statuses):
        found["responses"][str(status)] = {"description": _WORDS[status], "content": error}
    return found


def _query(schema: dict[str, Any], examples: Mapping[str, str]) -> list[dict[str, Any]]:
    """A structure's fields as parameters. One that may be left out is never sent as null."""
    found: list[dict[str, Any]] = []
    for name, of in schema.get("properties", {}).items():
        options = [each for each in of.get("anyOf", ()) if each.get("type") != "null"]
        shown = options[0] if options else {key: value for key, value in of.items() if key != "default"}
        given = {"example": [examples[name]]} if name in examples else {}
        required = name in schema.get("required", ())
        found.append({"name": name, "in": "query", "required": required, "schema": shown} | given)
    return found


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _used(part: Any, components: dict[str, Any]) -> set[str]:
    """Names of all schemas that something leads to."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        for name in re.findall(r"#/components/schemas/(\w+)", str(waiting.pop())):
            if name not in found:
                found.add(name)
                waiting.append(components[name])
    return found
