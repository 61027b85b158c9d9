"""Find the dictionary for a controller by its hash: bundled, cached, or from the controller itself."""

from __future__ import annotations

import hashlib
import logging
import os
import zlib
from pathlib import Path

from .. import resources
from ..errors import ExitCode, MalleeError
from ..link.base import Link
from ..paths import user_cache_dir
from .dictionary import Dictionary, decode
from .files import DICTIONARY_FILE, read_file
from .identity import Identity

_INFLATED_MAX_BYTES = 16_000_000  # bound before believing: what inflates to more is no dictionary
_log = logging.getLogger("mallee.device")


def known_dictionary(hash_: int, cache: Path | None = None) -> Dictionary | None:
    """The dictionary of that hash if it is bundled or cached, else None. A damaged cache file counts as
    absent."""
    bundled = resources.bundled_dictionaries().get(hash_)
    if bundled is not None:
        return bundled
    try:
        return _checked(_cache_file(hash_, cache).read_bytes(), hash_)
    except OSError:
        return None
    except ValueError as error:
        _log.warning("cached dictionary %016x is damaged and will be fetched again: %s", hash_, error)
        return None


async def resolve(link: Link, unit: int, identity: Identity, cache: Path | None = None) -> Dictionary:
    """The dictionary that describes this controller. Raises MalleeError when the controller's own copy is
    wrong."""
    dictionary = known_dictionary(identity.dictionary_hash, cache)
    if dictionary is not None:
        return dictionary
    data = await read_file(link, unit, DICTIONARY_FILE)
    try:
        dictionary = _checked(data, identity.dictionary_hash)
    except ValueError as error:
        raise MalleeError(
            f"the dictionary that {link.address} unit {unit} serves is wrong: {error}",
            "its firmware was built without its dictionary, or its file system is damaged",
            "flash the controller again, or use the release of mallee that its firmware came with",
            ExitCode.REFUSED,
        ) from error
    _store(identity.dictionary_hash, data, cache)
    return dictionary


def _checked(data: bytes, hash_: int) -> Dictionary:
    """Decode, if the bytes are what the hash names. Raises ValueError."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, _INFLATED_MAX_BYTES)
    except zlib.error as error:
        raise ValueError(f"not a dictionary: {error}") from error
    found = int.from_bytes(hashlib.sha256(plain).digest()[:8], "big")
    if found != hash_:
        raise ValueError(f"its hash is {found:016x}")
    return decode(data)


def _cache_file(hash_: int, cache: Path | None) -> Path:
    return (cache or user_cache_dir() / "dictionaries") / f"{hash_:016x}.cbor.z"


def _store(hash_: int, data: bytes, cache: Path | None) -> None:
    path = _cache_file(hash_, cache)
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        # Another process that reads meanwhile sees the old file or the new one.
        partial.replace(path)
    except OSError as error:
        _log.warning("the dictionary cannot be cached in %s: %s", path.parent, error)
