"""What users test their programs with: devices in memory, recordings, and the pytest plugin."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import mallee
import pytest
from mallee import resources
from mallee.cli import main as command
from mallee.device.dictionary import Dictionary
from mallee.link.failures import NoAnswer, Refused
from mallee.pod.runner import PodRunner
from mallee.poll.group import fast_group
from mallee.poll.poller import Poller
from mallee.reading import Quality
from mallee.testing import MockDevice, MockPod, run

from ..hil_project import WITHOUT
from .foreign_peer import foreign_unit
from .peers_in_thread import peers_in_thread, write_pod_file
from .test_foreign import SHELF, write_pod

pytest_plugins = ["pytester"]
PLUGIN = ("-p", "mallee.testing.plugin", *WITHOUT)


def test_a_mock_gives_what_the_test_set_and_nothing_else() -> None:
    async def main() -> None:
        with MockPod("default") as mock:
            skid = mock["skid-1"]
            skid.set(flow=800.0, supply_temperature=37.02)
            async with mallee.open_pod("default") as pod:
                device = await pod.device("skid-1")
                assert (await device.read("flow")).value == 800.0
                unset = await device.read("return_temperature")
                assert (unset.value, unset.quality) == (None, Quality.NOT_AVAILABLE)
                skid.fault("flow")
                assert (await device.read("flow")).quality is Quality.FAULT
                skid.set(flow=790.0)
                assert (await device.read("flow")).value == 790.0
                assert (await device.write({"preset_valve": 65.0})).value("preset_valve") == 65.0
                assert skid.writes == [{"preset_valve": 65.0}]
                assert skid.value("preset_valve") == 65.0
                skid.alarm("return_pressure_low")
                assert [a.entry.name for a in await device.read_alarms() if a.active] == ["return_pressure_low"]
                skid.refuse("flow", 6)
                with pytest.raises(Refused):
                    await device.read("flow")
                skid.refuse("flow", None)
                skid.silent = True
                with pytest.raises(NoAnswer):
                    await device.read("flow")
                pdu = await pod.device("pdu-b4")
                assert (await pdu.write({"branch_switch.3": True})).value("branch_switch.3") is True
                assert mock["pdu-b4"].writes == [{"branch_switch.3": True}]

    run(main())


def test_values_age_in_virtual_time() -> None:
    async def main() -> None:
        with MockPod("default") as mock:
            skid = mock["skid-1"]
            skid.set(flow=800.0)
            async with mallee.open_pod("default") as pod:
                device = await pod.device("skid-1")
                poller = Poller()
                image = poller.add(device, [fast_group(device.dictionary, 0.5)])
                loop = asyncio.get_running_loop()
                await asyncio.sleep(60)
                assert image.reading("flow", loop.time()).quality is Quality.GOOD
                skid.frozen = True
                await asyncio.sleep(600)
                reading = image.reading("flow", loop.time())
                assert (reading.value, reading.quality) == (800.0, Quality.STALE)
                assert 599 < reading.age_s < 601
                await poller.close()

    run(main())


def test_a_mock_can_be_asked_for_its_whole_map_and_controlled(pump: Dictionary) -> None:
    async def main() -> None:
        with MockPod("default") as mock:
            async with mallee.open_pod("default") as pod:
                for name in ("skid-1", "pdu-a1"):
                    assert not (await (await pod.device(name)).read_all()).failures
            runner = PodRunner(mock.config)
            for _ in range(5):
                await runner.scan()
                await asyncio.sleep(1.0)
            document = await runner.scan()
            assert all(skid.lease.ours for skid in document.skids), document.skids[0].lease
            assert mock["skid-2"].value("remote_supply_temperature") == 37.0
            await runner.close()
            assert mock["skid-2"].value("lease_state") == "none"

    run(main())


def test_an_unknown_map_and_a_device_of_another_make(pump: Dictionary, tmp_path: Path) -> None:
    from .test_unknown_map import NEWER

    async def main() -> None:
        with MockPod("default", dictionaries={"skid-1": NEWER}) as mock:
            mock["skid-1"].set(coolant_flow=700.0)
            async with mallee.open_pod("default") as pod:
                assert (await (await pod.device("skid-1")).read("coolant_flow")).value == 700.0
        with foreign_unit({}, unit=12) as peer:
            path = write_pod(tmp_path, peer, str(SHELF))
        with MockPod(path) as mock:
            shelf = mock["shelf-1"]
            shelf.set(**{"rectifier_temperature.2": 30.5, "busbar_voltage_limit": 48.0})
            shelf.fault("rectifier_temperature.1", Quality.NOT_FITTED)
            async with mallee.open_pod(path) as pod:
                device = await pod.device("shelf-1")
                got = await device.read_many(["rectifier_temperature.2", "rectifier_temperature.1"])
                assert got.value("rectifier_temperature.2") == 30.5
                assert got["rectifier_temperature.1"].quality is Quality.NOT_FITTED
                await device.write({"busbar_voltage_limit": 50.5, "busbar_output": True})
                assert shelf.writes == [{"busbar_output": True}, {"busbar_voltage_limit": 50.5}]
            with pytest.raises(ValueError, match="no code by which"):
                shelf.fault("busbar_energy")

    run(main())


def test_a_mock_holds_to_the_contract(pump: Dictionary) -> None:
    device = MockDevice(pump)
    assert device.answer(bytes.fromhex("0400240001")) == b"\x84\x02"  # behind the identity block
    assert device.answer(bytes.fromhex("0300d3007e")) == b"\x83\x03"  # 126 registers
    assert device.answer(bytes.fromhex("10 00d3 0001 02 2328")) == b"\x90\x03"  # 90 degC
    assert device.answer(bytes.fromhex("10 0066 0001 02 0000")) == b"\x90\x03"  # half of the epoch
    assert device.answer(b"\x2b\x0e\x01\x00") == b"\xab\x01"
    assert device.answer(bytes.fromhex("080000abcd")) == bytes.fromhex("080000abcd")
    assert device.writes == []
    assert len(device.requests) == 0
    with pytest.raises(mallee.MalleeError, match="no point 'flo'"):
        device.set(flo=1.0)
    with pytest.raises(ValueError, match="no quality of its own"):
        device.fault("dew_point")
    with pytest.raises(ValueError, match="no alarm 'x'"):
        device.alarm("x")


def test_no_address_leads_out_of_a_mock() -> None:
    async def main() -> None:
        with MockPod("default"):
            async with mallee.open_pod("default") as pod:
                with pytest.raises(mallee.MalleeError, match="has nothing at tcp"):
                    await pod.device("tcp://192.0.2.1#1")

    run(main())


def test_commands_and_programs_without_asyncio_have_the_mock(capsys: pytest.CaptureFixture[str]) -> None:
    with MockPod("default") as mock:
        mock["skid-1"].set(flow=800.0)
        assert command(["get", "skid-1", "flow", "-c", "default", "-o", "csv"]) == 0
        assert "flow,800" in capsys.readouterr().out
        with mallee.sync.open_pod("default") as pod:
            assert pod.device("skid-1").read("flow").value == 800.0


PROGRAM = """
import mallee

