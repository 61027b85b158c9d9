"""The line: what is no frame, who else is on it, and masters of other people."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from mallee.link import pdus
from mallee.link.rtu_frames import encode

pytestmark = pytest.mark.needs("bus")

NOISE = b"\xff\x55\x00"
MAGIC = 0x4D4C
COUNTED_S = 1.2  # counters are published once a second


def _request(unit: int) -> bytes:
    return encode(unit, pdus.encode(pdus.read_input(0, 1)))


def _on_a_line(bus) -> None:
    if not bus.address.startswith("serial://"):
        pytest.skip("its bus is no serial line")


def test_noise_is_counted_and_costs_nothing_else(board, bus, controller):
    _on_a_line(bus)
    before = controller.number("bus_noise")
    answer = bus.raw(NOISE + _request(bus.unit))
    assert answer == encode(bus.unit, bytes((4, 2)) + MAGIC.to_bytes(2, "big"))
    board.run(COUNTED_S)
    assert controller.number("bus_noise") - before == len(NOISE)


def test_a_frame_with_a_wrong_check_sum_is_not_answered(board, bus, controller):
    _on_a_line(bus)
    frame = bytearray(_request(bus.unit))
    frame[-1] ^= 0x01
    before = controller.number("bus_noise")
    assert bus.raw(bytes(frame)) == b""
    board.run(COUNTED_S)
    assert controller.number("bus_noise") - before == len(frame)


def test_another_units_request_is_not_answered(bus):
    _on_a_line(bus)
    assert bus.raw(_request(bus.unit % 247 + 1)) == b""


def test_what_was_said_is_in_the_trace(bus, controller):
    controller.read("uptime")
    request, answer = bus.frames[-2:]
    assert request.sent and not answer.sent and request.unit == answer.unit == bus.unit
    assert bus.statistics().answers >= 1


def test_mbpoll_reads_it_too(board, bus):
    _on_a_line(bus)
    if shutil.which("mbpoll") is None:
        pytest.skip("mbpoll is not installed (Debian package mbpoll)")
    command = ["mbpoll", "-m", "rtu", "-b", "19200", "-P", "even", "-a", str(bus.unit), "-0", "-1", "-q", "-o", "10"]
    with board.live():
        command += ["-t", "3", "-r", "0", "-c", "4", bus.port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert str(MAGIC) in done.stdout, done.stdout + done.stderr
