"""One request of every function code that a unit serves, and of every way to be refused; and captures of them for decoders."""

from __future__ import annotations

import struct
from collections.abc import Iterable

REQUESTS = (
    "01 0000 001e", "02 0001 001d", "03 00d3 0004", "04 0000 0008", "05 0003 ff00", "05 0003 0000", "06 00d3 0e10",
    "08 0000 1234", "08 000b 0000", "08 000e 0000", "0b", "0c", "0f 0000 000a 02 cd01", "10 00d3 0002 04 0e10 076c",
    "11", "14 07 06 0001 0000 0004", "15 0b 06 0001 0002 0002 0102 0304", "16 00d4 fff0 0005",
    "17 00d3 0003 00d5 0001 02 0258", "2b 0e 01 00", "2b 0e 02 00", "2b 0e 03 00", "2b 0e 04 01",
    "04 fff0 0001", "06 00d3 7530", "03 00d3 007e", "07", "64 01",
)  # fmt: skip
PDUS = tuple(bytes.fromhex(text) for text in REQUESTS)
PORT = 502
_RAW_IP, _USER_0 = 101, 147  # link types


def tcp_capture(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Requests and answers, each an MBAP ADU, as one connection to port 502."""
    packets = []
    sent = {True: 1, False: 1}
    for pair in pairs:
        for data, asking in zip(pair, (True, False), strict=True):
            ports = (40000, PORT) if asking else (PORT, 40000)
            tcp = struct.pack(">HHIIBBHHH", *ports, sent[asking], sent[not asking], 5 << 4, 0x18, 8192, 0, 0)
            hosts = (b"\x0a\0\0\1", b"\x0a\0\0\2")
            ends = hosts if asking else hosts[::-1]
            size = 20 + len(tcp) + len(data)
            packets.append(struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 0, 0x4000, 64, 6, 0, *ends) + tcp + data)
            sent[asking] += len(data)
    return _pcap(_RAW_IP, packets)


def rtu_capture(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The same of a serial line: a frame a packet."""
    return _pcap(_USER_0, [data for pair in pairs for data in pair])


def _pcap(link_type: int, packets: list[bytes]) -> bytes:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    return head + b"".join(
        struct.pack("<IIII", number, 0, len(data), len(data)) + data for number, data in enumerate(packets)
    )
