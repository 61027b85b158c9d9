"""The generated training load against the measured figures: computed from what it gives, as one would from a recording.

Of what is swinging, the pauses between jobs are taken out: the measured spectrum is that of a running job.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from mallee.sim.trainingload import DEVICES, MEAN_W, RATED_W, Training

DT_S, FOR_S = 0.05, 6000.0
PAUSE = 0.55
"""Below this part of the mean no job runs; dips and steps stay above it."""
_APART_S = 3.0
_LINE_HZ = 0.003
"""So near to a multiple of the dips' frequency a spectral line belongs to them."""


class Figures(NamedTuple):
    mean_W: float
    """Of one device, as the next two."""
    most_W: float
    least_W: float
    rise_kW_s: float
    """Of 64 devices, while a job begins; likewise when it ends."""
    fall_kW_s: float
    slow_period_s: float
    """Strongest line below 0.2 Hz that does not belong to the dips, and from 0.2 to 0.4 Hz."""
    fast_period_s: float
    dip_every_s: float
    dip_s: float
    dip: float
    """Part of the power between dips."""
    band_share: float
    """Of the energy of all swings, what lies at 0.2–3 Hz."""


def power_W(seed: int) -> np.ndarray:
    """Of one device, every DT_S."""
    load = Training(MEAN_W / RATED_W, seed)
    return RATED_W * np.array([load.fractions(i * DT_S, 1)[0] for i in range(round(FOR_S / DT_S))])


def running(power: np.ndarray) -> np.ndarray:
    """Relative swings about the mean of running jobs, 0 in pauses and beside them."""
    idle = np.convolve(power < PAUSE * power.mean(), np.ones(round(2 * _APART_S / DT_S)), "same") > 0.5
    level = power[~idle].mean()
    return np.where(idle, 0.0, power / level - 1.0)


def spectrum(swing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and energies, Hann window."""
    return np.fft.rfftfreq(len(swing), DT_S), np.abs(np.fft.rfft(swing * np.hanning(len(swing)))) ** 2


def figures(seed: int) -> Figures:
    power = power_W(seed)
    swing = running(power)
    frequency, energy = spectrum(swing)

    def line(low_Hz: float, high_Hz: float, among: np.ndarray) -> float:
        chosen = np.flatnonzero((frequency >= low_Hz) & (frequency <= high_Hz) & among)
        top = chosen[energy[chosen].argmax()]
        left, middle, right = np.log(
            energy[top - 1 : top + 2]
        )  # the parabola through them finds the line between two bins
        return 1.0 / float((top + 0.5 * (left - right) / (left - 2.0 * middle + right)) * frequency[1])

    every_s = line(0.05, 0.2, np.ones(len(frequency), bool))
    off_dips = np.abs(frequency * every_s - np.round(frequency * every_s)) > _LINE_HZ * every_s
    dip_s, dip = _dip(swing, every_s)
    band = (frequency >= 0.2) & (frequency <= 3.0)
    return Figures(
        float(power.mean()),
        float(power.max()),
        float(power.min()),
        _slope_kW_s(power, rising=True),
        -_slope_kW_s(power, rising=False),
        line(0.05, 0.2, off_dips),
        line(0.2, 0.4, off_dips),
        every_s,
        dip_s,
        dip,
        float(energy[band].sum() / energy[frequency > 0.01].sum()),
    )


def _slope_kW_s(power: np.ndarray, rising: bool) -> float:
    """Mean over all jobs, from 0.3 s before half of the mean power is crossed to 0.3 s after."""
    above = power > PAUSE * power.mean()
    crossed = np.flatnonzero((~above[:-1] & above[1:]) if rising else (above[:-1] & ~above[1:]))
    reach = round(0.3 / DT_S)
    slopes = [(power[at + reach] - power[at - reach]) / (2 * reach * DT_S) for at in crossed]
    return DEVICES * float(np.mean(slopes)) / 1000.0


def _dip(swing: np.ndarray, every_s: float) -> tuple[float, float]:
    """Length and depth: all periods laid over each other, which leaves of the other swings little."""
    bins = 130
    place = (np.arange(len(swing)) * DT_S % every_s / every_s * bins).astype(int)
    busy = swing != 0.0
    shape = np.bincount(place[busy], swing[busy], bins) / np.bincount(place[busy], minlength=bins)
    middle = 0.5 * (shape.max() + shape.min())
    low, high = np.median(shape[shape < middle]), np.median(shape[shape >= middle])
    return float((shape < middle).sum()) * every_s / bins, float((high - low) / (1.0 + high))
