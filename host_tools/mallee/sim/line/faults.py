"""What can go wrong on a line, how likely it is, and how often it happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from ...errors import MalleeError
from ...suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities from 0 to 1, except where another unit is named."""

    flip: float = 0.0
    """A bit of a byte is inverted."""
    drop: float = 0.0
    """A byte is lost."""
    insert: float = 0.0
    """A byte of noise comes in front of a byte. Behind silence it is 0x00 or 0xFF: a transceiver that turns."""
    lead: float = 0.0
    """0x00 or 0xFF comes in front of a burst."""
    truncate: float = 0.0
    """A burst ends early, at any byte: its sender died in the middle."""
    silent: float = 0.0
    """A whole burst is lost."""
    late: float = 0.0
    """A burst of any end but the first, which is the master's, is held back."""
    late_s: float = 0.5
    """How long at most it is held back, in seconds; it is any time up to this."""
    babble: float = 0.0
    """Bursts of random bytes that nobody asked for, a second."""

    def without(self) -> bool:
        return not any(getattr(self, name) for name in NAMES if name != "late_s")


NAMES = tuple(field.name for field in fields(Faults))


def parse_faults(texts: Iterable[str]) -> Faults:
    """`flip=1e-4` and so on. Raises MalleeError for what is unknown or out of range."""
    faults = Faults()
    for text in texts:
        name, _, value = text.partition("=")
        if name not in NAMES:
            raise _wrong(text, f"{name!r} is unknown: {did_you_mean(name, NAMES)}")
        try:
            number = float(value)
        except ValueError:
            raise _wrong(text, f"{value!r} is not a number") from None
        highest = 1000.0 if name in ("babble", "late_s") else 1.0
        if not 0 <= number <= highest:
            raise _wrong(text, f"{name} is from 0 to {highest:g}")
        faults = replace(faults, **{name: number})
    return faults


def _wrong(text: str, why: str) -> MalleeError:
    return MalleeError(
        f"--fault {text}: {why}",
        "a typing error on the command line",
        f"write NAME=NUMBER with one of {', '.join(NAMES)}",
    )


Counts = Counter[str]
"""How often each fault happened, by its name; `collision`, `echo`, `cut` and `died` (bytes) are counted as well."""
