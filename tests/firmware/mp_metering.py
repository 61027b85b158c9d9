"""Rounds of metering over eight chips, and what their words become, against floats taken here."""

import sys
from array import array

sys.path.append(__file__.rsplit("/tests/", 1)[0] + "/host_tools/mallee/sim/chips")


class World:
    now = 0


sys.modules["_world"] = World

import atm90e32 as model  # noqa: E402
import micropython  # noqa: E402
from core.bank import Table  # noqa: E402
from drivers.atm90e32 import FIRST, SECOND, Atm90e32  # noqa: E402
from maps.common import Quality  # noqa: E402
from maps.pdu import BRANCHES, Branch, BranchFast, Measurement  # noqa: E402
from pdu.measured import TOTALS, VALUES, add_up, publish  # noqa: E402
from pdu.metering import ROUND_MS, Metering  # noqa: E402

NOT_ON = {"pico": "the model computes in floats, and single ones would be judged instead of the driver"}
TURN_MS = 10
GONE = 0xFF  # what a line floats to


class Fitting:
    def __init__(self):
        self.known = 0

    def answer(self, chip):
        self.known |= 1 << chip

    def absent(self, chip):
        return Quality.FAULT if self.known >> chip & 1 else Quality.NOT_FITTED


class Calibration:
    pending = 0

    def anew(self, branch):
        pass


