"""A pod file with some keys changed, and written out again for a host to read."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ExitCode, MalleeError
from ...pod import tomlfile
from ...pod.config import PodConfig
from ...pod.loader import parse_pod
from ...suggest import did_you_mean


def pod_of(
    path: Path, over: Mapping[str, Any], origin: str, more: Mapping[str, Any] | None = None
) -> tuple[PodConfig, str]:
    """The pod of a file with `over`, then `more`, laid over it, and its text. Raises MalleeError that names `origin`."""
    text = tomlfile.read_text(path, "pod file", "examples/pod.toml is one that works")
    data, _ = tomlfile.parse(text, str(path))
    if not over and not more:
        return parse_pod(text, str(path)), text
    try:
        data = laid_over(laid_over(data, over), more or {})
        text = "".join(f"{json.dumps(key)} = {_toml(value)}\n" for key, value in data.items())
        return parse_pod(text, "the pod with `over`"), text
    except MalleeError as error:
        what = error.what.removeprefix("the pod with `over`:1: ")
        raise MalleeError(f"{origin}: {what}", error.likely, error.next, ExitCode.USAGE) from error


def laid_over(data: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `data` with the values of `over`; rows of a list of tables are named. Raises MalleeError for an unknown row."""
    result = copy.deepcopy(dict(data))
    for key, value in over.items():
        present = result.get(key)
        if isinstance(value, Mapping) and isinstance(present, list):
            rows = {row["name"]: index for index, row in enumerate(present)}
            for name, changes in value.items():
                if name not in rows:
                    raise MalleeError(f"there is no {key} {name!r}", "a typing error", did_you_mean(name, rows))
                present[rows[name]] = laid_over(present[rows[name]], changes)
        elif isinstance(value, Mapping):
            result[key] = laid_over(present if isinstance(present, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def _toml(value: Any) -> str:
    """A value as TOML, all in one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)  # texts, numbers and booleans are written alike
