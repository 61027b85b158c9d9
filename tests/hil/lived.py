"""What one controller lives through: an update that cannot start and goes back, then one that stays; and boards that begin
where a power cut in one of them left it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mallee.deploy.build import Bundle
from mallee.deploy.updating.registers import Said, look
from mallee.hil.emulated.flash import flash_of

from . import cuts
from .cuts import Application, Looked
from .updating import Recorded, Release, Rig, as_flashed, broken, flashed, new_board, newer, not_touched, record

FIRST_s, SECOND_s = 1_800_000_000, 1_800_000_001  # times of signing
FIRMWARE = {"old": "0.1.0", "new": "99.1.2"}
SLOT = 1  # the first one fills it, the second one finds what the first one left there


class Update(NamedTuple):
    release: Release
    recorded: Recorded

    def torn(self, step: str) -> list[int]:
        """Cuts in the middle of its writes of that step; of those behind the restart with "started" in front."""
        writes, wanted = self.recorded.writes, step.removeprefix("started ")
        found = [2 * n + 1 for n, write in enumerate(writes) if write.step == wanted]
        return [cut for cut in found if (writes[cut // 2].resets > writes[0].resets) == (wanted != step)]

    def left_by(self, cut: int) -> bytes:
        """The flash as that cut leaves it."""
        return cuts.flash_after(self.recorded.before, self.recorded.writes, cut)


class Lived(NamedTuple):
    bundle: Bundle
    bad: Update
    good: Update

    def look(self, update: Update, folder: Path) -> Looked:
        """At every cut of one of the two."""
        known = {"old": as_flashed(self.bundle), "new": Application(SLOT, update.release.image.files)}
        return cuts.look(update.recorded.before, update.recorded.writes, not_touched(self.bundle), known, folder)


def live(image: Path, scratch: Path) -> Lived:
    bundle = flashed()
    releases = broken(bundle, FIRST_s), newer(bundle, SECOND_s)
    rig = Rig(new_board(image, bundle, scratch))
    return Lived(bundle, *(Update(release, record(rig, release)) for release in releases))


def spread(lived: Lived, bad: Looked, good: Looked) -> dict[str, tuple[bytes, str]]:
    """Flashes that cuts leave, with what shall start: in the middle of what is received, of the start on trial and of the
    confirmation, and where the record has just changed what starts."""
    chosen = {"bad, compare": (lived.bad, bad, _middle(lived.bad.torn("compare")))}
    for step in ("files", "started start", "started proof"):
        chosen[f"good, {step}"] = (lived.good, good, _middle(lived.good.torn(step)))
    changes = [cut for cut, (before, after) in enumerate(pairwise(good.outcomes), 1) if before != after]
    chosen["good, on trial"] = (lived.good, good, changes[0])
    chosen["good, confirmed"] = (lived.good, good, changes[-1])
    return {name: (update.left_by(cut), looked.outcomes[cut]) for name, (update, looked, cut) in chosen.items()}


def _middle(cuts: list[int]) -> int:
    return cuts[len(cuts) // 2]


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
    if second != first.rstrip("?") and (firmware := starts(flash)[1]) != FIRMWARE[second]:
        return f"{firmware} after a second cut, not {second}"
    return ""
