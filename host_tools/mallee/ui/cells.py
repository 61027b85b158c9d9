"""Cells: values as short text. Unknown is a dash, old has a star, colour comes only with a word or a number it
repeats."""

from __future__ import annotations

from rich.text import Text

from ..pod.document import ControllerState, Value
from ..reading import Quality

UNKNOWN = "–"
OLD = "*"
_STATE_STYLE = {
    "leased": "green",
    "local": "cyan",
    "boot": "yellow",
    "safe": "yellow",
    "updating": "blue",
    "tripped": "bold red",
}
_QUALITY_WORD = {
    Quality.FAULT: "fault",
    Quality.NOT_FITTED: "not fitted",
    Quality.NOT_YET: UNKNOWN,
    Quality.QUARANTINED: "?",
}


_UNITS = {"degC": "°C", "1": ""}


def unit(word: str) -> str:
    """A unit as people write it."""
    return _UNITS.get(word, word)


def number(value: Value, digits: int = 1, scale: float = 1.0) -> Text:
    """A value with so many digits; a star behind one that is old, the reason in place of one that is not known."""
    if isinstance(value.value, bool | str | list) or value.value is None:
        return Text(_QUALITY_WORD.get(value.quality, UNKNOWN), style="dim")
    text = Text(f"{value.value * scale:.{digits}f}")
    if value.quality is Quality.STALE:
        text.append(OLD)
        text.stylize("dim")
    return text


def plain(value: float | None, digits: int = 1) -> Text:
    return Text(UNKNOWN, style="dim") if value is None else Text(f"{value:.{digits}f}")


def against(value: Value, set_point: Value, digits: int, set_point_digits: int, tolerance: float) -> Text:
    """`value/set-point`; yellow where they differ by more than `tolerance`."""
    text = number(value, digits)
    measured, wanted = value.number, set_point.number
    if measured is not None and wanted is not None and abs(measured - wanted) > tolerance:
        text.stylize("yellow")
    text.append("/", style="dim")
    target = number(set_point, set_point_digits)
    target.stylize("dim")
    return text.append_text(target)


def against_command(value: Value, command: Value, digits: int, tolerance: float) -> Text:
    """The value; with `→ command` behind it where that differs by more than `tolerance`."""
    text = number(value, digits)
    measured, wanted = value.number, command.number
    if measured is not None and wanted is not None and abs(measured - wanted) > tolerance:
        text.append(f"→{wanted:.{digits}f}", style="yellow")
    return text


def state(controller: ControllerState) -> Text:
    """One word: the controller's state, that it is silent or not believed, or that it was never heard."""
    if not controller.answering:
        never = controller.silent_s is None
        return Text("waiting", style="yellow") if never else Text("silent", style="bold red")
    if controller.quarantined:
        return Text("quarantined", style="bold red")
    word = controller.state.value if isinstance(controller.state.value, str) else UNKNOWN
    return Text(word, style=_STATE_STYLE.get(word, "yellow"))


def bar(fraction: float | None, cells: int, warn: float = 0.95) -> Text:
    """A bar of so many cells, full at 1, thin where it is not; yellow from `warn` on, red above 1."""
    if fraction is None:
        return Text("·" * cells, style="dim")
    filled = min(cells, max(0, round(fraction * cells)))
    style = "red" if fraction > 1.0 else "yellow" if fraction >= warn else "green"
    return Text.assemble(("━" * filled, style), ("─" * (cells - filled), "bright_black"))


def percent(fraction: float | None, warn: float = 0.95) -> Text:
    if fraction is None:
        return Text(UNKNOWN, style="dim")
    style = "bold red" if fraction > 1.0 else "yellow" if fraction >= warn else ""
    return Text(f"{fraction * 100:.0f} %", style=style)
