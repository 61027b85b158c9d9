from core.bank import Bits, Table
from maps import common, pdu, pump
from maps.fields import Holding, Input, s16, s32, text, u16, u32, u64


class Measured(Input):
    low = s16(10, -2)
    big = s32(11)
    count = u32(13)
    energy = u64(15)
    label = text(19, 3)
    trio = u16(22, -1, count=3)
    lonely = u16(40)


class Set(Holding):
    speed = s16(0, -2, low=-5, high=100, default=50)
    epoch = u32(1, low=0, high=4000000000, default=0)
    maybe = u16(3, -1, low=0, high=2000, default=None)


def table():
    return Table((Measured,))


def test_contiguous_fields_form_spans_and_holes_do_not_exist():
    t = table()
    assert [span[:2] for span in t.spans] == [(10, 25), (40, 41)]
    assert t.locate(10, 15) == 20
    assert t.locate(9, 1) == t.locate(10, 16) == t.locate(25, 1) == t.locate(24, 2) == -1
    assert t.locate(40, 1) == 80


def test_everything_starts_as_not_available():
    t = table()
    assert t.get(Measured.low) is None and t.get(Measured.big) is None and t.get(Measured.energy) is None
    assert t.word(10) == 0x8000 and t.word(13) == 0xFFFF


def test_values_round_trip_and_round_to_nearest():
    t = table()
    for value in (0, 37.126, -37.126, 327.66, -327.67):
        t.put(Measured.low, value)
        assert abs(t.get(Measured.low) - value) <= 0.0051, value
    for value in (0, -1, 2147483647, -2147483647):
        t.put(Measured.big, value)
        assert t.get(Measured.big) == value
    t.put(Measured.energy, 0x0102030405060708)
    assert t.get(Measured.energy) == 0x0102030405060708
    assert bytes(t.image[t.locate(15, 4) :][:8]) == b"\x01\x02\x03\x04\x05\x06\x07\x08"


def test_a_value_that_does_not_fit_is_held_at_the_end_and_counted():
    t = table()
    t.put(Measured.low, 400)
    assert t.get(Measured.low) == 327.67 and t.clamps == 1
    t.put(Measured.count, -3)
    assert t.get(Measured.count) == 0 and t.clamps == 2
    t.put(Measured.count, 0xFFFFFFFF)
    assert t.get(Measured.count) == 0xFFFFFFFE and t.clamps == 3


def test_text_and_arrays():
    t = table()
    t.put_text(Measured.label, "too long")
    assert bytes(t.image[t.locate(19, 3) :][:6]) == b"too lo"
    t.put(Measured.trio, 1.5, 2)
    assert t.get(Measured.trio, 2) == 1.5 and t.get(Measured.trio, 1) is None


def words(*values):
    return b"".join(bytes((v >> 8 & 255, v & 255)) for v in values)


def test_writes_are_all_or_nothing():
    t = Table((Set,), writable=True)
    before = bytes(t.image)
    assert t.write(0, 4, words(10000, 0, 7, 30000), 0) == 3  # maybe: 3000.0 is above its limit
    assert t.write(0, 2, words(10000, 0), 0) == 3  # half of epoch
    assert t.write(2, 1, words(7), 0) == 3
    assert t.write(0, 5, words(1, 2, 3, 4, 5), 0) == 2  # one register too many
    assert t.write(1, 2, words(0xEE6B, 0x2801), 0) == 3  # 4000000001
    assert bytes(t.image) == before
    assert t.write(0, 4, words(10000, 0, 7, 20000), 0) == 0
    assert (t.get(Set.speed), t.get(Set.epoch), t.get(Set.maybe)) == (100, 7, 2000)


def test_not_available_may_be_written_only_where_it_is_the_default():
    t = Table((Set,), writable=True)
    assert t.write(3, 1, words(0xFFFF), 0) == 0 and t.get(Set.maybe) is None
    assert t.write(0, 1, words(0x8000), 0) == 3


def test_negative_limits():
    t = Table((Set,), writable=True)
    assert t.write(0, 1, words(-500 & 0xFFFF), 0) == 0 and t.get(Set.speed) == -5
    assert t.write(0, 1, words(-501 & 0xFFFF), 0) == 3


def test_a_guard_can_refuse_and_hears_what_was_written():
    t = Table((Set,), writable=True)
    heard = []
    t.guard(1, 3, lambda a, n, d, o: 4 if d[o + 3] == 9 else 0, lambda a, n: heard.append((a, n)))
    assert t.write(1, 2, words(0, 9), 0) == 4 and t.get(Set.epoch) == 0
    assert t.write(1, 2, words(0, 8), 0) == 0 and heard == [(1, 2)]
    assert t.write(0, 1, words(0), 0) == 0 and len(heard) == 1


def test_bits():
    b = Bits([(1, 5), (129, 133)])
    b.put(130, 1)
    assert b.get(130) and not b.get(129)
    assert b.exists(1, 4) and not b.exists(0, 1) and not b.exists(4, 2)
    b.put(130, 0)
    assert not b.get(130)


def test_the_real_maps_have_no_gap_inside_the_fast_block():
    for profile in (pump, pdu):
        classes = (common.Identity, common.Health, common.Status, profile.Measurement)
        if profile is pdu:
            classes += (pdu.BranchFast, pdu.Branch)
        starts = [span[0] for span in Table(classes).spans]
        assert starts[:3] == [0, 40, 100], starts
        assert len([s for s in starts if 100 <= s < 200]) == 1
