"""Four more masters of other people against whole controllers: a pump skid and a PDU, over TCP and over a serial line."""

from __future__ import annotations

import pytest

from ..demos import RunningDemo
from .peers import LibModbus, MinimalModbus, Peer, PyModbusTcp, Refused, Umodbus
from .test_rtu import MAP, controller_on_a_port

SETTINGS_LOST, VALIDITY = 3, 128  # an alarm, and how far behind it says whether it can be judged
BAUD, FRAMING = 38400, "8N1"
TCP = {"pyModbusTCP": PyModbusTcp, "uModbus": Umodbus.tcp, "libmodbus": LibModbus.tcp}
RTU = {"uModbus": Umodbus.rtu, "minimalmodbus": MinimalModbus, "libmodbus": LibModbus.rtu}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with RunningDemo(tmp_path_factory.mktemp("demo")) as demo:
        demo.until(lambda d: all(s["lease"]["ours"] for s in d["skids"] + d["pdus"]))
        yield demo


def refusal(call, *values) -> int:
    with pytest.raises(Refused) as caught:
        call(*values)
    return caught.value.code


def no_settings_lost(peer: Peer) -> bool:
    """A controller judges its alarms 100 ms after its start at the latest; until then their validity says so."""
    for _ in range(1000):
        if peer.discretes(SETTINGS_LOST + VALIDITY, 1) == [True]:
            return peer.discretes(SETTINGS_LOST, 1) == [False]
    return False


def use_a_pump_skid(peer: Peer) -> None:
    """With nothing but the printed tables. 211 and 212 are set-points, supply temperature and differential pressure."""
    assert peer.inputs(0, 4) == [0x4D4C, 1, *MAP]
    peer.write(211, 3600)
    assert peer.holdings(211, 1) == [3600]
    peer.write_many(211, [3650, 1900])
    assert peer.holdings(211, 2) == [3650, 1900]
    if peer.mask is not None:
        peer.mask(212, 0xFFF0, 0x0005)
        assert peer.holdings(212, 1) == [1900 & 0xFFF0 | 5]
    if peer.write_read is not None:
        assert peer.write_read(211, [3700, 2000], 211, 4) == [3700, 2000, *peer.holdings(213, 2)]
    assert no_settings_lost(peer)
    assert refusal(peer.inputs, 36, 1) == 2 and refusal(peer.holdings, 300, 1) == 2
    assert refusal(peer.write, 211, 9000) == 3 and refusal(peer.write_many, 211, [3600, 30000]) == 3
    assert refusal(peer.write, 300, 1) == 2 and refusal(peer.coils, 0, 1) == 2
    assert peer.holdings(211, 1) == [3700 if peer.write_read is not None else 3650]  # nothing of what was refused
    peer.write_many(211, [3700, 2000])
    if peer.vendor is not None:
        assert peer.vendor() == b"mallee"
    if isinstance(peer, LibModbus):
        assert b"mallee" in peer.server_id()


def use_a_pdu(peer: Peer) -> None:
    assert peer.inputs(0, 2) == [0x4D4C, 2]
    before = peer.coils(0, 8)
    assert before[:4] == [True] * 4
    peer.switch(7, False)
    assert peer.coils(7, 1) == [False]
    peer.switch_many(5, [False, False])
    assert peer.coils(0, 8) == [*before[:5], False, False, False]
    assert no_settings_lost(peer)
    assert refusal(peer.coils, 0, 9) == 2 and refusal(peer.switch, 8, True) == 2
    assert refusal(peer.switch_many, 7, [True, True]) == 2 and peer.coils(7, 1) == [False]


@pytest.mark.parametrize("name", TCP)
def test_a_pump_skid_over_tcp(demo, name):
    peer = TCP[name](demo.ports["skid-2"])
    use_a_pump_skid(peer)
    peer.close()


@pytest.mark.parametrize("name", TCP)
def test_a_pdu_over_tcp(demo, name):
    port = demo.ports[f"pdu-b{1 + list(TCP).index(name)}"]  # one each: what is off stays off for a while
    peer = TCP[name](port)
    use_a_pdu(peer)
    peer.close()


@pytest.mark.parametrize("name", RTU)
@pytest.mark.parametrize(("profile", "use"), [("pump", use_a_pump_skid), ("pdu", use_a_pdu)])
def test_over_a_serial_line(profile, use, name):
    with controller_on_a_port(profile=profile, baud=BAUD, framing=FRAMING) as (_, port):
        peer = RTU[name](port, BAUD)
        use(peer)
        peer.close()
