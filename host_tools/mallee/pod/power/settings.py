"""How the pod keeps its electrical limits: the three bands of Dynamo (Wu et al., ISCA 2016) and their times, and what may be
done."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Part = Annotated[float, Meta(ge=0.5, le=1.0)]
Seconds = Annotated[float, Meta(ge=0, le=3600)]


class PowerSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[power]` of a pod file. Parts are of a limit."""

    cap: bool = True
    """Limit the power of racks that have a `power_limit` address."""
    shed: Literal["last_resort", "never"] = "last_resort"
    """Whether racks may be switched off, the least important first, before a main would open."""
    cap_at: Part = 0.99
    aim: Part = 0.95
    release_below: Part = 0.90
    hold_s: Seconds = 30.0
    """So long below `release_below` before racks get more."""
    shed_before_s: Seconds = 30.0
    """Racks are shed when a main would open within this time at the present current."""
    main_time_constant_s: Annotated[float, Meta(ge=1, le=1000)] = 100.0
    """Of the bimetals of mains: 100 to 150 s meet IEC 60898-1, table 7; the shortest is the safe side."""
    restore_hold_s: Seconds = 60.0
    """There must be room for a rack that was shed for so long before it is switched on again."""
    settle_s: Seconds = 4.0
    """What was shed shows in the measured current after this time: two scans, and contactors."""
    site_kW: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    """What all feeds together may draw."""
