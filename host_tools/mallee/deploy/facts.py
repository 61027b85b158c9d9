"""What the firmware's source says of itself: constants, limits and tables, for pages to state. Read, and never run."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import Any

from .. import resources


class Source:
    """One file of firmware/, such as "core/modbus.py". What is not found there raises: a page must not go on stating it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._tree = ast.parse((resources.firmware_dir() / path).read_text(encoding="utf-8"))

    @cached_property
    def constants(self) -> dict[str, Any]:
        """Of the module: NAME = literal, or NAME = const(literal)."""
        found: dict[str, Any] = {}
        for node in self._tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                value = node.value
                if isinstance(value, ast.Call) and ast.unparse(value.func) == "const":
                    value = value.args[0]
                try:
                    found[node.targets[0].id] = ast.literal_eval(value)
                except ValueError:
                    continue  # made when the module is imported
        return found

    def function(self, name: str) -> ast.FunctionDef:
        """`name` or `Class.name`."""
        within, _, own = name.rpartition(".")
        for node in ast.walk(self._tree):
            if within and not (isinstance(node, ast.ClassDef) and node.name == within):
                continue
            for each in ast.walk(node):
                if isinstance(each, ast.FunctionDef) and each.name == own:
                    return each
        raise LookupError(f"{self.path} has no function {name}")

    def limits(self, function: str, variable: str) -> tuple[int, int]:
        """Between which numbers a function accepts a variable: from `low <= variable <= high`, or `variable < low or
        variable > high`."""
        low = high = None
        for node in ast.walk(self.function(function)):
            if not isinstance(node, ast.Compare):
                continue
            sides = [node.left, *node.comparators]
            for left, sign, right in zip(sides, node.ops, sides[1:], strict=False):
                if ast.unparse(right) == variable and isinstance(sign, ast.LtE):
                    low = self.evaluate(left)
                elif ast.unparse(left) == variable and isinstance(sign, ast.Lt):
                    low = self.evaluate(right)
                elif ast.unparse(left) == variable and isinstance(sign, ast.LtE | ast.Gt):
                    high = self.evaluate(right)
        if low is None or high is None:
            raise LookupError(f"{self.path}: {function} does not bound {variable} both ways")
        return low, high

    def most(self, function: str, variable: str) -> int:
        """The number above which a function refuses a variable: `variable > most`."""
        for node in ast.walk(self.function(function)):
            if isinstance(node, ast.Compare) and ast.unparse(node.left) == variable and isinstance(node.ops[0], ast.Gt):
                return self.evaluate(node.comparators[0])
        raise LookupError(f"{self.path}: {function} has no upper bound of {variable}")

    def equals(self, function: str, variable: str) -> set[int]:
        """The numbers that a function compares a variable with."""
        return {
            self.evaluate(node.comparators[0])
            for node in ast.walk(self.function(function))
            if isinstance(node, ast.Compare)
            and ast.unparse(node.left) == variable
            and isinstance(node.ops[0], ast.Eq)
            and isinstance(node.comparators[0], ast.Constant)
        }

    def default(self, function: str, argument: str) -> Any:
        arguments = self.function(function).args
        by_name = dict(zip([a.arg for a in arguments.args][::-1], arguments.defaults[::-1], strict=False))
        return self.evaluate(by_name[argument])

    def fallback(self, function: str, name: str) -> Any:
        """`getattr(something, name, fallback)` in a function."""
        for node in ast.walk(self.function(function)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr" and len(node.args) == 3:
                _, wanted, value = node.args
                if self.evaluate(wanted) == name:
                    return self.evaluate(value)
        raise LookupError(f"{self.path}: {function} has no fallback for {name}")

    def assigned(self, function: str, target: str) -> ast.expr:
        """What a function stores in `target`, as source."""
        for node in ast.walk(self.function(function)):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == target:
                return node.value
        raise LookupError(f"{self.path}: {function} does not assign {target}")

    def returned_keys(self, function: str) -> list[int]:
        """Keys of the dictionary that a function returns."""
        for node in ast.walk(self.function(function)):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
                return [self.evaluate(key) for key in node.value.keys if key is not None]
        raise LookupError(f"{self.path}: {function} returns no dictionary")

    def evaluate(self, node: ast.expr, **names: int) -> Any:
        """The value of an expression of constants and `names`."""
        return eval(compile(ast.Expression(node), self.path, "eval"), {"__builtins__": {}}, {**self.constants, **names})


def handlers() -> dict[int, tuple[str, str]]:
    """Function code → (file, name) of what serves it: the table of core.modbus.Server."""
    server = Source("core/modbus.py")
    table = server.assigned("Server.__init__", "self._functions")
    assert isinstance(table, ast.Dict)
    files = {
        "self": "core/modbus.py", "self.diagnostics": "core/diagnostics.py", "self.files": "core/filerecords.py",
        "self.identification": "core/identification.py",
    }  # fmt: skip
    found = {}
    for key, value in zip(table.keys, table.values, strict=True):
        assert key is not None and isinstance(value, ast.Attribute)
        found[server.evaluate(key)] = (files[ast.unparse(value.value)], value.attr)
    return found
