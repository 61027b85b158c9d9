"""The tests of firmware/core on stock MicroPython on an emulated Pico: 31-bit integers, single floats, its heap and its code."""

from __future__ import annotations

from pathlib import Path

import pytest
from mallee.deploy.compiling import compile_mpy
from mallee.hil.emulated.console import Console
from mallee.hil.emulated.flash import install
from mallee.hil.emulated.pico import Pico

from .. import firmware_files
from ..conftest import FIRMWARE, ROOT, RUNNER

pytestmark = [pytest.mark.timeout(1200), pytest.mark.emulated]

TESTS = FIRMWARE.parent / "tests" / "firmware"
CHIPS = ROOT / "host_tools" / "mallee" / "sim" / "chips"
FILES = [firmware_files.parse(path) for path in sorted(TESTS.glob("mp_*.py"))]
LIMIT_us = 60_000_000


def _compiled(path: Path, place: str) -> bytes:
    return compile_mpy(path.read_text(encoding="utf-8"), f"{place}.py", "armv6m")


@pytest.fixture(scope="module")
def flash(image) -> bytes:
    """MicroPython, the firmware of both profiles, and every test file that can run on it."""
    files = {path.relative_to(FIRMWARE).with_suffix("").as_posix(): path for path in FIRMWARE.rglob("*.py")}
    del files["main"]  # it would start
    for file in FILES:
        if not file.why_not("pico"):
            files.update(firmware_files.sources(file.path, (TESTS, CHIPS)))
    files[RUNNER.stem] = RUNNER
    return install(image, {f"{place}.mpy": _compiled(path, place) for place, path in files.items()})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path.stem)
def test_on_a_pico(flash, file):
    if why := file.why_not("pico"):
        pytest.skip(why)
    pico = Pico(flash)
    pico.boot()
    console = Console(pico)
    console.enter()
    printed = console.run(f"import sys\nsys.argv[:]=['',{file.path.stem!r}]\nimport {RUNNER.stem}", LIMIT_us)
    found = firmware_files.outcomes(printed)
    print(f"{len(found)} tests in {pico.now_us / 1e6:.1f} s of the board's time")
    assert set(found) == set(file.tests), printed[-2000:]
    failed = {name: text for name, text in found.items() if text and not file.why_not("pico", name)}
    assert not failed, "\n".join(failed.values())
