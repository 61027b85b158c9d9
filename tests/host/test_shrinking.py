"""Names that only their own module knows are shared, and everything else stays as it was written."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys

import pytest
from mallee import resources
from mallee.deploy.shrinking import MET_AT_THE_PROMPT, shrunk
from mallee.deploy.sources import modules

from ..conftest import FIRMWARE


def sources(profile):
    found = modules(resources.firmware_dir(), profile, None, ())
    return {f"{place}.py": path.read_text(encoding="utf-8") for place, path in found.items()}


def public(text):
    """The tree without private names, arguments and what uses them, so that two can be compared."""
    tree = ast.parse(text)
    arguments = {arg.arg for node in ast.walk(tree) if isinstance(node, ast.arguments) for arg in node.args}
    dumped = ast.dump(tree)
    for name in arguments:
        dumped = re.sub(rf"'{name}'", "'argument'", dumped)
    return re.sub(r"'_[A-Za-z0-9]\w*'", "'private'", dumped)


@pytest.mark.parametrize("profile", ["pdu", "pump"])
def test_a_whole_bundle_shrinks_line_for_line_and_its_trees_stay(profile):
    before = sources(profile)
    after = shrunk(before)
    assert list(after) == list(before)
    for named, text in before.items():
        assert after[named].count("\n") == text.count("\n"), named
        assert len(list(ast.walk(ast.parse(after[named])))) == len(list(ast.walk(ast.parse(text)))), named
        assert [n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ClassDef) and n.name[0] != "_"] == [
            n.name for n in ast.walk(ast.parse(after[named])) if isinstance(n, ast.ClassDef) and n.name[0] != "_"
        ]


@pytest.mark.parametrize("profile", ["pdu", "pump"])
def test_what_people_meet_at_the_prompt_keeps_its_private_names(profile):
    before = sources(profile)
    after = shrunk(before)
    for named in MET_AT_THE_PROMPT & set(before):
        for name in set(re.findall(r"self\.(_\w+)", before[named])):
            assert f"self.{name}" in after[named], f"{named}: {name}"


ONE = '''"""One."""
_LIMIT = const(3)


def _helper(amount):
    return amount + 1


class One:
    def __init__(self, size):
        self._size = size
        self._shared = _helper(size)
        self.open = "_named"

    def grow(self, by, times=1):
        self._size += by * times * _LIMIT

    def _named(self):
        return lambda other: other + self._size
'''
TWO = '''"""Two."""
from one import One


class Two:
    def __init__(self, one):
        self._inside = 0
        one.grow(2, times=3)
        one._shared += 1
'''
THREE = """from two import Two


class Three(Two):
    def deep(self):
        return self._inside
"""


def test_private_names_and_arguments_are_shared_between_modules():
    after = shrunk({"one.py": ONE, "two.py": TWO})
    assert "self._size" not in after["one.py"] and "_helper" not in after["one.py"]
    assert "def _a(a):\n    return a + 1" in after["one.py"] or "def _b(a):\n    return a + 1" in after["one.py"]
    assert "self._inside" not in after["two.py"] and re.search(r"self\._[a-c]\b", after["two.py"])


def test_what_others_know_keeps_its_name():
    after = shrunk({"one.py": ONE, "two.py": TWO})
    assert "times=1" in after["one.py"] and "times=3" in after["two.py"]  # a keyword of a call
    assert "one._shared" not in after["two.py"].replace("a._shared", "")  # the argument has another name ...
    assert "._shared += 1" in after["two.py"] and "self._shared" in after["one.py"]  # ... the attribute has not
    assert "def _named" in after["one.py"] and '"_named"' in after["one.py"]  # found by its text
    assert "_LIMIT = const(3)" in after["one.py"]  # the compiler knows it, the controller does not
    assert "lambda other: other" in after["one.py"]  # a function inside another


def test_a_class_that_inherits_across_modules_finds_what_is_there():
    after = shrunk({"two.py": TWO, "three.py": THREE})
    assert "self._inside" in after["two.py"] and "self._inside" in after["three.py"]


@pytest.mark.parametrize("profile", ["pdu", "pump"])
def test_two_private_names_of_one_module_never_become_one(profile):
    before = sources(profile)
    for named, text in shrunk(before).items():
        old, new = (set(re.findall(r"self\.(_\w+)", source)) for source in (before[named], text))
        assert len(old) == len(new), named


def declared(files, folder):
    """The classes of the maps as a controller has them, by module and name."""
    for named, text in files.items():
        if named.startswith("maps/"):
            (folder / named).parent.mkdir(exist_ok=True)
            (folder / named).write_text(text)
    (folder / "micropython.py").write_text("def const(value):\n    return value\n")
    maps = [named.removesuffix(".py").replace("/", ".") for named in files if named.startswith("maps/")]
    code = (
        "import importlib, json\n"
        f"print(json.dumps({{m: {{n: {{k: v for k, v in vars(c).items() if k[0].islower()}} for n, c in "
        f"vars(importlib.import_module(m)).items() if isinstance(c, type) and c.__module__ == m}} for m in {maps!r}}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("profile", ["pdu", "pump"])
def test_registers_and_alarms_have_other_names_and_the_same_numbers(profile, tmp_path):
    before = sources(profile)
    after = shrunk(before)
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, new = declared(before, tmp_path / "old"), declared(after, tmp_path / "new")
    short = 0
    for module, classes in old.items():
        for name, fields in classes.items():
            renamed = new[module][name]
            assert list(renamed.values()) == list(fields.values()), (module, name)
            short += sum(len(there) <= 2 < len(here) for here, there in zip(fields, renamed, strict=True))
    assert short > 100
    used = 0
    for named, text in before.items():
        classes = {}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "") in old:
                classes |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        for here, there in zip(ast.walk(ast.parse(text)), ast.walk(ast.parse(after[named])), strict=True):
            if isinstance(here, ast.Attribute) and ast.unparse(here.value) in classes and here.attr[0].islower():
                module, name = classes[ast.unparse(here.value)]
                if here.attr in old[module].get(name, ()):
                    assert (
                        isinstance(there, ast.Attribute)
                        and new[module][name][there.attr] == old[module][name][here.attr]
                    ), (named, ast.unparse(here))
                    used += 1
    assert used > 100


def test_the_firmware_was_read():
    assert (FIRMWARE / "core" / "rtu.py").is_file() and "core/rtu.py" in sources("pdu")
