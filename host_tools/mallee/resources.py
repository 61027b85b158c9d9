"""Where firmware, boards, examples and dictionaries are: beside a checkout, or inside the installed wheel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from .device.dictionary import Dictionary, decode, hash_of

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def _folder(name: str) -> Path:
    checkout = _CHECKOUT / name
    if (checkout.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return _PACKAGE / f"_{name}"


def firmware_dir() -> Path:
    """MicroPython sources of the controllers."""
    return _folder("firmware")


def boards_dir() -> Path:
    """One folder a board."""
    return _folder("boards")


def examples_dir() -> Path:
    """Pod files and scenarios that run as they stand."""
    return _folder("examples")


def pods() -> dict[str, Path]:
    """Pod files that come with mallee, by the name that a scenario's `pod` and --config take."""
    files = {"default": "pod.toml", "oversubscribed": "oversubscribed.toml", "serial": "serial_pod.toml"}
    return {name: examples_dir() / file for name, file in files.items()}


@cache
def dictionary(profile: str) -> Dictionary:
    """The dictionary of `profile` as this program was built with; compiled from source in a checkout."""
    compiled = _PACKAGE / "_dictionaries" / f"{profile}.bin"
    maps = firmware_dir() / "maps"
    if firmware_dir().parent == _PACKAGE and compiled.is_file():
        return decode(compiled.read_bytes())
    from .deploy.dictionary import compile_profile

    return compile_profile(maps, profile)


@cache
def bundled_dictionaries() -> Mapping[int, Dictionary]:
    """Every dictionary this program brings, by hash. Asked at every connection, and a hash takes 10 ms."""
    from .deploy.dictionary import PROFILES

    return MappingProxyType({hash_of(found): found for found in map(dictionary, PROFILES)})
