"""What the plant gives to sensors with chips of their own (OTHERS of a skid's equipment): words of modules/virtual_others.py."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .transmitters import Transmitter


def others(
    rows: Sequence[tuple[str, str, Mapping[str, Any]]],
    read: Mapping[str, Callable[[], float]],
    source: random.Random,
    noise_percent: float,
) -> list[Callable[[], int]]:
    """A function for each row that gives its word now. `read` gives what the plant has, by the sensor's name."""
    found: list[Callable[[], int]] = []
    for name, driver, place in rows:
        value = read[name]
        if driver == "max31865":
            found.append(_bound(milliohm, value, place))
        elif driver == "flow_meter":
            found.append(_bound(flow_mHz, value, place))
        elif driver == "tacho":
            found.append(_bound(tacho_mHz, value, place))
        else:
            loop = Transmitter(place["at_4mA"], place["at_20mA"], source, noise_percent)
            found.append(_bound(lambda now, _, loop=loop: loop.current_uA(now), value, place))
    return found


def _bound(
    word: Callable[[float, Mapping[str, Any]], int], value: Callable[[], float], place: Mapping[str, Any]
) -> Callable[[], int]:
    return lambda: word(value(), place)


def milliohm(degC: float, place: Mapping[str, Any]) -> int:
    """Resistance of a platinum sensor, IEC 60751 (at and above 0 °C)."""
    return round(1000 * place["nominal_ohm"] * (1 + 3.9083e-3 * degC - 5.775e-7 * degC * degC))


def flow_mHz(l_min: float, place: Mapping[str, Any]) -> int:
    """Frequency at which the maker's table gives this flow, by bisection: it rises with the frequency."""
    table = place["pulses_per_litre"]
    low, high = 0.0, 10 * table[-1][0]
    for _ in range(50):
        middle = (low + high) / 2
        if 60 * middle / _pulses_per_litre(middle, table) < l_min:
            low = middle
        else:
            high = middle
    return round(1000 * low)


def tacho_mHz(percent: float, place: Mapping[str, Any]) -> int:
    return round(1000 * percent / 100 * place["full_speed_rpm"] / 60 * place["pulses_per_revolution"])


def _pulses_per_litre(hertz: float, table: Sequence[tuple[float, float]]) -> float:
    if hertz <= table[0][0]:
        return table[0][1]
    for (low, first), (high, second) in itertools.pairwise(table):
        if hertz <= high:
            return first + (second - first) * (hertz - low) / (high - low)
    return table[-1][1]
