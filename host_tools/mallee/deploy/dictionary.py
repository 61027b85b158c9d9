"""Compile firmware/maps into dictionaries.

The maps are read as source, never imported: MicroPython's compiler drops the docstrings that carry the meanings, and the
host does not run firmware. What a map may contain is exactly what this file understands; anything else is an error that
names file and line.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from ..device.dictionary import LATCHED, SENTINEL, WIDTH, AlarmEntry, Choice, Dictionary, Point
from .orders import in_words

PROFILES = ("pump", "pdu")
_TABLES = {"Input": "input", "Holding": "holding", "Coil": "coil"}
_LIMITS = {"u16": (0, 0xFFFF), "s16": (-0x8000, 0x7FFF), "u32": (0, 0xFFFFFFFF), "s32": (-0x80000000, 0x7FFFFFFF)}
_FAST_FIRST = 100  # maps.common.Status opens the fast block on every controller
_FAST_LIMIT = 60  # registers, by the wire contract


class MapError(ValueError):
    """A map that cannot be compiled: file, line, and what is wrong."""


_DELAY_MAX_MS = 819_100
"""A controller keeps an alarm in 30 bits (firmware/maps/fields.py), of which 13 are its delay, in tenths of a second."""
_DEADBAND_MAX_percent = 15
_ALARMS_MAX = 15
"""Of one declaration: four bits, as the deadband has."""


class _Module:
    """One parsed map module: its integer constants, enumerations and register classes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            raise MapError(f"{path}:{error.lineno}: {error.msg}") from error
        self.description = ast.get_docstring(self.tree) or ""
        self.constants: dict[str, int] = {}
        self.enums: dict[str, tuple[Choice, ...]] = {}
        self.classes: list[ast.ClassDef] = []
        self.quality_base: int | None = None  # of the quality registers that the points after them refer to
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                value = node.value
                if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "const":
                    value = value.args[0]
                if isinstance(value, ast.Constant) and isinstance(value.value, int):
                    self.constants[node.targets[0].id] = value.value
            elif isinstance(node, ast.ClassDef) and node.bases:
                if _base(node) == "Enum":
                    self.enums[node.name] = tuple(
                        Choice(self._int(value), name.lower(), meaning) for name, value, meaning in self.members(node)
                    )
                else:
                    self.classes.append(node)

    def fail(self, node: ast.AST, why: str) -> NoReturn:
        raise MapError(f"{self.path}:{getattr(node, 'lineno', '?')}: {why}")

    def _int(self, node: ast.expr) -> int:
        value = ast.literal_eval(node)
        if not isinstance(value, int):
            self.fail(node, "an enumeration's value is an integer")
        return value

    def members(self, node: ast.ClassDef) -> list[tuple[str, ast.expr, str]]:
        """(name, value, docstring) of each assignment; a member without its meaning is an error."""
        found: list[tuple[str, ast.expr, str]] = []
        body = node.body
        for index, statement in enumerate(body):
            if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
                continue
            name = statement.targets[0].id
            if name in ("ARRAY", "START", "COUNT", "STRIDE"):
                continue
            after = body[index + 1] if index + 1 < len(body) else None
            if not (
                isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            ):
                self.fail(statement, f"{name} has no meaning: write a string below it")
            found.append((name, statement.value, _clean(after.value.value)))
        return found

    def array(self, node: ast.ClassDef) -> tuple[str, int, int, int]:
        """(prefix, start, count, stride); a plain class is an array of one without a prefix."""
        values: dict[str, Any] = {"ARRAY": "", "START": 0, "COUNT": 1, "STRIDE": 0}
        for statement in node.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name = statement.targets[0].id
                if name in values:
                    values[name] = ast.literal_eval(statement.value)
        return values["ARRAY"], values["START"], values["COUNT"], values["STRIDE"]


def _base(node: ast.ClassDef) -> str:
    return node.bases[0].id if node.bases and isinstance(node.bases[0], ast.Name) else ""


def _clean(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


class _Call:
    """A declaration such as `s16(112, -2, "degC", q=0)`, its arguments by name."""

    def __init__(self, module: _Module, node: ast.expr, signatures: dict[str, ast.arguments]) -> None:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in signatures):
            module.fail(node, "a register is declared with a function of maps.fields")
        self.kind = node.func.id
        signature = signatures[self.kind]
        names = [argument.arg for argument in signature.args]
        defaults = dict(zip(names[len(names) - len(signature.defaults) :], signature.defaults, strict=True))
        given = dict(zip(names, node.args, strict=False))
        for keyword in node.keywords:
            if keyword.arg not in names:
                module.fail(node, f"{self.kind} takes no {keyword.arg}")
            given[str(keyword.arg)] = keyword.value
        self.given = {**defaults, **given}
        self.module = module
        self.node = node

    def get(self, name: str, otherwise: Any = None) -> Any:
        node = self.given.get(name)
        if node is None:
            return otherwise
        if isinstance(node, ast.Name):
            return node.id
        return ast.literal_eval(node)

    def number(self, name: str) -> float | None:
        """As float, so that a dictionary that travelled equals the one that was compiled, to the hash."""
        value = self.get(name)
        return None if value is None else float(value)


