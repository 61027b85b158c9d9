"""A bundle: everything that goes onto one board for one profile, and a manifest of it. Same input, same bytes.

A controller's identity (address, name, serial number) is not part of a bundle: flashing writes it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import cbor2
import msgspec

from .. import __version__, resources
from ..device.dictionary import encode, hash_of
from ..errors import MalleeError
from ..suggest import did_you_mean
from . import board as boards
from .compiling import MPY_VERSION, compile_mpy
from .dictionary import PROFILES
from .folding import folded
from .naming import named_drivers
from .shrinking import shrunk
from .sources import modules

FORMAT = 1
MANIFEST = "manifest.cbor"
FREEZE = "manifest.py"
APPLICATION = "application"  # firmware/main.py under this name: stock MicroPython starts main.py only, never main.mpy
STARTER = b'''"""MicroPython starts this file; which application is next is up to slots.mpy."""

import slots

slots.turn()
try:
    import application  # noqa: F401
except Exception as error:
    slots.ended(error)
'''


class File(msgspec.Struct, frozen=True):
    """One file as it lies on the controller."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    format: int
    mallee: str
    board: str
    profile: str
    architecture: str
    mpy: str
    map_version: tuple[int, int]
    dictionary_hash: int
    files: tuple[File, ...]


class Bundle(msgspec.Struct, frozen=True):
    """`contents` by path: what `manifest.files` lists, in the same order."""

    manifest: Manifest
    contents: dict[str, bytes]

    @property
    def size(self) -> int:
        return sum(file.bytes for file in self.manifest.files)


def build(board_name: str, profile: str) -> Bundle:
    """Compile everything for `board_name`. Raises MalleeError."""
    if profile not in PROFILES:
        raise MalleeError(
            f"there is no profile {profile!r}", "the name is misspelt", did_you_mean(profile, PROFILES)
        )  # fmt: skip
    board = boards.load(board_name)
    if board.architecture == "host":
        raise MalleeError(
            f"board {board_name!r} has nothing to build for",
            "it lives on this machine and runs the firmware from its source",
            "`mallee demo` runs it; `mallee build --board rp2_pico` builds for a real board",
        )
    contents = dict(sorted({"main.py": STARTER, **_compiled(board, profile)}.items()))
    dictionary = resources.dictionary(profile)
    manifest = Manifest(
        format=FORMAT,
        mallee=__version__,
        board=board.name,
        profile=profile,
        architecture=board.architecture,
        mpy=".".join(map(str, MPY_VERSION)),
        map_version=dictionary.version,
        dictionary_hash=hash_of(dictionary),
        files=tuple(File(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in contents.items()),
    )
    return Bundle(manifest, contents)


def sources_of(board: boards.Board, profile: str) -> dict[str, str]:
    """The firmware's modules that go onto this board for this profile, by the file names that tracebacks show."""
    firmware = resources.firmware_dir()
    drivers = named_drivers(firmware, boards.equipment(profile), board.data[profile.upper()], board.name)
    places = modules(firmware, profile, board.capabilities["network"], drivers)
    return {f"{place}.py": path.read_text(encoding="utf-8") for place, path in places.items()}


def _compiled(board: boards.Board, profile: str) -> dict[str, bytes]:
    firmware = resources.firmware_dir()
    texts = {named: folded(text, named, firmware) for named, text in sources_of(board, profile).items()}
    contents = {
        "board.mpy": compile_mpy(
            board.path.read_text(encoding="utf-8"), f"boards/{board.name}/board.py", board.architecture
        ),
        "equipment.mpy": compile_mpy(
            boards.equipment_path(profile).read_text(encoding="utf-8"),
            f"boards/equipment/{profile}.py",
            board.architecture,
        ),
        "dictionary.bin": encode(resources.dictionary(profile)),
    }
    for named, source in shrunk(texts).items():
        target = APPLICATION if named == "main.py" else named.removesuffix(".py")
        contents[f"{target}.mpy"] = compile_mpy(source, named, board.architecture)
    return contents


def write(bundle: Bundle, folder: Path) -> None:
    """The bundle as a folder: files, manifest.cbor, and manifest.py for freezing. Raises MalleeError."""
    try:
        for path, data in bundle.contents.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        (folder / MANIFEST).write_bytes(cbor2.dumps(msgspec.to_builtins(bundle.manifest), canonical=True))
        (folder / FREEZE).write_text(freeze_script(bundle), encoding="utf-8")
    except OSError as error:
        raise MalleeError(
            f"the bundle cannot be written to {folder}: {error.strerror}",
            "the folder is a file, read-only or on a full disk",
            "name another one with --out",
        ) from error


def freeze_script(bundle: Bundle) -> str:
    """A manifest for MicroPython's own build: freezing keeps the code in flash and its heap free."""
    frozen = [path for path in bundle.contents if path.endswith(".mpy")]
    lines = [
        f'"""Freeze mallee {bundle.manifest.mallee} ({bundle.manifest.board}, {bundle.manifest.profile}) into MicroPython.',
        "",
        "Use: make BOARD=... FROZEN_MANIFEST=<this file>. Identity and dictionary.bin stay in the file system.",
        '"""',
        "",
        'include("$(BOARD_DIR)/manifest.py")',
        "freeze_mpy(",
        '    ".",',
        "    (",
        *(f'        "{path}",' for path in frozen),
        "    ),",
        ")",
    ]
    return "\n".join(lines) + "\n"
