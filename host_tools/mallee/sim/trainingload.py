"""Generated load of synchronous training: all devices of all racks together, as collective steps have it.

The figures are those measured on 64 H100 (rated 700 W): 597 W a device on average, 94 to 757 W; periods of 10.6 s and 3.5 s; dips
of 17 % for 5 s every 13 s; the 64 together rise by 26.6 and fall by 36.6 kW/s about a mean of 38 kW when a job begins and ends.
What swings at 0.2–3 Hz is the training step itself, computing and communicating in turn: it is known to hold most of the energy,
not its shape, which is a rounded square wave here, of a period that the seed chooses. The length of jobs and of the pauses
between them was not told either. tests/validation/load.py computes these figures from what comes out.
"""

from __future__ import annotations

import math
import random

RATED_W, MEAN_W, MOST_W, LEAST_W = 700.0, 597.0, 757.0, 94.0
"""Of one device."""
RISE_KW_S, FALL_KW_S, DEVICES = 26.6, 36.6, 64
PERIODS_S = (10.6, 3.5)
DIP_EVERY_S, DIP_S, DIP = 13.0, 5.0, 0.17
"""How long a dip lasts is taken at half of its depth."""
_WAVE = 0.03
"""Amplitude of each period, part of the level between dips. This and the two below share what lies between mean and maximum."""
_STEP = 0.11
_STEP_PERIOD_S = (0.8, 2.0)
_DIP_EDGE_S = 0.5
_JOB_S, _PAUSE_S = 300.0, 10.0

# In parts of the mean from here on.
_IDLE = LEAST_W / MEAN_W
_RISE_PER_S, _FALL_PER_S = (1000.0 * kW_s / (DEVICES * MEAN_W) for kW_s in (RISE_KW_S, FALL_KW_S))


def _running_mean() -> float:
    """Mean while a job runs, so that with pauses and ramps it is 1: R = idle + x, x (1 - (pause + x c) / job) = 1 - idle."""
    ramps = 0.5 * (1.0 / _RISE_PER_S + 1.0 / _FALL_PER_S)
    x = 1.0 - _IDLE
    for _ in range(20):
        x = (1.0 - _IDLE) / (1.0 - (_PAUSE_S + x * ramps) / _JOB_S)
    return _IDLE + x


_RUNNING = _running_mean()
_LEVEL = _RUNNING / (1.0 - DIP * DIP_S / DIP_EVERY_S)
"""Between dips."""
_FALL_S, _RISE_S = (_RUNNING - _IDLE) / _FALL_PER_S, (_RUNNING - _IDLE) / _RISE_PER_S


class Training:
    """`mean` is the fraction of rated power on average. The first job ends at `job_end_s`, or when the seed says."""

    def __init__(self, mean: float, seed: int, job_end_s: float | None = None) -> None:
        source = random.Random(f"{seed}/training")
        self._mean = mean
        self._most = MOST_W / RATED_W
        self._waves = [(2 * math.pi / period_s, source.uniform(0, 2 * math.pi)) for period_s in PERIODS_S]
        self._dip_from_s = source.uniform(0, DIP_EVERY_S - DIP_S)
        self._step = 2 * math.pi / source.uniform(*_STEP_PERIOD_S), source.uniform(0, 2 * math.pi)
        end_s = source.uniform(60.0, _JOB_S)
        self._end_s = end_s if job_end_s is None else job_end_s

    def fractions(self, time_s: float, racks: int) -> list[float]:
        level = _IDLE + self._busy(time_s) * (self._running(time_s) - _IDLE)
        return [min(self._most, self._mean * level)] * racks

    def _running(self, time_s: float) -> float:
        """Power of a job."""
        omega, phase = self._step
        swing = _STEP * max(-1.0, min(1.0, 2.0 * math.sin(omega * time_s + phase)))
        for omega, phase in self._waves:
            swing += _WAVE * math.sin(omega * time_s + phase)
        into_s = (time_s - self._dip_from_s) % DIP_EVERY_S
        edge = min(into_s, DIP_S + _DIP_EDGE_S - into_s) / _DIP_EDGE_S
        return _LEVEL * (1.0 + swing - DIP * min(1.0, max(0.0, edge)))

    def _busy(self, time_s: float) -> float:
        """1 while a job runs, 0 between two."""
        after_s = time_s - self._end_s
        if after_s < 0.0:
            return 1.0
        after_s %= _JOB_S
        if after_s < _FALL_S:
            return 1.0 - after_s / _FALL_S
        return min(1.0, max(0.0, (after_s - _FALL_S - _PAUSE_S) / _RISE_S))
