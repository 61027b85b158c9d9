"""Measurements with limits: recorded whether they are kept or not."""

from __future__ import annotations

import json
import math

import pytest
from mallee.clock import utc_now
from mallee.hil.measuring import Measuring, measurement, sentence
from mallee.reading import Quality, Reading


@pytest.mark.parametrize(
    ("value", "at_least", "at_most", "kept"),
    [
        (5.0, None, None, True),
        (5.0, 5.0, 5.0, True),
        (4.9, 5.0, None, False),
        (5.1, None, 5.0, False),
        (0, 0, None, True),
        (None, None, None, False),
        (math.nan, None, None, False),
        (math.inf, 0, None, False),
    ],
)
def test_limits_are_part_of_what_is_allowed_and_the_unknown_keeps_none(value, at_least, at_most, kept):
    assert measurement("flow", value, "l/min", at_least, at_most)["kept"] is kept


def test_it_is_recorded_before_it_fails():
    recorded: list[tuple[str, object]] = []
    measure = Measuring(lambda name, value: recorded.append((name, value)))
    measure("flow", 800.0, unit="l/min", at_least=700)
    with pytest.raises(AssertionError, match=r"^flow is 600 l/min, and has to be at least 700 and at most 900$"):
        measure("flow", 600.0, unit="l/min", at_least=700, at_most=900)
    names, values = zip(*recorded, strict=True)
    assert names == ("measurement.flow", "measurement.flow")
    first, second = (json.loads(str(value)) for value in values)
    assert first == {"value": 800.0, "unit": "l/min", "at_least": 700, "at_most": None, "kept": True}
    assert (second["value"], second["kept"]) == (600.0, False)
    assert len(measure.all) == 2


def test_a_reading_brings_its_unit_and_its_quality_counts():
    flow = Reading("flow", 812.5, "l/min", utc_now())
    assert sentence(measurement("flow", flow, "", 900.0, None)) == "flow is 812.5 l/min, and has to be at least 900"
    broken = Reading("flow", None, "l/min", utc_now(), quality=Quality.FAULT)
    assert sentence(measurement("flow", broken, "", None, None)) == "flow is not known"
