"""Faults of two scenarios in one run, which may be about the same part at the same time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("CoolProp")

from mallee.sim.loads import Constant
from mallee.sim.podworld import PodEquipment
from mallee.sim.scenario.faults import FAULTS

from .pods import default_pod


def test_a_rope_that_two_faults_had_is_dry_when_both_are_over():
    """The later one began while the first one held."""
    stage = SimpleNamespace(equipment=PodEquipment(default_pod(), Constant()))
    before = stage.equipment.inputs("skid-1")
    undone = [FAULTS[name].begin(stage, "skid-1", FAULTS[name].parameters()) for name in ("rope_wet", "rope_cut")]  # type: ignore[arg-type]
    assert stage.equipment.inputs("skid-1") != before
    for undo in undone:
        assert undo is not None
        undo()
    assert stage.equipment.inputs("skid-1") == before
