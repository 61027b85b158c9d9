"""The report of the benches: what is met, missed, or could not be measured."""

import ast
import importlib

import pytest
from mallee import resources
from mallee.sim import podworld

from ..bench import pod, profiles
from ..bench.__main__ import FIGURES, promises, report
from ..bench.faces.lateness import Alternation, compared
from ..bench.figure import Figure, judge
from ..bench.profiles.patched import Patch, apply, patched
from ..conftest import FIRMWARE

PROMISED = {"unit": "us", "limit": "<= 400"}


def test_met_and_missed():
    assert judge("hil.tick", PROMISED, {"hil.tick": (399, "once")})["ok"] is True
    assert judge("hil.tick", PROMISED, {"hil.tick": (401, "once")})["ok"] is False


def test_what_could_not_be_measured_is_not_a_miss_but_what_nobody_mentions_is():
    assert judge("hil.tick", PROMISED, {"hil.tick": (None, "no image")})["ok"] is None
    assert judge("hil.tick", PROMISED, {})["ok"] is False


OWING = {"unit": "s", "limit": "<= 3.0", "proof": "owed"}


def test_a_figure_whose_counter_proof_meets_the_limit_too_is_missed():
    proven = judge("profiles.flow", OWING, {"profiles.flow": Figure(2.0, "once", 9.0, "loop off")})
    assert proven["ok"] is True and proven["counterproof"] == 9.0 and proven["counterproof_how"] == "loop off"
    idle = judge("profiles.flow", OWING, {"profiles.flow": Figure(2.0, "once", 2.5, "loop off")})
    assert idle["ok"] is False and "counter-proof meets the limit" in idle["how"]


def test_a_figure_without_a_counter_proof_is_missed_unless_the_list_says_why():
    bare = {"profiles.flow": Figure(2.0, "once")}
    assert judge("profiles.flow", OWING, bare)["ok"] is False
    assert judge("profiles.flow", {**OWING, "proof": "none: nothing can be switched off"}, bare)["ok"] is True
    assert judge("profiles.flow", OWING, {"profiles.flow": Figure(3.5, "once", 9.0, "loop off")})["ok"] is False


CYCLE = promises(FIGURES.read_text(encoding="utf-8"))["faces"]["page.cycle_with_20_browsers"]


def cycle(without_ms, with_ms):
    """Judged; of each hundred scans two end late: so much in each alternation."""
    pairs = zip(without_ms, with_ms, strict=True)
    found = compared([Alternation(*([0.003] * 98 + [ms / 1000] * 2 for ms in pair)) for pair in pairs])
    return judge("cycle", CYCLE, {"cycle": found})


def test_browsers_that_make_the_control_cycle_late_miss_their_limit():
    """Six times as late is six times, though a period of 250 ms would make it 8 % of the time between documents."""
    late = cycle([4.0] * 5, [24.0] * 5)
    assert (
        late["ok"] is False and late["value"] == 6.0 and "lateness" in late["how"] and "says little" not in late["how"]
    )
    assert cycle([4.0] * 5, [4.3] * 5)["ok"] is True
    once = cycle([4.0] * 5, [4.0, 4.0, 40.0, 4.0, 4.0])  # something else, once
    assert once["ok"] is True
    noisy = cycle([4.0, 8.0, 4.0, 9.0, 4.0], [4.0, 9.0, 4.0, 8.0, 4.0])
    assert "differs by 2.25 × between alternations: more than" in noisy["how"]
    with pytest.raises(RuntimeError, match="did not run"):
        compared([Alternation([], [])])


def told(promised, *batches):
    lines = []
    ok = report("profiles", promised, batches, lines.append)
    return ok, {line["name"]: line["ok"] for line in lines}


def test_what_is_missing_and_what_nobody_promised_fails_the_bench():
    promised = promises(
        '[profiles."a.x"]\nunit = "s"\nlimit = "<= 1"\n\n[profiles."b.y"]\nunit = "s"\nlimit = ">= 1"\n'
    )["profiles"]
    good = {"a.x": Figure(0.5, "once", 2.0, "off")}, {"b.y": Figure(2.0, "once", 0.0, "off")}
    assert told(promised, *good) == (True, {"profiles.a.x": True, "profiles.b.y": True})
    assert told(promised, good[0]) == (False, {"profiles.a.x": True, "profiles.b.y": False})
    assert told(promised, *good, {"c.z": Figure(1.0, "once", 0.0, "off")})[1]["profiles.c.z"] is False


def test_only_groups_that_are_asked_for_are_measured(monkeypatch):
    asked = []
    monkeypatch.setattr(profiles, "run", lambda part, groups: asked.append(list(groups)) or [])
    for prefix in ("pump_loss", "pump_loss.shared_recognised", "pump_l"):
        list(profiles.measure(prefix))
    assert asked == [["pump_loss"], ["pump_loss"], [group for group in profiles.GROUPS if group.startswith("pump_l")]]


@pytest.mark.parametrize(("part", "package"), [("profiles", profiles), ("pod", pod)])
def test_every_promised_figure_belongs_to_a_group_and_every_group_has_some(part, package):
    promised = promises(FIGURES.read_text(encoding="utf-8"))[part]
    assert {name.partition(".")[0] for name in promised} == set(package.GROUPS)


def patches():
    for group in profiles.GROUPS:
        for value in vars(importlib.import_module(f"..bench.profiles.{group}", __package__)).values():
            for each in value if isinstance(value, tuple) and not isinstance(value, Patch) else (value,):
                if isinstance(each, Patch):
                    yield pytest.param(each, id=f"{group}: {each.says}")


@pytest.mark.parametrize("change", list(patches()))
def test_each_mechanism_that_the_bench_switches_off_is_still_where_it_was(change, tmp_path):
    target = tmp_path / change.file
    target.parent.mkdir(parents=True)
    target.write_text((FIRMWARE / change.file).read_text(encoding="utf-8"), encoding="utf-8")
    apply(change, tmp_path)
    ast.parse(target.read_text(encoding="utf-8"))
    target.write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="the bench wants it once"):
        apply(change, tmp_path)


def test_a_patched_firmware_is_gone_again_afterwards():
    head = (FIRMWARE / "main.py").read_text(encoding="utf-8")[:200]
    change = Patch("main.py", head, f"# patched\n{head}", "nothing")
    with patched(change):
        assert resources.firmware_dir() != FIRMWARE
        assert vars(podworld)["firmware_dir"]() == resources.firmware_dir()
        assert (resources.firmware_dir() / "main.py").read_text(encoding="utf-8").startswith("# patched")
    assert resources.firmware_dir() == vars(podworld)["firmware_dir"]() == FIRMWARE
