"""docs/alarms.md names what there is."""

from __future__ import annotations

from mallee.pod.alarms import actions
from mallee.pod.alarms.lifecycle import Aside, Phase
from mallee.pod.alarms.pod_alarms import POD_ALARMS

from ...conftest import ROOT


def test_the_page_has_every_alarm_of_the_pod_every_state_and_every_action() -> None:
    text = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8")
    for alarm in POD_ALARMS:
        assert f"| `{alarm.name}` | {alarm.priority} | {alarm.condition} |" in text, alarm.name
    for word in (*(phase.value for phase in Phase), *(why.value for why in Aside), *actions.DONE):
        assert f"`{word}`" in text, word
