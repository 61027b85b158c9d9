"""The chips of the virtual boards against their data sheets; the checks themselves run under MicroPython."""

from __future__ import annotations

import struct

from mallee.deploy.board import load
from mallee.deploy.wiring import outputs
from mallee.sim import pduwiring
from mallee.sim.equipment import Nothing

from .worlds import console, needs_micropython, world_of

pytestmark = needs_micropython


class _Inputs(Nothing):
    """Branch 1 at 46.9 A, 240 V, 11.24 kW and -500 var a phase; contacts 0xA5; logs what the outputs do."""

    def __init__(self) -> None:
        super().__init__()
        record = [46_900, *[240_000] * 3, *[46_900] * 3, *[11_240_000] * 3, *[-500_000] * 3]
        self.vector = struct.pack("<110i", *record, *[0] * 7 * 13, 50_000, 0xA5, 0, -1, -1, 3)
        self.log: list[tuple[int, ...]] = []

    def inputs(self, name: str) -> bytes:
        return self.vector

    def outputs(self, name: str, values: tuple[int, ...]) -> None:
        self.log.append(values)


def test_chips_do_what_their_data_sheets_say():
    equipment = _Inputs()
    with world_of(
        "chips_main.py", profile="pdu", inputs=pduwiring.INPUTS, outputs=pduwiring.OUTPUTS, equipment=equipment
    ) as world:
        world.run_for(3)
        assert console(world) == "chips ok\n"
    # The farther register has the reset coils. They change at the latch edge, and only there.
    assert equipment.log == [(1, 2, -1), (0, 0, -1)]


@needs_micropython
def test_an_output_without_a_declared_level_is_not_driven() -> None:
    with world_of("pins_main.py", driven=(5,)) as world:
        world.run_for(0.1)
        said = console(world)
    ways = ("value", "mode", "init", "pwm")
    assert [f"{way} 5 driven" in said for way in ways] == [True] * 4, said
    assert [f"{way} 20 refused: pin 20 is driven" in said for way in ways] == [True] * 4, said
    assert "input 5 driven" in said and "input 20 driven" in said  # to read one is no harm


def test_outputs_are_declared_for_both_profiles() -> None:
    board = load("virtual").data
    assert set(outputs("PUMP", board["PUMP"])) >= {8, 9, 14}, "the drives and the valve"
    assert 4 not in outputs("PUMP", board["PUMP"]), "MISO is an input"
    assert 16 in outputs("PDU", board["PDU"])
