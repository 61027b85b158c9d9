"""The generated training load has the measured figures, whatever the seed; docs/plant.md tells them."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy")

from mallee.sim.trainingload import (
    DIP,
    DIP_EVERY_S,
    DIP_S,
    FALL_KW_S,
    LEAST_W,
    MEAN_W,
    MOST_W,
    PERIODS_S,
    RISE_KW_S,
    Training,
)

from ...validation.load import figures


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_has_the_measured_figures(seed: int):
    found = figures(seed)
    assert found.mean_W == pytest.approx(MEAN_W, rel=0.01)
    assert found.most_W == pytest.approx(MOST_W, rel=0.01)
    assert found.least_W == pytest.approx(LEAST_W, rel=0.01)
    # The step of training goes on while a job begins and ends.
    assert found.rise_kW_s == pytest.approx(RISE_KW_S, rel=0.2)
    assert found.fall_kW_s == pytest.approx(FALL_KW_S, rel=0.2)
    assert (found.slow_period_s, found.fast_period_s) == pytest.approx(PERIODS_S, rel=0.02)
    assert found.dip_every_s == pytest.approx(DIP_EVERY_S, rel=0.01)
    assert found.dip_s == pytest.approx(DIP_S, rel=0.05)
    assert found.dip == pytest.approx(DIP, abs=0.01)
    assert found.band_share > 0.5


def test_it_comes_from_the_seed_and_every_rack_does_the_same():
    load = Training(0.8, 1)
    assert load.fractions(3.0, 8) == Training(0.8, 1).fractions(3.0, 8) == [load.fractions(3.0, 1)[0]] * 8
    assert load.fractions(3.0, 8) != Training(0.8, 2).fractions(3.0, 8)


def test_the_first_job_ends_when_it_is_told():
    load = Training(0.8, 1, job_end_s=20.0)
    values = [load.fractions(0.1 * i, 1)[0] for i in range(400)]
    assert min(values[:200]) > 0.55 > 0.2 > max(values[215:300])  # it falls in 1.1 s and is away for 10 s
    assert min(values[325:]) > 0.55


def test_no_device_draws_more_than_the_most_that_was_measured():
    values = [Training(1.0, 3).fractions(0.05 * i, 1)[0] for i in range(4000)]
    assert max(values) == pytest.approx(757 / 700)
