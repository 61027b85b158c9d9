"""Where firmware, boards and examples are: in a checkout beside host_tools, in a wheel inside the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .deploy.dictionary import PROFILES, compile_profile
from .device.dictionary import Dictionary

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def firmware_dir() -> Path:
    return _CHECKOUT / "firmware"


def boards_dir() -> Path:
    return _CHECKOUT / "boards"


def examples_dir() -> Path:
    return _CHECKOUT / "examples"


@cache
def dictionary(profile: str) -> Dictionary:
    """The bundled dictionary of a profile. Raises KeyError for a profile this release does not know."""
    if profile not in PROFILES:
        raise KeyError(profile)
    return compile_profile(firmware_dir() / "maps", profile)


def bundled_dictionaries() -> list[Dictionary]:
    return [dictionary(profile) for profile in PROFILES]
