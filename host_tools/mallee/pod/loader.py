"""Load a pod file. Whatever is wrong in it is an error with the line, the key, and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..errors import ExitCode, MalleeError
from . import lines as toml_lines
from . import tomlfile
from .checks import check
from .config import PodConfig
from .maps.fitting import check_maps


def load_pod(path: Path, *, over: Mapping[str, Any] | None = None, under: Mapping[str, Any] | None = None) -> PodConfig:
    """The checked pod file. `over` and `under` are control settings that are stronger and weaker than the file's.

    Raises MalleeError (exit code 2) that names FILE:LINE, the key and what is allowed.
    """
    text = tomlfile.read_text(path, "pod file", "examples/pod.toml is one that works")
    return parse_pod(text, str(path), over=over, under=under)


def parse_pod(
    text: str,
    where: str = "pod.toml",
    *,
    over: Mapping[str, Any] | None = None,
    under: Mapping[str, Any] | None = None,
) -> PodConfig:
    """`load_pod` for a text at hand."""
    data, lines = tomlfile.parse(text, where)
    control = data.get("control", {})
    if isinstance(control, dict) and (over or under):
        data["control"] = {**(under or {}), **control, **(over or {})}
    config = tomlfile.convert(data, lines, where, PodConfig)
    config = beside(config, Path(where).parent)
    problem = check(config) or check_maps(config)
    if problem is not None:
        line = toml_lines.line_of(lines, problem.path)
        raise MalleeError(f"{where}:{line}: {problem.what}", problem.likely, problem.next, ExitCode.USAGE)
    return config


def beside(config: PodConfig, folder: Path) -> PodConfig:
    """The pod with the paths of its other files as they are from here: in the file they are from its folder."""
    devices = tuple(msgspec.structs.replace(each, map=str(folder / each.map)) for each in config.devices)
    history = config.history
    if history is not None:
        history = msgspec.structs.replace(history, path=str(folder / history.path))
    update = config.update
    if update.keys:
        update = msgspec.structs.replace(update, keys=str(folder / update.keys))
    return msgspec.structs.replace(config, devices=devices, history=history, update=update)
