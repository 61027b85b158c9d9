"""The swing analysis of the firmware against numpy's Fourier transform of the same samples, training load among them."""

import math

import pytest
from mallee.sim.trainingload import Training

from ..conftest import RUNNER, run_micropython

np = pytest.importorskip("numpy")

RATE_Hz, SAMPLES, RATED_W = 50, 512, 240_000.0
W_PER_CODE = 720.0 / 40.96


def firmware(tmp_path, watts):
    file = tmp_path / "codes.txt"
    file.write_text("".join(f"{round(value / W_PER_CODE)}\n" for value in watts))
    done = run_micropython(str(RUNNER.with_name("swing_by_line.py")), str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    return [float(word) for word in done.stdout.split()]


def by_fft(watts):
    """Peak to peak and frequency of the strongest three neighbours of a transform with the same window (energy of a sine)."""
    last = np.asarray(watts)[-SAMPLES:]
    window = 1 - ((np.arange(SAMPLES) - 255.5) / 255.5) ** 2
    energies = np.abs(np.fft.rfft((last - np.average(last, weights=window)) * window)) ** 2
    energies[0], energies[206:] = 0, 0
    threes = energies[:-2] + energies[1:-1] + energies[2:]
    best = int(np.argmax(threes)) + 1
    middle = best + (energies[best + 1] - energies[best - 1]) / threes[best - 1]
    return 4 * math.sqrt(threes[best - 1] / (SAMPLES * (window**2).sum())), middle * RATE_Hz / SAMPLES


def signal(frequency_Hz, amplitude_W=20_000.0, noise_W=3000.0):
    source = np.random.default_rng(3)
    times_s = np.arange(600) / RATE_Hz
    return 120_000 + amplitude_W * np.sin(math.tau * frequency_Hz * times_s) + source.normal(0, noise_W, 600)


@pytest.mark.parametrize("frequency_Hz", [0.2, 1.0, 2.37, 7.0, 18.6])
def test_a_sine_on_noise_and_offset(frequency_Hz, tmp_path):
    watts = signal(frequency_Hz)
    amplitude_W, found_Hz, _, _ = firmware(tmp_path, watts)
    fft_W, fft_Hz = by_fft(watts)
    assert found_Hz == pytest.approx(frequency_Hz, abs=RATE_Hz / SAMPLES)
    assert found_Hz == pytest.approx(fft_Hz, abs=RATE_Hz / SAMPLES)
    assert amplitude_W == pytest.approx(40_000, rel=0.05) and amplitude_W == pytest.approx(fft_W, rel=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_training(seed, tmp_path):
    load = Training(0.8, seed)
    watts = [RATED_W * load.fractions(120 + sample / RATE_Hz, 1)[0] for sample in range(600)]
    amplitude_W, found_Hz, up_kW_s, down_kW_s = firmware(tmp_path, watts)
    fft_W, fft_Hz = by_fft(watts)
    steps = np.asarray(watts)[-SAMPLES:]
    ramps = (steps[10:] - steps[:-10]) / 200
    assert found_Hz == pytest.approx(fft_Hz, abs=RATE_Hz / SAMPLES)
    assert amplitude_W == pytest.approx(fft_W, rel=0.05)
    assert up_kW_s == pytest.approx(ramps.max(), abs=1.0) and down_kW_s == pytest.approx(-ramps.min(), abs=1.0)
