"""Serial lines by what people call them."""

from __future__ import annotations

from mallee import resources
from mallee.link.address import SerialAddress, SerialPort
from mallee.pod.linenames import dictionaries_on_line, find_line, units_on_lines
from mallee.pod.loader import parse_pod

PUMP = resources.dictionary("pump")


def test_lines_are_named_by_port_address_or_controller():
    text = (resources.examples_dir() / "serial_pod.toml").read_text(encoding="utf-8")
    pod = parse_pod(text)
    power = SerialAddress("/dev/pod-power", 115200, "8N1")
    assert find_line("pdu-a1", pod) == find_line("/dev/pod-power", pod) == power
    assert find_line("serial:///dev/pod-power?baud=9600#3", pod) == SerialAddress("/dev/pod-power", 9600)
    assert find_line("/dev/ttyUSB0", pod) == find_line("/dev/ttyUSB0", None) == SerialPort("/dev/ttyUSB0")
    assert dictionaries_on_line(pod, "/dev/pod-cooling") == {1: PUMP, 2: PUMP}
    assert units_on_lines(pod)[power] == (11, 12, 21, 22)
