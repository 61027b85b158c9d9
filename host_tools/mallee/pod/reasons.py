"""Why a value is what it is: which rule set it, from what, what else was asked for, and what came of it. Plain structures."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Outcome = Literal["", "written", "limited", "asked", "failed", "advised"]
"""What came of it: "" nothing had to be done; written: it stands there; limited: what its register allows stands there; asked:
it is on its way; failed: it was refused, or nobody answered; advised: the host only advises, and does nothing."""


class Input(msgspec.Struct, frozen=True):
    """What a rule used. `name` is DEVICE.POINT where it was measured, SECTION.KEY of the pod file where it is a setting, and
    else a word of the rule's own."""

    name: str
    value: float | str | None
    unit: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What another rule would have set, had it been the one that counts."""

    rule: str
    value: float | str | None


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """`of` is a set-point of a controller (skid-1.remote_heat), or RACK.power_limit or RACK.permit. `rule` is the same for as
    long as the same rule sets the value; the numbers are in `inputs`."""

    of: str
    value: float | str | None
    unit: str
    rule: str
    inputs: tuple[Input, ...] = ()
    lost: tuple[Asked, ...] = ()
    outcome: Outcome = ""
    detail: str = ""
    """Of the outcome: to what it was limited, or why it failed."""
    since: datetime | None = None
    """When this rule began to set it."""
