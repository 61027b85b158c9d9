"""Which bus each kind of board answers on, and that it answers there."""

import sys

from virtual_controller import Bench, Board, Info  # first: the virtual board  # isort: skip
import rp2_model
from core.rtu import RtuServer
from core.tcp import TcpServer
from core.transport import choose
from core.unheard import Unheard
from core.wire import crc16_modbus
from maps.common import CommonSettings, Health, Status
from maps.fields import ADDRESS

NOT_ON = {"pico": "the virtual board stands in for its modules; tests/hil has the whole controller"}


def frame(unit, *pdu):
    body = bytes((unit,) + pdu)
    crc = crc16_modbus(body, 0, len(body))
    return body + bytes((crc & 0xFF, crc >> 8))


READ = frame(7, 4, 0, 0, 0, 1)
MAGIC = frame(7, 4, 2, 0x4D, 0x4C)


class Nic:
    """network.WIZNET5K, with a cable and, after the second look, an address."""

    looks = 0

    def __init__(self, spi, select, reset):
        assert (select.id, reset.id) == (17, 20)

    def active(self, on):
        pass

    def ipconfig(self, dhcp4):
        Nic.dhcp = dhcp4

    def isconnected(self):
        return True

    def ifconfig(self, *given):
        Nic.looks += 1
        return ("192.0.2.1" if Nic.looks > 1 else "0.0.0.0", "", "", "")


class Network:
    WIZNET5K = Nic


def test_a_network_of_the_port():
    bench = Bench()
    assert isinstance(bench.controller.transport, TcpServer)
    assert bench.ask(4, 0, 0, 0, 1) == b"\x04\x02ML"


def test_an_ethernet_chip_is_woken_when_the_equipment_runs():
    assert "core.ethernet" not in sys.modules  # other boards have no such module, nor memory for it
    sys.modules["network"] = Network
    bench = Bench(network="w5500")
    from core.ethernet import EthernetServer

    transport = bench.controller.transport
    assert isinstance(transport, EthernetServer) and Nic.looks == 0
    bench.run(3500)
    assert Nic.dhcp and Nic.looks >= 2
    assert bench.ask(4, 0, 0, 0, 1) == b"\x04\x02ML"
    transport._tcp.unit = 8  # so that the next request is for another one
    bench.send(4, 0, 0, 0, 1)
    bench.run(1100)
    assert bench.get(Health.bus_foreign) == 1
    assert bench.get(Health.bus_clients) == 1 and bench.get(Health.bus_evictions) == 0
    assert bench.get(Status.state) == 1


def test_a_board_without_a_network_answers_on_its_line():
    bench = Bench(network=None, line=True)
    assert isinstance(bench.controller.transport, RtuServer)
    assert bench.ask_by_line(READ) == MAGIC
    assert bench.ask_by_line(frame(8, 4, 0, 0, 0, 1)) == b""
    assert bench.ask_by_line(READ[:-1] + b"\0") == b""
    bench.run(1100)
    assert bench.get(Health.bus_foreign) == 1 and bench.get(Health.bus_noise) == 8
    assert bench.get(Health.bus_clients) is None


def test_baud_and_framing_are_those_of_the_build():
    class Fast(Info):
        BAUD, FRAMING = 115_200, "8N1"

    bench = Bench(network=None, line=True, info=Fast)
    assert bench.controller.transport._uart._character_ns == 10 * 1_000_000_000 // 115_200
    bench = Bench(network=None, line=True)
    assert bench.controller.transport._uart._character_ns == 11 * 1_000_000_000 // 19_200


def test_settings_of_the_line_are_taken_over_within_a_second():
    bench = Bench(network=None, line=True)
    address = CommonSettings.reply_delay & ADDRESS
    request = frame(7, 6, 0, address, 0, 100)
    assert bench.ask_by_line(request) == request
    bench.run(1000)
    assert bench.ask_by_line(READ) == b"" and bench.ask_by_line(b"", 100) == MAGIC


def test_a_broadcast_on_the_line_latches_and_is_not_answered():
    bench = Bench(network=None, line=True)
    latch = frame(0, 16, 0, 20, 0, 5, 10, 0x4D, 0x4C, 0, 1, 0, 9, 0, 0, 0, 0)
    assert bench.ask_by_line(latch) == b""
    assert bench.ask_by_line(frame(7, 4, 597 >> 8, 597 & 0xFF, 0, 1)) == frame(7, 4, 2, 0, 9)
    assert bench.ask_by_line(frame(0, 5, 0, 0, 0xFF, 0)) == b"" and bench.profile.switches == []


def test_listen_only_ends_with_a_restart_of_the_line():
    bench = Bench(network=None, line=True)
    assert bench.ask_by_line(frame(7, 8, 0, 4, 0, 0)) == b"" and bench.ask_by_line(READ) == b""
    assert bench.ask_by_line(frame(7, 8, 0, 1, 0, 0)) == b"" and bench.ask_by_line(READ) == MAGIC


def test_a_line_of_an_rp2040_is_timed_by_machines_of_its_own():
    """Made, and not run: whoever asks for silence reads a register of the chip."""
    sys.modules["rp2"] = rp2_model
    server, board = Bench().controller.server, Board(line=True, network=None, hard_tick="pio")
    rp2_model.StateMachine.made.clear()
    transport = choose(server, Info, board)
    assert isinstance(transport, RtuServer) and transport._hold_us == 0  # the loop need not wait for the driver
    made = rp2_model.StateMachine.made
    assert sorted(made) == [1, 2]  # 0 is the hard tick's
    assert made[1].in_base.id == board.RS485["tx"] and made[2].in_base.id == board.RS485["rx"]
    assert made[1].running and made[2].running


def test_a_board_without_any_bus_regulates_all_the_same():
    bench = Bench(network=None)
    assert isinstance(bench.controller.transport, Unheard)
    bench.run(2500)
    assert bench.profile.regulated_ms >= 2400 and bench.get(Status.sequence) >= 24
    assert bench.get(Health.bus_clients) is None and bench.get(Health.uptime) == 2
