"""A device built from a dictionary, against a peer that keeps the wire contract."""

from __future__ import annotations

import pytest
from mallee.device.device import Device
from mallee.device.dictionary import Dictionary
from mallee.device.identity import read_identification, read_identity
from mallee.device.remote import Grant
from mallee.errors import ExitCode, MalleeError
from mallee.link.failures import Refused
from mallee.link.tcp import TcpLink
from mallee.reading import Quality

from .peer import Peer
from .virtual_loop import run_virtual


def with_device(dictionary: Dictionary, scenario, **peer_arguments):
    """Run `scenario(device, peer)` against a peer with that dictionary."""

    async def main():
        async with Peer(dictionary, **peer_arguments) as peer:
            link = TcpLink("127.0.0.1", peer.port)
            try:
                return await scenario(await Device.connect(link, 1, name="it"), peer)
            finally:
                await link.close()

    return run_virtual(main())


def test_fast_block_is_one_request_with_units_and_quality(pump: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        peer.set("supply_temperature", 3705)
        peer.set("return_temperature", 0x8000)
        peer.set("sequence", 77)
        peer.set("quality", 0b10 << 32 + 2 * 4)  # slot 4, the return temperature: sensor fault
        peer.requests.clear()
        snapshot = await device.read_fast()
        assert len(peer.requests) == 1
        assert snapshot.sequence == 77
        supply = snapshot["supply_temperature"]
        assert (supply.value, supply.unit, supply.quality) == (37.05, "degC", Quality.GOOD)
        assert snapshot["return_temperature"].value is None
        assert snapshot["return_temperature"].quality is Quality.FAULT
        assert snapshot["first_out"].value is None
        assert snapshot["first_out"].quality is Quality.NOT_AVAILABLE
        assert snapshot["state"].value == "local"

    with_device(pump, scenario)


def test_read_all_covers_every_point_and_crosses_no_hole(pdu: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        peer.set("branch.8.energy", 123456789012)
        peer.requests.clear()
        snapshot = await device.read_all()
        assert set(snapshot) == {point.name for point in pdu.points}
        assert snapshot.failures == ()
        assert snapshot["branch.8.energy"].value == 123456789012
        assert snapshot["name"].value == "peer"
        assert len(peer.requests) < 24

    with_device(pdu, scenario, profile=2)


def test_a_register_that_the_device_lacks_costs_only_itself(pump: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        del peer.image["input"][pump.by_name["level"].address]
        snapshot = await device.read_many(["flow", "level", "heat"])
        assert snapshot["level"].quality is Quality.REFUSED
        assert snapshot["flow"].quality is Quality.GOOD
        assert snapshot["heat"].quality is Quality.GOOD
        peer.requests.clear()
        await device.read_many(["level"])
        assert peer.requests == []  # remembered, not asked again

    with_device(pump, scenario)


def test_write_checks_limits_first_and_reads_back(pump: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        peer.requests.clear()
        with pytest.raises(MalleeError, match="upper limit is 55") as caught:
            await device.write({"supply_temperature_setpoint": 90.0})
        assert caught.value.code is ExitCode.REFUSED
        assert peer.requests == []
        after = await device.write({"supply_temperature_setpoint": 36.5, "mode_setpoint": "flow"})
        assert after.value("supply_temperature_setpoint") == 36.5
        assert after.value("mode_setpoint") == "flow"
        writes = [pdu for pdu in peer.requests if pdu[0] == 16]
        assert len(writes) == 1  # contiguous registers go in one request

    with_device(pump, scenario)


def test_coils_one_by_function_5_and_several_by_15(pdu: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        await device.write({"branch_switch.3": True})
        await device.write({f"branch_switch.{n}": n % 2 == 0 for n in range(1, 9)})
        assert [peer.image["coil"][n] for n in range(8)] == [0, 1] * 4
        assert [pdu[0] for pdu in peer.requests if pdu[0] in (5, 15)] == [5, 15]

    with_device(pdu, scenario, profile=2)


def test_unknown_point_suggests_the_nearest(pump: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        with pytest.raises(MalleeError) as caught:
            await device.read("suply_temperature")
        assert "supply_temperature" in caught.value.next

    with_device(pump, scenario)


def test_refused_write_says_why(pump: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        with pytest.raises(MalleeError) as caught:
            await device.write({"remote_supply_temperature": 37.0})
        assert caught.value.code is ExitCode.REFUSED
        assert "lease_missing" in caught.value.what

    with_device(pump, scenario)


def test_remote_block_is_written_whole_under_the_lease(pump: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        before = await device.read_remote()
        await device.write_remote(Grant(7, 1, 10), {**before, "remote_heat": None})
        assert (peer.holder, peer.epoch, peer.leased) == (7, 1, True)
        assert peer.get("remote_heat") == 0xFFFF
        with pytest.raises(Refused) as caught:
            await device.write_remote(Grant(8, 2, 10), before)
        assert caught.value.exception_code == 4
        with pytest.raises(ValueError, match="remote block"):
            await device.write_remote(Grant(7, 1, 10), {"remote_mode": "flow"})

    with_device(pump, scenario)


def test_alarms_with_their_validity(pump: Dictionary) -> None:
    async def scenario(device: Device, peer: Peer) -> None:
        peer.image["discrete"][21] = 1
        peer.image["discrete"][24 + pump.validity_offset] = 0
        states = {reading.entry.name: reading.active for reading in await device.read_alarms()}
        assert states["over_temperature"] is True
        assert states["flow_low"] is None
        assert states["dry_run"] is False

    with_device(pump, scenario)


def test_identity_of_a_foreign_device_is_none(pump: Dictionary) -> None:
    async def main() -> None:
        async with Peer(pump) as peer:
            peer.set("magic", 1)
            link = TcpLink("127.0.0.1", peer.port)
            assert await read_identity(link, 1) is None
            assert (await read_identification(link, 1))[0] == "mallee"
            with pytest.raises(MalleeError, match="no mallee controller"):
                await Device.connect(link, 1)
            await link.close()

    run_virtual(main())
