"""The PIO program that times pulses, on the emulated RP2040 with the real port's part of it."""

import pytest
from mallee.deploy.compiling import compile_mpy

from ..conftest import FIRMWARE

pytestmark = [pytest.mark.timeout(600), pytest.mark.emulated]

PIN = 7
CODE = f"""
from time import sleep_ms
from drivers.pulses_pio import Pulses
pulses = Pulses({PIN})
sleep_ms(60)
pulses.hertz()
sleep_ms(60)
print(pulses.hertz())
"""


def test_pulses_are_timed_by_the_real_instructions(image):
    from mallee.hil.emulated.console import Console
    from mallee.hil.emulated.flash import install
    from mallee.hil.emulated.pico import Pico

    names = ("drivers/__init__", "drivers/pulses", "drivers/pulses_pio")
    sources = {f"{name}.py": (FIRMWARE / f"{name}.py").read_text(encoding="utf-8") for name in names}
    files = {named.replace(".py", ".mpy"): compile_mpy(text, named, "armv6m") for named, text in sources.items()}
    pico = Pico(install(image, files))
    pico.boot()
    console = Console(pico)
    console.enter()
    console.start(CODE)
    for edge in range(400):  # 250 Hz
        pico.mcu.gpio[PIN].set_input_value(edge % 2 == 1)
        pico.run(2000)
        if b"\x04" in bytes(pico.received):
            break
    assert float(console.finish()) == pytest.approx(250.0, rel=0.01)
