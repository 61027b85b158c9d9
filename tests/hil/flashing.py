"""A small bundle, and a cable that can be pulled, for tests of flashing on an emulated Pico."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from mallee.deploy.build import STARTER, Bundle, File, Manifest
from mallee.deploy.flashing.console import Console
from mallee.deploy.flashing.install import Job, install
from mallee.deploy.flashing.state import BoardState, survey
from mallee.deploy.identity import Who
from mallee.deploy.updating.keyfiles import KeyFiles
from mallee.hil.emulated.flash import flash_of
from mallee.hil.emulated.pico import Pico
from mallee.hil.emulated.usb import EmulatedDoor, UsbConsole
from serial import SerialException

from ..conftest import FIRMWARE

WHO = Who(name="pdu-a1", unit=11)


def bundle_of(profile: str, contents: dict[str, bytes]) -> Bundle:
    """A bundle with made-up content that fits a Pico, under the real choice of the application."""
    contents = {"main.py": STARTER, "slots.py": (FIRMWARE / "slots.py").read_bytes(), **contents}
    files = tuple(File(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in contents.items())
    made = Manifest(
        format=1, mallee="0.1.0", board="rp2_pico", profile=profile, architecture="armv6m", mpy="6.3", map_version=(1, 1),
        dictionary_hash=7, files=files,
    )  # fmt: skip
    return Bundle(made, contents)


SMALL = bundle_of(
    "pdu",
    {
        "application.py": b"print('application runs')\n",
        "core/bytes.mpy": bytes(range(256)) * 6 + b"\xdb" * 700,
        "core/__init__.mpy": b"",
        "pdu/profile.mpy": b"profile" * 100,
    },
)
OTHER = bundle_of(
    "pump",
    {
        "application.py": b"print('application runs')\n",
        "core/bytes.mpy": bytes(range(256)) * 6 + b"\xdb" * 700,
        "core/__init__.mpy": b"",
        "pump/profile.mpy": b"profile" * 90,
    },
)


class Silent:
    """Progress that only remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.copied: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def begin(self, total_bytes: int) -> None: ...

    def advance(self, path: str, count: int) -> None:
        if path not in self.copied:
            self.copied.append(path)

    def end(self) -> None: ...


class PulledCable(UsbConsole):
    def __init__(self, door: WeakDoor) -> None:
        super().__init__(door.pico)
        self._door = door

    def write(self, data: bytes) -> int:
        self._door.bytes_left -= len(data)
        if self._door.bytes_left < 0:
            super().write(data[: self._door.bytes_left])
            raise SerialException("device disconnected")
        return super().write(data)


class WeakDoor(EmulatedDoor):
    """The cable is pulled after so many bytes to the board."""

    def __init__(self, pico: Pico, bytes_left: int) -> None:
        super().__init__(pico)
        self.bytes_left = bytes_left

    def open(self) -> UsbConsole:
        self._opened_at = self.pico.resets
        return PulledCable(self)


def flashed(pico: Pico, bundle: Bundle, who: Who = WHO, keys: KeyFiles | None = None) -> tuple[Job, Silent]:
    progress = Silent()
    door = EmulatedDoor(pico)
    job = install(door, bundle, who, progress, *([] if keys is None else [keys.files]))
    door.reopen().close()
    return job, progress


def powered(source: Pico | Path | bytes) -> Pico:
    """A board just switched on: with an image, or with what another one's flash holds."""
    pico = Pico(flash_of(source) if isinstance(source, Pico) else source)
    pico.boot()
    return pico


def run_for(pico: Pico, us: float) -> None:
    """Let time pass, also across a reset."""
    end = pico.now_us + us
    pico.run_until(lambda: pico.now_us >= end, us + 1_000_000, 20_000)


def listed(pico: Pico) -> BoardState:
    """Names, sizes and identity only: to print a whole application takes the emulator minutes. Whatever runs is interrupted."""
    console = Console(EmulatedDoor(pico))
    console.open()
    found = survey(console, {})
    console.close()
    return found


def files_on(pico: Pico) -> dict[str, bytes]:
    """Everything in its file system, for small ones; whatever runs is interrupted."""
    code = (
        "import os\n"
        "def l(d):\n"
        " for e in os.ilistdir(d):\n"
        "  p=d+'/'+e[0] if d else e[0]\n"
        "  if e[1]&0x4000:l(p)\n"
        "  else:print(repr((p,open(p,'rb').read())))\n"
        "l('')"
    )
    console = Console(EmulatedDoor(pico))
    console.open()
    found: dict[str, Any] = dict(eval(line, {}) for line in console.run(code).splitlines())
    console.close()
    return found
