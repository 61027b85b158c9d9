from array import array
from math import log

from maps.fields import spec
from maps.pdu import BranchSettings, BranchState
from pdu.protection import ONE, Protection, heat, show, watch
from pdu.switching import Switching

RATED = 2580


def protection():
    p = Protection()
    for branch in range(8):
        p.configure(branch, RATED, 7 * RATED)
    return p


def time_to_trip(multiple, most_s=4000):
    p = protection()
    codes = array("i", [0, 0, int(RATED * multiple), 0, 0, 0, 0, 0])
    window_sum = None
    for window in range(int(most_s * 10)):
        if window_sum is None:
            for _ in range(100):
                assert watch(codes, p.state) == 0
            window_sum = p.state[2 * 6 + 3]
        p.state[2 * 6 + 3] = window_sum
        if heat(p.state, p.windows_per_tau, p.limit):
            return (window + 1) / 10
    return None


def test_thermal_curve_meets_the_formula():
    for multiple in (1.45, 2.0, 2.55, 5.0):
        expected = 120 * log(multiple**2 / (multiple**2 - 1.69))
        took = time_to_trip(multiple)
        assert abs(took - expected) <= 0.02 * expected + 0.1, (multiple, took, expected)


def test_conventional_currents_of_iec_60898():
    assert time_to_trip(1.13) is None  # never below 1.13 In
    assert time_to_trip(1.45) < 3600  # always at 1.45 In within the hour
    assert 1 < time_to_trip(2.55) < 60  # and at 2.55 In between 1 s and 60 s (120 s above 32 A)


def test_instantaneous_needs_two_samples_in_a_row_and_names_its_branch():
    p = protection()
    quiet, loud = array("i", [0] * 8), array("i", [0] * 8)
    loud[5] = 7 * RATED + 1
    assert watch(loud, p.state) == 0
    assert watch(quiet, p.state) == 0
    assert watch(loud, p.state) == 0
    assert watch(loud, p.state) == 1 << 5


def test_full_scale_and_negative_codes_do_not_overflow():
    p = protection()
    codes = array("i", [32767, -32768, 0, 0, 0, 0, 0, 0])
    for window in range(200):
        for _ in range(100):
            watch(codes, p.state)
        heat(p.state, p.windows_per_tau, p.limit)
        assert 0 <= p.state[4] < 64 * ONE, p.state[4]
        assert p.state[6 + 4] == 0, p.state[6 + 4]
    assert p.thermal(0) > 100


def test_a_current_beyond_its_register_is_shown_as_the_most_and_counted():
    p, image = protection(), bytearray(1000)
    codes = array("i", [0, 100, 20000, 32767] + [0] * 4)
    per_code = int(100 * 16384 / 25 + 0.5)  # 25 codes an ampere: 800 and 1311 A do not fit
    watch(codes, p.state)
    assert show(codes, p.state, image, 0, 100, per_code, 0) == 2
    assert [image[6 * b] << 8 | image[6 * b + 1] for b in range(4)] == [0, 400, 0xFFFE, 0xFFFE]
    assert [image[100 + 50 * b] << 8 | image[101 + 50 * b] for b in range(4)] == [0, 400, 0xFFFE, 0xFFFE]


def test_the_image_survives_a_controller_reset_warm_but_never_trips_by_itself():
    p = protection()
    p.set_theta(0, 0.8)
    assert abs(p.theta(0) - 0.8) < 0.001
    p.set_theta(0, 9.0)
    assert not heat(p.state, p.windows_per_tau, p.limit)


class Contacts:
    """Eight bistable contactors that do what the coils say."""

    def __init__(self, closed=0, welded=0):
        self.closed, self.welded = closed, welded

    def drive(self, switching):
        self.closed = (self.closed | switching.set_coils) & ~(switching.reset_coils & ~self.welded)


def run(switching, contacts, wanted, tripped=0, ms=100, off_ms=0):
    switching.minimum_off_ms = off_ms
    switching.step(ms, wanted, 0xFF, tripped, contacts.closed)
    contacts.drive(switching)


def test_closing_is_staggered():
    s, c = Switching(), Contacts()
    s.start(0)
    times = {}
    for step in range(60):
        run(s, c, 0xFF)
        for branch in range(8):
            if c.closed >> branch & 1:
                times.setdefault(branch, step)
    assert len(times) == 8
    order = sorted(times.values())
    assert min(b - a for a, b in zip(order, order[1:])) >= 5  # 500 ms


def test_opening_is_never_delayed_and_pulses_end():
    s, c = Switching(), Contacts(0xFF)
    s.start(0xFF)
    run(s, c, 0x00)
    assert c.closed == 0
    for _ in range(3):
        run(s, c, 0x00)
    assert s.reset_coils == 0 and s.set_coils == 0


def test_a_controller_reset_switches_nothing():
    s, c = Switching(), Contacts(0xA5)
    s.start(0xA5)
    for _ in range(50):
        run(s, c, 0xA5)
        assert s.set_coils == 0 and s.reset_coils == 0
    assert c.closed == 0xA5


def test_minimum_off_time():
    s, c = Switching(), Contacts(0xFF)
    s.start(0xFF)
    run(s, c, 0xFE)
    for _ in range(9):
        run(s, c, 0xFF, off_ms=1000)
    assert c.closed == 0xFE and s.state(0) == BranchState.WAITING
    for _ in range(5):
        run(s, c, 0xFF, off_ms=1000)
    assert c.closed == 0xFF


def test_a_tripped_branch_cannot_be_closed():
    s, c = Switching(), Contacts(0)
    s.start(0)
    for _ in range(60):
        run(s, c, 0xFF, tripped=0x04)
    assert c.closed == 0xFB and s.state(2) == BranchState.TRIPPED


def test_a_welded_contact_is_seen():
    s, c = Switching(), Contacts(0xFF, welded=0x02)
    s.start(0xFF)
    for _ in range(5):
        run(s, c, 0x00)
    assert c.closed == 0x02
    assert s.disagrees(1) and s.state(1) == BranchState.DISAGREES and not s.disagrees(0)


def test_a_contactor_that_does_not_open_on_a_trip_gets_a_few_pulses_and_no_current():
    s, c = Switching(), Contacts(0xFF, welded=0x02)
    s.start(0xFF)
    pulses, energised = 0, 0
    for _ in range(300):  # 30 s
        before = s.reset_coils & 0x02
        run(s, c, 0xFD, tripped=0x02)
        pulses += not before and s.reset_coils & 0x02 != 0
        energised += s.reset_coils & 0x02 != 0
    assert pulses == 3 and energised <= 6, (pulses, energised)


def test_a_switch_without_a_permit_says_so():
    s, c = Switching(), Contacts(0)
    s.start(0)
    for _ in range(60):
        s.step(100, 0xFF, 0xFE, 0, c.closed)
        c.drive(s)
    assert c.closed == 0xFE and s.state(0) == BranchState.NOT_PERMITTED


def test_no_allowed_setting_leaves_31_bits_or_the_full_scale_of_the_channel():
    counts_per_A = 32768 / 1.2 * 0.0015  # boards: PDU_FAST_V_PER_A
    for rating in spec(BranchSettings.rating)[1:3]:
        p = Protection()
        p.configure(0, int(rating * counts_per_A + 0.5), 1)
        assert 32767 * p.state[0] < 1 << 31
    assert spec(BranchSettings.instantaneous)[2] * counts_per_A < 32767
