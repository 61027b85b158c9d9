"""The budgets of a controller, on an emulated Pico with stock MicroPython."""

from __future__ import annotations

from mallee.errors import MalleeError
from mallee.hil.emulated.costs import lateness_us
from mallee.hil.emulated.image import stock_image

from ..hil.started import Started
from .reasons import CannotMeasure

ON = "stock MicroPython 1.25.0 on an emulated RP2040 at 125 MHz"


def measure() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    found: dict[str, tuple[float | None, str]] = {}
    try:
        image = stock_image()
    except MalleeError as error:
        raise CannotMeasure(f"{error.what}: {error.next}") from error
    for profile in ("pdu", "pump"):
        started = Started(image, profile)
        cost = started.costs
        skip = 12  # samples that start() took by itself
        found[f"{profile}.heap_free"] = (cost["free"][0], f"gc.mem_free() after a collection, running; {ON}")
        found[f"{profile}.tick_worst"] = (cost["tick"][1], f"worst of 200 direct calls; {ON}")
        found[f"{profile}.tick_allocates"] = (cost["tick_allocates"][0], f"210 calls under heap_lock; {ON}")
        found[f"{profile}.tick_lateness"] = (
            round(lateness_us(started.sampled_us[skip:]), 1),
            f"spread of the converter's chip selects against a 1 ms grid over 300 ms of the main loop; {ON}",
        )
        found[f"{profile}.regulate_worst"] = (cost["regulate"][1], f"worst of 4 steps, hard tick off; {ON}")
        found[f"{profile}.housekeep_worst"] = (
            cost["housekeep"][1],
            f"worst of 36 steps, which is a round of all metering chips and more, hard tick off; {ON}",
        )
        found[f"{profile}.modbus_read"] = (
            cost["modbus"][1],
            f"largest block, {cost['modbus_registers'][0]} registers; {ON}",
        )
        found[f"{profile}.modbus_allocates"] = (cost["modbus_allocates"][0], f"one read under heap_lock; {ON}")
        found[f"{profile}.collector_pause"] = (cost["collect"][1], f"worst of 2 collections; {ON}")
        if started.opened:
            found[f"{profile}.trip_time"] = (
                round(started.opened[0][0] - started.injected_us),
                f"750 A on one branch; {ON}",
            )
    return found
