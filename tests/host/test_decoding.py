"""Decoding by a plan made once gives what decoding each point by itself gives."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee import resources
from mallee.device.codec import decode, quality_in, quality_register
from mallee.device.decoding import SpanDecoder
from mallee.device.dictionary import Point
from mallee.device.spans import Span, fast_span, plan
from mallee.reading import Quality

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPANS = [
    span
    for profile in ("pump", "pdu")
    for d in (resources.dictionary(profile),)
    for span in [fast_span(d), *plan(d, d.points, 125), *plan(d, d.points[::3], 125)]
]
WORDS = st.one_of(st.integers(0, 0xFFFF), st.sampled_from([0, 0xFFFF, 0x8000, 1]))


def one_by_one(span: Span, point: Point, words: list[int]) -> tuple[object, Quality]:
    at = point.address - span.address
    value = decode(point, words[at : at + point.registers])
    register = quality_register(point)
    if register is not None and point.quality_slot is not None and span.address <= register < span.address + span.count:
        quality = quality_in([words[register - span.address]], point.quality_slot % 8)
        if quality is not Quality.GOOD:
            return None, quality
    return value, Quality.GOOD if value is not None else Quality.NOT_AVAILABLE


@given(st.sampled_from([s for s in SPANS if s.table in ("input", "holding")]), st.data())
def test_registers(span: Span, data: st.DataObject) -> None:
    words = data.draw(st.lists(WORDS, min_size=span.count, max_size=span.count))
    decoder = SpanDecoder(span)
    assert decoder.request[3:] == span.count.to_bytes(2, "big")
    found = decoder.decode(bytes((4, 2 * span.count)) + b"".join(w.to_bytes(2, "big") for w in words), NOW)
    assert set(found) == {point.name for point in span.points}
    for point in span.points:
        reading = found[point.name]
        assert (reading.value, reading.quality) == one_by_one(span, point, words)
        assert type(reading.value) is type(one_by_one(span, point, words)[0])
        assert (reading.unit, reading.time, reading.age_s) == (point.unit, NOW, 0.0)


@given(st.lists(st.booleans(), min_size=8, max_size=8))
def test_bits(states: list[bool]) -> None:
    span = next(span for span in SPANS if span.table == "coil" and span.count == 8)
    answer = bytes((1, 1, sum(on << n for n, on in enumerate(states))))
    found = SpanDecoder(span).decode(answer, NOW)
    assert [found[point.name].value for point in span.points] == states


def test_a_point_that_is_not_in_the_answer_is_not_there() -> None:
    found = SpanDecoder(SPANS[0]).decode(bytes((4, 110)) + bytes(110), NOW)
    assert "name" not in found
    with pytest.raises(KeyError):
        found["name"]
