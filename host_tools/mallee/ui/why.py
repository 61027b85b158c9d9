"""An explanation as a person reads it: the value, the rule, and below it what counted."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..pod.why.answer import Answer, Fact

_SET_BY = {
    "rule": "a rule of the host",
    "lease": "a host, under its lease",
    "setting": "a setting of the controller",
    "switch": "a switch at the controller",
    "command": "a command to the controller",
    "controller": "the controller itself",
    "nobody": "nobody",
}
_STYLE = {"failed": "red", "asked": "yellow", "limited": "yellow", "advised": "yellow"}


def render(answer: Answer) -> RenderableType:
    head = Text.assemble((answer.point, "bold"), "  ", _value(answer.value, answer.unit))
    if answer.quality not in ("", "good"):
        head.append(f"  ({answer.quality.replace('_', ' ')})", "yellow")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("why", Text(answer.why))
    grid.add_row("set by", Text(_SET_BY[answer.set_by]))
    if answer.since is not None:
        grid.add_row("since", Text(f"{answer.since:%Y-%m-%d %H:%M:%S} UTC"))
    if answer.outcome:
        told = f"{answer.outcome}: {answer.detail}" if answer.detail else answer.outcome
        grid.add_row("outcome", Text(told, style=_STYLE.get(answer.outcome, "")))
    for asked in answer.lost:
        value = _value(asked.value, answer.unit)
        grid.add_row("did not win", Text.assemble(asked.rule, ": ", value))
    for note in answer.notes:
        grid.add_row("note", Text(note))
    if answer.ask:
        grid.add_row("ask also", Text(", ".join(f"mallee why {each}" for each in answer.ask)))
    if answer.document_age_s is not None:
        grid.add_row("host", Text(f"as it stood {answer.document_age_s:.1f} s ago"))
    parts: list[RenderableType] = [head, grid]
    if answer.inputs:
        parts += [Text("from", style="dim"), _facts(answer.inputs)]
    return Group(*parts)


def _facts(facts: tuple[Fact, ...]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right")
    grid.add_column(style="dim")
    for fact in facts:
        age = "" if fact.age_s is None else f"{fact.age_s:.1f} s old"
        grid.add_row(
            Text(f"  {fact.name}"),
            _value(fact.value, fact.unit),
            Text(", ".join(part for part in (fact.quality, age) if part)),
        )
    return grid


def _value(value: float | int | str | bool | list[str] | None, unit: str) -> Text:
    if value is None:
        return Text("–", style="dim")
    if isinstance(value, bool):
        return Text("on" if value else "off")
    if isinstance(value, list):
        return Text(", ".join(value) or "none")
    text = f"{value:.4g}" if isinstance(value, float) and abs(value) < 10_000 else str(value)
    return Text(f"{text} {unit}".rstrip())
