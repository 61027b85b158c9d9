"""Which statements of firmware/core the tests under MicroPython run. MicroPython has no settrace, so a copy of the source gets
a store into a bytearray before each statement, and the bytes are read back at the end of each test file.

Viper functions are left as they are: the store would not compile there, or not fit a loop over pointers.
"""

from __future__ import annotations

import ast
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..conftest import FIRMWARE, RUNNER, run_micropython

CORE = "core"
_HITS = "_hits"


def statements(block: ast.AST, source: list[str]) -> Iterator[ast.stmt]:
    """Every statement that a store can stand in front of, in functions that are not viper."""
    for field in ("body", "orelse", "finalbody", "handlers"):
        for at, node in enumerate(getattr(block, field, [])):
            if isinstance(node, ast.FunctionDef) and any("viper" in ast.unparse(d) for d in node.decorator_list):
                yield node  # its definition; what is in it is left alone
                continue
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            docstring = at == 0 and field == "body" and text
            if (
                isinstance(node, ast.stmt)
                and not docstring
                and not source[_first(node) - 1].lstrip().startswith("elif")
            ):
                yield node
            yield from statements(node, source)


def _first(node: ast.stmt) -> int:
    """Line of a statement, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def instrument(target: Path) -> list[tuple[str, int]]:
    """Copy the firmware to `target`, core with marks; the statements by number."""
    shutil.copytree(FIRMWARE, target, dirs_exist_ok=True)
    lines: list[tuple[str, int]] = []
    for path in sorted((target / CORE).glob("*.py")):
        source = path.read_text(encoding="utf-8").splitlines()
        tree = ast.parse("\n".join(source))
        marks: dict[int, str] = {}
        for node in statements(tree, source):
            marks[_first(node)] = f"{' ' * node.col_offset}{_HITS}[{len(lines)}] = 1"
            lines.append((f"{CORE}/{path.name}", node.lineno))
        if not marks:
            continue
        first = min(marks)
        marks[first] = f"from {_HITS} import {_HITS}\n{marks[first]}"
        marked = [f"{marks[n]}\n{line}" if n in marks else line for n, line in enumerate(source, 1)]
        path.write_text("\n".join(marked) + "\n", encoding="utf-8")
    (target / f"{_HITS}.py").write_text(f"{_HITS} = bytearray({len(lines)})\n", encoding="utf-8")
    return lines


def statements_hit() -> dict[tuple[str, int], bool]:
    """Each statement of firmware/core, and whether any mp_*.py test ran it."""
    with tempfile.TemporaryDirectory() as scratch:
        firmware = Path(scratch) / "firmware"
        lines = instrument(firmware)
        hit = [False] * len(lines)
        for test in sorted(RUNNER.parent.glob("mp_*.py")):
            done = run_micropython(
                str(RUNNER), test.stem, path=str(test.parent), firmware=firmware, cwd=scratch, timeout=600
            )
            _, found, data = done.stdout.rpartition("\n== hits ")
            if not found:
                raise RuntimeError(f"{test.name}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
            for number, byte in enumerate(bytes.fromhex(data.split()[0])):
                hit[number] = hit[number] or byte != 0
    return dict(zip(lines, hit, strict=True))


if __name__ == "__main__":
    found = statements_hit()
    for module in sorted({module for module, _ in found}):
        of_module = {line: was_hit for (name, line), was_hit in found.items() if name == module}
        missed = ", ".join(str(line) for line, was_hit in sorted(of_module.items()) if not was_hit)
        print(f"{module:24}{100 * sum(of_module.values()) / len(of_module):6.1f} %  {missed}")
    print(f"{'all':24}{100 * sum(found.values()) / len(found):6.1f} %")
