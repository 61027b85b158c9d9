"""Updates over the serial line of an emulated Pico, in the board's time, every write to its flash recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar
from unittest.mock import patch

import msgspec
from mallee.deploy import board as boards
from mallee.deploy import build as build_module
from mallee.deploy.build import Bundle, build, sources_of
from mallee.deploy.compiling import compile_mpy
from mallee.deploy.identity import build_info
from mallee.deploy.updating import session as session_module
from mallee.deploy.updating.bringing import Offer
from mallee.deploy.updating.image import Image, image_of
from mallee.deploy.updating.keys import FILE_NAME, on_controller
from mallee.deploy.updating.patience import Patience
from mallee.deploy.updating.registers import Said, look
from mallee.deploy.updating.session import Session
from mallee.device.device import Device
from mallee.errors import MalleeError
from mallee.hil.emulated.controller import EmulatedController
from mallee.hil.emulated.flash import flash_of
from mallee.hil.emulated.pico import Pico
from mallee.hil.emulated.writes import Write, Writes

from .boardloop import run_on
from .cuts import Application, filled
from .line import UNIT, BusLink, told

T = TypeVar("T")
PROFILE, BOARD = "pump", "rp2_pico"
BAUD = 115_200
KEY = bytes(range(100, 132))
NEW = (99, 1, 2)
CHOOSER = ("main.py", "slots.mpy")
"""Files of a bundle that choose the application: no update touches them (docs/update.md)."""
SCARCE = ("slot_a/maps/", "slot_a/application")
_PATIENCE_S = 60.0
PROOF_s = 2
"""What a release has to prove itself for, in place of 20 s."""
TRIAL, _PROOF = "core/trial.py", "_PROOF_S = const(20)"
_FOLLOWS = {"manifest": "compare", "files": "verify"}


class Rig:
    """A skid's controller on a line at 115200 Bd, with what is in that flash."""

    def __init__(self, flash: bytes) -> None:
        self.controller = EmulatedController(flash, PROFILE, unit=UNIT)
        self.pico: Pico = self.controller.pico
        self.link = BusLink(self.controller.bus)
        self.writes = Writes(self.pico)
        self._since_us = 0
        self.controller.boot()

    def run(self, scenario: Callable[[], Awaitable[T]]) -> T:
        async def main() -> T:
            return await scenario()

        return run_on(self.pico, main())

    async def connected(self) -> Device:
        """As soon as its main loop answers."""

        async def connect() -> Device:
            return await Device.connect(self.link, UNIT, name=PROFILE)

        return await Patience(_PATIENCE_S, print).ask(PROFILE, connect)

    def session(self, device: Device, release: Release) -> Session:
        """Writes have the host's steps, and "compare" and "verify" for what follows when all was sent."""

        def advance(step: str, done: int, total: int) -> None:
            self._at(_FOLLOWS[step] if step in _FOLLOWS and done == total else step)

        offer = Offer(image=release.image, key=KEY, issued_s=release.issued_s)
        self._at("begin")
        return Session(device, offer, Patience(_PATIENCE_S, print), advance)

    def _at(self, step: str) -> None:
        """A step of an update begins. Prints how long the one before has taken."""
        if step == self.writes.step:
            return
        if self.writes.step:
            print(f"{self.writes.step}: {(self.pico.now_us - self._since_us) / 1e6:.2f} s of the board's time")
        self.writes.step, self._since_us = step, self.pico.now_us


class Release(NamedTuple):
    image: Image
    issued_s: int  # time of signing


class Recorded(NamedTuple):
    """An update: the flash before it, what was written until it was over, what the host sent, what the controller says at the
    end, and what the host said of a start that led to nothing; how often it restarted, the most that its hard tick found on the
    stack, and what it printed."""

    before: bytes
    writes: list[Write]
    sent_files: int
    said: Said
    firmware: str
    error: MalleeError | None
    restarts: int
    stack_bytes: int
    printed: str


