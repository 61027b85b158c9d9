"""`mallee sim pico`: a controller on an emulated Pico whose line and console are ports."""

import json
import os
import signal
import subprocess
import sys

import pytest

from .line import UNIT


@pytest.mark.emulated
@pytest.mark.timeout(600)
def test_it_names_its_ports_and_its_pace(image, tmp_path):
    bus = tmp_path / "bus"
    command = [sys.executable, "-m", "mallee", "sim", "pico", "--profile", "pdu", "--unit", str(UNIT)]
    command += ["--bus-link", str(bus), "-o", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        names = json.loads(process.stdout.readline())
        assert names["bus"] == str(bus)
        for name in names.values():
            os.close(os.open(name, os.O_RDWR | os.O_NOCTTY))
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert "second of the board's time takes" in told
    assert not bus.is_symlink()


@pytest.mark.emulated
@pytest.mark.timeout(600)
def test_a_blank_one_has_the_prompt_of_micropython(image):
    command = [sys.executable, "-m", "mallee", "sim", "pico", "--profile", "pdu", "--blank", "-o", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        console = os.open(json.loads(process.stdout.readline())["console"], os.O_RDWR | os.O_NOCTTY)
        os.write(console, b"\r")
        said = b""
        while b">>> " not in said:
            said += os.read(console, 100)
        os.close(console)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_without_the_extra_it_says_what_to_install():
    code = "import sys; sys.modules['rp2040py'] = None; from mallee.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "sim", "pico", "--profile", "pdu"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "pip install 'mallee[hil,deploy]'" in done.stderr and "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize("unit", ["0", "248"])
def test_a_unit_that_no_line_has_is_refused(unit):
    command = [sys.executable, "-m", "mallee", "sim", "pico", "--profile", "pdu", "--unit", unit]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and f"--unit: {unit}" in done.stderr
