"""The simulator: how fast the default pod runs with real firmware and host, how that grows, what the plant loses in a day."""

from __future__ import annotations

from statistics import median

from mallee.errors import MalleeError
from mallee.resources import examples_dir

from . import plantday, podspeed
from .pods import GROUP, pod_text
from .reasons import CannotMeasure

_RUNS, _FOR_S = 3, 40
_GROWTH = (1, 2, 4, 8)
_GROWTH_FOR_S = 10


def measure() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    pod = (examples_dir() / "pod.toml").read_text(encoding="utf-8")
    try:
        runs = [podspeed.run(pod, _FOR_S) for _ in range(_RUNS)]
    except MalleeError as error:
        raise CannotMeasure(f"{error.what}: {error.next}") from error
    how = "default pod, 10 controllers with real firmware, host process with control, unpaced; "
    how += f"median of {_RUNS} runs of {_FOR_S} virtual s"
    found: dict[str, tuple[float | None, str]] = {
        "pod.speed": (round(median(run.speed for run in runs), 2), f"virtual seconds a wall second; {how}")
    }
    for name in ("firmware", "host", "world", "plant"):
        values = [getattr(run, f"{name}_s") for run in runs]
        known = [1000 * value for value in values if value is not None]
        whose = "part of the world's" if name == "plant" else "user and system"
        found[f"pod.cpu.{name}"] = (
            round(median(known), 1) if known else None,
            f"CPU time a virtual second, {whose}; {how}" if known else "this system has no /proc",
        )
    for groups in _GROWTH:
        found[f"pod.growth.{GROUP * groups}"] = (
            round(podspeed.run(pod_text(groups), _GROWTH_FOR_S).speed, 2),
            f"virtual seconds a wall second, default pod {groups} times over on one manifold, {_GROWTH_FOR_S} virtual s, once",
        )
    energy, mass = plantday.errors()
    day = f"the plant alone for a virtual day in steps of {plantday.STEP_S} s, once: training load; "
    day += "pumps, valves, water, hoses and feeds change every half hour"
    found["plant.energy_error_24h"] = (energy, f"energy not accounted for over energy in; {day}")
    found["plant.mass_error_24h"] = (mass, f"coolant given and not taken over coolant given; {day}")
    return found
