"""What the dashboard may do besides looking: ask the host to deal with an alarm, and look into the history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import clock
from ..history.recently import latest
from ..history.totals import totals
from ..pod.alarms import asking
from ..pod.alarms.actions import Verb
from ..pod.config import PodConfig
from ..pod.document import AlarmState
from ..pod.hostfolder import host_folder
from .alarms import user
from .common import duration_s

if TYPE_CHECKING:
    from ..ui.dashboard.app import Act
    from ..ui.dashboard.running import Before


def actions(config: PodConfig) -> Act:
    async def act(verb: Verb, alarm: AlarmState, note: str, for_: str) -> str:
        for_s = duration_s(for_, "for how long") if for_ else None
        now = clock.utc_now()
        wanted = asking.action(verb, alarm.device, alarm.name, by=user(), now=now, note=note, for_s=for_s)
        outcome = await asking.ask(host_folder(config), config, wanted)
        return f"{asking.SAID[verb]}: {', '.join(outcome.done)}"

    return act


def recorded(config: PodConfig) -> Before | None:
    """None where the pod is not recorded."""
    section = config.history
    if section is None:
        return None
    path, sums, scan_s = Path(section.path), totals(config), config.control.scan_s
    return lambda wanted: latest(path, wanted, sums, scan_s)
