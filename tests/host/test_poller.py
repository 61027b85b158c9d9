"""The poller against peers on loopback and on a line of the line model, in virtual time."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from contextlib import asynccontextmanager

import pytest
from mallee import resources
from mallee.device.alarms import alarms_in
from mallee.device.device import Device
from mallee.link.address import SerialAddress
from mallee.link.rtu import SerialLink
from mallee.link.tcp import TcpLink
from mallee.poll.group import Group, alarm_group, chosen_group, fast_group, rest_group, spans_of
from mallee.poll.poller import Polled, Poller
from mallee.reading import Quality

from .line_loop import LineDevice, run_on_line
from .peer import Peer
from .virtual_loop import run_virtual

PUMP = resources.dictionary("pump")


@asynccontextmanager
async def polled_peer(*groups: Group, poller: Poller | None = None):
    """One peer, its device and a poller; the peer's loop runs: its sequence moves with each request."""
    async with Peer(PUMP, name="it") as peer:

        def moves(pdu: bytes) -> None:
            peer.set("sequence", (peer.get("sequence") + 1) & 0x7FFF)

        peer.hook = moves
        link = TcpLink("127.0.0.1", peer.port, timeout_s=0.5)
        poller = poller or Poller()
        device = await Device.connect(link, 1, name="it")
        peer.requests.clear()
        poller.add(device, groups)
        try:
            yield peer, poller, device
        finally:
            await poller.close()
            await link.close()


def reads(peer: Peer) -> list[tuple[int, int, int]]:
    return [struct.unpack(">BHH", pdu) for pdu in peer.requests if len(pdu) == 5]


def test_each_group_keeps_its_own_interval_and_the_fewest_requests():
    async def main() -> None:
        async with polled_peer(fast_group(PUMP, 0.1), rest_group(PUMP, 1.0)) as (peer, poller, _):
            await asyncio.sleep(10.05)
            asked = reads(peer)
            assert 99 <= asked.count((4, 100, 55)) <= 103
            spans = {(4 if s.table == "input" else 3, s.address, s.count) for s in spans_of(PUMP, rest_group(PUMP, 1))}
            assert set(asked) == {(4, 100, 55), *spans}
            assert all(9 <= asked.count(span) <= 12 for span in spans)
            assert poller.missed("it") == 0

    run_virtual(main())


def test_values_age_become_stale_and_come_back():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with polled_peer(fast_group(PUMP, 1.0)) as (peer, poller, _):
            image = poller.image("it")
            assert image.reading("flow", loop.time()).quality is Quality.NOT_YET
            peer.set("supply_temperature", 3700)
            await asyncio.sleep(2.2)
            fresh = image.reading("supply_temperature", loop.time())
            assert fresh.value == 37.0 and fresh.quality is Quality.GOOD and fresh.age_s < 1.0
            peer.silent = True
            await asyncio.sleep(10)
            snapshot = image.snapshot(loop.time())
            stale = snapshot["supply_temperature"]
            assert stale.value == 37.0 and stale.quality is Quality.STALE and stale.age_s > 9
            assert snapshot.failures[0].quality is Quality.NO_ANSWER
            peer.silent = False
            await asyncio.sleep(10)
            assert image.reading("supply_temperature", loop.time()).quality is Quality.GOOD

    run_virtual(main())


def test_a_controller_whose_loop_stands_still_answers_with_values_that_age():
    async def main() -> None:
        async with polled_peer(fast_group(PUMP, 0.5)) as (peer, poller, _):
            await asyncio.sleep(2)
            peer.hook = None
            await asyncio.sleep(5)
            reading = poller.image("it").reading("flow", asyncio.get_running_loop().time())
            assert reading.quality is Quality.STALE and reading.age_s > 4

    run_virtual(main())


def test_a_span_that_is_refused_is_cut_and_stays_so():
    """A device that lacks one register, and one that takes no more than 20 at once."""

    async def main() -> None:
        group = chosen_group(PUMP, ["*"], 1.0)
        async with polled_peer(group) as (peer, poller, _):
            for register in range(60, 62):
                del peer.image["input"][register]
            counting = peer.hook

            def at_most_20(pdu: bytes) -> bytes | None:
                assert counting is not None
                counting(pdu)
                return bytes((pdu[0] | 0x80, 3)) if pdu[0] in (3, 4) and pdu[4] > 20 else None

            peer.hook = at_most_20
            await asyncio.sleep(5)
            peer.requests.clear()
            await asyncio.sleep(10)
            asked = reads(peer)
            assert all(count <= 20 for _, _, count in asked)
            assert not any(address < 62 and address + count > 60 for table, address, count in asked if table == 4)
            assert max(asked.count(each) for each in set(asked)) <= 11
            snapshot = poller.image("it").snapshot(asyncio.get_running_loop().time())
            missing = [name for name, reading in snapshot.items() if reading.quality is Quality.REFUSED]
            assert missing == [p.name for p in PUMP.points if p.table == "input" and p.address < 62 and p.end > 60]

    run_virtual(main())


