"""Whose set-point is in force, in words, from what a controller says of its lease. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ...reading import Reading

_FORCE_K = 0.05  # more than registers and ramps leave between a set-point and what it becomes


def active_set_point(name: str, readings: Mapping[str, Reading]) -> str:
    """Of a register that has a twin written by hosts, `remote_…`, and one of its own, `…_setpoint`."""
    base = name.removeprefix("active_")
    holder = _value(readings, "lease_holder")
    source, words = {
        "active": (f"remote_{base}", f"host {holder} asks for it (remote_{base})"),
        "holding": (
            f"remote_{base}",
            f"host {holder} asked for it (remote_{base}); its lease lapsed, and it is held a while",
        ),
        "ramping": ("", f"it moves from remote_{base} to {base}_setpoint: the lease of host {holder} lapsed"),
        "none": (f"{base}_setpoint", f"nobody holds the lease: it follows {base}_setpoint, the controller's own"),
    }.get(str(_value(readings, "lease_state")), ("", "the controller does not say whose set-points it follows"))
    return f"{words}{_changed(name, source, readings)}"


def remote_set_point(readings: Mapping[str, Reading]) -> str:
    """Of what hosts write, where no host that runs here says more."""
    holder = _value(readings, "lease_holder")
    return {
        "active": f"host {holder} writes it with every renewal of its lease, as it found it unless a rule wants another value",
        "holding": f"host {holder} wrote it; its lease lapsed, and it is held a while",
        "ramping": f"host {holder} wrote it; its lease lapsed, and the controller moves to its own set-points",
        "none": "a host wrote it once, or it was never written; nobody holds the lease, and it is not in force",
    }.get(str(_value(readings, "lease_state")), "hosts write it under a lease, of which the controller does not tell")


def _changed(name: str, source: str, readings: Mapping[str, Reading]) -> str:
    """What the controller made of it: the dew-point guard, droop, or its ramp."""
    now, asked = _number(readings, name), _number(readings, source)
    if now is None or asked is None or abs(now - asked) <= _FORCE_K:
        return ""
    if name == "active_supply_temperature":
        dew, margin = _number(readings, "dew_point"), _number(readings, "dew_point_margin")
        if dew is not None and margin is not None and abs(now - dew - margin) <= 2 * _FORCE_K and now > asked:
            return f", raised to the dew point plus {margin:g} K"
        return ", and it is on its way there"
    return ", less droop" if name == "active_differential_pressure" else ""


def _value(readings: Mapping[str, Reading], name: str) -> object:
    return readings[name].value if name in readings else None


def _number(readings: Mapping[str, Reading], name: str) -> float | None:
    return readings[name].number if name in readings else None
