"""A whole pod: what one controller does is seen by another."""

import pytest

pytestmark = pytest.mark.needs("pod")


def test_a_skid_that_stops_leaves_its_flow_to_the_other(pod):
    skids = [name for name in pod if pod[name].profile == "pump"]
    pod.run(2)
    flow = pod[skids[1]].number("flow")
    pod.faults.begin("pump_stop", f"{skids[0]}/1")
    pod.faults.begin("pump_stop", f"{skids[0]}/2")
    pod[skids[1]].wait_until("flow", lambda value: value is not None and value > 1.3 * flow, within_s=20)
    assert pod.plant.flow_l_min == pytest.approx(pod[skids[1]].number("flow"), rel=0.05)
