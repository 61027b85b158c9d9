"""`mallee build`: a bundle for a board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from ..deploy.build import build as build_bundle
from ..deploy.build import write
from ..errors import ExitCode
from .common import Common, Context
from .output import emit

COLUMNS = ("file", "bytes", "sha256")


def register(app: App) -> None:
    app.command(build)


def build(
    *,
    board: str,
    profile: str,
    out: Path | None = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Compile the firmware for a board: modules, dictionary, and a manifest with sizes and hashes.

    The same source gives the same bytes. Nothing about one controller is inside: flashing adds address and name.

    Example: `mallee build --board rp2_pico --profile pdu --out dist/pdu`.

    Parameters
    ----------
    board
        A folder of boards/, such as rp2_pico.
    profile
        `pump` or `pdu`.
    out
        Folder to write; build/BOARD-PROFILE without it. Files of an earlier build with other names stay.
    """
    context = Context(common)
    bundle = build_bundle(board, profile)
    folder = out or Path("build") / f"{board}-{profile}"
    write(bundle, folder)
    rows: list[dict[str, Any]] = [
        {"file": file.path, "bytes": file.bytes, "sha256": _hash(file.sha256, context)}
        for file in bundle.manifest.files
    ]
    if context.output == "table":
        rows.append({"file": "all", "bytes": bundle.size, "sha256": ""})
    emit(context.out, context.output, rows, COLUMNS)
    manifest = msgspec.to_builtins(bundle.manifest)
    context.note(
        f"{folder}: mallee {manifest['mallee']}, {board}, {profile}, .mpy {manifest['mpy']} for {manifest['architecture']}"
    )
    return ExitCode.DONE


def _hash(digest: str, context: Context) -> str:
    return digest[:12] if context.output == "table" else digest
