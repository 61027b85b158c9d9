"""Names that nobody outside can know are shared between modules before mpy-cross sees them, line for line.

MicroPython keeps every name that a module brings, once, with its text: 30 kB of a Pico's heap, in tables that double.
Arguments of functions and what is private to a class or a module (`_name`) need no name of their own; each gets a short
one that other modules use for theirs. So do registers and alarms of the maps, which the code names as `Class.register`: a
controller never asks what they are called, and the dictionary that it serves says it. What is left alone, because more than
its own module could know it: keywords of calls, names in strings, private names of objects other than self, classes that
inherit across modules, and the modules that people meet at the prompt.
"""

from __future__ import annotations

import ast
import itertools
import string
from collections.abc import Iterator, Mapping

MET_AT_THE_PROMPT = {"core/controller.py", "pdu/profile.py", "pump/profile.py", "main.py"}

_DECLARING = {"Input", "Holding", "Coil", "Alarm"}
"""Bases of the classes of firmware/maps whose lower-case names are registers or alarms."""

_Edit = tuple[int, int, str, str]
"""Line, byte in it, old name, new name."""

_Declared = dict[tuple[str, str], dict[str, str]]
"""Map and class, then old name: new name."""


def shrunk(sources: Mapping[str, str]) -> dict[str, str]:
    """The same modules, all of a bundle, by the file names that tracebacks show."""
    trees = {named: ast.parse(text) for named, text in sources.items()}
    taken = {name for tree in trees.values() for name in _all_names(tree)}
    kept = {name for tree in trees.values() for name in _known_outside(tree)}
    kept |= {name for tree in trees.values() for name in _inherited(tree)}
    found: dict[str, str] = {}
    declared = _declared(trees)
    for named, tree in trees.items():
        edits = _arguments(tree, kept) + _registers(named, tree, declared)
        if named not in MET_AT_THE_PROMPT:
            edits += _private(tree, kept, taken)
        found[named] = _edited(sources[named], edits)
    return found


def _short(prefix: str, taken: set[str]) -> Iterator[str]:
    for size in itertools.count(1):
        for letters in itertools.product(string.ascii_lowercase, repeat=size):
            name = prefix + "".join(letters)
            if name not in taken and name not in ("as", "if", "in", "is", "or", "do"):
                yield name


def _all_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case _:
                pass


def _known_outside(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                yield name
            case ast.Attribute(value=ast.Name(id="self")):
                pass
            case ast.Attribute(attr=name):
                yield name
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from names
            case ast.alias(name=name):
                yield name
            case ast.ClassDef(body=body):
                yield from (
                    n.id
                    for line in body
                    if isinstance(line, ast.Assign)
                    for n in ast.walk(line)
                    if isinstance(n, ast.Name)
                )
            case _:
                pass


def _inherited(tree: ast.Module) -> Iterator[str]:
    """Every private name of a module with a class whose base comes from elsewhere, and the base's own are among them where they
    are used; those that are not used there must not meet either, so such modules give none."""
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    bases = {ast.unparse(base) for node in tree.body if isinstance(node, ast.ClassDef) for base in node.bases}
    if bases - own - {"Exception", "Input", "Holding", "Coil", "Alarm", "Order", "Enum"}:
        yield from _all_names(tree)


def _declared(trees: Mapping[str, ast.Module]) -> _Declared:
    """New names by map, class and name. What is met elsewhere as anything but `Class.name` keeps its own."""
    found: _Declared = {}
    for named, tree in trees.items():
        if named.startswith("maps/"):
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and _DECLARING & {ast.unparse(base) for base in node.bases}:
                    found[named, node.name] = {target.id: target.id for target in _targets(node)}
    kept: set[str] = set()
    for named, tree in trees.items():
        resolved = {id(node) for node, _ in _uses(named, tree, found)}
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(attr=name) if id(node) not in resolved:
                    kept.add(name)
                case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                    kept.add(name)
                case _:
                    pass
    for new in found.values():
        short = _short("", kept & new.keys())
        new.update({name: next(short) for name in new if name not in kept})
    return found


def _targets(node: ast.ClassDef) -> Iterator[ast.Name]:
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and line.targets[0].id[0].islower():
            yield line.targets[0]


def _uses(named: str, tree: ast.Module, declared: _Declared) -> Iterator[tuple[ast.Attribute, tuple[str, str]]]:
    """Each `Class.name` and `module.Class.name`, and which class it is."""
    classes = {name: (named, name) for file, name in declared if file == named}
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "maps":
            for alias in node.names:
                if node.module == "maps":
                    modules[alias.asname or alias.name] = f"maps/{alias.name}.py"
                else:
                    classes[alias.asname or alias.name] = (f"{(node.module or '').replace('.', '/')}.py", alias.name)
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name)) if name in classes:
                key = classes[name]
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id=module), attr=name)) if module in modules:
                key = modules[module], name
            case _:
                continue
        if node.attr in declared.get(key, ()):
            yield node, key


