"""The device key of a controller that is being flashed: taken from the file of keys, or made and kept there first."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from ...errors import MalleeError
from ..identity import Who
from .keys import FILE_NAME, new_key, on_controller, read_keys, write_keys

_KEYLESS = {
    sha256(on_controller(b"", allow_unsigned=unsigned, allow_older=older)).hexdigest()
    for unsigned in (False, True)
    for older in (False, True)
}


class KeyFiles:
    """Without `place` and policies the controller keeps what it has. Raises MalleeError for a file that is no file of keys."""

    def __init__(self, place: Path | None, *, allow_unsigned: bool, allow_older: bool) -> None:
        self._place = place
        self._unsigned, self._older = allow_unsigned, allow_older
        self._keys = {} if place is None or not place.exists() else read_keys(place)
        self._made: dict[str, bytes] = {}

    def files(self, who: Who) -> Mapping[str, bytes]:
        """What goes onto this controller."""
        if self._place is None and not (self._unsigned or self._older):
            return {}
        return {FILE_NAME: on_controller(self._key(who), allow_unsigned=self._unsigned, allow_older=self._older)}

    def check(self, there: Mapping[str, tuple[int, str]]) -> None:
        """`there`: files on the board, path to (bytes, SHA-256). Raises MalleeError where a policy alone took its key."""
        digest = there.get(FILE_NAME, (0, ""))[1]
        if self._place is not None or not (self._unsigned or self._older) or not digest or digest in _KEYLESS:
            return
        raise MalleeError(
            "the board has a device key, and --allow-unsigned or --allow-older alone would put none in its place",
            "a policy is kept in one file with the key, which nothing reads back from a board",
            "name the file of its key, too: --keys FILE (without that file, a new one makes a new key); nothing was flashed",
        )

    def keep(self, who: Who) -> None:
        """A key that was made must not be on the controller only. Raises MalleeError."""
        if self._place is None or who.name is None or who.name in self._keys:
            return
        self._keys[who.name] = self._key(who)
        try:
            write_keys(self._place, self._keys)
        except OSError as error:
            raise MalleeError(
                f"cannot write {self._place}: {error.strerror}",
                "the folder does not exist, is read-only, or the disk is full",
                "name another file with --keys; nothing was flashed",
            ) from error

    def _key(self, who: Who) -> bytes:
        if self._place is None:
            return b""
        name = who.name or ""
        if name in self._keys:
            return self._keys[name]
        return self._made.setdefault(name, new_key())
