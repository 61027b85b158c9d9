"""An image: what goes into a slot of a controller, and the signed manifest of it (firmware/core/manifest.py has its layout)."""

from __future__ import annotations

import hashlib
import hmac
import struct
from pathlib import PurePosixPath

import msgspec

from ... import __version__, resources
from ...device.dictionary import encode, hash_of
from ...errors import ExitCode, MalleeError
from .. import board as boards
from ..build import APPLICATION, Bundle, build, sources_of
from ..dictionary import PROFILES

NOT_IN_A_SLOT = ("main.py", "slots.mpy", "slots.py")
"""They choose the slot, and stay as they were flashed."""
RELEASE = "release.py"
PROFILE_NUMBERS = {"pump": 1, "pdu": 2}
KEY_BYTES = 32
_PURPOSE = b"mallee update"
_HEAD = struct.Struct(">4sHH3H2HHHII18s10sQH")
_ROW = struct.Struct(">40sI32s")
_FORMAT, _SIGNED = 1, 1
_FILES_MAX, _PATH_BYTES = 255, 40


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """`files` by path in the slot, sorted."""

    board: str
    profile: str
    architecture: str
    mpy: tuple[int, int]
    """(0, 0): sources."""
    version: tuple[int, int, int]
    map_version: tuple[int, int]
    dictionary_hash: int
    files: dict[str, bytes]

    @property
    def size_bytes(self) -> int:
        return sum(len(data) for data in self.files.values())

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))


def image_for(board_name: str, profile: str) -> Image:
    """Of this release, for a board. Raises MalleeError."""
    board = boards.load(board_name)
    if board.architecture != "host":
        return image_of(build(board_name, profile))
    dictionary = resources.dictionary(profile)
    texts = {
        **sources_of(board, profile),
        "board.py": board.path.read_text(encoding="utf-8"),
        "equipment.py": boards.equipment_path(profile).read_text(encoding="utf-8"),
    }
    texts[f"{APPLICATION}.py"] = texts.pop("main.py")
    files = {path: text.encode() for path, text in texts.items()}
    files["dictionary.bin"] = encode(dictionary)
    return _image(
        board.name, profile, board.architecture, (0, 0), __version__, dictionary.version, hash_of(dictionary), files
    )


def image_of(bundle: Bundle) -> Image:
    """The same of a bundle that `mallee build` made."""
    made = bundle.manifest
    major, minor = map(int, made.mpy.split("."))
    return _image(
        made.board,
        made.profile,
        made.architecture,
        (major, minor),
        made.mallee,
        made.map_version,
        made.dictionary_hash,
        bundle.contents,
    )


def _image(
    board: str,
    profile: str,
    architecture: str,
    mpy: tuple[int, int],
    mallee: str,
    map_version: tuple[int, int],
    dictionary_hash: int,
    contents: dict[str, bytes],
) -> Image:
    major, minor, patch = (int(part) for part in mallee.split(".")[:3])
    files = {path: data for path, data in contents.items() if path not in NOT_IN_A_SLOT}
    files[RELEASE] = (
        f'PROFILE = "{profile}"\nVERSION = ({major}, {minor}, {patch})\nDICTIONARY_HASH = 0x{dictionary_hash:016X}\n'
    ).encode()
    if len(files) > _FILES_MAX or any(len(path.encode()) > _PATH_BYTES for path in files):
        raise MalleeError(
            f"the image has {len(files)} files, or a path above {_PATH_BYTES} characters",
            "the firmware has grown beyond what a manifest can say",
            "join modules, or shorten their names",
            ExitCode.BUG,
        )
    return Image(
        board=board,
        profile=profile,
        architecture=architecture,
        mpy=mpy,
        version=(major, minor, patch),
        map_version=map_version,
        dictionary_hash=dictionary_hash,
        files={path: files[path] for path in sorted(files, key=lambda path: PurePosixPath(path).parts)},
    )


def manifest_of(image: Image, *, issued_s: int, serial: str, key: bytes = b"") -> bytes:
    """The manifest for one controller. `issued_s` is the time of signing, seconds since 1970; without a key it is not signed."""
    assert image.profile in PROFILES
    rows = b"".join(
        _ROW.pack(path.encode(), len(data), hashlib.sha256(data).digest()) for path, data in image.files.items()
    )
    head = _HEAD.pack(
        b"MLUP",
        _FORMAT,
        PROFILE_NUMBERS[image.profile],
        *image.version,
        *image.map_version,
        image.mpy[0] << 8 | image.mpy[1],
        len(image.files),
        issued_s,
        image.size_bytes,
        image.board.encode(),
        image.architecture.encode(),
        image.dictionary_hash,
        _SIGNED if key else 0,
    )
    return head + rows + (signature(head + rows, serial, key) if key else bytes(KEY_BYTES))


def signature(content: bytes, serial: str, key: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104) over purpose, serial number and content."""
    return hmac.digest(key, _PURPOSE + serial.encode().ljust(16, b"\0") + content, "sha256")
