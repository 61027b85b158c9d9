"""From the path of a map file to a dictionary, whichever form the file has."""

from __future__ import annotations

from pathlib import Path

from ...device.dictionary import Dictionary
from ...errors import MalleeError
from .. import tomlfile
from .completing import complete
from .mapfile import parse_map
from .rackmon import parse_rackmon

_EXAMPLE = "examples/shelf.toml is one that works"


def load_map(path: Path) -> Dictionary:
    """The dictionary of a device that is not ours: `.toml` is mallee's own form, `.json` the rack monitor's.

    Raises MalleeError (exit code 2) that names the file, the place in it, and what is allowed.
    """
    kind = path.suffix.lower()
    if kind not in (".toml", ".json"):
        raise MalleeError(
            f"{path}: a map file ends in .toml or .json",
            "this is another file, or it was renamed",
            f"name a map file; {_EXAMPLE}",
        )
    text = tomlfile.read_text(path, "map file", _EXAMPLE)
    if kind == ".json":
        return parse_rackmon(text, str(path))
    data, lines = tomlfile.parse(text, str(path))
    if "base" in data:
        return complete(data, lines, str(path), load_map)
    return parse_map(text, str(path))
