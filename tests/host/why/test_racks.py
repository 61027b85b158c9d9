"""Why a rack has its power limit, and why it is off: from the power manager's state alone."""

from __future__ import annotations

from mallee.pod.power import explaining
from mallee.pod.power.capping import CapState, RackInput
from mallee.pod.power.limits import Limit
from mallee.pod.power.manager import Decision, PowerState
from msgspec.structs import replace

from ..power_bench import OVERSUBSCRIBED


def limit(name: str, load: float, most: float) -> Limit:
    racks = {rack.name: 20.0 for rack in OVERSUBSCRIBED.racks}
    return Limit(name, "feed" if name.startswith("feed") else "pdu", "A", most, load, True, racks, racks)


def reasons(
    caps: dict[str, float], off: frozenset[str] = frozenset(), why: dict[str, str] | None = None, config=OVERSUBSCRIBED
):
    limits = (limit("feed B", 940.0, 1000.0), limit("pdu-b4", 200.0, 250.0))
    state = PowerState(
        limits={"feed B": CapState(capping=True, caps=caps), "pdu-b4": CapState(capping=True, caps={"rack-8": 90.0})},
        caps_kW=caps,
        why=dict.fromkeys(caps, "feed B carries 1100 A: down to 95%"),
    )
    inputs = [RackInput(rack.name, rack.power_kW, 40.0, power_kW=50.0) for rack in config.racks]
    return explaining.reasons(config, state, Decision(caps, off, (), {}), limits, inputs, why or {})


def test_the_tightest_limit_sets_it_and_the_others_have_lost() -> None:
    caps, _ = reasons({"rack-8": 60.0})
    reason = caps["rack-8"]
    assert (reason.of, reason.value, reason.rule) == ("rack-8.power_limit", 60.0, "feed B carries 1100 A: down to 95%")
    assert [(asked.rule, asked.value) for asked in reason.lost] == [("its share of what pdu-b4 may carry", 90.0)]
    inputs = {each.name: each.value for each in reason.inputs}
    assert inputs["rack-8.power"] == 50.0 and inputs["rack.rack-8.priority"] == 80.0
    assert inputs["feed B, of 1000 A"] == 940.0


def test_a_rack_without_a_limit_says_why_it_has_none() -> None:
    caps, permits = reasons({}, why={"rack-8.power_limit": "would stay below 95%"})
    assert caps["rack-8"].rule == "would stay below 95%" and caps["rack-8"].value is None
    assert caps["rack-1"].rule == "no limit asks it to draw less"
    bare = replace(OVERSUBSCRIBED, racks=tuple(replace(rack, power_limit="") for rack in OVERSUBSCRIBED.racks))
    assert "no power_limit in the pod file" in reasons({}, config=bare)[0]["rack-1"].rule
    off = replace(OVERSUBSCRIBED, power=replace(OVERSUBSCRIBED.power, cap=False))
    assert "cap = false" in reasons({}, config=off)[0]["rack-1"].rule
    assert permits["rack-1"].value == "on"


def test_a_rack_that_is_off_says_which_main_it_was_for() -> None:
    caps, permits = reasons({}, frozenset({"rack-8", "rack-6"}), {"rack-8.permit": "pdu-b4 may open in 20 s"})
    assert caps["rack-8"].value is None and "it is off" in caps["rack-8"].rule
    assert (permits["rack-8"].value, permits["rack-8"].rule) == ("off", "pdu-b4 may open in 20 s")
    assert permits["rack-6"].rule == "it was off before this host began"
