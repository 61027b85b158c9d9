"""What is kept of a test: each part by itself, so that one that cannot be had hides neither others nor the test's failure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ..device.recording import Recording
from .controller import Controller, Sample
from .plotting import of_recording, of_samples
from .unit import Unit

_NAME_MAX = 120  # of 255 that file systems allow, with room for non-ASCII


def folder_name(node_id: str) -> str:
    """One folder's name for a test, without what file systems do not take."""
    name = re.sub(r"[^\w.\[\]=,+-]+", "-", node_id.replace("::", "--"))
    return (
        name if len(name) <= _NAME_MAX else f"{name[: _NAME_MAX - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    )


class Subject(NamedTuple):
    """Whose parts are kept: a board, or a controller of a pod."""

    name: str
    """In front of the names of its parts; "": it is the only one."""
    unit: Unit
    samples: Sequence[Sample]
    printed: Callable[[], bytes]
    provenance: Mapping[str, str]


def keep(
    folder: Path,
    subjects: Sequence[Subject],
    measured: Sequence[Mapping[str, object]],
    provenance: Mapping[str, str],
) -> tuple[list[str], list[str]]:
    """Write everything that there is into `folder`; names of what is there, and a sentence for each part that is not."""
    kept: list[str] = []
    missing: list[str] = []

    def part(name: str, write: Callable[[Path], bool]) -> None:
        path = folder / name
        try:
            if write(path):
                kept.append(name)
            else:
                path.unlink(missing_ok=True)  # of a run before
        except Exception as error:  # whatever it is: the test has its own failure
            path.unlink(missing_ok=True)
            missing.append(f"no {name}: {error or type(error).__name__}")

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [], [f"nothing is kept: {folder}: {error.strerror}"]
    part("provenance.json", lambda path: _text(path, json.dumps(provenance, indent=1)))
    part("measurements.json", lambda path: bool(measured) and _text(path, json.dumps(list(measured), indent=1)))
    for subject in subjects:
        for name, write in _parts(subject).items():
            part(f"{subject.name}-{name}" if subject.name else name, write)
    return kept, missing


def _parts(subject: Subject) -> dict[str, Callable[[Path], bool]]:
    """What can be asked for, in order: at first what needs no answer of the board. False: there was nothing."""
    unit = subject.unit
    device = unit.known
    known = {} if device is None else {(device.link.address, device.unit): device.dictionary}

    def printed(path: Path) -> bool:
        data = subject.printed()
        return bool(data) and path.write_bytes(data) >= 0

    def journal(path: Path) -> bool:
        entries = Controller(unit).journal()
        return _text(path, "\n".join(msgspec.json.encode(entry).decode() for entry in entries))

    recorded: list[Recording | None] = []

    def recording(path: Path) -> bool:
        recorded.append(Controller(unit).recording())
        return recorded[0] is not None and path.write_bytes(msgspec.json.encode(recorded[0])) >= 0

    def recording_plot(path: Path) -> bool:
        found = recorded[0] if recorded else None
        return found is not None and path.write_bytes(of_recording(found, unit.name)) >= 0

    def plot(path: Path) -> bool:
        picture = of_samples(subject.samples, unit.name)
        return picture is not None and path.write_bytes(picture) >= 0

    asked = {"bus.pcap": lambda path: bool(unit.trace.frames) and unit.trace.save_pcap(path) >= 0}
    asked["bus.txt"] = lambda path: bool(unit.trace.frames) and _text(path, unit.trace.words(known))
    parts: dict[str, Callable[[Path], bool]] = {"console.txt": printed, **asked, "plot.svg": plot}
    if unit.address:
        parts["journal.jsonl"] = journal
        if device is None or device.dictionary.profile == "pdu":
            parts |= {"recording.json": recording, "recording.svg": recording_plot}
    return parts


def _text(path: Path, text: str) -> bool:
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return True
