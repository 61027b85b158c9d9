"""The plant against the reference simulation of a large CDU."""

from __future__ import annotations

import pytest

from ...validation import cdu
from ...validation.reference import NoReference

pytest.importorskip("CoolProp")


def differences(**options: float) -> list[tuple[float, float, float]]:
    """Valve, supply and return, simulated less reference, of both steady points."""
    try:
        result = cdu.run(**options)
    except NoReference as missing:
        pytest.skip(str(missing))
    return [
        (s.valve - r.valve, s.supply_degC - r.supply_degC, s.return_degC - r.return_degC)
        for s, r in zip(result.simulated, result.reference, strict=True)
    ]


def test_steady_points_from_the_design_alone():
    for valve, supply_K, return_K in differences():
        assert abs(valve) <= 0.03
        assert abs(supply_K) <= 0.2
        assert abs(return_K) <= 0.2


def test_an_exchanger_a_tenth_too_small_would_be_seen():
    part, full = differences(ua_kW_K=0.9 * cdu.DESIGN_W / cdu.APPROACH_K / 1000.0)
    assert part[0] > 0.03 and full[1] > 0.2
