"""tshark decodes what a link traced."""

from __future__ import annotations

import asyncio
import io

from mallee import resources
from mallee.device.device import Device
from mallee.device.overhearing import overhear
from mallee.link import pdus
from mallee.link.pcap import PcapWriter
from mallee.link.rtu import SerialLink
from mallee.link.rtu_frames import encode
from mallee.link.tcp import TcpLink

from ..host.line_loop import LineDevice, LineMaster, run_on_line
from ..host.peer import Peer
from ..host.virtual_loop import run_virtual
from .test_tshark import SERIAL, decoded

PUMP = resources.dictionary("pump")


async def exchange(link, form: str) -> bytes:
    file = io.BytesIO()
    link.taps.append(PcapWriter(file, form).write)  # pyright: ignore[reportArgumentType]
    device = Device(link, 1, PUMP)
    await device.read_fast()
    await device.write({"supply_temperature_setpoint": 36.0})
    await link.close()
    return file.getvalue()


def check(packets: list[dict[str, str]]) -> None:
    assert [packet["modbus.func_code"] for packet in packets] == ["4", "4", "16", "16", "3", "3"]
    assert not any(packet["_ws.malformed"] or packet["_ws.expert.message"] for packet in packets)
    assert [packet["_ws.col.Info"].strip().split(":")[0] for packet in packets] == ["Query", "Response"] * 3
    assert (
        packets[1]["modbus.regnum16"].split(",")[0] == "100"
        and len(packets[1]["modbus.regval_uint16"].split(",")) == 55
    )
    assert (packets[2]["modbus.regnum16"], packets[2]["modbus.regval_uint16"]) == ("211", "3600")
    assert packets[5]["modbus.regval_uint16"] == "3600"


def test_tcp(tmp_path):
    async def main() -> bytes:
        async with Peer(PUMP) as peer:
            return await exchange(TcpLink("127.0.0.1", peer.port), "tcp")

    (tmp_path / "tcp.pcap").write_bytes(run_virtual(main()))
    check(decoded(tmp_path / "tcp.pcap"))


def test_a_line(tmp_path):
    data = run_on_line(lambda address: exchange(SerialLink(address), "rtu"), [LineDevice(1, Peer(PUMP).answer)])
    (tmp_path / "rtu.pcap").write_bytes(data)
    packets = decoded(tmp_path / "rtu.pcap", *SERIAL)
    check(packets)
    assert all(packet["mbrtu.crc16.status"] == "1" for packet in packets)


def test_an_overheard_line(tmp_path):
    """Frames of other people's master and units."""
    requests = [pdus.encode(pdus.read_input(100, 55)), pdus.encode(pdus.write_registers(211, [3600]))]

    async def main(address) -> bytes:
        file, stop = io.BytesIO(), asyncio.Event()
        writer = PcapWriter(file, "rtu")
        asyncio.get_running_loop().call_later(0.9, stop.set)
        await overhear([address], {}, lambda frame, row: writer.write(frame), stop)
        return file.getvalue()

    master = LineMaster([encode(1, request) for request in requests], interval_s=0.4)
    data = run_on_line(main, [LineDevice(1, Peer(PUMP).answer)], masters=[master])
    (tmp_path / "heard.pcap").write_bytes(data)
    packets = decoded(tmp_path / "heard.pcap", *SERIAL)
    assert [packet["modbus.func_code"] for packet in packets[:4]] == ["4", "4", "16", "16"]
    assert all(packet["mbrtu.crc16.status"] == "1" and not packet["_ws.malformed"] for packet in packets)


def test_noise_on_a_line_is_in_the_file(tmp_path):
    async def main(address) -> bytes:
        link, file = SerialLink(address, timeout_s=0.3), io.BytesIO()
        link.taps.append(PcapWriter(file, "rtu").write)
        device = Device(link, 1, PUMP)
        await device.read_many(["flow"])
        await link.close()
        return file.getvalue()

    # The answer is one byte short of what its head says.
    data = run_on_line(main, [LineDevice(1, lambda pdu: b"\x04\x02\x00")])
    (tmp_path / "rtu.pcap").write_bytes(data)
    packets = decoded(tmp_path / "rtu.pcap", *SERIAL)
    assert len(packets) == 2 and packets[0]["mbrtu.crc16.status"] == "1"