def record(rig: Rig, release: Release) -> Recorded:
    """A whole update. One that goes back by itself is over when the old application answers again."""

    async def scenario() -> Recorded:
        device = await rig.connected()
        before, since, restarts = flash_of(rig.pico), len(rig.writes.done), rig.pico.resets
        rig.controller.stack_bytes = 0
        rig.pico.received.clear()
        session, error = rig.session(device, release), None
        with told("receiving", rig.pico):
            await session.bring()
        try:
            with told("restarting", rig.pico):
                await session.start()
            with told("proving", rig.pico), patch.object(session_module, "_PROOF_S", float(PROOF_s)):
                await session.prove()
        except MalleeError as raised:
            error = raised
        identity = session.device.identity
        assert identity is not None
        said = await look(session.device)
        return Recorded(
            before, rig.writes.done[since:], session.sent_files, said, identity.firmware, error, rig.pico.resets - restarts,
            rig.controller.stack_bytes, rig.pico.received.decode(errors="replace"),
        )  # fmt: skip

    return rig.run(scenario)


def newer(bundle: Bundle, issued_s: int, changed: Mapping[str, bytes] | None = None) -> Release:
    """The bundle as another release: its version, the board's data, how long a trial lasts at least, and what is `changed`."""
    image = image_of(bundle)
    release = image.files["release.py"].decode().splitlines()
    release = [f"VERSION = {NEW}" if line.startswith("VERSION") else line for line in release]
    data = boards.load(BOARD).path.read_text(encoding="utf-8") + f"\nISSUED_s = {issued_s}\n"
    files = {
        **image.files,
        "release.py": "\n".join(release).encode() + b"\n",
        "board.mpy": compile_mpy(data, f"boards/{BOARD}/board.py", image.architecture),
        "core/trial.mpy": _shorter_trial(),
        **(changed or {}),
    }
    return Release(msgspec.structs.replace(image, version=NEW, files=files), issued_s)


def _shorter_trial() -> bytes:
    """A second of the board's time takes twenty here. The whole time is kept in tests/firmware/mp_update_trial.py and
    tests/system/test_update.py."""

    def sources(board: boards.Board, profile: str) -> dict[str, str]:
        found = sources_of(board, profile)
        assert _PROOF in found[TRIAL]
        return {**found, TRIAL: found[TRIAL].replace(_PROOF, f"_PROOF_S = const({PROOF_s})")}

    with patch.object(build_module, "sources_of", sources):
        return build(BOARD, PROFILE).contents["core/trial.mpy"]


def broken(bundle: Bundle, issued_s: int) -> Release:
    """One that cannot start."""
    code = compile_mpy("import nothing_that_is_there\n", "main.py", bundle.manifest.architecture)
    return newer(bundle, issued_s, {"application.mpy": code})


def flashed() -> Bundle:
    return build(BOARD, PROFILE)


def new_board(image: Path, bundle: Bundle, scratch: Path, more: Mapping[str, bytes] | None = None) -> bytes:
    """The flash of a controller as `mallee flash --keys` leaves it, and in a slot what an update had brought that was given up:
    all but what `SCARCE` begins with, which is copied from the application that runs then. (To copy all takes minutes.) And
    `more` files."""
    made = bundle.manifest
    who = build_info(
        profile=PROFILE, dictionary_hash=made.dictionary_hash, version=made.mallee, unit=UNIT, name=PROFILE,
        serial="EMULATED", baud=BAUD,
    )  # fmt: skip
    left = {f"slot_a/{path}": data for path, data in bundle.contents.items() if path not in CHOOSER}
    left = {path: data for path, data in left.items() if not path.startswith(SCARCE)}
    files = {**bundle.contents, **left, "build_info.py": who, FILE_NAME: on_controller(KEY), **(more or {})}
    return filled(flash_of(Pico(image)), files, scratch)


def not_touched(bundle: Bundle) -> dict[str, bytes]:
    """What lies in the flash whatever is brought."""
    return {**{name: bundle.contents[name] for name in CHOOSER}, FILE_NAME: on_controller(KEY)}


def as_flashed(bundle: Bundle) -> Application:
    return Application(0, {path: data for path, data in bundle.contents.items() if path not in CHOOSER})
