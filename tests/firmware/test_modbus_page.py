"""What docs/modbus.md claims of requests, asked of the server under MicroPython."""

from __future__ import annotations

import re

import pytest

from ..conftest import ROOT
from .test_modbus_server import pdu, peer  # noqa: F401  (a fixture)

PAGE = (ROOT / "docs" / "modbus.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


FUNCTIONS = {int(row[0]): row[3] for row in rows("Function codes")}
SUB_FUNCTIONS = {int(row[0]): row[2] for row in rows("Diagnostics")}
# A request of each that is well formed, so that it is refused for what it is and not for its length.
WELL_FORMED = {
    1: pdu(1, 0, 1), 2: pdu(2, 1, 1), 3: pdu(3, 211, 1), 4: pdu(4, 0, 1), 5: pdu(5, 0, 0), 6: pdu(6, 211, 3700),
    8: pdu(8, 0, 7), 11: pdu(11), 12: pdu(12), 15: pdu(15, 0, 1, tail=b"\1\0"), 16: pdu(16, 211, 1, tail=b"\2\x0e\x74"),
    17: pdu(17), 20: pdu(20, tail=b"\7\6\0\1\0\0\0\1"), 21: pdu(21, tail=b"\x09\6\0\1\0\0\0\1\0\0"),
    22: pdu(22, 211, 0xFFFF, 0), 23: pdu(23, 211, 1, 211, 1, tail=b"\2\x0e\x74"), 43: pdu(43, tail=b"\x0e\1\0"),
}  # fmt: skip


def exception(answer: bytes) -> int:
    return answer[1] if answer[0] & 0x80 else 0


def test_the_function_codes_listed_are_served_and_no_others(peer):  # noqa: F811
    assert set(FUNCTIONS) == set(WELL_FORMED)
    for code, request in WELL_FORMED.items():
        assert exception(peer.pdu(request)) == (2 if code == 21 else 0), code
    for code in set(range(256)) - set(FUNCTIONS):
        for length in (0, 4):
            answer = peer.pdu(bytes((code, *range(length))))
            assert answer == bytes((code | 0x80, 1)), code


def of_size(function: int, count: int) -> bytes:
    """A request for `count` of what the limit of its function code is in."""
    if function in (1, 2, 3, 4):
        return pdu(function, 0, count)
    if function == 15:
        size = -(-count // 8)
        return pdu(15, 0, count, tail=bytes((size & 0xFF, *bytes(size))))
    if function == 16:
        return pdu(16, 200, count, tail=bytes((2 * count & 0xFF, *bytes(2 * count))))
    if function == 20:
        return pdu(20, tail=bytes((count, *(b"\6\0\1\0\0\0\0" * 40)[:count])))
    if function == 21:
        return pdu(21, tail=bytes((count, *bytes(count))))
    assert function == 43
    return pdu(43, tail=bytes((14, count, 0)))


@pytest.mark.parametrize("function", [1, 2, 3, 4, 15, 16, 43])
def test_each_limit_is_where_the_page_has_it(peer, function):  # noqa: F811
    low, high = map(int, re.findall(r"(\d+)–(\d+)", FUNCTIONS[function])[0])
    assert exception(peer.pdu(of_size(function, low))) != 3
    assert exception(peer.pdu(of_size(function, high))) != 3
    assert exception(peer.pdu(of_size(function, low - 1))) == 3
    assert exception(peer.pdu(of_size(function, high + 1))) == 3


def test_limits_of_reading_and_writing_at_once(peer):  # noqa: F811
    (_, read), (_, write) = re.findall(r"(\d+)–(\d+)", FUNCTIONS[23])

    def request(wanted: int, count: int) -> bytes:
        return pdu(23, 200, wanted, 200, count, tail=bytes((2 * count, *bytes(2 * count))))

    assert exception(peer.pdu(request(int(read), int(write)))) == 2  # so many are not there
    assert exception(peer.pdu(request(int(read) + 1, int(write)))) == 3
    assert exception(peer.pdu(request(int(read), int(write) + 1))) == 3


def test_limits_of_file_records(peer):  # noqa: F811
    for function, other_form in ((20, 2), (21, 2)):
        low, high = map(int, re.findall(r"(\d+)–(\d+)", FUNCTIONS[function])[0])
        step = 7 if function == 20 else 1  # a group of FC20 has seven bytes
        assert exception(peer.pdu(of_size(function, high + step))) == 3
        assert exception(peer.pdu(of_size(function, low - step))) == 3
        filled = b"\6\0\x09\0\0\0\1"  # of a file that is not there
        body = filled * (high // 7) if function == 20 else filled[:5] + bytes((0, (high - 7) // 2)) + bytes(high - 7)
        assert exception(peer.pdu(pdu(function, tail=bytes((len(body), *body))))) == other_form


def test_the_sub_functions_listed_are_served_and_no_others(peer):  # noqa: F811
    for code in (*range(30), 0x0100, 0xFFFF):
        served = SUB_FUNCTIONS.get(code) == "as on a line"  # this server has none: it is as over TCP
        assert exception(peer.pdu(pdu(8, code, 0))) == (0 if served else 1), code


def test_objects_and_conformity(peer):  # noqa: F811
    assert f"0x{peer.pdu(pdu(43, tail=bytes((14, 1, 0))))[3]:02X}" in section("Identification")
    assert peer.pdu(pdu(17))[2:-1].decode() in section("Identification")