def test_a_write_goes_before_polls_and_what_it_read_back_is_known_at_once():
    async def main() -> None:
        async with polled_peer(rest_group(PUMP, 5.0)) as (_, poller, _device):
            await asyncio.sleep(1)
            await poller.write("it", {"supply_temperature_setpoint": 36.0})
            reading = poller.image("it").reading("supply_temperature_setpoint", asyncio.get_running_loop().time())
            assert reading.value == 36.0 and reading.age_s < 0.1

    run_virtual(main())


def test_subscribers_hear_of_each_group_once_a_round():
    async def main() -> None:
        heard: list[Polled] = []
        poller = Poller()
        end = poller.subscribe(heard.append)
        async with polled_peer(fast_group(PUMP, 0.5), rest_group(PUMP, 2.0), poller=poller):
            await asyncio.sleep(9.9)
            groups = [polled.group for polled in heard]
            assert 19 <= groups.count("fast") <= 21 and 5 <= groups.count("rest") <= 6
            assert all(polled.good for polled in heard)
            assert {"flow", "name"} <= set(heard[-1].snapshot())
            end()
            count = len(heard)
            await asyncio.sleep(2)
            assert len(heard) == count

    run_virtual(main())


def test_a_name_is_polled_once():
    async def main() -> None:
        async with polled_peer(fast_group(PUMP, 1.0)) as (_, poller, device):
            with pytest.raises(ValueError, match="already"):
                poller.add(device, [])

    run_virtual(main())


# On a line.


def line_devices(count: int) -> list[LineDevice]:
    """Controllers of units 1 to `count`: their sequence moves with each request."""
    devices = []
    for unit in range(1, count + 1):
        peer = Peer(PUMP, name=f"skid-{unit}", unit=unit)
        peer.set("unit_address", unit)
        devices.append(LineDevice(unit, _Controller(peer)))
    return devices


