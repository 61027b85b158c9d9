"""The rope's resistances are of a data sheet (> 1 Mohm/m dry, < 50 kohm wet), the circuit is Ohm's law done here by itself."""

from drivers.leak_rope import LeakRope
from maps.common import LeakState

PULL_UP, END = 10_000, 10_000
DRY, OPEN = 1e9, None


def part(water_ohm, end_ohm=END):
    """Of the supply at the input: pull-up above, water and end resistor in parallel below; OPEN: nothing below."""
    if water_ohm is OPEN:
        return 1.0
    conductance = (1 / end_ohm if end_ohm else 0) + (1 / water_ohm if water_ohm else 1e9)
    return 1 / conductance / (PULL_UP + 1 / conductance)


class Input:
    now = 1.0

    def __call__(self):
        return self.now


def states(*readings):
    source = Input()
    rope, found = LeakRope(source, PULL_UP, END), []
    for source.now in readings:
        rope.step()
        found.append(rope.state)
    return found


def settled(reading):
    return states(reading, reading)[1]


def test_what_the_rope_can_be():
    assert settled(part(DRY)) == LeakState.DRY
    assert settled(part(100_000)) == LeakState.DRY  # ten metres of dry rope
    assert settled(part(49_000)) == LeakState.WET
    assert settled(part(1_000)) == LeakState.WET
    assert settled(part(0)) == LeakState.SHORTED
    assert settled(part(OPEN)) == LeakState.CUT
    assert settled(part(50_000, end_ohm=None)) == LeakState.CUT  # cut, with damp in the part that is left


def test_a_rope_that_was_not_read_twice_says_nothing():
    assert states(part(DRY)) == [LeakState.NOT_YET]


def test_one_reading_alone_is_no_leak():
    dry, wet = part(DRY), part(5_000)
    assert states(dry, dry, wet, dry, wet, dry)[2:] == [LeakState.DRY] * 4
    assert states(dry, dry, wet, wet)[3] == LeakState.WET


def test_wet_ends_above_where_it_began():
    wet, between, dry = part(40_000), part(60_000), part(90_000)
    assert states(wet, wet, between, between, dry, dry) == [LeakState.NOT_YET] + [LeakState.WET] * 4 + [LeakState.DRY]
    assert states(dry, dry, between, between)[3] == LeakState.DRY


def test_resistors_of_one_percent_do_not_make_a_leak():
    for end_ohm in (END * 0.99, END * 1.01):
        assert settled(part(DRY, end_ohm)) == LeakState.DRY
        assert settled(part(45_000, end_ohm)) == LeakState.WET
