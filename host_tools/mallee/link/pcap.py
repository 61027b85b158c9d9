"""Frames as a pcap file that tshark and Wireshark decode.

Modbus TCP: raw IP (link type 101) with one made-up connection to port 502 for each link. A serial line: link type 147 (USER0),
one frame a packet; the decoder has to be told that this is `mbrtu`, docs/link.md has the option. Bytes of no good frame are in
the file of a line, where the decoder shows their check sum as wrong. A file has one of both forms.
The format: https://www.tcpdump.org/manpages/pcap-savefile.5.html
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from .tap import Form, TapFrame

MODBUS_PORT = 502
_LINK_TYPE = {"tcp": 101, "rtu": 147}
_MAGIC_ns = (
    0xA1B23C4D  # with nanoseconds, of which microseconds are written: frames of a bus are told apart by less than 1 ms
)
_ACKNOWLEDGED, _PUSH = 0x10, 0x08
_CLIENT_PORT = 40000


class PcapWriter:
    """Writes to a binary file that it does not close. A frame of the other form is left out and counted."""

    def __init__(self, file: BinaryIO, form: Form) -> None:
        self._file = file
        self._form: Form = form
        self._links: dict[str, int] = {}
        self._sent: dict[tuple[int, bool], int] = {}
        self.packets = 0
        self.left_out = 0
        file.write(struct.pack("<IHHiIII", _MAGIC_ns, 2, 4, 0, 0, 65535, _LINK_TYPE[form]))

    def write(self, frame: TapFrame) -> None:
        if frame.form != self._form:
            self.left_out += 1
            return
        packet = frame.data if self._form == "rtu" else self._in_ip(frame)
        seconds = int(frame.time.timestamp())
        head = struct.pack("<IIII", seconds, frame.time.microsecond * 1000, len(packet), len(packet))
        self._file.write(head + packet)
        self._file.flush()
        self.packets += 1

    def _in_ip(self, frame: TapFrame) -> bytes:
        link = self._links.setdefault(frame.link, len(self._links))
        ours, theirs = (_CLIENT_PORT + link, MODBUS_PORT) if frame.sent else (MODBUS_PORT, _CLIENT_PORT + link)
        before, seen = self._sent.get((link, frame.sent), 1), self._sent.get((link, not frame.sent), 1)
        self._sent[link, frame.sent] = before + len(frame.data)
        tcp = struct.pack(">HHIIBBHHH", ours, theirs, before, seen, 5 << 4, _ACKNOWLEDGED | _PUSH, 8192, 0, 0)
        ends = [b"\x0a\0\0\1", b"\x0a\0\1" + bytes((link % 254 + 1,))]
        if not frame.sent:
            ends.reverse()
        size = 20 + len(tcp) + len(frame.data)
        address = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 0, 0x4000, 64, 6, 0, *ends)
        checked = address[:10] + _checksum(address).to_bytes(2, "big") + address[12:]
        return checked + tcp + frame.data


def _checksum(header: bytes) -> int:
    """RFC 791, 3.1."""
    total = sum(struct.unpack(">10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
