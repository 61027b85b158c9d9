"""What a person types as a value: `37.5`, `flow`, `on`, `branch_1,branch_2`, `none`."""

from __future__ import annotations

from ..errors import ExitCode, MalleeError
from ..reading import Scalar
from ..suggest import did_you_mean
from .dictionary import Point

_ON_OFF = {"on": True, "true": True, "1": True, "closed": True, "off": False, "false": False, "0": False, "open": False}


def parse_value(point: Point, text: str) -> Scalar:
    """The value for a point. `none` is "not available". Raises MalleeError for what cannot be one."""
    if text.lower() in ("none", "null", "n/a"):
        return frozenset() if point.kind == "flags" else None
    if point.kind == "bit":
        if text.lower() not in _ON_OFF:
            raise _wrong(point, text, "write on or off")
        return _ON_OFF[text.lower()]
    if point.kind == "enum":
        return _choice(point, text)
    if point.kind == "flags":
        return _flags(point, text)
    if point.kind == "text":
        return text
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        return float(text.removesuffix(point.unit).strip() if point.unit else text)
    except ValueError:
        raise _wrong(point, text, f"write a number{f' in {point.unit}' if point.unit else ''}") from None


def _choice(point: Point, text: str) -> Scalar:
    names = [choice.name for choice in point.choices]
    if text.lower() in names:
        return text.lower()
    if text.isdigit():
        return int(text)
    raise _wrong(point, text, did_you_mean(text, names))


def _flags(point: Point, text: str) -> Scalar:
    if text.lower().startswith("0x") or text.isdigit():
        return int(text, 0)
    names = {choice.name for choice in point.choices}
    given = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    if text.lower() == "all":
        return frozenset(names)
    for name in sorted(given - names):
        raise _wrong(point, name, did_you_mean(name, names))
    return given


def _wrong(point: Point, text: str, next_step: str) -> MalleeError:
    return MalleeError(
        f"{text!r} is no value for {point.name}", "a typing error, or another unit", next_step, ExitCode.USAGE
    )


def show_value(value: Scalar) -> str:
    """A value as it is typed: the inverse of `parse_value`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, frozenset):
        return ",".join(sorted(value)) or "none"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
