"""A bundle read back from its folder, and refused unless every byte is what its manifest says."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import Any

import cbor2
import msgspec

from ...errors import ExitCode, MalleeError
from ..build import FORMAT, FREEZE, MANIFEST, Bundle, Manifest


def read_bundle(folder: Path) -> Bundle:
    """The bundle that `mallee build` wrote to `folder`. Raises MalleeError (code 4 when its content is not to be trusted)."""
    manifest = _manifest(folder)
    listed = {file.path: file for file in manifest.files}
    if "main.py" not in listed or len(listed) != len(manifest.files):
        raise _refused(f"the manifest of {folder} lists no main.py, or a file twice")
    contents: dict[str, bytes] = {}
    for path, file in listed.items():
        parts = PurePosixPath(path).parts
        if path.startswith("/") or ".." in parts or "\\" in path:
            raise _refused(f"the manifest of {folder} names {path!r}, which is outside of the bundle")
        try:
            data = (folder / path).read_bytes()
        except OSError as error:
            raise _refused(f"{path} is missing from the bundle {folder}") from error
        if len(data) != file.bytes:
            raise _refused(f"{path} in the bundle {folder} has {len(data)} bytes; its manifest says {file.bytes}")
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise _refused(f"{path} in the bundle {folder} was altered: its SHA-256 is not the manifest's")
        contents[path] = data
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    extra = sorted(there - set(listed) - {MANIFEST, FREEZE})
    if extra:
        raise _refused(f"{extra[0]} in the bundle {folder} is not in its manifest")
    return Bundle(manifest, contents)


def _manifest(folder: Path) -> Manifest:
    try:
        document: Any = cbor2.loads((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise MalleeError(
            f"{folder} is no bundle: it has no {MANIFEST}",
            "the path is misspelt, or the build did not finish",
            "`mallee build --board rp2_pico --profile pdu --out DIR` makes one",
        ) from error
    except (cbor2.CBORDecodeError, ValueError, EOFError) as error:
        raise _refused(f"{folder / MANIFEST} cannot be read: {error}") from error
    number = document.get("format") if isinstance(document, dict) else None
    if isinstance(number, int) and number > FORMAT:
        raise MalleeError(
            f"the bundle {folder} has format {number}; this mallee knows {FORMAT}",
            "a newer mallee built it",
            "update mallee here, or build the bundle with this one",
            ExitCode.REFUSED,
        )
    try:
        return msgspec.convert(document, Manifest)
    except msgspec.ValidationError as error:
        raise _refused(f"{folder / MANIFEST} is no manifest: {error}") from error


def _refused(what: str) -> MalleeError:
    return MalleeError(
        what,
        "the copy was cut off, a file was changed by hand, or an older build left files in the folder",
        "build it again into an empty folder: `mallee build --out DIR`",
        ExitCode.REFUSED,
    )
