"""The line in which a filter is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.containers import Horizontal
from textual.message import Message

if TYPE_CHECKING:
    from textual.widgets import Input

EXAMPLE = "sev:1 state:triggered !service:edge ~chekout /regex/ words"


class FilterLine(Horizontal):
    """Hidden until :meth:`open`; says what is typed as it is typed, and how it ended."""

    DEFAULT_CSS = """
    FilterLine { display: none; height: 1; background: $panel; }
    FilterLine.-open { display: block; }
    FilterLine Static { width: 3; color: $key; text-style: bold; }
    FilterLine Input.-textual-compact { padding: 0; background: $panel; }
    """

    class Typed(Message):
        """The text has changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Ended(Message):
        """``enter`` keeps the text, ``esc`` does not."""

        def __init__(self, text: str, *, kept: bool) -> None:
            super().__init__()
            self.text = text
            self.kept = kept

    _field: Input | None = None
    """Made when it is first needed: few starts are for a filter, and a field costs each 7 ms."""

    def _field_with(self, text: str) -> Input:
        if self._field is None:
            from textual.widgets import Input, Static

            field = Input(text, placeholder=EXAMPLE, compact=True, max_length=200, select_on_focus=False)
            field.cursor_blink = False
            self.mount(Static(" / ", markup=False), field)
            self._field = field
        else:
            with self._field.prevent(self._field.Changed):
                self._field.value = text
        return self._field

    @property
    def is_open(self) -> bool:
        """Whether a filter is being typed."""
        return self.has_class("-open")

    def open(self, text: str) -> None:
        """Begin with ``text``."""
        field = self._field_with(text)
        field.cursor_position = len(text)
        field.can_focus = True
        self.add_class("-open")
        field.focus()

    def close(self) -> None:
        """Hide; the focus has to go elsewhere first, and no tab reaches what is hidden."""
        self.remove_class("-open")
        if self._field is not None:
            self._field.can_focus = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        event.stop()
        if self.is_open:
            self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The filter stands."""
        event.stop()
        self.post_message(self.Ended(event.value, kept=True))

    def on_key(self, event: events.Key) -> None:
        """``esc`` goes back."""
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.post_message(self.Ended(self._field.value if self._field is not None else "", kept=False))
