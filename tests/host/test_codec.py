"""Raw registers to values and back."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee import resources
from mallee.device.codec import decode, encode, quality_in
from mallee.device.decoding import SpanDecoder
from mallee.device.dictionary import SENTINEL, Choice, Dictionary, Kind, Point
from mallee.device.spans import Span, plan
from mallee.device.writing import plan_writes
from mallee.errors import ExitCode, MalleeError
from mallee.reading import Quality

NUMBERS = [
    p
    for p in resources.dictionary("pump").points + resources.dictionary("pdu").points
    if p.kind in ("u16", "s16", "u32", "s32", "u64")
]


@given(st.sampled_from(NUMBERS), st.data())
def test_every_register_pattern_survives_the_round_trip(point: Point, data: st.DataObject) -> None:
    raw = data.draw(st.integers(0, (1 << 16 * point.registers) - 1))
    words = [raw >> 16 * (point.registers - 1 - n) & 0xFFFF for n in range(point.registers)]
    value = decode(point, words)
    assert (value is None) == (raw == SENTINEL[point.kind])
    assert encode(point, value) == words


@given(st.sampled_from([p for p in NUMBERS if p.writable]), st.data())
def test_every_value_inside_the_limits_can_be_written(point: Point, data: st.DataObject) -> None:
    assert point.low is not None
    assert point.high is not None
    value = data.draw(st.floats(point.low, point.high))
    read_back = decode(point, encode(point, value))
    assert isinstance(read_back, int | float)
    assert abs(read_back - value) <= 0.5000001 * 10.0**point.scale


@given(st.integers(0, 0xFFFE))
def test_enumerations_and_flags_survive_unknown_values(raw: int) -> None:
    choices = (Choice(0, "off", ""), Choice(1, "on", ""))
    name = decode(Point("e", "input", 0, "enum", "", choices=choices), [raw])
    assert name == {0: "off", 1: "on"}.get(raw, f"unknown_{raw}")
    flags = decode(Point("f", "input", 0, "flags", "", choices=choices), [raw])
    assert isinstance(flags, frozenset)
    assert len(flags) == raw.bit_count()
    assert ("off" in flags) == bool(raw & 1)


def test_text_and_its_absence() -> None:
    point = Point("name", "holding", 0, "text", "", registers=4)
    assert decode(point, [0, 0, 0, 0]) is None
    assert encode(point, "pump-1") == [0x7075, 0x6D70, 0x2D31, 0]
    assert decode(point, encode(point, "pump-1")) == "pump-1"
    with pytest.raises(ValueError, match="at most 8"):
        encode(point, "nine chars")


@given(st.integers(0, 23), st.integers(0, 3))
def test_quality_slots(slot: int, code: int) -> None:
    words = [0, 0, 0]
    words[slot // 8] = code << 2 * (slot % 8)
    expected = (Quality.GOOD, Quality.NOT_FITTED, Quality.FAULT, Quality.NOT_YET)[code]
    assert quality_in(words, slot) is expected
    assert all(quality_in(words, other) is Quality.GOOD for other in range(24) if other != slot)


@given(st.sampled_from(["pump", "pdu"]), st.data())
def test_plans_cover_what_is_asked_and_nothing_else(profile: str, data: st.DataObject) -> None:
    dictionary = resources.dictionary(profile)
    points = data.draw(st.lists(st.sampled_from(dictionary.points), unique_by=lambda p: p.name, max_size=20))
    spans = plan(dictionary, points, 125)
    assert sorted(p.name for span in spans for p in span.points) == sorted(p.name for p in points)
    for span in spans:
        assert 1 <= span.count <= 125
        assert any(
            first <= span.address and span.address + span.count <= first + count
            for first, count in dictionary.blocks(span.table)
        )
        for point in span.points:
            assert span.address <= point.address
            assert point.end <= span.address + span.count


def test_write_plans_join_what_is_contiguous(pump: Dictionary) -> None:
    planned = plan_writes(
        pump, {"speed_setpoint": 50.0, "flow_setpoint": 600.0, "lease_hold": 60, "set_clock": 1_800_000_000}
    )
    assert [(write.address, len(write.words)) for write in planned] == [(2, 2), (200, 1), (213, 2)]
    assert all(write.function_code == 16 for write in planned)


@pytest.mark.parametrize(
    ("name", "value", "code", "what"),
    [
        ("supply_temperature_setpoint", 10.0, ExitCode.REFUSED, "lower limit is 15 degC"),
        ("supply_temperature_setpoint", float("nan"), ExitCode.REFUSED, "finite"),
        ("supply_temperature_setpoint", None, ExitCode.REFUSED, "must have a value"),
        ("supply_temperature_setpoint", "warm", ExitCode.REFUSED, "not a number"),
        ("mode_setpoint", "fast", ExitCode.REFUSED, "differential_pressure, flow, speed"),
        ("mode_setpoint", 7, ExitCode.REFUSED, "upper limit"),
        ("flow", 3.0, ExitCode.USAGE, "cannot be written"),
        ("flow_setpont", 3.0, ExitCode.USAGE, "no point"),
    ],
)
def test_wrong_writes_are_refused_before_they_are_sent(pump: Dictionary, name, value, code, what) -> None:
    with pytest.raises(MalleeError, match=what) as caught:
        plan_writes(pump, {name: value})
    assert caught.value.code is code


def test_what_no_float_holds_is_unknown_and_is_not_written() -> None:
    """Of a dictionary that no map file made: the factors of those are bounded."""
    wide = Point("energy", "holding", 0, "f64", "", registers=4, factor=1e30, codes=())
    huge = list(struct.unpack(">4H", struct.pack(">d", 1e300)))
    assert decode(wide, huge) is None
    span = SpanDecoder(Span("holding", 0, 4, (wide,)))
    answer = b"\x03\x08" + struct.pack(">d", 1e300)
    reading = span.decode(answer, datetime.now(UTC))["energy"]
    assert (reading.value, reading.quality) == (None, Quality.NOT_AVAILABLE)
    steep = Point("power", "holding", 0, "u64", "", registers=4, factor=1e308, codes=())
    assert decode(steep, [0, 0, 0, 2000]) is None


@pytest.mark.parametrize(
    ("kind", "registers", "factor", "value"),
    [
        ("u16", 1, 1e-308, 1e30),
        ("u16", 1, 1.0, 10**400),
        ("u64", 4, 1e308, 10**400),
        ("f32", 2, 1.0, 1e308),
        ("f64", 4, 1e-30, 1e308),
        ("f64", 4, 1.0, 10**400),
    ],
)
def test_what_does_not_fit_is_refused_however_large(kind: Kind, registers: int, factor: float, value: float) -> None:
    point = Point("power", "holding", 0, kind, "", registers=registers, factor=factor, codes=())
    with pytest.raises(ValueError, match="does not fit"):
        encode(point, value)
