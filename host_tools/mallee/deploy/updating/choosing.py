"""Which image a controller gets: of the bundles that were named, or built for the board that it says it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from ...device.device import Device
from ...errors import ExitCode, MalleeError
from ..flashing.bundles import read_bundle
from .image import Image, image_for, image_of
from .keys import key_of
from .registers import look
from .rollout import Target

_built = cache(image_for)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    target: Target
    runs: str
    """Firmware that runs there now."""
    current: bool
    """It is this release already."""
    policy: frozenset[str]

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "device",
        "runs",
        "gets",
        "board",
        "profile",
        "files",
        "bytes",
        "signed",
        "note",
    )

    def row(self) -> dict[str, Any]:
        image = self.target.image
        note = "runs it already" if self.current else ""
        if not self.target.key and "unsigned" not in self.policy:
            note = "will be refused: it takes signed images only"
        return {
            "device": self.target.name, "runs": self.runs, "gets": image.version_text, "board": image.board,
            "profile": image.profile, "files": len(image.files), "bytes": image.size_bytes,
            "signed": bool(self.target.key), "note": note,
        }  # fmt: skip


def bundles(folders: Sequence[Path]) -> dict[tuple[str, str], Image]:
    """Images by board and profile. Raises MalleeError for a folder that is no bundle, and for two of one kind."""
    found: dict[tuple[str, str], Image] = {}
    for folder in folders:
        image = image_of(read_bundle(folder))
        kind = (image.board, image.profile)
        if kind in found:
            raise MalleeError(
                f"two bundles are for {image.profile} on {image.board}",
                "a folder was named twice, or an old one too",
                "name one for each board and profile",
            )
        found[kind] = image
    return found


async def choose(
    device: Device, given: Mapping[tuple[str, str], Image], keys: Mapping[str, bytes] | None, place: Path | None
) -> Choice:
    """Raises MalleeError where nothing fits it."""
    said = await look(device)
    identity = device.identity
    profile = device.dictionary.profile
    if given and (said.board, profile) not in given:
        raise MalleeError(
            f"no bundle is for {device.name}, which is a {profile} on {said.board}",
            "the bundles are for other boards",
            f"mallee build --board {said.board} --profile {profile} --out DIR, and name DIR with --bundle",
            ExitCode.REFUSED,
        )
    image = given[said.board, profile] if given else _built(said.board, profile)
    runs = identity.firmware if identity is not None else ""
    same = identity is not None and identity.dictionary_hash == image.dictionary_hash and runs == image.version_text
    key = b"" if keys is None or place is None else key_of(keys, device.name, place)
    return Choice(
        target=Target(name=device.name, image=image, key=key, on_trial=said.state == "trial"),
        runs=runs,
        current=same and said.state != "trial",
        policy=said.policy,
    )
