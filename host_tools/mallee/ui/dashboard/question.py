"""A question over the view: some fields, each with what it is for; Enter in the last one answers, Esc leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    value: str = ""
    required: bool = False


class Question(ModalScreen[dict[str, str] | None]):
    """Dismissed with the answers by name of field, None when it was left. `done` is what the last Enter does."""

    CSS = """
    Question { align: center bottom; }
    Question > Vertical { height: auto; width: 100%; border: round ansi_bright_black; padding: 0 1; }
    Question Input { border: none; height: 1; padding: 0; }
    Question Label { width: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "leave")]

    def __init__(self, title: str, fields: tuple[Field, ...], done: str) -> None:
        super().__init__()
        self._title, self._fields, self._done = title, fields, done

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label(self._title, markup=False)
            for field in self._fields:
                yield Label(field.label, markup=False)
                yield Input(field.value, id=field.name)
            yield Label("", id="keys", markup=False)

    def on_mount(self) -> None:
        self.query(Input).first().focus()

    def on_descendant_focus(self) -> None:
        self._hint("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        inputs = list(self.query(Input))
        at = inputs.index(event.input)
        if self._fields[at].required and not event.value.strip():
            self._hint("something has to stand here   ")
        elif at + 1 < len(inputs):
            inputs[at + 1].focus()
        else:
            self.dismiss({str(each.id): each.value.strip() for each in inputs})

    def action_leave(self) -> None:
        self.dismiss(None)

    def _hint(self, first: str) -> None:
        last = self.query(Input).last().has_focus
        self.query_one("#keys", Label).update(f"{first}Enter: {self._done if last else 'next'}   Esc: leave")