class Bench:
    """Eight models on a bus: each has 230 V and 10 A, power factor 0.8. `reads` are (ms, branch, register) of registers
    in `noted`."""

    noted = b"\xd9"  # the first of a round

    def __init__(self, fitted=BRANCHES):
        World.now = 0
        self.chips, self.values, self.reads = [], [], []
        self.chip, self.pointed = None, 0
        for number in range(BRANCHES):
            values = array("i", [50_000] + 3 * [230_000] + 3 * [10_000] + 3 * [1_840_000] + 3 * [1_380_000])
            chip = model.Atm90e32(self, values, 1, 0)
            chip.granted()
            if number >= fitted:
                chip.floats = GONE
            self.chips.append(chip)
            self.values.append(values)
        self.table = Table((Measurement, BranchFast, Branch))
        self.fitting = Fitting()
        self.metering = Metering(Atm90e32(self, self.select), self.point, self.table, self.fitting, Calibration())
        self.metering.start()

    def write_readinto(self, out, into):
        if out[0] & 0x80 and out[1] in self.noted:
            self.reads.append((World.now // 1000, self.pointed, out[1]))
        self.chip.transfer(out, into, 3)

    def point(self, number):
        self.pointed = number

    def select(self, level):
        self.chips[self.pointed].select(not level)

    def run(self, ms, lost=None):
        """`lost(ms)`: this turn of housekeeping does not come."""
        missed_ms = 0
        for _ in range(ms // TURN_MS):
            World.now += 1000 * TURN_MS
            missed_ms += TURN_MS
            if lost is None or not lost(World.now // 1000):
                self.metering.step(missed_ms)
                missed_ms = 0

    def get(self, field, branch, element=0):
        group = BranchFast if field == BranchFast.power else Branch
        return self.table.get(field, group.START + branch * group.STRIDE + element)

    def rounds_ms(self, branch=0):
        moments = [ms for ms, of, register in self.reads if of == branch and register == 0xD9]
        return [moments[i + 1] - moments[i] for i in range(len(moments) - 1)]


def settled(fitted=BRANCHES):
    bench = Bench(fitted)
    bench.run(2000)
    bench.reads.clear()
    return bench


def test_five_rounds_a_second_of_every_chip_and_nothing_is_left_out():
    bench = settled()
    bench.noted = FIRST + SECOND + b"\x80"
    bench.run(5000)
    for branch in range(BRANCHES):
        assert set(bench.rounds_ms(branch)) == {ROUND_MS}, branch
    per_round = [register for ms, branch, register in bench.reads if branch == 3]
    for register in bench.noted:
        assert 24 <= per_round.count(register) <= 26, register


def test_a_turn_is_half_a_chip():
    bench = settled()
    bench.noted = FIRST + SECOND + b"\x80"
    bench.run(1000)
    for moment in {ms for ms, _, _ in bench.reads}:
        registers = [(branch, register) for ms, branch, register in bench.reads if ms == moment]
        assert len(registers) <= 11 and len({branch for branch, _ in registers}) == 1


def test_four_turns_of_twenty_may_be_lost_and_the_round_stays_what_it_is():
    bench = settled()
    bench.run(10_000, lost=lambda ms: ms % 200 < 40)
    assert max(bench.rounds_ms()) <= ROUND_MS + 40 and abs(sum(bench.rounds_ms()) / len(bench.rounds_ms()) - 200) < 2
    bench = settled()
    bench.run(20_000, lost=lambda ms: ms % 1000 < 60)  # a collection each second
    rounds = sorted(bench.rounds_ms())
    assert rounds[len(rounds) // 2] == ROUND_MS and rounds[-1] <= ROUND_MS + 60 + TURN_MS
    assert abs(sum(rounds) / len(rounds) - ROUND_MS) < 2, "what one round was late, the next ones take back"


def test_what_was_lost_for_a_whole_round_is_not_caught_up_in_a_rush():
    bench = settled()
    bench.run(3000, lost=lambda ms: 2500 <= ms < 3500)
    assert sorted(bench.rounds_ms())[0] >= 160


def test_values_are_those_of_the_chip():
    bench = settled()
    bench.values[2][3] = 241_230  # mV of the last phase
    bench.values[2][4], bench.values[2][5] = 60_004, 0
    bench.values[2][7], bench.values[2][8] = -13_339_000, 0  # mW: fed back
    bench.chips[2].granted()
    bench.run(1000)
    assert bench.get(Branch.voltage, 2, 2) == 241.2 and bench.get(Branch.voltage, 2) == 230.0
    assert bench.get(Branch.phase_current, 2) == 60.0 and bench.get(Branch.phase_current, 2, 1) == 0
    assert bench.get(Branch.phase_power, 2) == -13_340 and bench.get(Branch.phase_power, 2, 2) == 1840
    assert bench.get(Branch.active_power, 2) == -11_499 and bench.get(BranchFast.power, 2) == 0
    assert bench.table.clamps, "less than nothing has no place in the fast block"
    assert bench.get(Branch.active_power, 0) == 5520 and bench.get(Branch.reactive_power, 0) == 4140
    assert bench.get(Branch.apparent_power, 0) == 6900 and bench.get(Branch.power_factor, 0) == 0.8
    assert bench.get(BranchFast.power, 0) == 5520
    metering = bench.metering
    metering.sums()
    assert metering.complete and abs(metering.total_dW - 10 * (7 * 5520 - 11_499)) <= 8
    assert bench.table.get(Measurement.power) == 7 * 5520 - 11_499 and bench.table.get(Measurement.frequency) == 50.0
    assert bench.table.get(Measurement.phase_current) == 130.0
    assert bench.table.get(Measurement.phase_voltage) == 230.0
    assert list(metering.phase_cV) == [23_000, 23_000, (7 * 23_000 + 24_123) // 8]


def test_energy_is_in_the_registers_of_each_round():
    bench = settled()
    before = bench.get(Branch.energy, 5)
    bench.run(10_000)
    assert abs(bench.get(Branch.energy, 5) - before - 5520 * 10 / 3600) <= 1


def test_a_chip_that_is_gone_never_shows_what_its_line_floats_to():
    for floats in (0, GONE):
        bench = settled()
        bench.noted = b""
        for turn in range(21):
            bench.run(1000 + TURN_MS * turn)
            before = bench.get(Branch.energy, 4)
            bench.chips[4].floats = floats
            for _ in range(25):
                bench.run(TURN_MS)
                assert bench.get(Branch.voltage, 4) in (230.0, None), (floats, turn)
                assert bench.get(Branch.energy, 4) - before < 2
            assert bench.get(Branch.voltage, 4) is None and bench.metering.quality[4] == Quality.FAULT
            bench.metering.sums()
            assert bench.table.get(Measurement.power) is None
            assert bench.table.get(Measurement.phase_voltage) == 230.0 and not bench.metering.complete
            bench.chips[4].floats = -1
            bench.chips[4]._reset()
            bench.run(2000)
            assert bench.get(Branch.voltage, 4) == 230.0 and bench.metering.quality[4] == Quality.GOOD


def test_what_is_not_fitted_is_not_in_the_sums():
    bench = settled(3)
    bench.metering.sums()
    assert bench.table.get(Measurement.power) == 3 * 5520 and bench.metering.good_bits == 0b111
    bench = settled(0)
    bench.metering.sums()
    assert bench.table.get(Measurement.power) is None and bench.table.get(Measurement.phase_voltage) is None
    assert list(bench.metering.phase_cV) == [-1] * 3


def put32(words, at, value):
    words[at], words[at + 1] = value >> 16 & 0xFFFF, value & 0xFFFF


def test_integers_are_the_floats_over_the_whole_range():
    table = Table((Measurement, BranchFast, Branch))
    words, values = array("H", [0] * 20), array("i", [0] * (VALUES * BRANCHES))
    powers = array("i", [0] * BRANCHES)
    branch_at, fast_at = table.place(Branch.voltage, Branch.START), table.place(BranchFast.power, BranchFast.START)
    at = Branch.START + 7 * Branch.STRIDE
    counts = [0, 1, -1, 390, 391, -391, 781, 782, 15_624, 15_625, 31_250, 31_251, 999_999, 2_097_151]
    counts += [-5_750_000, 10_781_250, 141_000_000, -141_000_000, 0x7FFFFFFF, -0x80000000]
    for active in counts:
        for apparent in (abs(active), abs(active) + abs(active) // 3, 100_000_000, 391, 500):
            apparent = min(apparent, 0x7FFFFFFF)
            for place, value in (
                (11, active),
                (13, -active),
                (15, active // 2),
                (17, active),
                (7, active),
                (9, apparent),
            ):
                put32(words, place, max(-0x80000000, min(0x7FFFFFFF, value)))
            clamps = publish(words, table.image, branch_at, fast_at, values, powers, 7)
            watts = active * 0.00256
            assert abs(table.get(Branch.active_power, at) - watts) <= 0.51, active
            assert abs(table.get(Branch.reactive_power, at) - watts) <= 0.51, active
            assert abs(powers[7] - 10 * watts) <= 1.01 and abs(values[79] - watts) <= 0.51
            phase = active * 0.00064
            inside = abs(phase) <= 327_670
            assert inside <= (abs(table.get(Branch.phase_power, at) - phase) <= 5.02), active
            assert abs(values[76] - 10 * phase) <= 1.01
            fast = table.get(BranchFast.power, BranchFast.START + 7 * BranchFast.STRIDE)
            assert abs(fast - min(655_340, max(0, watts))) <= 5.6, active
            assert clamps or inside and -5 <= watts <= 655_345, active
            factor = table.get(Branch.power_factor, at)
            if apparent <= 390:
                assert factor is None
            elif abs(active) <= 30 * apparent:
                assert abs(factor - active / apparent) <= 0.00052, (active, apparent)


def test_a_current_is_right_to_twice_what_a_register_holds_and_counted_beyond():
    table = Table((Measurement, BranchFast, Branch))
    words, values = array("H", [0] * 20), array("i", [0] * (VALUES * BRANCHES))
    powers = array("i", [0] * BRANCHES)
    branch_at, fast_at = table.place(Branch.voltage, Branch.START), table.place(BranchFast.power, BranchFast.START)
    words[3], words[4], words[5] = 32_768, 50_000, 0xFFFE
    assert publish(words, table.image, branch_at, fast_at, values, powers, 0) == 0
    shown = [table.get(Branch.phase_current, Branch.START + i) for i in range(3)]
    assert [round(100 * amps) for amps in shown] == [6554, 10000, 13107]
    words[5] = 0xFFFF  # as much or more
    assert publish(words, table.image, branch_at, fast_at, values, powers, 0) == 1


def test_nothing_is_allocated():
    bench = settled()
    words, values, powers = array("H", [1000] * 20), array("i", [0] * (VALUES * BRANCHES)), array("i", [0] * BRANCHES)
    totals, image = array("i", [0] * TOTALS), bench.table.image
    micropython.heap_lock()
    try:
        for branch in range(BRANCHES):
            publish(words, image, 0, 0, values, powers, branch)
        complete = add_up(values, powers, bench.metering.quality, totals, image, 0)
    finally:
        micropython.heap_unlock()
    assert complete
