"""Find the dictionary for a controller by its hash: bundled, cached, or from the controller itself."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
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
_turns: dict[tuple[int, int], tuple[asyncio.Lock, int]] = {}  # (loop, hash): who reads it, and how many want it


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
    """The dictionary that describes this controller: read from it once, by whoever needs it first. Raises MalleeError when the
    controller's own copy is wrong, and what the link raises."""
    dictionary = known_dictionary(identity.dictionary_hash, cache)
    if dictionary is not None:
        return dictionary
    # Controllers of one release have one map: the others wait for the first, and ask theirs only if that failed.
    async with _turn(identity.dictionary_hash):
        dictionary = known_dictionary(identity.dictionary_hash, cache)
        return dictionary if dictionary is not None else await _fetched(link, unit, identity.dictionary_hash, cache)


@asynccontextmanager
async def _turn(hash_: int) -> AsyncIterator[None]:
    key = (id(asyncio.get_running_loop()), hash_)
    lock, waiting = _turns.get(key, (asyncio.Lock(), 0))
    _turns[key] = (lock, waiting + 1)
    try:
        async with lock:
            yield
    finally:
        lock, waiting = _turns.pop(key)
        if waiting > 1:
            _turns[key] = (lock, waiting - 1)


async def _fetched(link: Link, unit: int, hash_: int, cache: Path | None) -> Dictionary:
    """What was read before it was interrupted is kept under the hash, and read on from there: a slow line needs half a minute for
    all of it. If the whole is wrong then, it is read once more from its beginning."""
    part = _cache_file(hash_, cache).with_suffix(".part")
    have = _read_part(part)
    while True:
        resumed = bool(have)
        try:
            data = await read_file(link, unit, DICTIONARY_FILE, have)
        except BaseException:  # a cancelled task's too
            if have:
                _write(part, bytes(have))
            raise
        try:
            dictionary = _checked(data, hash_)
        except ValueError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            if resumed:
                have = bytearray()
                continue
            raise MalleeError(
                f"the dictionary that {link.address} unit {unit} serves is wrong: {error}",
                "its firmware was built without its dictionary, or its file system is damaged",
                "flash the controller again, or use the release of mallee that its firmware came with",
                ExitCode.REFUSED,
            ) from error
        _write(_cache_file(hash_, cache), data)
        with suppress(OSError):
            part.unlink(missing_ok=True)
        return dictionary


def _read_part(path: Path) -> bytearray:
    try:
        return bytearray(path.read_bytes())
    except OSError:
        return bytearray()


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


def _write(path: Path, data: bytes) -> None:
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        # Another process that reads meanwhile sees the old file or the new one.
        partial.replace(path)
    except OSError as error:
        _log.warning("a dictionary cannot be cached in %s: %s", path.parent, error)
