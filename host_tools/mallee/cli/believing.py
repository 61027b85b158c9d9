"""Who is in quarantine, as the host that runs on this computer has it: one scan cannot tell."""

from __future__ import annotations

from ..paths import pod_state_dir
from ..pod.alarms.desk import standing
from ..pod.alarms.pod_alarms import CONTROLLER_QUARANTINED
from ..pod.alarms.store import AlarmStore
from ..pod.config import PodConfig


def quarantined(config: PodConfig) -> dict[str, str]:
    """By name, with the reason; empty where no host runs here."""
    kept = AlarmStore(pod_state_dir(config.pod.name, config.pod.host_id)).view()
    return {} if kept is None else standing(kept.records, CONTROLLER_QUARANTINED.name)