class _Controller:
    """A peer that latches when it is told to, unless it is deaf."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.deaf = False
        self.latches = 0

    def __call__(self, pdu: bytes) -> bytes | None:
        if pdu[:3] == b"\x10\0\x14":
            if not self.deaf:
                self._latch(int.from_bytes(pdu[10:12], "big"))
            return None
        self.peer.set("sequence", (self.peer.get("sequence") + 1) & 0x7FFF)
        return self.peer.answer(pdu)

    def _latch(self, number: int) -> None:
        self.latches += 1
        image = self.peer.image["input"]
        for register in range(100, 155):
            image[register + 500] = image[register]
        image[597] = number


async def poll_line(
    address: SerialAddress, units: Sequence[int], interval_s: float, for_s: float
) -> tuple[list[int], SerialLink]:
    """How many fast blocks of each unit came in that time."""
    link = SerialLink(address, timeout_s=60.0, answer_s=0.15)
    poller, counts = Poller(), [0] * max(units)
    poller.subscribe(
        lambda polled: counts.__setitem__(int(polled.device) - 1, counts[int(polled.device) - 1] + polled.good)
    )
    for unit in units:
        poller.add(Device(link, unit, PUMP, str(unit)), [fast_group(PUMP, interval_s)])
    await asyncio.sleep(for_s)
    await poller.close()
    await link.close()
    return counts, link


def test_one_dead_unit_costs_the_others_two_percent_at_most():
    """Against a line on which it is not asked at all."""
    others = [unit for unit in range(1, 5) if unit != 3]

    def run(*asked: int) -> list[int]:
        devices = line_devices(4)
        devices[2].dead = True
        return run_on_line(lambda address: poll_line(address, asked, 0.01, 120.0), devices, baud=9600)[0]

    without, with_dead = run(*others), run(1, 2, 3, 4)
    assert with_dead[2] == 0
    assert sum(with_dead) >= 0.98 * sum(without)
    living = [with_dead[unit - 1] for unit in others]
    assert max(living) - min(living) <= 2


def test_a_latch_gives_one_moment_for_all_units_of_a_line():
    devices = line_devices(3)
    controllers = [device.answer for device in devices]
    assert isinstance(controllers[2], _Controller)
    controllers[2].deaf = True

    async def main(address: SerialAddress):
        link = SerialLink(address, timeout_s=5.0, answer_s=0.15)
        poller, heard = Poller(), []
        poller.subscribe(heard.append)
        for unit in (1, 2, 3):
            poller.add(Device(link, unit, PUMP, str(unit)), [fast_group(PUMP, 1.0)])
        assert poller.latch(link, 1.0) == 3
        await asyncio.sleep(10.5)
        fast = poller.image("1").snapshot(asyncio.get_running_loop().time())
        deafness = [poller.unsynchronised(str(unit)) for unit in (1, 2, 3)]
        await poller.close()
        await link.close()
        return heard, fast, deafness, link

    heard, fast, deafness, link = run_on_line(main, devices)
    latches = {number: {p.device for p in heard if p.latch == number} for number in range(2, 10)}
    assert all(devices_ == {"1", "2"} for devices_ in latches.values())
    assert 10 <= sum(p.device == "3" and p.good for p in heard) <= 12  # it had not heard: read as it is
    assert deafness[:2] == [0, 0] and deafness[2] >= 10
    assert fast["flow"].quality is Quality.GOOD and link.statistics.broadcasts >= 10
    assert isinstance(controllers[0], _Controller) and controllers[0].latches >= 10


def test_a_write_and_its_reading_back_wait_for_one_poll_each_at_most():
    """On a line that polls fill, and where others wait for it too."""
    asked: list[tuple[int, bytes]] = []
    devices = line_devices(4)
    for device in devices:

        def noted(pdu: bytes, unit: int = device.unit, answer=device.answer) -> bytes | None:
            asked.append((unit, pdu))
            return answer(pdu)

        device.answer = noted

    async def main(address: SerialAddress) -> tuple[int, list[tuple[int, bytes]]]:
        link = SerialLink(address, timeout_s=60.0)
        poller = Poller()
        for unit in range(1, 5):
            poller.add(Device(link, unit, PUMP, str(unit)), [fast_group(PUMP, 0.01)])
        await asyncio.sleep(5.03)
        others = [asyncio.create_task(Device(link, unit, PUMP).read_fast()) for unit in (1, 3, 4) for _ in range(2)]
        await asyncio.sleep(0)
        before = len(asked)
        await poller.write("2", {"supply_temperature_setpoint": 36.0})
        during = asked[before:]
        await asyncio.gather(*others)
        await poller.close()
        await link.close()
        return before, during

    _, during = run_on_line(main, devices)
    functions = [(unit, pdu[0]) for unit, pdu in during]
    at = functions.index((2, 16))
    assert at <= 1 and (2, 3) in functions[at + 1 : at + 3]


@pytest.mark.parametrize("apart", [True, False])
def test_measurements_are_no_newer_than_the_loop_of_their_device(apart):
    """Whether the sequence number is in their own request, or in another one, or was not even asked for."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        groups = [fast_group(PUMP, 0.2), rest_group(PUMP, 1.0)] if apart else [chosen_group(PUMP, ["flow"], 0.5)]
        async with polled_peer(*groups) as (peer, poller, _):
            image = poller.image("it")
            measured = [n for n in image.names if n in PUMP.by_name and PUMP.by_name[n].table == "input"]
            await asyncio.sleep(3)
            assert not [n for n in measured if image.reading(n, loop.time()).quality is Quality.STALE]
            peer.hook = None  # it answers, and its sequence stands
            await asyncio.sleep(10)
            fresh = [n for n in measured if image.reading(n, loop.time()).quality is Quality.GOOD]
            assert not fresh and "flow" in measured
            if apart:
                kept = image.reading("flow_setpoint", loop.time())
                assert kept.quality is Quality.GOOD, "a set-point is what stands there"

    run_virtual(main())


def test_alarms_are_polled_like_points_and_unknown_ones_stay_unknown():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with polled_peer(alarm_group(PUMP, 0.5)) as (peer, poller, _):
            leak, other = (next(a for a in PUMP.alarms if a.name == name) for name in ("leak_rope", "dry_run"))

            def states() -> dict[str, bool | None]:
                found = alarms_in(poller.image("it").snapshot(loop.time()), PUMP)
                assert [reading.entry.code for reading in found] == sorted(PUMP.alarm_by_code)
                return {reading.entry.name: reading.active for reading in found}

            assert set(states().values()) == {None}, "nothing was read yet"
            bits = peer.image["discrete"]
            bits.update(dict.fromkeys(PUMP.alarm_by_code, 1))
            bits[other.code + PUMP.validity_offset] = 0
            await asyncio.sleep(1.1)
            found = states()
            assert found.pop("dry_run") is None, "the controller cannot tell"
            assert set(found.values()) == {True}
            bits[leak.code] = 0
            await asyncio.sleep(1.1)
            assert states()["leak_rope"] is False
            peer.silent = True
            await asyncio.sleep(10)
            assert set(states().values()) == {None}, "what is stale is not known"

    run_virtual(main())
