"""The integrator's own master: pyserial and the standard's arithmetic, nothing of mallee. It opens the bus as others do."""

import pytest
import serial


def with_check_sum(frame: bytes) -> bytes:
    """MODBUS over Serial Line V1.02, 6.2.2."""
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return frame + crc.to_bytes(2, "little")


@pytest.mark.profile("pdu")
def test_our_master_reads_the_power(board, bus, controller, measure):
    if not bus.address.startswith("serial://"):
        pytest.skip("its bus is no serial port")
    known = controller.number("power")
    point = controller.dictionary.by_name["power"]
    request = with_check_sum(bytes((bus.unit, 4)) + point.address.to_bytes(2, "big") + b"\x00\x02")
    with (
        board.live(),
        serial.Serial(bus.port, 19200, timeout=60) as port,
    ):  # an emulated board is slower than the wall clock
        port.write(request)
        answer = port.read(9)
    assert answer == with_check_sum(answer[:-2]) and answer[:3] == bytes((bus.unit, 4, 4))
    measure("power", int.from_bytes(answer[3:7], "big"), unit="W", at_least=0.9 * known, at_most=1.1 * known)


def test_its_console_can_be_read(dut, controller):
    """Nothing is printed in normal operation; what is printed would be in kept/…/console.txt."""
    controller.read("uptime")
    assert dut.serial.port
