"""The Ethernet bring-up against a stand-in for MicroPython's network.WIZNET5K, written from its documentation. It has never
run on the chip."""

import sys


class Module:
    pass


calls = []


class Nic:
    """isconnected(), ifconfig() and ipconfig(dhcp4=True) as documented; `present` False: no chip on the bus."""

    present = True
    link = False
    address = "0.0.0.0"

    def __init__(self, spi, select, reset):
        calls.append(("new", spi, select, reset))
        if not Nic.present:
            raise OSError(19)

    def active(self, on):
        calls.append(("active", on))

    def isconnected(self):
        return Nic.link

    def ifconfig(self, *arguments):
        if arguments:
            calls.append(("ifconfig", arguments[0]))
            assert arguments[0] != "dhcp", "that waits ten seconds for an answer"
            Nic.address = arguments[0][0]
        return (Nic.address, "255.255.255.0", "192.168.1.1", "8.8.8.8")

    def ipconfig(self, dhcp4):
        calls.append(("dhcp", dhcp4))


def spi(id, **settings):
    calls.append(("spi", id))
    return ("spi", id)


machine, network = Module(), Module()
machine.SPI, machine.Pin = spi, lambda number, *rest, **more: number
network.WIZNET5K = Nic
sys.modules["machine"] = machine
sys.modules["network"] = network

from core.ethernet import EthernetServer  # noqa: E402

NOT_ON = {"pico": "it has no sockets"}

PINS = {"spi": {"id": 0, "sck": 18, "mosi": 19, "miso": 16}, "select": 17, "reset": 20, "interrupt": 21}


def ethernet(address=None, link=False, present=True):
    calls.clear()
    Nic.link, Nic.present, Nic.address = link, present, "0.0.0.0"
    return EthernetServer(None, 0, 1, PINS, address)  # port 0: any


def listens(e):
    return e._tcp.listener is not None


def test_nothing_is_touched_before_the_equipment_runs():
    e = ethernet()
    assert calls == [] and not listens(e) and e.connected == 0
    e.wait(1)


def test_without_a_cable_it_asks_and_does_not_wait():
    e = ethernet()
    for _ in range(60):
        e.age(1000)
        e.wait(0)
    assert calls == [("spi", 0), ("new", ("spi", 0), 17, 20), ("active", True), ("dhcp", True)]
    assert not listens(e)


def test_it_listens_when_a_late_address_comes():
    e = ethernet()
    e.age(1000)
    Nic.link = True
    e.age(1000)
    assert not listens(e)
    Nic.address = "192.168.1.77"
    e.age(1000)
    assert listens(e)
    e.wait(0)
    e._stop()


def test_a_static_address_is_set_instead_of_asking():
    static = ("192.168.1.20", "255.255.255.0", "192.168.1.1", "8.8.8.8")
    e = ethernet(static, link=True)
    e.age(1000)
    e.age(1000)
    assert ("ifconfig", static) in calls and ("dhcp", True) not in calls
    assert listens(e)
    e._stop()


def test_a_short_loss_of_the_link_costs_nothing_and_a_long_one_ends_in_listening_anew():
    e = ethernet(("192.168.1.20", "255.255.255.0", "192.168.1.1", "8.8.8.8"), link=True)
    e.age(1000)
    e.age(1000)
    first = e._tcp.listener
    Nic.link = False
    for _ in range(4):
        e.age(1000)
    assert e._tcp.listener is first
    e.age(1000)
    assert not listens(e)
    Nic.link = True
    e.age(1000)
    assert listens(e) and e._tcp.listener is not first
    e._stop()


def test_another_address_is_listened_at_anew():
    e = ethernet(link=True)
    e.age(1000)
    Nic.address = "10.0.0.5"
    e.age(1000)
    first = e._tcp.listener
    Nic.address = "10.0.0.6"
    e.age(1000)
    assert listens(e) and e._tcp.listener is not first
    e._stop()


def test_a_chip_that_does_not_answer_is_tried_every_ten_seconds():
    e = ethernet(present=False)
    for _ in range(10):
        e.age(1000)
        e.wait(0)
    assert [call[0] for call in calls].count("new") == 1
    Nic.present = True
    e.age(1000)
    assert [call[0] for call in calls].count("new") == 2 and ("active", True) in calls
