"""Both profiles on stock MicroPython on an emulated Pico, as `mallee flash` leaves them, with real masters on their line: they
tick, answer, trip, hold a lease and lose it, and stay within their budgets.

Tests run in their order on one board a profile; the last one ends its main loop. So no test has parameters of its own: pytest
would sort by them, and run it behind the last one. Those marked `smoke` are part of `make test`.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from itertools import pairwise
from statistics import median

import pytest
from mallee.deploy.build import build
from mallee.device.device import Device
from mallee.device.remote import Grant
from mallee.hil.emulated.boards import PduBench, SkidBench
from mallee.hil.emulated.controller import EmulatedController, TICKS_WRAP_us
from mallee.hil.emulated.costs import costs, lateness_us
from mallee.hil.emulated.pico import STACK_bytes, STACK_SPARE_bytes
from mallee.link import pdus
from mallee.link.opening import open_link
from mallee.link.rtu_frames import encode
from pymodbus.client import ModbusSerialClient

from .line import UNIT, OnLine, SILENCE_us, exchanges, told
from .started import rtu_allocates

# A second of the board's time takes this machine twenty.
pytestmark = [pytest.mark.timeout(600), pytest.mark.emulated]

AMPS = [5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0]
FED_BACK_W = -4140
PROFILE = {"pdu": 2, "pump": 1}
MASTER_TIMEOUT_s = 30  # 0.2 s of the board's
PWM_4_CC = 0x40050000 + 4 * 0x14 + 0x0C  # RP2040 data sheet, 4.5.3: GP8 is channel A, GP9 channel B of slice 4
PWM_4_TOP = PWM_4_CC + 4


def _prepare(controller: EmulatedController) -> None:
    bench = controller.bench
    assert bench is not None
    if isinstance(bench, PduBench):
        bench.set_current_A(AMPS)
        sums = round(FED_BACK_W / 2 / 0.00128)  # PmeanT of the fifth meter, which is shown half of each current
        bench.meters[4].registers[0xB0], bench.meters[4].registers[0xC0] = sums >> 16 & 0xFFFF, sums & 0xFFFF
    else:
        bench.set("facility_return_temperature", -0.5)  # 3.92 mA: valid, and below zero


@pytest.fixture(scope="module", params=["pdu", "pump"])
def board(image, request):
    line = OnLine(image, request.param, _prepare)
    yield line
    line.served.close()


@pytest.fixture(autouse=True)
def _how_long(board, request):
    with told(request.node.name, board.pico):
        yield


@pytest.mark.smoke
def test_it_ticks_a_thousand_times_a_second_across_the_wrap_of_its_clock(board):
    moments = board.controller.sampled_us[20:]  # the first ones are the start's own
    assert moments[0] < TICKS_WRAP_us < moments[-1]
    assert len(moments) >= (moments[-1] - moments[0]) / 1000 - 1
    late_us = lateness_us(moments)
    from_us = moments[0] - TICKS_WRAP_us
    print(f"{len(moments)} ticks from {from_us / 1000:.0f} ms before the wrap on, {late_us:.1f} us late at most")
    assert late_us <= 100


@pytest.mark.smoke
def test_pymodbus_reads_what_the_bench_injects(board):
    with board.ports() as port:
        # A PTY knows no parity, and pyserial insists; the characters between the board and its line do have it.
        client = ModbusSerialClient(port, baudrate=19200, parity="N", timeout=MASTER_TIMEOUT_s)
        assert client.connect()
        try:
            identity = client.read_input_registers(0, count=12, device_id=UNIT).registers
            assert identity[:2] == [0x4D4C, PROFILE[board.profile]] and identity[11] == UNIT
            hash_ = build("rp2_pico", board.profile).manifest.dictionary_hash
            assert int.from_bytes(b"".join(word.to_bytes(2, "big") for word in identity[4:8]), "big") == hash_
            point = board.device.dictionary.by_name[MEASURED[board.profile][0]]
            found = client.read_input_registers(point.address, count=1, device_id=UNIT).registers[0]
            assert found * 10**point.scale == pytest.approx(MEASURED[board.profile][1], abs=0.1)
            assert client.read_input_registers(36, count=1, device_id=UNIT).exception_code == 2
        finally:
            client.close()


# What one register must say, from the volts at its converter.
MEASURED = {"pdu": ("branch.4.current", 20.0), "pump": ("return_temperature", 47.0)}


@pytest.mark.smoke
def test_mbpoll_reads(board):
    if shutil.which("mbpoll") is None:
        pytest.skip("mbpoll is not installed (Debian package mbpoll)")
    command = ["mbpoll", "-m", "rtu", "-b", "19200", "-P", "even", "-a", str(UNIT), "-0", "-1", "-q", "-o", "10"]
    with board.ports() as port:
        command += ["-t", "3", "-r", "0", "-c", "4", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "19788" in done.stdout, done.stdout + done.stderr


def test_our_link_reads_the_fast_block(board):
    async def main(port: str):
        link = open_link(f"serial://{port}?baud=19200&framing=8E1", timeout_s=MASTER_TIMEOUT_s)
        try:
            return await (await Device.connect(link, UNIT)).read_fast()
        finally:
            await link.close()

    with board.ports() as port:
        snapshot = asyncio.run(main(port))
    assert snapshot["state"].value == "local"
    name, value = MEASURED[board.profile]
    assert snapshot[name].value == pytest.approx(value, abs=0.1) and snapshot[name].unit in ("A", "degC")
    if board.profile == "pump":
        assert snapshot["facility_return_temperature"].value == pytest.approx(-0.5, abs=0.05)  # s16


def test_noise_around_a_request_costs_nothing_but_the_noise(board):
    frame = encode(UNIT, pdus.encode(pdus.read_input(0, 1)))
    if board.value("bus_noise") is None:
        board.pico.run(1_100_000)  # counters are published once a second
    before = board.value("bus_noise")
    for sent in (b"\x00" + frame, b"\xff\x55" + frame, frame + b"\xa5"):
        answer = board.bus.exchange(sent, 60_000).answer
        assert answer == encode(UNIT, b"\x04\x02\x4d\x4c"), (sent.hex(), answer.hex())
    board.pico.run(1_000_000)
    assert board.value("bus_noise") - before == 4


def test_another_units_request_is_not_answered(board):
    heard = len(board.bus.characters)
    found = board.bus.exchange(encode(UNIT + 1, pdus.encode(pdus.read_input(0, 1))), 30_000)
    assert found.answer == b"" and found.driven == 0 and len(board.bus.characters) == heard


@pytest.mark.smoke
def test_answers_keep_the_silence_and_let_go_of_the_line_at_once(board):
    first, count = board.device.dictionary.fast
    done = exchanges(board.bus, UNIT, (first, count), short=26)
    assert all(exchange.answer and exchange.driven == 1 for exchange in done)
    late_us = [exchange.silence_us - SILENCE_us for exchange in done]
    print(f"first byte over t3.5: {[round(us) for us in sorted(late_us)]} us")
    assert min(late_us) >= 0
    assert median(late_us) <= 500
    assert min(exchange.early_us for exchange in done) >= 10
    assert -1 <= min(exchange.late_us for exchange in done) <= max(exchange.late_us for exchange in done) <= 10


def test_the_driver_lets_go_while_the_main_loop_is_away(board):
    """An answer that is still being sent when the collection of each second begins, and ends within it."""
    first, count = board.device.dictionary.fast
    frame = encode(UNIT, pdus.encode(pdus.read_input(first, count)))
    late_us = [board.bus.exchange(frame, after_us=index * 1700).late_us for index in range(8)]
    assert max(late_us) <= 10


def test_the_clock_is_set_and_read_back(board):
    epoch = 4_000_000_000  # needs all of a u32
    board.do(lambda device: device.write({"set_clock": epoch}))
    board.run_until("clock_source", "host", 1500)
    assert epoch <= board.value("clock") <= epoch + 3
    assert board.value("heap_free") > 80_000  # a u32 with something in both halves
    if board.profile == "pdu":
        assert board.value("branch.5.active_power") == pytest.approx(FED_BACK_W, abs=2)  # s32


async def _lease(device: Device, epoch: int, seconds: int, **changed) -> None:
    points = await device.read_remote()
    await device.write_remote(Grant(holder=7, epoch=epoch, seconds=seconds), {**points, **changed})


def test_a_lease_is_held_and_lost_gracefully(board):
    """With no time of holding, which takes half a minute here and leads to the same way down."""
    _held_and_lost(board, 0)


def test_a_lost_lease_is_held_for_its_time(board):
    _held_and_lost(board, 1)


def _held_and_lost(board, hold_s: int) -> None:
    bench = board.bench
    wanted = {"remote_differential_pressure": 202.0} if isinstance(bench, SkidBench) else {}
    board.do(lambda device: device.write({"lease_hold": hold_s}))
    levels = [_duty_percent(board)]
    closed = bench.contactors.closed if isinstance(bench, PduBench) else 0
    board.do(lambda device: _lease(device, 1 + hold_s, 1, **wanted))
    board.run_until("lease_state", "active", 300)  # it is published with the next step of regulation
    seen = []
    end_us = board.pico.now_us + 4_000_000
    while (not seen or seen[-1] != "none") and board.pico.now_us < end_us:
        board.pico.run(50_000)
        levels.append(_duty_percent(board))
        fast = board.do(lambda device: device.read_fast())
        state = fast["lease_state"].value
        if not seen or seen[-1] != state:
            seen.append(state)
            if state == "active":
                assert fast["state"].value == "leased" and fast["lease_holder"].value == 7
            elif state != "none":
                assert fast["state"].value == "local"
    alarms = {alarm.entry.name for alarm in board.do(lambda device: device.read_alarms()) if alarm.active}
    assert "lease_lost" in alarms
    # What lasts one step of regulation is too short to be seen for sure: a hold of none, and the ramp of a PDU, which has none.
    lasting = ["active", "holding", "none"] if hold_s else ["active", "none"]
    assert [state for state in seen if state in lasting] == lasting, seen
    if isinstance(bench, PduBench):
        assert bench.contactors.closed == closed == 0xFF
    else:
        assert "ramping" in seen
        # 10 %/s and regulation ten times a second: two steps at most between two looks, and a look takes some ms.
        steps = [abs(after - before) for before, after in pairwise(levels)]
        print(f"pump output {levels[0]:.1f} to {levels[-1]:.1f} %, largest step {max(steps):.2f} %")
        assert max(steps) <= 2.5 and min(levels) > 40


def _duty_percent(board) -> float:
    """Of the first pump's output; 0 on a PDU, where the pin is another one."""
    if board.profile == "pdu":
        return 0.0
    read = board.pico.mcu.read_uint32
    return 100 * (read(PWM_4_CC) & 0xFFFF) / (read(PWM_4_TOP) + 1)


