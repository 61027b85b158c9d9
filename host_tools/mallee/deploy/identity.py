"""Who a controller is: the build_info.py that is written onto its flash, virtual or real (firmware/build_info.pyi)."""

from __future__ import annotations

import ast
from typing import Any

import msgspec

from ..errors import MalleeError

CHARACTERS = {"name": 32, "serial": 16}  # what their registers hold
UNITS = range(1, 248)  # MODBUS over Serial Line V1.02, 2.2
FRAMINGS = ("8E1", "8N1", "8N2", "8O1")
BAUDS = range(1200, 1_000_001)


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decides about a controller; None where nothing was said."""

    name: str | None = None
    unit: int | None = None
    serial: str | None = None
    port: int | None = None
    baud: int | None = None
    framing: str | None = None


def build_info(
    *,
    profile: str,
    dictionary_hash: int,
    version: str,
    unit: int,
    name: str,
    serial: str,
    port: int = 502,
    baud: int | None = None,
    framing: str | None = None,
) -> bytes:
    """The file's content. `version` is the firmware's, as `1.2.3`; `port` only matters on a board with a network, `baud` and
    `framing` on one without."""
    lines = [
        '"""Written when this controller was flashed: who it is."""',
        "",
        f"DICTIONARY_HASH = 0x{dictionary_hash:016X}",
        f'SERIAL = "{serial}"',
        f"NAME = {name!r}",
        f'PROFILE = "{profile}"',
        f"UNIT = {unit}",
        f"PORT = {port}",
        f"VERSION = {tuple(int(part) for part in version.split('.')[:3])!r}",
    ]
    if baud is not None:
        lines.append(f"BAUD = {baud}")
    if framing is not None:
        lines.append(f'FRAMING = "{framing}"')
    return ("\n".join(lines) + "\n").encode()


def read_build_info(text: str) -> dict[str, Any]:
    """Its constants, read as data and never run; {} when the text is not Python. What is not a constant is left out."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


def known_from(text: str) -> Who:
    """Who a board says it is; only what is valid counts."""
    info = read_build_info(text)
    found: dict[str, Any] = {}
    for field in Who.__struct_fields__:
        value = info.get(field.upper())
        if value is not None and _fault(field, value) is None:
            found[field] = value
    return Who(**found)


def check(who: Who) -> None:
    """Raises MalleeError for what a controller cannot have."""
    for field in Who.__struct_fields__:
        value = getattr(who, field)
        fault = None if value is None else _fault(field, value)
        if fault is not None:
            option = {"serial": "--serial-number", "port": "--tcp-port"}.get(field, f"--{field}")
            raise MalleeError(
                f"{option} {value!r}: {fault}", "a typing error", f"`mallee flash --help` describes {option}"
            )


def merged(flags: Who, known: Who, board_serial: str) -> Who:
    """Flags, then what the board is already, then its own serial number. Raises MalleeError without name or unit."""
    both = {f: getattr(known, f) if getattr(flags, f) is None else getattr(flags, f) for f in Who.__struct_fields__}
    both["serial"] = both["serial"] or board_serial
    missing = [f"--{field}" for field in ("name", "unit") if both[field] is None]
    if missing:
        raise MalleeError(
            f"this board does not know who it is: {' and '.join(missing)} missing",
            "it was never flashed by mallee, or its build_info.py is damaged",
            "say who it is: --name pdu-a1 --unit 11",
        )
    return Who(**both)


def _fault(field: str, value: Any) -> str | None:
    if field in ("name", "serial"):
        plain = (
            isinstance(value, str)
            and value.isascii()
            and value.isprintable()
            and '"' not in value
            and "\\" not in value
        )
        good = plain and 1 <= len(value) <= CHARACTERS[field]
        return None if good else f"it has 1 to {CHARACTERS[field]} printable ASCII characters, no quotes or backslashes"
    if field == "framing":
        return None if value in FRAMINGS else f"it is one of {', '.join(FRAMINGS)}"
    span = {"unit": UNITS, "port": range(1, 65536), "baud": BAUDS}[field]
    good = isinstance(value, int) and not isinstance(value, bool) and value in span
    return None if good else f"it is a number from {span[0]} to {span[-1]}"
