"""New firmware that hangs in its imports, on an emulated Pico: the chip's watchdog bites, and the old one runs again."""

from __future__ import annotations

from zlib import crc32

import pytest
from mallee.deploy.compiling import compile_mpy
from mallee.deploy.updating.registers import look

from .lived import FIRMWARE, SLOT
from .updating import Rig, flashed, new_board

pytestmark = [pytest.mark.timeout(1200), pytest.mark.emulated]
BITES_us = 8_000_000  # firmware/slots.py


def on_trial(slot: int) -> bytes:
    """The record of firmware/slots.py: its sequence number, format 1, the flashed application confirmed and before it, `slot` on
    trial and not started yet, no outcome."""
    said = (1).to_bytes(4, "big") + bytes((1, 0, 0, slot, 0, 0)) + bytes(7)
    return said + crc32(said).to_bytes(4, "big")


def test_what_hangs_in_its_imports_gives_way(image, tmp_path):
    bundle = flashed()
    hanging = compile_mpy("print('hangs')\nwhile True:\n    pass\n", "main.py", bundle.manifest.architecture)
    rig = Rig(new_board(image, bundle, tmp_path, {"slots.b": on_trial(SLOT), "slot_a/application.mpy": hanging}))

    async def ask():
        device = await rig.connected()
        assert device.identity is not None
        return await look(device), device.identity.firmware

    said, firmware = rig.run(ask)
    assert (said.application, said.outcome, firmware) == ("flashed", "did_not_start", FIRMWARE["old"])
    assert rig.pico.resets == 1 and b"hangs" in rig.pico.received
    assert BITES_us < rig.pico.now_us < 2 * BITES_us
