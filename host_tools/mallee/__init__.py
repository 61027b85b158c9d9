"""mallee: find the controllers of a pod, read them, cool and power it, and explain what happens.

    async with mallee.open_pod("pod.toml") as pod:
        skid = await pod.device("skid-1")
        print(await skid.read("supply_temperature"))

`mallee.sync.open_pod` is the same without async; docs/api.md has all of it. What stands in `__all__` is kept as it is; the rest
of the package may change. Subpackages: link (one bus), device (a controller from its dictionary), poll (many of them at
intervals), pod (many as one), history (what was recorded), sim (the world without the hardware), deploy (dictionaries, builds),
hil (hardware in the loop), testing (mocks and replay for tests), cli and ui (people).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import sync as sync
    from .api import Pod as Pod
    from .api import open_pod as open_pod
    from .device.device import Device as Device
    from .errors import ExitCode as ExitCode
    from .errors import MalleeError as MalleeError
    from .reading import Quality as Quality
    from .reading import Reading as Reading
    from .reading import Snapshot as Snapshot

__version__ = "0.1.0"
__all__ = [
    "Device",
    "ExitCode",
    "MalleeError",
    "Pod",
    "Quality",
    "Reading",
    "Snapshot",
    "__version__",
    "open_pod",
    "sync",
]

_HOMES = {
    "Device": ".device.device", "ExitCode": ".errors", "MalleeError": ".errors", "Pod": ".api", "Quality": ".reading",
    "Reading": ".reading", "Snapshot": ".reading", "open_pod": ".api",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: builds and tests need a part of the package, and not all that a link needs."""
    if name == "sync":
        return importlib.import_module(".sync", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
