"""Members of enumerations are numbers on a controller, and nothing else changes."""

from __future__ import annotations

import ast

import pytest
from mallee.deploy.folding import enums_of, folded
from mallee.errors import MalleeError

from ..conftest import FIRMWARE

MODULES = sorted(path.relative_to(FIRMWARE).as_posix() for path in FIRMWARE.rglob("*.py"))


@pytest.mark.parametrize("named", MODULES)
def test_every_module_of_the_firmware_folds_line_for_line(named):
    source = (FIRMWARE / named).read_text(encoding="utf-8")
    text = folded(source, named, FIRMWARE)
    assert len(text.splitlines()) == len(source.splitlines())
    before, after = (
        [(node.name, node.lineno) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]
        for code in (source, text)
    )
    assert before == after
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    if named != "main.py":  # where Profile is a class of the firmware
        assert not names & set(enums_of(FIRMWARE / "maps" / "common.py"))


MAP = """from maps.fields import Enum, Input, enum


class Colour(Enum):
    RED = 0
    \"\"\"R.\"\"\"
    BLUE = 7
    \"\"\"B.\"\"\"


class Shown(Input):
    light = enum(1, Colour)
    \"\"\"Light.\"\"\"
"""


def maps(tmp_path):
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "fields.py").touch()
    (tmp_path / "maps" / "small.py").write_text(MAP, encoding="utf-8")
    return tmp_path


USER = """from maps.small import (
    Colour,
    Shown,
)


def dark(put):
    put(Shown.light, Colour.BLUE if Shown else Colour.RED)
"""


def test_members_become_numbers_and_the_import_keeps_its_lines(tmp_path):
    text = folded(USER, "core/user.py", maps(tmp_path))
    assert text.splitlines()[0] == "from maps.small import Shown" and text.splitlines()[6] == "def dark(put):"
    assert "put(Shown.light, 7 if Shown else 0)" in text


def test_the_map_itself_has_no_enumeration_left(tmp_path):
    text = folded(MAP, "maps/small.py", maps(tmp_path))
    assert "Colour" not in text and "light = enum(1, 0)" in text


def test_a_module_without_enumerations_stays_as_it_is(tmp_path):
    assert folded("x = 1\n", "core/x.py", maps(tmp_path)) == "x = 1\n"


@pytest.mark.parametrize(
    ("use", "complaint"),
    [("Colour.GREEN", "core/user.py:2: Colour has no member GREEN"), ("print(Colour)", "more than Colour.MEMBER")],
)
def test_what_a_number_cannot_do_is_refused_with_its_line(tmp_path, use, complaint):
    with pytest.raises(MalleeError, match=complaint):
        folded(f"from maps.small import Colour\n{use}\n", "core/user.py", maps(tmp_path))
