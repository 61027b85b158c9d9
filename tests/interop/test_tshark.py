"""tshark decodes a real exchange of every function code that a unit serves, over TCP and over a serial line."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from mallee.link.rtu_frames import encode
from mallee.sim.line.model import Line

from ..firmware.live_rtu import LiveRtu
from ..firmware.test_model_bank import Connection, Live
from .exchanges import PDUS, rtu_capture, tcp_capture

FIELDS = (
    "_ws.expert.message", "_ws.malformed", "_ws.col.Info", "modbus.func_code", "modbus.exception_code", "modbus.regnum16",
    "modbus.regval_uint16", "modbus.bitnum", "modbus.bitval", "modbus.reference_num", "modbus.data",
    "modbus.object_str_value", "mbrtu.crc16.status",
)  # fmt: skip
SERIAL = ("-o", 'uat:user_dlts:"User 0 (DLT=147)","mbrtu","0","","0",""', "-o", "mbrtu.crc_verification:TRUE")
# tshark 4.0 takes no RTU frame below five bytes, and so none of the requests that are a function code alone.
TOO_SHORT = (7, 11, 12, 17)
# Nor does it know requests from answers where both may be as long; then it names the function and stops.
TOLD_APART = (1, 2, 3, 4, 15, 16)


def decoded(file: Path, *options: str) -> list[dict[str, str]]:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed (Debian package tshark)")
    wanted = [part for field in FIELDS for part in ("-e", field)]
    command = ["tshark", "-n", "-r", str(file), *options, "-T", "fields", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def over_tcp() -> list[tuple[bytes, bytes]]:
    live = Live()
    try:
        connection = Connection(live.port)
        answers = [connection.ask(pdu) for pdu in PDUS]
        connection.socket.close()
    finally:
        live.close()

    def adu(number: int, pdu: bytes) -> bytes:
        return struct.pack(">HHHB", number, 0, len(pdu) + 1, 1) + pdu

    return [(adu(i, pdu), adu(i, answer)) for i, (pdu, answer) in enumerate(zip(PDUS, answers, strict=True))]


@pytest.fixture(scope="module")
def over_a_line() -> list[tuple[bytes, bytes]]:
    live = LiveRtu(Line(baud=19200, framing="8E1"), 19200, "8E1")
    try:
        answers = [live.ask(pdu) for pdu in PDUS]
    finally:
        live.close()
    return [(encode(1, pdu), encode(1, answer or b"")) for pdu, answer in zip(PDUS, answers, strict=True)]


def check_values(query: dict[str, str], answer: dict[str, str], pdu: bytes) -> None:
    """Numbers and values of what was read, from the capture of the answer, against what the server is known to hold."""
    if answer["modbus.exception_code"]:
        return
    if pdu == PDUS[0] or pdu == PDUS[1]:
        count = 30 if pdu[0] == 1 else 29
        first = pdu[2]
        assert answer["modbus.bitnum"] == ",".join(str(n) for n in range(first, first + count))
        assert answer["modbus.bitval"] == ",".join("0" * count)
    elif pdu[0] == 3:
        assert answer["modbus.regnum16"] == "211,212,213,214"
        assert answer["modbus.regval_uint16"] == "3700,2000,6000,5000"
    elif pdu[0] == 4:
        assert answer["modbus.regnum16"] == "0,1,2,3,4,5,6,7"
        assert answer["modbus.regval_uint16"] == ",".join(["65535"] * 8)
    elif pdu[0] == 16:
        assert (query["modbus.regnum16"], query["modbus.regval_uint16"]) == ("211,212", "3600,1900")


def test_tcp_is_decoded_without_complaint(tmp_path, over_tcp):
    file = tmp_path / "tcp.pcap"
    file.write_bytes(tcp_capture(over_tcp))
    packets = decoded(file)
    assert len(packets) == 2 * len(PDUS)
    for i, (pdu, (_, adu)) in enumerate(zip(PDUS, over_tcp, strict=True)):
        query, answer = packets[2 * i : 2 * i + 2]
        for each, said in ((query, "Query"), (answer, "Response")):
            assert not each["_ws.expert.message"] and not each["_ws.malformed"], each
            assert each["_ws.col.Info"].strip().startswith(said) and each["modbus.func_code"] == str(pdu[0]), each
        assert answer["modbus.exception_code"] == (str(adu[8]) if adu[7] & 0x80 else ""), answer
        check_values(query, answer, pdu)
        if pdu[0] in (5, 6) and adu[7] == pdu[0]:
            assert query["modbus.reference_num"] == answer["modbus.reference_num"] == str(pdu[2])
            assert query["modbus.data"] == answer["modbus.data"] == pdu[3:5].hex()
    refused = [p["modbus.exception_code"] for p in packets if p["modbus.exception_code"]]
    assert refused == ["2", "3", "3", "1", "1"]
    names = [p["modbus.object_str_value"] for p in packets if p["modbus.object_str_value"]]
    assert names[0] == "mallee,pump,1.3" and len(names) == 4


def test_rtu_is_decoded_as_far_as_tshark_can(tmp_path, over_a_line):
    file = tmp_path / "rtu.pcap"
    file.write_bytes(rtu_capture(over_a_line))
    packets = decoded(file, *SERIAL)
    assert len(packets) == 2 * len(PDUS)
    for i, (pdu, (_, adu)) in enumerate(zip(PDUS, over_a_line, strict=True)):
        query, answer = packets[2 * i : 2 * i + 2]
        for each, said in ((query, "Query"), (answer, "Response")):
            if each is query and pdu[0] in TOO_SHORT:
                assert not each["modbus.func_code"]
                continue
            assert not each["_ws.expert.message"] and not each["_ws.malformed"], each
            assert each["mbrtu.crc16.status"] == "1" and each["modbus.func_code"] == str(pdu[0]), each
            if pdu[0] in TOLD_APART:
                assert each["_ws.col.Info"].strip().startswith(said), each
        assert answer["modbus.exception_code"] == (str(adu[2]) if adu[1] & 0x80 else ""), answer
        check_values(query, answer, pdu)


def test_tshark_would_complain(tmp_path, over_tcp, over_a_line):
    """Of an answer that is too short, and of a check sum that is wrong."""
    query, answer = over_tcp[2]
    file = tmp_path / "tcp.pcap"
    short = answer[:5] + bytes((answer[5] - 2,)) + answer[6:-2]
    bare = answer[:5] + b"\2" + answer[6:8]
    file.write_bytes(tcp_capture([(query, answer), (query, short), (query, bare)]))
    packets = decoded(file)
    assert [bool(p["modbus.regval_uint16"]) for p in packets] == [False, True, False, False, False, False]
    assert [bool(p["_ws.malformed"]) for p in packets] == [False] * 5 + [True]
    query, answer = over_a_line[2]
    (tmp_path / "rtu.pcap").write_bytes(rtu_capture([(query, answer[:-1] + bytes((answer[-1] ^ 1,)))]))
    wrong = decoded(tmp_path / "rtu.pcap", *SERIAL)[1]
    assert wrong["mbrtu.crc16.status"] == "0" and wrong["_ws.expert.message"]