def compile_profile(maps: Path, profile: str) -> Dictionary:
    """The dictionary of `profile` from the folder firmware/maps. Raises MapError."""
    fields = _Module(maps / "fields.py")
    signatures = {n.name: n.args for n in fields.tree.body if isinstance(n, ast.FunctionDef)}
    validity = fields.constants["VALIDITY"]
    commons, owns = _modules(maps, "common"), _modules(maps, profile)
    common, own = commons[0], owns[0]
    enums = {name: choices for module in commons + owns for name, choices in module.enums.items()}
    points: list[Point] = []
    alarms: list[AlarmEntry] = []
    pairs: list[tuple[str, str]] = []
    for module in commons + owns:
        for node in module.classes:
            if _base(node) == "Alarm":
                alarms += _alarms(module, node, signatures)
            elif _base(node) == "Order":
                pairs += _pairs(module, node, commons + owns)
            elif _base(node) in _TABLES:
                points += _points(module, node, signatures, enums)
            else:
                module.fail(node, f"class {node.name} derives from none of {', '.join(_TABLES)}, Alarm, Order, Enum")
    try:
        points = in_words(points, pairs)
    except (KeyError, ValueError) as error:
        raise MapError(f"{own.path}: {error}") from error
    points += _latched(points, common.constants["LATCHED"])
    points.sort(key=lambda point: (point.table, point.address))
    alarms.sort(key=lambda alarm: alarm.code)
    _check(own.path, points, alarms, validity)
    in_fast = [p for p in points if _is_fast(p)]
    fast = (_FAST_FIRST, max(p.end for p in in_fast) - _FAST_FIRST)
    if fast[1] > _FAST_LIMIT:
        raise MapError(f"{own.path}: the fast block has {fast[1]} registers, {_FAST_LIMIT} are allowed")
    return Dictionary(
        profile=profile,
        version=(common.constants["MAP_MAJOR"], common.constants["MAP_MINOR"]),
        description=own.description,
        points=tuple(points),
        alarms=tuple(alarms),
        validity_offset=validity,
        fast=fast,
    )


def _modules(maps: Path, name: str) -> list[_Module]:
    """A map is NAME.py, which says what it is, and NAME_ANYTHING.py beside it."""
    return [_Module(path) for path in (maps / f"{name}.py", *sorted(maps.glob(f"{name}_*.py")))]


def _is_fast(point: Point) -> bool:
    return point.table == "input" and _FAST_FIRST <= point.address < 200


def _latched(points: list[Point], first: int) -> list[Point]:
    """The controller's copy of the fast block, which no map has to repeat: each point again, behind `latched.`."""
    moved = first - _FAST_FIRST
    return [
        msgspec.structs.replace(
            point,
            name=f"{LATCHED}{point.name}",
            address=point.address + moved,
            meaning=f"`{point.name}` as it was at the last latch command.",
            quality_address=None if point.quality_address is None else point.quality_address + moved,
        )
        for point in points
        if _is_fast(point)
    ]


def _points(
    module: _Module, node: ast.ClassDef, signatures: dict[str, ast.arguments], enums: dict[str, tuple[Choice, ...]]
) -> list[Point]:
    table: Any = _TABLES[_base(node)]
    prefix, start, instances, stride = module.array(node)
    found: list[Point] = []
    for name, expression, meaning in module.members(node):
        call = _Call(module, expression, signatures)
        kind: Any = "bit" if call.kind == "coil" else call.kind
        if kind == "quality":
            module.quality_base = call.get("address")
        choices = call.get("values") or call.get("bits")
        if choices is not None and choices not in enums:
            module.fail(expression, f"no enumeration {choices}")
        count, slot = call.get("count", 1), call.get("q")
        width = WIDTH.get(kind, 1)
        if kind in ("text", "quality"):
            width, count = call.get("registers") or count, 1
        for instance in range(instances):
            for element in range(count):
                labels = [prefix, str(instance + 1)] if prefix else []
                labels.append(name)
                if count > 1:
                    labels.append(str(element + 1))
                found.append(
                    Point(
                        name=".".join(labels),
                        table=table,
                        address=start + instance * stride + call.get("address") + element * width,
                        kind=kind,
                        meaning=meaning,
                        registers=width,
                        scale=call.get("scale", 0),
                        unit=call.get("unit", ""),
                        low=call.number("low"),
                        high=call.number("high"),
                        default=call.number("default"),
                        choices=enums[choices] if choices else (),
                        quality_address=None if slot is None else module.quality_base,
                        quality_slot=None if slot is None else slot + instance + element,
                    )
                )
    return found


