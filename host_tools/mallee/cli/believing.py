"""Who is in quarantine, as the host that runs on this computer has it: one scan cannot tell."""

from __future__ import annotations

from ..pod.alarms.desk import standing
from ..pod.alarms.pod_alarms import CONTROLLER_QUARANTINED
from ..pod.alarms.store import AlarmStore
from ..pod.config import PodConfig
from ..pod.hostfolder import host_folder


def quarantined(config: PodConfig) -> dict[str, str]:
    """By name, with the reason; empty where no host runs here."""
    kept = AlarmStore(host_folder(config)).view()
    return {} if kept is None else standing(kept.records, CONTROLLER_QUARANTINED.name)
