"""Transmitters and their faults; pacing."""

from __future__ import annotations

import random

import pytest
from mallee.sim.pacing import Pace
from mallee.sim.transmitters import Transmitter


def test_currents_of_a_healthy_transmitter():
    sensor = Transmitter(0.0, 100.0, random.Random(1))
    assert [sensor.current_uA(v) for v in (0.0, 50.0, 100.0)] == [4000, 12000, 20000]
    assert [sensor.current_uA(v) for v in (-50.0, 500.0)] == [3800, 20500]  # NAMUR NE43


def test_faults_of_a_transmitter():
    sensor = Transmitter(0.0, 100.0, random.Random(1))
    sensor.current_uA(25.0)
    sensor.fault = "stuck"
    assert sensor.current_uA(80.0) == 8000
    sensor.fault = "open"
    assert sensor.current_uA(80.0) == 0
    sensor.fault = "short"
    assert sensor.current_uA(80.0) > 21_000
    sensor.fault, sensor.offset = None, 10.0
    assert sensor.current_uA(40.0) == 12_000


def test_noise_is_seeded():
    def series(seed: int) -> list[int]:
        sensor = Transmitter(0.0, 100.0, random.Random(seed), 0.1)
        return [sensor.current_uA(50.0) for _ in range(1000)]

    assert series(1) == series(1) != series(2)
    deviations = [(value - 12_000) ** 2 for value in series(3)]
    assert (sum(deviations) / 1000) ** 0.5 == pytest.approx(16.0, rel=0.1)


def test_pace_follows_the_wall_and_gives_up_what_it_cannot_catch():
    wall = [100.0]
    pace = Pace(2.0, lambda: wall[0])
    assert pace.target_us(0) == 0
    wall[0] += 0.5
    assert pace.target_us(0) == 1_000_000
    assert pace.wait_s(2_000_000) == pytest.approx(0.5)
    wall[0] += 10.0  # the machine slept
    assert pace.target_us(1_000_000) == 3_000_000  # one wall second of it is caught up
    assert pace.slipped_s == pytest.approx(9.0, abs=0.001)