@pytest.mark.smoke
def test_it_trips_and_says_so_over_the_line(board):
    (_overcurrent if board.profile == "pdu" else _dry_run)(board)


def _overcurrent(board) -> None:
    opened: list[tuple[float, int]] = []
    contactors = board.bench.contactors
    contactors.opened = lambda bits: opened.append((board.pico.now_us, bits))
    amps = list(AMPS)
    amps[2] = 750.0
    injected_us = board.pico.now_us
    board.bench.set_current_A(amps)
    board.pico.run(10_000)
    amps[2] = 0.0
    board.bench.set_current_A(amps)
    assert contactors.closed == 0xFF & ~(1 << 2)
    moment_us, bits = opened[0]
    print(f"open {(moment_us - injected_us) / 1000:.2f} ms after 750 A")
    assert bits == 1 << 2 and moment_us - injected_us <= 3000
    board.run_until("state", "tripped", 400)
    board.run_until("branch.3.state", "tripped", 1000)  # what is not in the fast block is published branch by branch
    board.run_until("branch.3.trip_cause", "instantaneous", 1000)
    alarms = {alarm.entry.name for alarm in board.do(lambda device: device.read_alarms()) if alarm.active}
    assert any("instantaneous_trip" in name for name in alarms), alarms


def _dry_run(board) -> None:
    assert _duty_percent(board) > 40
    board.bench.set("level", 1.0)
    board.pico.run(330_000)
    assert _duty_percent(board) == 0
    board.run_until("state", "tripped", 400)
    board.pico.run(100_000)  # alarms are judged half a period behind
    alarms = {alarm.entry.name for alarm in board.do(lambda device: device.read_alarms()) if alarm.active}
    assert "dry_run" in alarms, alarms


