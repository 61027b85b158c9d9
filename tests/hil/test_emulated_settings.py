"""Power lost while the settings are written: the copy before it, or the new one, never a mixture and never none."""

import pytest
from mallee.deploy.compiling import compile_mpy
from mallee.hil.emulated.console import Console
from mallee.hil.emulated.flash import install
from mallee.hil.emulated.pico import Pico

from ..conftest import FIRMWARE

# A second of the board's time takes this machine about twenty; a cold cache adds minutes.
pytestmark = [pytest.mark.timeout(600), pytest.mark.emulated]

TABLE = """
from core.bank import Table
from core.settings import Settings
from maps.common import CommonSettings as C, MAP_MAJOR, MAP_MINOR
t=Table((C,),writable=True)
s=Settings(t,0,(MAP_MAJOR,MAP_MINOR))
"""
CUTS_us = (300, 1500, 3000)


def _compiled(name: str) -> bytes:
    """As it is written: in a bundle the registers have no names."""
    return compile_mpy((FIRMWARE / f"{name}.py").read_text(encoding="utf-8"), f"{name}.py", "armv6m")


def test_a_torn_write_leaves_a_valid_copy(image):
    wanted = (
        "core/bank",
        "core/settings",
        "core/starting",
        "core/wire",
        "core/__init__",
        "maps/__init__",
        "maps/common",
        "maps/fields",
    )
    pico = Pico(install(image, {f"{name}.mpy": _compiled(name) for name in wanted}))
    pico.boot()
    console = Console(pico)
    console.enter()
    console.run(TABLE + "t.put(C.lease_hold,11)\ns.commit()")
    for cut_us in CUTS_us:
        console.start("t.put(C.lease_hold,22)\ns.commit()")
        pico.run(cut_us)
        pico.reset()
        console.enter()
        found = console.run(TABLE + "print(s.load(),t.get(C.lease_hold))").split()
        assert found[0] == "True" and found[1] in ("11", "22"), (cut_us, found)
        console.run("t.put(C.lease_hold,11)\ns.commit()")
