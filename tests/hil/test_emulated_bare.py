"""A Pico with nothing attached, on stock MicroPython: it comes up, answers, and what is not fitted reads so."""

import pytest
from mallee import resources
from mallee.hil.emulated.controller import EmulatedController
from mallee.hil.emulated.wiring import high

# A second of the board's time takes this machine about twenty; a cold cache adds minutes.
pytestmark = [pytest.mark.timeout(600), pytest.mark.emulated]

NOT_FITTED, NONE, SAFE, NO_CONVERTER = 0b01, 0xFFFF, 4, 2
READ = """
q=bytearray(5); o=bytearray(260)
def read(a,n,f=4):
    q[0]=f;q[1]=a>>8;q[2]=a&255;q[3]=n>>8;q[4]=n&255
    assert c.server.handle(q,0,5,o,0)==2+(2*n if f==4 else n+7>>3),(a,o[:2])
    return [o[2+2*i]<<8|o[3+2*i] for i in range(n)] if f==4 else list(o[2:2+(n+7>>3)])
"""


@pytest.fixture(scope="module", params=["pdu", "pump"])
def bare(request, image):
    rig = EmulatedController(image, request.param, wired=False)
    rig.boot()
    rig.pico.run(4_000_000)
    ended = rig.stop()
    rig.console.run(READ)
    return request.param, rig, ended


def registers(rig, address, count, function=4):
    return [int(word) for word in rig.console.run(f"print(*read({address},{count},{function}))").split()]


def test_it_runs_and_answers_who_it_is(bare):
    profile, rig, ended = bare
    assert "KeyboardInterrupt" in ended and rig.pico.resets == 0, ended
    assert registers(rig, 0, 4) == [0x4D4C, {"pump": 1, "pdu": 2}[profile], *resources.dictionary(profile).version]
    assert registers(rig, 101, 3) == [SAFE, NONE, 0], "state, first-out alarm, alarm count"
    assert registers(rig, 92, 2) == [0, NO_CONVERTER]
    assert registers(rig, 76, 2) == [0, 0], "chip errors"
    assert not any(registers(rig, 16, 8, function=2)), "alarms"


def test_what_is_not_fitted_reads_so(bare):
    profile, rig, _ = bare
    if profile == "pdu":
        assert registers(rig, 112, 2) == [NOT_FITTED * 0x5555] * 2
        assert registers(rig, 131, 24) == [NONE] * 24, "power, current and thermal image of each branch"
        assert registers(rig, 221, 1) == [5], "branch 1: not fitted"
    else:
        assert registers(rig, 112, 2) == [NOT_FITTED * 0x5555] * 2
        assert registers(rig, 115, 11) == [0x8000] * 11


def test_nothing_is_driven(bare):
    profile, rig, _ = bare
    enabled = [pin for pin in range(23) if rig.pico.mcu.gpio[pin].output_enable]
    # Selects, latch and load: no coil, no drive.
    driven = {5, 6, 7, 13, 14, 15, 16, 17} if profile == "pdu" else {5, 6, 17}
    if profile == "pdu":  # what permits the racks' valves to close is held low: they may not
        driven |= {8, 9}
        assert not any(high(rig.pico, pin) for pin in (8, 9))
    assert set(enabled) - {0, 1, 2, 3, 4, 10, 11, 12, 22} <= driven, enabled
