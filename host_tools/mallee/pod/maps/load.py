"""From the path of a map file to a dictionary, whichever form the file has."""

from __future__ import annotations

from pathlib import Path

from ...device.dictionary import Dictionary
from ...errors import MalleeError
from ..tomlfile import read_text
from .mapfile import parse_map
from .rackmon import parse_rackmon

_EXAMPLE = "examples/shelf.toml is one that works"


def load_map(path: Path) -> Dictionary:
    """The dictionary of a device that is not ours: `.toml` is mallee's own form, `.json` the rack monitor's.

    Raises MalleeError (exit code 2) that names the file, the place in it, and what is allowed.
    """
    parsers = {".toml": parse_map, ".json": parse_rackmon}
    parse = parsers.get(path.suffix.lower())
    if parse is None:
        raise MalleeError(
            f"{path}: a map file ends in .toml or .json",
            "this is another file, or it was renamed",
            f"name a map file; {_EXAMPLE}",
        )
    return parse(read_text(path, "map file", _EXAMPLE), str(path))
