"""Values of devices of other makes: byte orders, factors, flags, limits, as they are read and as registers will hold them."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.device.codec import decode, encode
from mallee.device.decoding import SpanDecoder
from mallee.device.dictionary import WIDTH, Abilities, Choice, Code, Dictionary, Kind, Order, Point
from mallee.device.spans import Span
from mallee.device.writing import plan_writes
from mallee.errors import ExitCode, MalleeError
from mallee.reading import Quality

from .test_decoding import NOW

NUMBER_KINDS: list[Kind] = ["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64"]
ORDERS: list[Order] = ["ABCD", "CDAB", "BADC", "DCBA"]


@given(st.data())
def test_every_kind_and_order_survives_the_round_trip(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(NUMBER_KINDS))
    point = Point(
        "x", "holding", 0, kind, "", registers=WIDTH[kind], order=data.draw(st.sampled_from(ORDERS)),
        factor=data.draw(st.sampled_from([1.0, 0.5, 0.05, 2.0**-10, 3.0])), offset=data.draw(st.sampled_from([0.0, -40.0])),
        codes=(Code(0x8000, "fault"),),
    )  # fmt: skip
    words = data.draw(st.lists(st.integers(0, 0xFFFF), min_size=point.registers, max_size=point.registers))
    value = decode(point, words)
    found = SpanDecoder(Span("holding", 0, point.registers, (point,))).decode(
        bytes((3, 2 * len(words))) + b"".join(word.to_bytes(2, "big") for word in words), NOW
    )["x"]
    assert found.value == value
    if value is None:
        assert found.quality in (Quality.FAULT, Quality.NOT_AVAILABLE)
        return
    assert isinstance(value, int | float)
    assert math.isfinite(value)
    assert found.quality is Quality.GOOD
    if abs(value) < 2**40:  # beyond, a float in a unit cannot hold each step of 64 bits
        again = decode(point, encode(point, value))
        assert again == pytest.approx(value, rel=1e-6, abs=1e-9)


def test_what_a_map_does_not_name_is_not_written() -> None:
    choices = (Choice(0, "off", ""), Choice(2, "on", ""))
    enum = Point("e", "holding", 0, "enum", "", choices=choices, codes=())
    flags = Point("f", "holding", 1, "flags", "", choices=choices, codes=())
    dictionary = Dictionary("x", (0, 0), "", (enum, flags))
    assert plan_writes(dictionary, {"e": "on"})[0].words == (2,)
    for name, value in (("e", 1), ("e", None), ("f", 0b10), ("f", frozenset({"dry"}))):
        with pytest.raises(MalleeError) as caught:
            plan_writes(dictionary, {name: value})
        assert caught.value.code is ExitCode.REFUSED
    assert plan_writes(dictionary, {"f": frozenset({"on"})})[0].words == (4,)


def number(**changes: Any) -> Dictionary:
    point = Point("a", "holding", 0, "u16", "", low=0, high=9.6, codes=())
    return Dictionary(
        "x", (0, 0), "", (msgspec.structs.replace(point, **changes),), abilities=Abilities(functions=(3, 6))
    )


@pytest.mark.parametrize(
    ("changes", "written", "refused"),
    [
        ({}, {9: 9, 9.4: 9, 2.5: 3, 3.5: 4}, [9.5, 9.6, 9.7]),
        ({"low": 0.4, "high": 9}, {0.5: 1, 9: 9}, [0.4, 0.49]),
        ({"factor": 0.05, "offset": 0.1, "high": 9.7}, {9.7: 192, 9.67: 191}, [9.71]),
        ({"factor": -1.0, "low": -9.6, "high": 0}, {-9.4: 9, 0: 0}, [-9.6]),
        ({"kind": "s16", "scale": -1, "low": -0.3, "high": 0.3}, {-0.3: 0xFFFD, 0.3: 3, 0.25: 3}, [0.31, -0.31]),
        (
            {"kind": "u64", "registers": 4, "high": 2**63 + 1},
            {2**63 + 1: 2**63 + 1, 2**63 - 1: 2**63 - 1},
            [2**63 + 2, 2**63 + 1025],
        ),
    ],
)
def test_the_register_is_held_to_the_limits_not_only_the_value(
    changes: dict[str, Any], written: dict[float, int], refused: list[float]
) -> None:
    dictionary = number(**changes)
    if changes.get("kind") == "u64":
        dictionary = msgspec.structs.replace(dictionary, abilities=Abilities())
    for value, raw in written.items():
        (write,) = plan_writes(dictionary, {"a": value})
        assert int("".join(f"{word:04x}" for word in write.words), 16) == raw, value
    for value in refused:
        with pytest.raises(MalleeError, match="cannot be set to") as caught:
            plan_writes(dictionary, {"a": value})
        assert caught.value.code is ExitCode.REFUSED


def test_flags_of_several_registers_count_from_the_lowest_bit_of_all() -> None:
    point = Point(
        "f", "input", 0, "flags", "", registers=2, choices=(Choice(0, "a", ""), Choice(31, "b", "")), codes=()
    )
    assert decode(point, [0x8000, 0x0001]) == {"a", "b"}
    assert encode(point, frozenset({"b"})) == [0x8000, 0]


@pytest.mark.parametrize(("functions", "codes"), [((3, 6), [6, 6]), ((3, 16), [16, 16]), ((3, 6, 16), [6, 6])])
def test_points_of_others_are_written_one_by_one(functions: tuple[int, ...], codes: list[int]) -> None:
    points = tuple(Point(n, "holding", a, "u16", "", low=0, high=9, codes=()) for a, n in enumerate("ab"))
    ours = Dictionary("x", (0, 0), "", points)
    others = msgspec.structs.replace(ours, abilities=Abilities(functions=functions))
    assert [write.function_code for write in plan_writes(others, {"a": 1, "b": 2})] == codes
    assert [write.words for write in plan_writes(ours, {"a": 1, "b": 2})] == [(1, 2)]


def test_a_value_of_two_registers_needs_the_function_that_writes_two() -> None:
    point = Point("a", "holding", 0, "u32", "", registers=2, low=0, high=9, codes=())
    with pytest.raises(MalleeError, match="the device writes one at a time"):
        plan_writes(Dictionary("x", (0, 0), "", (point,), abilities=Abilities(functions=(3, 6))), {"a": 1})
