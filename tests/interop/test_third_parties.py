"""Other people's Modbus masters, and our own commands from another terminal, against the running demo."""

import json
import shutil
import subprocess
import sys

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.pdu.mei_message import ReadDeviceInformationResponse

from ..demos import RunningDemo, mallee, pod_file


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with RunningDemo(tmp_path_factory.mktemp("demo")) as demo:
        demo.until(lambda d: all(s["lease"]["ours"] for s in d["skids"] + d["pdus"]))
        yield demo


def mbpoll(port: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("mbpoll") is None:
        pytest.skip("mbpoll is not installed (Debian package mbpoll)")
    command = ["mbpoll", "-m", "tcp", "-p", str(port), "-0", "-1", "-q", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_mbpoll_reads_input_registers_at_the_printed_addresses(demo):
    done = mbpoll(demo.ports["skid-1"], "-t", "3", "-r", "115", "-c", "8", "127.0.0.1")
    assert done.returncode == 0, done.stdout + done.stderr
    values = dict(line.replace("[", "").split("]:") for line in done.stdout.splitlines() if line.startswith("["))
    assert 3650 <= int(values["115"]) <= 3750  # supply temperature, 0.01 degC
    assert 1940 <= int(values["122"]) <= 2060  # differential pressure, 0.1 kPa


def test_mbpoll_writes_a_setting_and_is_refused_outside_its_limits(demo):
    port = demo.ports["skid-2"]
    assert mbpoll(port, "-t", "4", "-r", "211", "127.0.0.1", "3600").returncode == 0
    read = mbpoll(port, "-t", "4", "-r", "211", "-c", "1", "127.0.0.1")
    assert "3600" in read.stdout
    refused = mbpoll(port, "-t", "4", "-r", "211", "127.0.0.1", "9000")
    assert refused.returncode != 0 and "Illegal data value" in refused.stdout + refused.stderr
    hole = mbpoll(port, "-t", "4", "-r", "300", "-c", "1", "127.0.0.1")
    assert "Illegal data address" in hole.stdout + hole.stderr


def test_mbpoll_switches_a_branch(demo):
    port = demo.ports["pdu-b4"]
    assert mbpoll(port, "-t", "0", "-r", "7", "127.0.0.1", "0").returncode == 0
    demo.until(lambda d: not next(p for p in d["pdus"] if p["name"] == "pdu-b4")["branches"][7]["closed"])


def test_pymodbus_reads_identification_and_coils(demo):
    client = ModbusTcpClient("127.0.0.1", port=demo.ports["pdu-a1"])
    assert client.connect()
    try:
        found = client.read_device_information(read_code=3, device_id=1)
        assert isinstance(found, ReadDeviceInformationResponse)
        assert found.information[0] == b"mallee" and found.information[6] == b"pdu-a1"
        coils = client.read_coils(0, count=8, device_id=1)
        assert coils.bits[:8] == [True] * 8
        assert client.read_input_registers(0, count=36, device_id=1).registers[0] == 0x4D4C
        assert client.read_input_registers(36, count=1, device_id=1).exception_code == 2
        assert client.read_coils(0, count=9, device_id=1).exception_code == 2
    finally:
        client.close()


def test_a_silent_and_a_babbling_client_cost_the_others_nothing(demo):
    import socket

    port = demo.ports["pdu-a2"]
    crowd = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(3)]
    try:
        crowd[0].sendall(b"\x00\x01\x00\x00\x00\x06")  # half a frame, then silence
        crowd[1].sendall(b"GET / HTTP/1.0\r\n\r\n" * 20)  # not Modbus: closed
        crowd[2].settimeout(20)
        crowd[2].sendall(b"\x00\x07\x00\x00\x00\x06\x01\x04\x00\x00\x00\x01")
        assert crowd[2].recv(100) == b"\x00\x07\x00\x00\x00\x05\x01\x04\x02\x4d\x4c"
        seen = demo.latest()
        demo.until(lambda d: d["scan"] > seen["scan"] + 1 and all(p["answering"] for p in d["pdus"]), scans=5)
    finally:
        for each in crowd:
            each.close()


def command(demo, *arguments):
    return mallee(demo.folder, *arguments, "-c", str(demo.file))


def test_scan_finds_every_controller(demo):
    ports = sorted(demo.ports.values())
    done = command(demo, "scan", *(f"127.0.0.1:{port}" for port in ports), "-o", "json")
    assert done.returncode == 0, done.stderr
    assert {row["name"] for row in json.loads(done.stdout)} == set(demo.ports)


def test_status_lists_all(demo):
    done = command(demo, "status", "-o", "json")
    assert done.returncode in (0, 5), done.stderr
    rows = json.loads(done.stdout)
    assert {row["device"] for row in rows} == set(demo.ports)


def test_get_and_set_and_read_back(demo):
    done = command(demo, "get", "pdu-a3", "branch.1.power", "closed", "-o", "json")
    assert done.returncode == 0, done.stderr
    rows = {row["point"]: row for row in json.loads(done.stdout)}
    assert 14_000 < rows["branch.1.power"]["value"] < 16_500 and rows["branch.1.power"]["unit"] == "W"
    dry = command(demo, "set", "pdu-a3", "branch_switch.3", "off", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert command(demo, "set", "pdu-a3", "branch_switch.3", "off").returncode == 2  # nobody to ask
    done = command(demo, "set", "pdu-a3", "branch_switch.3", "off", "--yes")
    assert done.returncode == 0, done.stderr
    demo.until(lambda d: next(p for p in d["pdus"] if p["name"] == "pdu-a3")["branches"][2]["closed"] is False)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["get", "skid-1", "suply_temperature"], 2, "supply_temperature"),
        (["get", "skid-9", "flow"], 2, "skid-2"),
        (["get", "tcp://127.0.0.1:1", "flow"], 3, "127.0.0.1:1"),
        (["set", "skid-1", "supply_temperature_setpoint", "99", "--yes"], 4, "55"),
        (["set", "skid-1", "flow", "5", "--yes"], 2, "read only"),
    ],
)
def test_what_cannot_be_done_is_explained(demo, arguments, code, said):
    done = command(demo, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr and "likely" in done.stderr and "next" in done.stderr
    assert "Traceback" not in done.stderr


def test_watch_prints_lines_when_piped_and_a_summary(demo):
    done = command(demo, "watch", "skid-1", "differential_pressure", "--for", "2s", "--interval", "500ms")
    assert done.returncode == 0, done.stderr
    points = [json.loads(line)["points"]["differential_pressure"] for line in done.stdout.splitlines()]
    assert len(points) >= 3
    values = [point["value"] for point in points if point["quality"] == "good"]
    assert values and all(190 < value < 210 for value in values)
    assert all(point["value"] is None for point in points if point["quality"] == "no_answer")
    assert "polls" in done.stderr


def test_a_second_host_gets_no_lease_and_is_told_so(demo):
    other = demo.folder / "second.toml"
    other.write_text(demo.file.read_text(encoding="utf-8").replace("host_id = 1", "host_id = 2"), encoding="utf-8")
    done = mallee(demo.folder, "run", str(other), "--for", "4s", "-o", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    controllers = document["skids"] + document["pdus"]
    assert not any(c["lease"]["ours"] for c in controllers)
    assert all("host 1 holds it" in c["lease"]["note"] for c in controllers)
    assert (document["role"], document["other_host"]) == ("standby", 1)
    told = [finding["what"] for finding in document["findings"] if finding["where"] == "pod"]
    assert len(told) == 1 and "host 1 has 10 of 10 leases" in told[0]


def test_a_reader_that_has_seen_enough_is_no_bug(demo):
    for arguments in (
        ["watch", "skid-1", "flow", "--for", "3s"],
        ["scan", *(f"127.0.0.1:{p}" for p in demo.ports.values())],
    ):
        shell = (
            f"{sys.executable} -m mallee {' '.join(arguments)} -c {demo.file} 2>&1 | head -1; exit ${{PIPESTATUS[0]}}"
        )
        done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 and "bug" not in done.stdout, done.stdout + done.stderr


def test_run_and_watch_of_a_pod_that_is_not_there_say_no_answer(tmp_path):
    file, _ = pod_file(tmp_path)  # ports that nobody listens on
    for arguments in (["run", str(file), "--for", "2s", "-o", "json"], ["watch", "-c", str(file), "--for", "2s"]):
        done = mallee(tmp_path, *arguments)
        assert done.returncode == 3, done.stderr
