"""What one controller lives through: an update that stays, then one that cannot start; and boards that begin where a cut left
it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mallee.deploy.build import Bundle
from mallee.deploy.updating.registers import Said, look
from mallee.hil.emulated.flash import flash_of

from . import cuts
from .cuts import Application, Looked
from .updating import Recorded, Release, Rig, as_flashed, broken, flashed, newer, not_touched, record

FIRST_s, SECOND_s = 1_800_000_000, 1_800_000_001  # times of signing
FIRMWARE = {"old": "0.1.0", "new": "99.1.2"}


class Lived(NamedTuple):
    bundle: Bundle
    good_release: Release
    good: Recorded
    bad_release: Release
    bad: Recorded | None

    def look(self, folder: Path) -> Looked:
        """At every cut of the good update."""
        known = {"old": as_flashed(self.bundle), "new": Application(1, self.good_release.image.files)}
        return cuts.look(self.good.before, self.good.writes, not_touched(self.bundle), known, folder)

    def look_at_bad(self, folder: Path) -> Looked:
        """At every cut of the other one, which goes into the other slot."""
        assert self.bad is not None
        first, second = (release.image.files for release in (self.good_release, self.bad_release))
        known = {"old": Application(1, first), "new": Application(2, second)}
        return cuts.look(self.bad.before, self.bad.writes, not_touched(self.bundle), known, folder)

    def left_by(self, cut: int) -> bytes:
        """The flash as that cut of the good update leaves it."""
        return cuts.flash_after(self.good.before, self.good.writes, cut)


def live(image: Path, *, bad: bool = True) -> Lived:
    bundle = flashed()
    good_release, bad_release = newer(bundle, FIRST_s), broken(bundle, SECOND_s)
    rig = Rig(image)
    good = record(rig, good_release)
    return Lived(bundle, good_release, good, bad_release, record(rig, bad_release) if bad else None)


def spread(lived: Lived, looked: Looked) -> dict[str, int]:
    """Cuts of the good update: one in the middle of each step, and the first behind which something else starts than before."""
    steps: dict[str, list[int]] = {}
    for number, write in enumerate(lived.good.writes):
        steps.setdefault(write.step if write.resets == 0 else f"{write.step}, started", []).append(2 * number + 1)
    found = {f"in {step}": torn[len(torn) // 2] for step, torn in steps.items()}
    for cut, (before, after) in enumerate(pairwise(looked.outcomes), 1):
        if before != after:
            found[f"from {before} to {after}"] = cut
    return found


def starts(flash: bytes) -> tuple[Said, str, bytes]:
    """What a board says as soon as it answers, its firmware, and its flash when the power goes again then."""
    rig = Rig(flash)

    async def ask() -> tuple[Said, str]:
        device = await rig.connected()
        assert device.identity is not None
        return await look(device), device.identity.firmware

    return *rig.run(ask), flash_of(rig.pico)


def unlike(flash: bytes, outcome: str) -> str:
    """What a board does other than `outcome`, which cuts.look() expects of it; "" if it does just that."""
    first, second = outcome.split()
    said, firmware, flash = starts(flash)
    print(f"{outcome}: {firmware} in {said.application}, {said.state}")
    if firmware != FIRMWARE[first.rstrip("?")] or (said.state == "trial") != ("?" in first):
        return f"{firmware} in {said.application} is {said.state}, not {first}"
    if second != first and (firmware := starts(flash)[1]) != FIRMWARE[second]:
        return f"{firmware} after a second cut, not {second}"
    return ""