@pytest.mark.smoke
def test_nothing_was_lost_on_the_way(board):
    """Its own counters, and the emulator's."""
    assert board.pico.resets == 0
    assert board.pico.uarts[0].lost == 0
    assert board.value("bus_overruns") == 0


@pytest.mark.smoke
def test_the_hard_tick_had_room_on_the_stack_throughout(board):
    """From power-on over all that the tests before asked of it: one that finds none raises, and is never called again."""
    print(f"{board.controller.stack_bytes} bytes of {STACK_bytes} on the stack at most")
    assert 0 < board.controller.stack_bytes <= STACK_bytes - STACK_SPARE_bytes


# Of firmware.md: what is measured, and its limit by profile.
BUDGETS = {
    "tick": (400, 300),  # worst, us
    "regulate": (8000, 8000),
    "supervise": (8000, 8000),  # the other half of what happens ten times a second
    "housekeep": (3000, 3000),
    "modbus": (1500, 1500),
    "collect": (25_000, 25_000),
}


@pytest.mark.smoke
def test_it_keeps_its_budgets(board):
    """The last test of a board: its main loop is stopped, and each part is called by itself."""
    ended = board.controller.stop()
    assert "KeyboardInterrupt" in ended and ended.count("Traceback") == 1, ended
    assert rtu_allocates(board.controller.console, board.bus, UNIT) == 0
    found = costs(board.controller.console)
    print({name: round(worst or mean) for name, (mean, worst) in found.items()})
    column = 0 if board.profile == "pdu" else 1
    missed = {name: found[name] for name, limits in BUDGETS.items() if found[name][1] > limits[column]}
    assert not missed
    assert found["free"][0] >= 80_000
    assert found["tick_allocates"][0] == 0  # its counters included, where they would leave the small integers
    assert found["modbus_allocates"][0] == 0 and found["modbus_registers"][0] >= 45
    assert _trips_with_the_heap_locked(board)


def _trips_with_the_heap_locked(board) -> bool:
    """The tick in which protection acts allocates nothing either."""
    if board.profile == "pdu":
        board.bench.set_current_A([750.0] * 8)
        after = "p.tripped_bits==255"
    else:
        board.bench.set("supply_pressure", 900.0)
        after = "p.stopped_bits&2"
    return board.controller.console.run(f"print(locked(400),bool({after}))") == "0 True\n"
