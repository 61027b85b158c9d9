"""Ask why a value is what it is: a running host by its files, and a controller by its registers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from ... import resources
from ...device.dictionary import Dictionary
from ...errors import ExitCode, MalleeError
from ...suggest import did_you_mean
from ..config import PodConfig
from ..fleet import Fleet, find_controller
from ..hostfolder import Live, live
from ..reasons import Reason
from . import answer as answers
from . import registers
from .answer import Answer
from .noting import Note
from .store import ADVISING, DecisionStore

RACK_POINTS = ("power_limit", "permit")
_BRANCH = re.compile(r"^branch[._](\d+)$")


def host(folder: Path, config: PodConfig) -> Live:
    """As `live`. Raises MalleeError (exit code 3) where no host runs."""
    found = live(folder)
    if found is None:
        last = DecisionStore(folder).published()
        ended = "" if last is None else f"; the last one spoke at {last.document.time:%Y-%m-%d %H:%M:%S} UTC"
        raise MalleeError(
            f"no host of {config.pod.name} runs here{ended}",
            "`mallee run` does not run on this computer, or runs as another user, with another pod file or host number",
            f"start `mallee run` or `mallee demo`; its files would be in {folder}",
            ExitCode.NO_ANSWER,
        )
    return found


def place_and_point(config: PodConfig, words: Sequence[str]) -> tuple[str, str]:
    """`rack-1.power_limit`, in one word or two, as its two parts; the second is empty for a device or rack alone. Names may have
    points in them; an address is a word of its own. Raises MalleeError with the nearest name."""
    if "://" in words[0] and len(words) == 2:
        return words[0], words[1]
    text = ".".join(words)
    places = [*(member.name for member in config.members), *(rack.name for rack in config.racks)]
    for place in sorted(places, key=len, reverse=True):
        if text == place or text.startswith(f"{place}."):
            return place, text[len(place) + 1 :]
    asked = text.partition(".")[0]
    raise MalleeError(
        f"nothing in {config.pod.name} is named {asked!r}",
        "a typing error, or another pod file is in use (see `mallee config show`)",
        f"{did_you_mean(asked, places, most=3)} (`mallee why` lists what the host sets)",
        ExitCode.USAGE,
    )


def standing_by(found: Live) -> str:
    """Why there is nothing to list: another host controls the pod. Empty where this one does."""
    return answers.standing_by(found.document)


def listed(found: Live, place: str | None) -> list[Reason]:
    return answers.rows(found.document.reasons, place)


async def explain(config: PodConfig, folder: Path, place: str, point: str, *, timeout_s: float) -> Answer:
    """Raises MalleeError: 2 for what there is not, 3 where neither a host nor the controller answers."""
    if place in {rack.name for rack in config.racks}:
        if point not in RACK_POINTS:
            raise _no_point(place, point, RACK_POINTS, rack=True)
        found = host(folder, config)
        return _dated(_earlier(answers.of_rack(found.document, place, point, found.age_s), folder), found)
    branch = _BRANCH.match(point)
    name = f"branch.{branch[1]}.state" if branch else point
    found = live(folder)
    reason = None if found is None else _reason(found, f"{place}.{name}")
    if found is not None and reason is not None:
        return _dated(_earlier(answers.of_reason(found.document, reason, found.age_s), folder), found)
    told = await _of_controller(config, place, name, timeout_s)
    if found is None:
        return replace(told, notes=(*told.notes, "no host of this pod runs here: the controller alone was asked"))
    return _because(config, found, told, place, name)


def notes(folder: Path, target: str | None = None) -> tuple[list[Note], int]:
    """What hosts here did or advised, oldest first, of one point or of all; and how many lines could not be read."""
    found = [DecisionStore(place).notes() for place in (folder, folder / ADVISING)]
    every = sorted((note for part, _ in found for note in part), key=lambda note: note.time)
    chosen = [note for note in every if target is None or target in (note.target, note.target.rpartition(".")[0])]
    return chosen, sum(wrong for _, wrong in found)


async def _of_controller(config: PodConfig, place: str, name: str, timeout_s: float) -> Answer:
    bundled = _bundled(config, place)
    async with Fleet(config, timeout_s=timeout_s) as fleet:
        try:
            device = await fleet.device(place)
        except MalleeError:
            if bundled is not None and name not in bundled.by_name:
                raise _no_point(place, name, bundled.by_name) from None
            raise
        if name not in device.dictionary.by_name:
            raise _no_point(place, name, device.dictionary.by_name)
        snapshot = await device.read_many(registers.related(device.dictionary, name))
        for failure in snapshot.failures:
            if name in failure.points:
                raise MalleeError(
                    f"{place}.{name} was not read: {failure.reason}",
                    "the controller fell silent in the middle, or does not have this register",
                    f"`mallee get {place} {name}`",
                    ExitCode.NO_ANSWER,
                )
        return registers.answer(device.dictionary, place, name, snapshot)


def _because(config: PodConfig, found: Live, told: Answer, place: str, name: str) -> Answer:
    """The controller's own reason, and the host's for what it follows."""
    extra: list[str] = []
    for source in _sources(config, found, place, name) if told.set_by != "setting" else ():
        reason = _reason(found, source)
        if reason is not None:
            since = "" if reason.since is None else f", since {reason.since:%H:%M:%S} UTC"
            extra.append(f"{source} is {_shown(reason.value, reason.unit)}: {reason.rule}{since}")
            told = replace(told, ask=tuple(dict.fromkeys((source, *told.ask))))
    return _dated(replace(told, notes=(*extra, *told.notes)), found)


def _sources(config: PodConfig, found: Live, place: str, name: str) -> list[str]:
    """What the host sets that this register depends on."""
    if name != "permit" and not name.startswith("branch"):
        return [f"{place}.remote_{name.removeprefix('active_')}"]
    racks = next((pdu.racks for pdu in config.pdus if pdu.name == place), ())
    number = next((int(part) for part in name.split(".") if part.isdigit()), None)
    mine = racks if number is None else racks[number - 1 : number]
    off = {reason.of for reason in found.document.reasons if reason.value == "off"}
    return [f"{rack}.permit" for rack in dict.fromkeys(mine) if f"{rack}.permit" in off]


def _earlier(told: Answer, folder: Path) -> Answer:
    """With what was noted before this rule began: also by a host that ran before this one."""
    past = [note for note in notes(folder, told.point)[0] if told.since is not None and note.time < told.since]
    if not past:
        return told
    last = past[-1]
    text = f"before that, {last.time:%Y-%m-%d %H:%M:%S} UTC: {_shown(last.new, last.unit)}: {last.rule}"
    return replace(told, notes=(*told.notes, text))


def _dated(told: Answer, found: Live) -> Answer:
    extra: list[str] = []
    if found.advising:
        extra.append("the host only advises: nothing of this is written")
    if found.stale:
        extra.append(f"the host's document is {found.age_s:.0f} s old: it hangs, or ended without a word")
    return replace(told, notes=(*told.notes, *extra), document_age_s=found.age_s)


def _shown(value: float | str | None, unit: str) -> str:
    if value is None:
        return "no value"
    return f"{value:.1f} {unit}".rstrip() if isinstance(value, float) else str(value)


def _reason(found: Live, of: str) -> Reason | None:
    return next((reason for reason in found.document.reasons if reason.of == of), None)


def _bundled(config: PodConfig, place: str) -> Dictionary | None:
    """The map that this release has for such a controller: names can be told right from wrong before it answers."""
    if find_controller(config, place) not in config.controllers:
        return None
    return resources.dictionary("pump" if place in {skid.name for skid in config.skids} else "pdu")


def _no_point(place: str, point: str, known: Iterable[str], *, rack: bool = False) -> MalleeError:
    registers = "" if rack else f", `mallee describe {place}` all registers"
    meant = did_you_mean(f"{place}.{point}", [f"{place}.{name}" for name in known], most=3)
    return MalleeError(
        f"{place} has no point {point!r}",
        "a typing error, or a point of another profile or map version",
        f"{meant} (`mallee why {place}` lists what the host sets{registers})",
        ExitCode.USAGE,
    )
