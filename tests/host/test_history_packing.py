"""Columns of numbers to bytes and back, and values of every kind of register to numbers and back."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mallee import resources
from mallee.device.codec import decode as decode_registers
from mallee.device.dictionary import SENTINEL, Point
from mallee.history import blocks, coding, frames, packing
from mallee.history.frames import Frame, FrameCoder
from mallee.history.packing import Damaged, pack, unpack
from mallee.history.series import Series, is_recorded, series_of
from mallee.reading import Quality

from .history_files import layout, values

SIGNED = st.integers(-(1 << 63), (1 << 63) - 1)
UNSIGNED = st.integers(0, (1 << 64) - 1)
NARROW = st.integers(-40, 40)


ROWS, ENOUGH_ROWS = st.integers(1, 500), st.integers(2, 400)


@st.composite
def columns(draw, rows=ROWS):
    count = draw(rows)
    kinds = draw(st.lists(st.sampled_from([SIGNED, UNSIGNED, NARROW, st.just(7)]), min_size=1, max_size=4))
    return [draw(st.lists(kind, min_size=count, max_size=count)) for kind in kinds]


@settings(max_examples=150, deadline=None)
@given(columns())
def test_what_was_packed_comes_back(found):
    data = pack(found)
    assert unpack(data) == found
    assert unpack(data, [len(found) - 1]) == found[-1:]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-5000, 5000), min_size=2, max_size=700), SIGNED.filter(lambda n: abs(n) < 1 << 62))
def test_walks_and_counters_come_back(steps, first):
    walk = [first]
    for step in steps:
        walk.append(walk[-1] + step)
    line = [first // 2 + 37 * n for n in range(len(walk))]
    assert unpack(pack([walk, line])) == [walk, line]


def test_a_counter_and_a_constant_cost_next_to_nothing():
    rows = 3600
    assert len(pack([[10**15 + 37 * n for n in range(rows)], [42] * rows])) < 60


def test_a_column_that_fits_nowhere_is_refused():
    with pytest.raises(ValueError, match="do not fit one column"):
        pack([[-1, 1 << 63]])


@settings(max_examples=150, deadline=None)
@given(columns(ENOUGH_ROWS), st.data())
def test_damage_is_noticed_or_harmless(found, data):
    """Cut anywhere: an error of one kind, never another, never a giant."""
    packed = pack(found)
    cut = data.draw(st.integers(0, len(packed) - 1))
    with suppress(Damaged):
        assert unpack(packed[:cut]) == found


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_no_block(data):
    try:
        unpack(data)
    except Damaged:
        return
    assert len(data) > 7  # by chance


def test_a_giant_is_not_believed():
    with pytest.raises(Damaged, match="rows"):
        unpack(packing._HEAD.pack(1 << 31, 1, 0) + bytes(40))


def points() -> list[Point]:
    found = [p for profile in ("pdu", "pump") for p in resources.dictionary(profile).points if is_recorded(p)]
    kinds = {(p.kind, p.scale, p.choices): p for p in found}
    foreign = [
        Point("power", "input", 0, "f32", "", 2, unit="kW"),
        Point("factor", "input", 0, "s16", "", 1, scale=-1, factor=0.05, offset=-40.0),
        Point("wide", "input", 0, "u64", "", 4, scale=-3),
        Point("coil", "coil", 0, "bit", ""),
    ]
    return [*kinds.values(), *foreign]


@pytest.mark.parametrize("point", points(), ids=lambda p: f"{p.kind}-{p.scale}-{p.name}")
def test_every_kind_of_register_is_kept_exactly(point):
    series = series_of("device", point)
    encode, decode = coding.encoder(series), coding.decoder(series)
    width = 16 * point.registers
    raws = {
        0,
        1,
        2,
        3,
        99,
        0x7FFF,
        0x8001,
        (1 << width) - 2,
        (1 << width - 1) - 1,
        0x123456789ABCDEF & (1 << width) - 1,
    }
    raws = raws if point.kind != "bit" else {0, 1}
    for raw in raws - {SENTINEL.get(point.kind)}:
        words = [raw >> 16 * at & 0xFFFF for at in range(point.registers - 1, -1, -1)]
        value = bool(raw) if point.kind == "bit" else decode_registers(point, words)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            continue
        number = encode(value)
        assert number is not None
        back = decode(coding.bits_of(number) if series.coding == "real" else int(number))
        assert back == value and type(back) is type(value)


def test_what_is_no_value_of_a_series_is_counted_and_unknown():
    coder = FrameCoder(layout("skid-1"))
    found, _ = values("skid-1", 1)
    data = coder.encode(3, -7, ["a text", -1, "never_heard_of", frozenset({"branch_9"}), found[4]], None)
    (frame,) = frames.decode(data, 1000, lambda _: layout("skid-1").struct())
    assert coder.unfit == 4
    assert (frame.layout, frame.time_ms) == (3, 993)
    assert frame.qualities is not None
    assert [frames.QUALITIES[code] for code in frame.qualities] == [Quality.NOT_AVAILABLE] * 4 + [Quality.GOOD]


def test_an_enumeration_that_is_newer_than_the_map_is_kept():
    series = Series("d", "state", "", "choice", "H", 0, ((1, "on"),))
    assert coding.decoder(series)(int(coding.encoder(series)("unknown_77") or 0)) == "unknown_77"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 350), st.lists(st.integers(0, 4), max_size=8))
def test_blocks_keep_values_and_their_qualities(rows, bad):
    of = layout("skid-1")
    coder, form = FrameCoder(of), of.struct()
    kept: list[Frame] = []
    for n in range(rows):
        found, _ = values("skid-1", n)
        qualities = [Quality.STALE if n % 3 and at in bad else Quality.GOOD for at in range(len(found))]
        kept += frames.decode(coder.encode(1, 0, found, qualities), 1000 * n, lambda _: form)
    block = blocks.decode(blocks.encode(blocks.gather(of, kept)), len(of.series))
    assert block.times_ms == [1000 * n for n in range(rows)]
    for at, (series, column) in enumerate(zip(of.series, block.columns, strict=True)):
        for n in range(rows):
            good = not (n % 3 and at in bad) and values("skid-1", n)[0][at] is not None
            assert (column.qualities is None or column.qualities[n] == frames.GOOD) is good
            if good:
                assert coding.decoder(series)(column.raws[n]) == values("skid-1", n)[0][at]