def _registers(named: str, tree: ast.Module, declared: _Declared) -> list[_Edit]:
    edits: list[_Edit] = []
    for node, key in _uses(named, tree, declared):
        start = (node.end_col_offset or 0) - len(node.attr.encode())
        edits.append((node.end_lineno or 0, start, node.attr, declared[key][node.attr]))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and (named, node.name) in declared:
            new = declared[named, node.name]
            edits += [(name.lineno, name.col_offset, name.id, new[name.id]) for name in _targets(node)]
    return edits


def _arguments(tree: ast.Module, kept: set[str]) -> list[_Edit]:
    """Of functions without functions inside and outside of them."""
    edits: list[_Edit] = []
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    inner = {
        id(n) for f in functions for n in ast.walk(f) if n is not f and isinstance(n, ast.FunctionDef | ast.Lambda)
    }
    for function in functions:
        nested = any(isinstance(n, ast.FunctionDef | ast.Lambda) for n in ast.walk(function) if n is not function)
        if nested or id(function) in inner:
            continue
        names = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
        arguments = [arg for arg in function.args.args if arg.arg != "self" and arg.arg not in kept]
        short = _short("", names | {arg.arg for arg in function.args.args} | kept)
        new = {arg.arg: next(short) for arg in arguments}
        edits += [(arg.lineno, arg.col_offset, arg.arg, new[arg.arg]) for arg in arguments]
        body = function.body if isinstance(function.body, list) else [function.body]
        edits += [
            (n.lineno, n.col_offset, n.id, new[n.id])
            for line in body
            for n in ast.walk(line)
            if isinstance(n, ast.Name) and n.id in new
        ]
    return edits


def _private(tree: ast.Module, kept: set[str], taken: set[str]) -> list[_Edit]:
    places: dict[str, list[tuple[int, int]]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                places.setdefault(name, []).append(
                    (node.end_lineno or 0, (node.end_col_offset or 0) - len(name.encode()))
                )
            case ast.FunctionDef(name=name):
                places.setdefault(name, []).append((node.lineno, node.col_offset + len("def ")))
            case ast.Name(id=name):
                places.setdefault(name, []).append((node.lineno, node.col_offset))
            case _:
                pass
    constants = {
        ast.unparse(line.targets[0])
        for line in tree.body
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Call) and ast.unparse(line.value.func) == "const"
    }
    names = [
        n for n in places if n.startswith("_") and not n.startswith("__") and n not in kept | constants and n != "_"
    ]
    short = _short("_", taken)
    new = {name: next(short) for name in sorted(names)}
    return [(line, column, name, new[name]) for name in new for line, column in places[name]]


def _edited(source: str, edits: list[_Edit]) -> str:
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    for line, column, old, new in sorted(set(edits), reverse=True):
        text = lines[line - 1]
        if text[column : column + len(old)] != old.encode():
            raise AssertionError(f"{old} is not at line {line}, byte {column}: {text!r}")
        lines[line - 1] = text[:column] + new.encode() + text[column + len(old) :]
    return b"".join(lines).decode()
