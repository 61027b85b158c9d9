"""Files mp_*.py: the firmware's tests in MicroPython's Python, on several runtimes: what is in one, and what it printed.

A file may say NOT_ON = {"cpython": "why"}, for itself as a whole or with names of its tests as (runtime, test). Runtimes are
micropython (the Unix port), cpython, and pico (an emulated one). Tests in ALLOCATION are about nothing else, and CPython has
nothing to say to that.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

RUNTIMES = ("micropython", "cpython", "pico")


class MpFile(NamedTuple):
    path: Path
    tests: tuple[str, ...]
    not_on: dict[tuple[str, str], str]  # (runtime, test) -> why

    def why_not(self, runtime: str, test: str = "") -> str:
        """Why a test, or the whole file, does not run there; empty when it does."""
        return self.not_on.get((runtime, ""), "") or self.not_on.get((runtime, test), "")


def parse(path: Path) -> MpFile:
    tests: list[str] = []
    not_on: dict[tuple[str, str], str] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
        if name == "ALLOCATION":
            assert isinstance(node, ast.Assign)
            for test in ast.literal_eval(node.value):
                not_on["cpython", test] = "it is about allocation only, which CPython does not tell"
        if name == "NOT_ON":
            assert isinstance(node, ast.Assign)
            for where, why in ast.literal_eval(node.value).items():
                not_on[(where, "") if isinstance(where, str) else where] = why
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            tests.append(node.name)
    assert {test for _, test in not_on} <= {*tests, ""}, f"{path.name}: ALLOCATION or NOT_ON names what is no test"
    assert {runtime for runtime, _ in not_on} <= set(RUNTIMES), f"{path.name}: NOT_ON names what is no runtime"
    return MpFile(path, tuple(tests), not_on)


def outcomes(printed: str) -> dict[str, str]:
    """Failure text by test, empty for a pass, of what run_on_micropython.py printed."""
    found: dict[str, str] = {}
    for part in printed.split("\n== ")[1:]:
        head, _, text = part.partition("\n")
        verdict, _, name = head.partition(" ")
        found[name] = "" if verdict == "pass" else text or "failed"
    return found


def sources(path: Path, folders: tuple[Path, ...]) -> dict[str, Path]:
    """The file and every module of `folders` that it imports, at any depth, by name."""
    found: dict[str, Path] = {}
    waiting = [path]
    while waiting:
        here = waiting.pop()
        if here.stem in found:
            continue
        found[here.stem] = here
        for node in ast.walk(ast.parse(here.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            waiting += [
                folder / f"{name}.py" for name in names for folder in folders if (folder / f"{name}.py").is_file()
            ]
    return found
