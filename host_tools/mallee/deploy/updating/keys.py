"""Device keys: 32 bytes a controller, in a TOML file that only its owner reads.

[keys]
pdu-a1 = "64 hexadecimal digits"
"""

from __future__ import annotations

import secrets
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from ...errors import MalleeError
from ...suggest import did_you_mean
from .image import KEY_BYTES

FILE_NAME = "device.key"
"""On the controller: the key and a byte of policy (firmware/core/devicekey.py)."""
ALLOW_UNSIGNED, ALLOW_OLDER = 1, 2


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def on_controller(key: bytes, *, allow_unsigned: bool = False, allow_older: bool = False) -> bytes:
    """Content of the controller's file; an empty key is none."""
    return (key or bytes(KEY_BYTES)) + bytes((ALLOW_UNSIGNED * allow_unsigned | ALLOW_OLDER * allow_older,))


def read_keys(path: Path) -> dict[str, bytes]:
    """Keys by controller. Raises MalleeError for a file that cannot be read, is everybody's, or is no file of keys."""
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except OSError as error:
        raise MalleeError(
            f"cannot read {path}: {error.strerror}",
            "the path is misspelt, or the file belongs to somebody else",
            "name the file of the device keys: --keys FILE",
        ) from error
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        raise MalleeError(
            f"{path} can be read by everybody on this computer",
            "it was copied without its permissions",
            f"chmod 600 {path}; who knows a key can replace the firmware of its controller",
        )
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_keys(path, str(error)) from error
    strange = [name for name in document if name != "keys"]
    if strange or not isinstance(document.get("keys"), dict):
        raise _no_keys(path, f"it has {strange[0]!r} where [keys] is expected" if strange else "it has no [keys]")
    found: dict[str, bytes] = {}
    for name, value in document["keys"].items():
        try:
            found[name] = bytes.fromhex(value)
        except (TypeError, ValueError):
            found[name] = b""
        if len(found[name]) != KEY_BYTES:
            raise _no_keys(path, f"the key of {name!r} is not {2 * KEY_BYTES} hexadecimal digits")
    return found


def write_keys(path: Path, keys: Mapping[str, bytes]) -> None:
    """Replace the file, readable by its owner only. Raises OSError."""
    lines = ["# Device keys: who knows one can replace the firmware of its controller.", "[keys]"]
    lines += [f'"{name}" = "{key.hex()}"' for name, key in sorted(keys.items())]
    partial = path.with_suffix(".new")
    partial.touch(mode=0o600)
    partial.chmod(0o600)
    partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    partial.replace(path)


def key_of(keys: Mapping[str, bytes], name: str, path: Path) -> bytes:
    """Raises MalleeError with the nearest name."""
    if name in keys:
        return keys[name]
    raise MalleeError(
        f"{path} has no key of {name}",
        "the controller was flashed without one, or its name was changed",
        did_you_mean(name, keys, most=3),
    )


def _no_keys(path: Path, why: str) -> MalleeError:
    return MalleeError(
        f"{path} is no file of device keys: {why}",
        "another file was named, or it was changed by hand",
        "`mallee flash --keys FILE` writes one; docs/update.md shows its form",
    )
