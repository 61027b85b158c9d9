"""The topology of a pod file: what does not close is refused with its place; what does is shown whole."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter

import msgspec
import pytest
from mallee import resources
from mallee.errors import ExitCode, MalleeError
from mallee.pod.checks import check
from mallee.pod.config import Loop, PodConfig
from mallee.pod.loader import load_pod, parse_pod
from mallee.pod.topology.graph import graph_of, loops_of
from mallee.pod.topology.live import NodeState, branch_words, node_states
from mallee.pod.topology.physics import disagreements
from mallee.pod.topology.svg import svg_of
from mallee.pod.topology.tree import Line, rows_of_graph, tree_of

from ..conftest import ROOT
from .documents import CONFIG, troubled
from .healthy_pod import healthy, plus, times, with_branch, with_skid
from .test_pod_file import GOOD

replace = msgspec.structs.replace
RACKS = tuple(rack.name for rack in CONFIG.racks)
HALVES = (Loop("east", ("skid-1",), RACKS[:4]), Loop("west", ("skid-2",), RACKS[4:]))


def loops(*changed: Loop) -> PodConfig:
    return replace(CONFIG, loops=changed)


def with_pdu(index: int, **changed: object) -> PodConfig:
    return replace(CONFIG, pdus=tuple(replace(p, **changed) if n == index else p for n, p in enumerate(CONFIG.pdus)))


def with_rack(index: int, **changed: object) -> PodConfig:
    return replace(CONFIG, racks=tuple(replace(r, **changed) if n == index else r for n, r in enumerate(CONFIG.racks)))


EAST, WEST = HALVES


@pytest.mark.parametrize(
    ("config", "path", "what", "next_step"),
    [
        (
            replace(CONFIG, feeds=(*CONFIG.feeds, replace(CONFIG.feeds[0], name="C"))),
            ("feed", 2, "name"),
            "feed C feeds no PDU",
            "take the block out",
        ),
        (with_pdu(3, feed="D"), ("pdu", 3, "feed"), "there is no feed 'D'", "A"),
        (with_pdu(0, racks=("",) * 8), ("pdu", 0, "racks"), "pdu-a1 feeds no rack", "name the rack"),
        (with_pdu(2, racks=("rack-55",)), ("pdu", 2, "racks"), "there is no rack 'rack-55'", "did you mean 'rack-5'"),
        (
            replace(CONFIG, racks=(*CONFIG.racks, replace(CONFIG.racks[0], name="rack-9"))),
            ("rack", 8, "name"),
            "rack-9 is fed by no branch",
            "PDUs that feed it",
        ),
        (with_pdu(1, main_A=3000.0), ("pdu", 1, "main_A"), "more than that of feed A", "at most 2000"),
        (with_pdu(1, branch_A=630.0), ("pdu", 1, "branch_A"), "branch_A = 630 is more than main_A", "at most 500"),
        (
            with_rack(4, power_kW=1500.0),
            ("rack", 4, "power_kW"),
            "more than the mains of its PDUs carry",
            "at most 719",
        ),
        (
            replace(CONFIG, power=replace(CONFIG.power, site_kW=100.0)),
            ("rack", 0, "power_kW"),
            "more than [power] site_kW = 100",
            "at most 100",
        ),
        (with_rack(6, liquid_kW=130.0), ("rack", 6, "liquid_kW"), "more than power_kW", "at most 120"),
        (with_rack(6, minimum_kW=130.0), ("rack", 6, "minimum_kW"), "more than power_kW", "less than 120"),
        (loops(EAST, replace(WEST, name="east")), ("loop", 1, "name"), "two loops named 'east'", "own name"),
        (loops(EAST, replace(WEST, skids=())), ("loop", 1, "skids"), "loop west has no skid", "take the block out"),
        (loops(replace(EAST, racks=()), WEST), ("loop", 0, "racks"), "loop east has no rack", "take the block out"),
        (
            loops(EAST, replace(WEST, skids=("skid-22",))),
            ("loop", 1, "skids"),
            "no skid 'skid-22'",
            "did you mean 'skid-2'",
        ),
        (
            loops(replace(EAST, racks=("rock-1",)), WEST),
            ("loop", 0, "racks"),
            "no rack 'rock-1'",
            "did you mean 'rack-1'",
        ),
        (
            loops(replace(EAST, racks=(*EAST.racks, "rack-1")), WEST),
            ("loop", 0, "racks"),
            "names rack 'rack-1' twice",
            "once",
        ),
        (
            loops(EAST, replace(WEST, skids=("skid-2", "skid-1"))),
            ("loop", 1, "skids"),
            "skid skid-1 is on loop west and on loop east",
            "one loop",
        ),
        (
            loops(EAST, replace(WEST, racks=RACKS[3:])),
            ("loop", 1, "racks"),
            "rack rack-4 is on loop west and on loop east",
            "one loop",
        ),
        (loops(replace(EAST, racks=RACKS)), ("skid", 1, "name"), "skid-2 is on no loop", "skids"),
        (
            loops(EAST, replace(WEST, racks=RACKS[4:7])),
            ("rack", 7, "name"),
            "rack-8 is cooled by no loop",
            "liquid_kW = 0",
        ),
    ],
)
def test_a_topology_that_does_not_close(config: PodConfig, path: tuple, what: str, next_step: str) -> None:
    problem = check(config)
    assert problem is not None
    assert problem.path == path
    assert what in problem.what
    assert next_step in problem.next
    assert problem.likely


LOOP = '\n[[loop]]\nname = "l"\nskids = ["skid-1"]\nracks = ["rack-1", "rack-2"]\n'


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('"skid-1"]', '"skid-9"]', 3, "loop l: there is no skid 'skid-9'"),
        ('"rack-1", "rack-2"]', '"rack-1"]', -9, "rack-2 is cooled by no loop"),
        ("skids =", "skid =", 3, "unknown key 'skid' in loop"),
        ("name =", "flow_m3_h = 3\nname =", 2, "unknown key 'flow_m3_h' in loop"),
    ],
)
def test_the_line_of_it_is_told(old: str, new: str, line: int, what: str) -> None:
    with pytest.raises(MalleeError) as caught:
        parse_pod(GOOD + LOOP.replace(old, new, 1), "site.toml")
    assert caught.value.code is ExitCode.USAGE
    assert what in caught.value.what
    at = (GOOD.index('"rack-2"\npower') if line < 0 else 0, GOOD.count("\n") + line)
    expected = GOOD[: at[0]].count("\n") + 1 if line < 0 else at[1] + 1
    assert caught.value.what.startswith(f"site.toml:{expected}: ")


def test_units_stand_in_names_and_another_unit_is_an_unknown_key() -> None:
    with pytest.raises(MalleeError, match=r"site\.toml:\d+: unknown key 'power_W' in rack") as caught:
        parse_pod(GOOD.replace("power_kW = 120.0", "power_W = 120000.0", 1), "site.toml")
    assert "did you mean 'power_kW'" in caught.value.next
    with pytest.raises(MalleeError, match="unknown key 'retrun_K' in physics"):
        parse_pod(GOOD + "\n[physics]\nretrun_K = 1.0\n", "site.toml")


def test_files_without_loops_stay_valid() -> None:
    for name in ("pod.toml", "oversubscribed.toml", "serial_pod.toml"):
        config = load_pod(resources.examples_dir() / name)
        (loop,) = loops_of(config)
        assert loop.skids == tuple(skid.name for skid in config.skids)
    assert check(loops(EAST, WEST)) is None
    assert loops_of(parse_pod(GOOD + LOOP))[0].name == "l"
    assert loops_of(replace(CONFIG, skids=())) == ()


def test_the_graph_of_the_default_pod() -> None:
    graph = graph_of(CONFIG)
    counts = {"feed": 2, "pdu": 8, "branch": 64, "rack": 8, "loop": 1, "skid": 2}
    assert Counter(node.kind for node in graph.nodes) == counts
    assert [node.name for node in graph.behind("feed", "A")] == ["pdu-a1", "pdu-a2", "pdu-a3", "pdu-a4"]
    assert [node.name for node in graph.before("branch", "pdu-b2.5")] == ["pdu-b2"]
    assert [node.name for node in graph.behind("branch", "pdu-b2.5")] == ["rack-4"]
    assert {node.name for node in graph.before("rack", "rack-4")} == {
        *(f"pdu-{feed}2.{n}" for feed in "ab" for n in range(5, 9)),
        "coolant",
    }
    rows = {(row["kind"], row["name"]): row for row in rows_of_graph(CONFIG)}
    assert rows["rack", "rack-4"]["cooled_by"] == ["coolant"]
    assert rows["loop", "coolant"]["cooled_by"] == ["skid-1", "skid-2"]
    assert rows["pdu", "pdu-a1"] | {"limit": 500.0, "unit": "A", "fed_by": ["A"]} == rows["pdu", "pdu-a1"]


def drawn(line: Line, depth: int = 0) -> list[str]:
    parts = [line.name, line.about, line.live, line.word]
    own = "  " * depth + " | ".join(part for part in parts if part)
    return [own, *(text for each in line.behind for text in drawn(each, depth + 1))]


def test_the_tree_of_the_default_pod() -> None:
    lines = drawn(tree_of(CONFIG))
    assert lines[:6] == [
        "default pod | 2 feeds, 8 PDUs, 8 racks, 2 skids",
        "  power",
        "    feed A | main 2000 A, 415 V, shed",
        "      pdu-a1 | main 500 A",
        "        branches 1–4 → rack-1 | 120 kW, priority 100",
        "        branches 5–8 → rack-2 | 120 kW, priority 100",
    ]
    assert len(lines) == 2 + 2 + 8 + 16 + 2 + 2 + 8
    assert lines[28:32] == ["  coolant", "    loop coolant", "      skid-1 | skid", "      skid-2 | skid"]
    assert lines[-1] == "      rack-8 | 104 kW liquid"


def test_the_tree_with_what_is_measured() -> None:
    told = with_branch(healthy(), 0, 3, "power", times(2.0))
    found = disagreements(CONFIG, told)
    lines = "\n".join(drawn(tree_of(CONFIG, node_states(told, found))))
    assert "pdu-a1 | main 500 A | 96 kW, " in lines
    assert "branches 1–4 → rack-1 | 120 kW, priority 100 | 60 kW | 3 disagrees" in lines
    assert "skid-1 | skid | 333 kW, 499 l/min, 37.0 → 47.0 °C" in lines
    lines = "\n".join(drawn(tree_of(CONFIG, node_states(troubled()))))
    assert "skid-2 | skid | silent" in lines
    assert "4 tripped" in lines
    assert "pdu-b2 | main 500 A | silent" in lines


def test_words_of_branches_are_short() -> None:
    states = {("branch", f"p.{n}"): NodeState(word=word) for n, word in enumerate(["", "open", "open", "tripped"], 1)}
    assert branch_words("p", (1, 2, 3, 4), states) == "2–3 open, 4 tripped"  # type: ignore[arg-type]
    assert branch_words("p", (2, 3), states) == "open"  # type: ignore[arg-type]
    assert branch_words("p", (1,), states) == ""  # type: ignore[arg-type]


def texts(svg: str) -> Counter[str]:
    return Counter(
        element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")
    )


@pytest.mark.parametrize("config", [CONFIG, loops(EAST, WEST), parse_pod(GOOD), parse_pod(GOOD + LOOP)])
def test_the_picture_has_every_name_once(config: PodConfig) -> None:
    svg = svg_of(config)
    shown = texts(svg)
    for node in graph_of(config).nodes:
        if node.kind != "branch":
            assert shown[node.name] == 1, node
    for number in range(1, max(len(pdu.racks) for pdu in config.pdus) + 1):
        assert shown[str(number)] == sum(len(pdu.racks) >= number for pdu in config.pdus)
    assert "http://" not in svg.replace("http://www.w3.org/2000/svg", ""), "pictures must work offline"


def test_the_picture_with_states_has_a_word_with_every_colour() -> None:
    told = with_skid(with_branch(healthy(), 0, 3, "power", times(2.0)), 1, "return_temperature", plus(4.0))
    found = disagreements(CONFIG, told)
    svg = svg_of(CONFIG, node_states(told, found), notes=["a < b & c"])
    shown = texts(svg)
    assert shown["3 disagrees"] == 1
    assert shown["disagrees"] == 1
    assert shown["a < b & c"] == 1
    assert shown["96 kW, 27 %"] == 8
    calm = svg_of(CONFIG, node_states(healthy()))
    body = calm.partition("</style>")[2]
    assert "warn" not in body and "bad" not in body
    assert texts(svg_of(CONFIG, node_states(troubled())))["silent"] == 2


def test_names_that_xml_would_take_for_its_own() -> None:
    odd = replace(CONFIG, pod=replace(CONFIG.pod, name='a<b>&"c'))
    assert texts(svg_of(odd))['a<b>&"c'] == 1


def test_the_picture_in_the_docs_is_up_to_date() -> None:
    picture = (ROOT / "docs" / "topology.svg").read_text(encoding="utf-8")
    assert picture == svg_of(CONFIG), "run: mallee describe pod --config examples/pod.toml --svg docs/topology.svg"
