"""The budgets of a controller, on an emulated Pico with stock MicroPython; and power cuts in updates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

from mallee.errors import MalleeError
from mallee.hil.emulated.costs import lateness_us
from mallee.hil.emulated.image import stock_image
from mallee.hil.emulated.pico import STACK_bytes

from ..hil.line import SILENCE_us
from ..hil.started import TURNS, Started
from . import hil_update, updating
from .reasons import CannotMeasure
from .running import chosen

ON = "stock MicroPython 1.25.0 on an emulated RP2040 at 125 MHz"


def measure(prefix: str = "") -> Iterator[dict[str, tuple[float | None, str]]]:
    """The figures of each group that `prefix` wants, by their names. Raises CannotMeasure behind what can be measured."""
    missing: CannotMeasure | None = None
    for group in chosen(list(GROUPS), prefix):
        try:
            found = GROUPS[group]()
        except CannotMeasure as reason:
            missing = reason
            continue
        yield {f"{group}.{name}": figure for name, figure in found.items()}
    if missing is not None:
        raise missing


def _budgets(profile: str) -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    found: dict[str, tuple[float | None, str]] = {}
    try:
        image = stock_image()
    except MalleeError as error:
        raise CannotMeasure(f"{error.what}: {error.next}") from error
    started = Started(image, profile)
    cost = started.costs
    found["heap_free"] = (cost["free"][0], f"gc.mem_free() after a collection, running; {ON}")
    found["stack_most"] = (
        started.stack_bytes,
        f"of {STACK_bytes}, at any of the hard tick's samples from power-on to a trip, with requests over the line; {ON}",
    )
    found["tick_worst"] = (cost["tick"][1], f"worst of 200 direct calls; {ON}")
    found["tick_allocates"] = (cost["tick_allocates"][0], f"210 calls under heap_lock; {ON}")
    found["tick_lateness"] = (
        round(lateness_us(started.sampled_us), 1),
        f"the converter's chip selects against a 1 ms grid, 500 ms of the main loop, across the wrap of its clock; {ON}",
    )
    found["regulate_worst"] = (cost["regulate"][1], f"worst of 4 steps, hard tick off; {ON}")
    found["supervise_worst"] = (
        cost["supervise"][1],
        f"worst of 20 steps, half a period behind regulation, hard tick off; {ON}",
    )
    found["housekeep_worst"] = (
        cost["housekeep"][1],
        f"worst of {TURNS[profile]} steps, which is several rounds of all chips and a sweep for swings, hard tick off; {ON}",
    )
    found["modbus_read"] = (
        cost["modbus"][1],
        f"largest block, {cost['modbus_registers'][0]} registers; {ON}",
    )
    found["modbus_allocates"] = (cost["modbus_allocates"][0], f"one read under heap_lock; {ON}")
    found["collector_pause"] = (cost["collect"][1], f"worst of 2 collections; {ON}")
    found.update(_line(started))
    if started.rounds_ms:
        found["metering_round"] = (
            round(median(started.rounds_ms), 1),
            f"between two reads of branch 1's meter, median of {len(started.rounds_ms)}, main loop under way; {ON}",
        )
        found["metering_round_worst"] = (
            round(max(started.rounds_ms), 1),
            f"worst of {len(started.rounds_ms)}, two collections among them; {ON}",
        )
    if started.opened:
        found["trip_time"] = (
            round(started.opened[0][0] - started.injected_us),
            f"750 A on one branch; {ON}",
        )
    return found


def _line(started: Started) -> dict[str, tuple[float | None, str]]:
    """Times of the serial line, 19200 8E1."""
    done = [exchange for exchange in started.exchanges if exchange.answer]
    missing = len(started.exchanges) - len(done)
    over_us = [exchange.silence_us - SILENCE_us for exchange in done]
    asked = f"{len(started.exchanges)} reads drifting against the main loop's tasks, one of the largest block; {ON}"
    return {
        "rtu_unanswered": (missing, f"requests without an answer in 0.5 s; {asked}"),
        "rtu_allocates": (started.rtu_allocates, f"a read of 36 registers over the line under heap_lock; {ON}"),
        "rtu_first_byte_median": (round(median(over_us)), f"start bit of the answer, after t3.5 (2005 us); {asked}"),
        "rtu_first_byte_earliest": (round(min(over_us), 1), f"start bit of the answer, after t3.5 (2005 us); {asked}"),
        "rtu_direction_lead": (
            round(min(exchange.early_us for exchange in done), 1),
            f"shortest time from the driver's enable to the first start bit; {asked}",
        ),
        "rtu_direction_release_worst": (
            round(max(exchange.late_us for exchange in done), 1),
            f"longest time from the last stop bit to the driver's release; {asked}",
        ),
    }


GROUPS: dict[str, Callable[[], dict[str, tuple[float | None, str]]]] = {
    "update.cuts_virtual": hil_update.cuts_virtual,
    "update.line": updating.one,
    "update.line_at_once": updating.four,
    "pdu": partial(_budgets, "pdu"),
    "pump": partial(_budgets, "pump"),
    "update.cuts_emulated": hil_update.cuts_emulated,
}
