"""Where the host of a pod that runs on this computer keeps its files, and what it says: its last document.

A demo's host keeps them in a folder of the demo, so that a simulated pod never takes over, or leaves behind, what people did
with a real one. While it runs, a pointer leads there: `mallee alarms` beside a demo is about the demo.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..paths import pod_state_dir
from .alarms import atomic
from .config import PodConfig
from .why.store import ADVISING, DecisionStore, Published

GIVEN_UP_S = 30.0
"""A document that is older is of a host that has ended."""
STALE_SCANS = 3.0
DEMO = "demo"
"""Name of the pointer: a file with the path of the folder."""


class Live:
    """The document of a host that runs here. `advising`: it does nothing of what it decides."""

    def __init__(self, published: Published, *, advising: bool) -> None:
        self.document, self.advising = published.document, advising
        self.age_s = published.age_s or 0.0

    @property
    def stale(self) -> bool:
        return self.age_s > max(STALE_SCANS * self.document.scan_s, 2.0)


def live(folder: Path) -> Live | None:
    """Of the host that controls, else of one that advises; None where neither runs here."""
    for place, advising in ((folder, False), (folder / ADVISING, True)):
        found = DecisionStore(place).published()
        if found is not None and found.age_s is not None and found.age_s <= _given_up_s(found):
            return Live(found, advising=advising)
    return None


def host_folder(config: PodConfig) -> Path:
    """Of the host that runs here; of one that was here, where none does. A real one comes before a demo's."""
    own = pod_state_dir(config.pod.name, config.pod.host_id)
    if live(own) is not None:
        return own
    try:
        of_demo = Path((own / DEMO).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return own
    return own if live(of_demo) is None else of_demo


def point_to_demo(config: PodConfig, folder: Path | None) -> None:
    """A demo of this pod runs with its files in `folder`; None: it has ended. Raises OSError where nothing can be written."""
    own = pod_state_dir(config.pod.name, config.pod.host_id)
    if folder is None:
        with suppress(OSError):
            (own / DEMO).unlink()
            own.rmdir()  # unless a real host left something there
        return
    own.mkdir(parents=True, exist_ok=True)
    atomic.write(own / DEMO, str(folder).encode(), durable=False)


def _given_up_s(found: Published) -> float:
    return max(GIVEN_UP_S, STALE_SCANS * found.document.scan_s)