async def warm(pod_file):
    async with mallee.open_pod(pod_file) as pod:
        skid = await pod.device("skid-1")
        async for now in pod.subscribe("skid-1", "supply_temperature", interval_s=60.0):
            value = now.number("supply_temperature")
            if value is not None and value > 40:
                await skid.write({"preset_valve": 100.0})
                return now.when
"""


def test_the_plugins_mock_and_time(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        program=PROGRAM,
        test_user="""
        import asyncio, program

        def test_it_opens_the_valve(mallee_mock, mallee_run):
            pod = mallee_mock("default")
            skid = pod["skid-1"]
            skid.set(supply_temperature=37.0)

            async def hours_later():
                await asyncio.sleep(3 * 3600)
                assert skid.writes == []
                skid.set(supply_temperature=41.5)

            async def main():
                return (await asyncio.gather(program.warm("default"), hours_later()))[0]

            assert mallee_run(main()).hour == 3
            assert skid.writes == [{"preset_valve": 100.0}]

        def test_a_device_alone(mallee_device):
            pump = mallee_device("pump")
            pump.set(flow=1.0)
            assert pump.value("flow") == 1.0

        def test_nothing_is_left_over():
            from mallee.link import opening
            assert not opening._instead
        """,
    )
    pytester.runpytest_subprocess(*PLUGIN, "-q").assert_outcomes(passed=3)


def test_the_plugins_replay_and_record(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_user="""
        import asyncio, mallee

        async def read(*names):
            async with mallee.open_pod("pod.toml", timeout_s=5) as pod:
                return (await (await pod.device("skid-1")).read_many(names)).value(names[0])

        def test_flow(mallee_replay):
            mallee_replay("session.jsonl")
            assert asyncio.run(read("flow")) == 800.0
        """,
        test_other="""
        import asyncio
        from test_user import read

        def test_level(mallee_replay):
            mallee_replay("session.jsonl")
            try:
                asyncio.run(read("level"))
            except Exception:
                pass  # a program that swallows errors hides nothing
        """,
    )
    pytester.runpytest_subprocess(*PLUGIN, "test_user.py").stdout.fnmatch_lines(["*no such file or directory*"])
    with peers_in_thread() as peers:
        write_pod_file(peers.pod.config, pytester.path / "pod.toml")
        pytester.runpytest_subprocess(*PLUGIN, "test_user.py", "--mallee-record").assert_outcomes(passed=1)
    pytester.runpytest_subprocess(*PLUGIN, "test_user.py").assert_outcomes(passed=1)
    old = (pytester.path / "session.jsonl").read_text(encoding="utf-8")
    pytester.runpytest_subprocess(*PLUGIN, "test_user.py", "--mallee-record").assert_outcomes(failed=1)  # they are gone
    assert (pytester.path / "session.jsonl").read_text(encoding="utf-8") == old
    failed = pytester.runpytest_subprocess(*PLUGIN, "test_other.py")
    failed.assert_outcomes(passed=1, errors=1)
    failed.stdout.fnmatch_lines(
        ["*session.jsonl has no answer to function 4 at 113 *", "*record again: pytest --mallee-record*"]
    )


def test_the_plugin_costs_nothing_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\ndef test_it():\n    heavy = ('pymodbus', 'msgspec', 'mallee.device', 'mallee.link', 'mallee.errors')\n"
        "    assert not [name for name in sys.modules if name.startswith(heavy)]\n"
    )
    pytester.runpytest_subprocess(*PLUGIN, "-q").assert_outcomes(passed=1)
    # Loaded by its entry point and by name, it is one plugin: the entry point has the module's name.
    declared = (resources.firmware_dir().parent / "pyproject.toml").read_text(encoding="utf-8")
    assert '"mallee.testing.plugin" = "mallee.testing.plugin"' in declared


def test_it_does_not_need_pytest() -> None:
    code = "import sys; sys.modules['pytest'] = None; from mallee.testing import MockPod; MockPod('default')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