def _pairs(module: _Module, node: ast.ClassDef, modules: list[_Module]) -> list[tuple[str, str]]:
    """Names of the points that PAIRS of an Order class names by class and field; of an array, those of each instance."""
    arrays = {known.name: each.array(known) for each in modules for known in each.classes}
    _, start, count, stride = module.array(node)
    found: list[tuple[str, str]] = []
    for statement in node.body:
        if not isinstance(statement, ast.Assign) or ast.unparse(statement.targets[0]) != "PAIRS":
            continue
        for pair in statement.value.elts if isinstance(statement.value, ast.Tuple) else []:
            sides = [ast.unparse(side).partition(".") for side in pair.elts] if isinstance(pair, ast.Tuple) else []
            if len(sides) != 2 or any(arrays.get(group, ("",))[1:] != (start, count, stride) for group, _, _ in sides):
                module.fail(
                    pair, "a pair is (Class.field, Class.field), with START, COUNT and STRIDE as they have them"
                )
            prefixes = [arrays[group][0] for group, _, _ in sides]
            for instance in range(count):
                names = [
                    f"{prefix}.{instance + 1}.{field}" if prefix else field
                    for prefix, (_, _, field) in zip(prefixes, sides, strict=True)
                ]
                found.append((names[0], names[1]))
    return found


def _alarms(module: _Module, node: ast.ClassDef, signatures: dict[str, ast.arguments]) -> list[AlarmEntry]:
    found: list[AlarmEntry] = []
    for name, expression, text in module.members(node):
        call = _Call(module, expression, signatures)
        lines = [line for line in text.splitlines() if line]
        parts: dict[str, str] = {}
        for line in lines[1:]:
            head, _, rest = line.partition(": ")
            parts[head] = rest
        if set(parts) != {"Cause", "Consequence", "Remedy"}:
            module.fail(
                expression, f"{name}: its text has a condition, then Cause:, Consequence: and Remedy:, a line each"
            )
        count, delay_ms = call.get("count", 1), call.get("delay_ms", 0)
        if delay_ms % 100 or not 0 <= delay_ms <= _DELAY_MAX_MS:
            module.fail(
                expression, f"{name}: its delay is a multiple of 100 ms, {_DELAY_MAX_MS} ms at most, not {delay_ms}"
            )
        deadband = call.get("deadband", 0)
        if not 0 <= deadband <= _DEADBAND_MAX_percent or not 1 <= count <= _ALARMS_MAX:
            module.fail(
                expression,
                f"{name}: its deadband is 0 to {_DEADBAND_MAX_percent} %, not {deadband}, and there are at most "
                f"{_ALARMS_MAX} of it, not {count}",
            )
        for element in range(count):
            found.append(
                AlarmEntry(
                    code=call.get("code") + element,
                    name=f"{name}.{element + 1}" if count > 1 else name,
                    priority=call.get("priority"),
                    group=call.get("group"),
                    condition=lines[0],
                    cause=parts["Cause"],
                    consequence=parts["Consequence"],
                    remedy=parts["Remedy"],
                    delay_ms=delay_ms,
                    latch=call.get("latch", False),
                    deadband_percent=deadband,
                )
            )
    return found


def _check(path: Path, points: list[Point], alarms: list[AlarmEntry], validity: int) -> None:
    """Refuse overlaps, limits outside the type, limits that contain the sentinel, duplicate names and codes."""
    names: set[str] = set()
    previous: dict[str, Point] = {}
    for point in points:
        where = f"{path}: {point.name}"
        if point.name in names:
            raise MapError(f"{where} is declared twice")
        names.add(point.name)
        before = previous.get(point.table)
        if before is not None and before.end > point.address:
            raise MapError(f"{where} at {point.address} overlaps {before.name}")
        previous[point.table] = point
        if point.kind in _LIMITS and point.low is not None and point.high is not None:
            low, high = (round(limit / 10**point.scale) for limit in (point.low, point.high))
            if not _LIMITS[point.kind][0] <= low <= high <= _LIMITS[point.kind][1]:
                raise MapError(f"{where}: limits {point.low}..{point.high} do not fit {point.kind}")
            sentinel = SENTINEL[point.kind]
            if low <= sentinel <= high:
                raise MapError(f"{where}: its limits contain the sentinel {sentinel}")
        if point.table == "holding" and (point.low is None or point.high is None):
            raise MapError(f"{where} can be written and has no limits")
    codes: set[int] = set()
    for alarm in alarms:
        if alarm.code in codes or not 1 <= alarm.code < validity:
            raise MapError(f"{path}: alarm {alarm.name}: code {alarm.code} is taken or outside 1..{validity - 1}")
        codes.add(alarm.code)
