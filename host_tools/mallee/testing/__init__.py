"""For tests of programs that use mallee: devices in memory, a recorded session played again, and time that costs nothing.

    with MockPod("pod.toml") as pod:
        pod["skid-1"].set(flow=800.0)
        run(my_program("pod.toml"))           # whatever opens pod.toml meanwhile has these devices
        assert pod["skid-1"].writes == [{"preset_valve": 65.0}]

`mallee.testing.plugin` has the same as pytest fixtures. No test of mallee's own belongs here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mock import MockDevice as MockDevice
    from .pod import MockPod as MockPod
    from .recording import record as record
    from .replay import Replay as Replay
    from .virtual import run as run

__all__ = ["MockDevice", "MockPod", "Replay", "record", "run"]
_HOMES = {"MockDevice": ".mock", "MockPod": ".pod", "Replay": ".replay", "record": ".recording", "run": ".virtual"}


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: pytest loads this package at every start."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)
