"""What all dialogs of actions share: the frame, the keys' line, how they shrink, and that nothing falls through.

A dialog is dismissed with an :class:`~screens.requests.Answer` by one deliberate key, or with ``None`` by ``esc``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from oncall_tui.board import Board
from screens.aiming import TOO_SMALL, is_too_small
from screens.base import OncallDialog, OncallScreen
from screens.requests import Answer
from widgets.lines import BLANK, Lines, Span, Words, words_width
from widgets.signs import ASCII
from widgets.theme import look_of


class Part(NamedTuple):
    """How many lines a part of a dialog would like and how many it needs; one that needs none can vanish."""

    widget: Widget
    want: int
    least: int = 1


def shares(wants: Sequence[tuple[int, int]], room: int) -> list[int]:
    """Lines for each part of (want, least) in ``room`` lines. The first parts give way first."""
    given = [max(want, least) for want, least in wants]
    for number, (_, least) in enumerate(wants):
        over = sum(given) - room
        if over <= 0:
            break
        given[number] -= min(over, given[number] - least)
    return given


class Block(Lines):
    """Some lines of words."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: tuple[Words, ...] = ()

    def show(self, lines: Sequence[Words]) -> None:
        """Show these lines, those that fit."""
        self.lines = tuple(lines)
        self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """One of them."""
        return self.lines[y] if y < len(self.lines) else BLANK


Key = tuple[str, str]
"""A key as a person reads it, and what it does."""


def key_lines(keys: Sequence[Key], cells: int) -> list[Words]:
    """The keys' hints in as few lines as they fit in; never a hint cut in two."""
    lines: list[Words] = []
    words: Words = ()
    for key, does in keys:
        hint = (Span(key, "key"), Span(f" {does}", "dim"))
        if words and words_width(words) + 3 + words_width(hint) > cells:
            lines.append(words)
            words = ()
        words = (*words, Span("   "), *hint) if words else hint
    return [*lines, words] if words else lines


class Dialog(OncallDialog[Answer | None]):
    """A framed question. A subclass composes its parts, says how they share the lines, and calls :meth:`finish`."""

    WIDTH: ClassVar[int] = 76
    """Cells of the frame where the screen has them."""
    HOLD_S: ClassVar[float] = 0.15
    """Seconds after opening, or after a paste, in which no key confirms: a key held down falls through otherwise.
    Each such key begins them anew."""

    DEFAULT_CSS = """
    Dialog #frame {
        border: round $key; border-title-color: $key; border-title-style: bold; border-subtitle-color: $dim;
        background: $surface; padding: 0 1;
    }
    Dialog #frame.-ascii { border: ascii $key; }
    Dialog Input { height: 1; border: none; padding: 0 1; background: $panel; }
    /* Without a background of its own a field is told by a bar. */
    Dialog:ansi Input, Dialog:ansi TextArea { border-left: ascii $key !important; padding: 0 !important; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False, priority=True)]

    def __init__(self, title: str, board: Board) -> None:
        super().__init__()
        self.heading = title
        self.first_board = board
        self._quiet_since = monotonic()
        self._said: str | None = None
        self._is_up = False
        """Its parts are there, and one of them has the focus."""
        self._early: list[events.Key] = []
        """Keys from before that."""

    # -- for a dialog to override ----------------------------------------------------------------------------

    def compose_parts(self) -> ComposeResult:
        """The parts, from the top."""
        yield from ()

    def parts(self, cells: int) -> Sequence[Part]:
        """The parts' lines in a frame ``cells`` wide inside, in the order in which they give way."""
        return ()

    def keys(self) -> Sequence[Key]:
        """The keys that are live, the one that confirms first."""
        return (("esc", "leave"),)

    def draw(self) -> None:
        """Hand the parts their words; the size is known."""

    # -- frame -----------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The frame around the parts, the keys in its last lines."""
        with Vertical(id="frame"):
            yield from self.compose_parts()
            yield Block(id="keys")

    def on_mount(self) -> None:
        """Fit the frame into the screen."""
        frame = self.query_one("#frame")
        frame.border_title = Content(self.heading)
        frame.set_class(look_of(self).signs is ASCII, "-ascii")
        for field in self.query(Input):
            field.cursor_blink = False
        self._quiet_since = monotonic()
        self.fit()
        self.app.call_later(self._come_up)  # behind what gives a part the focus

    def _come_up(self) -> None:
        self._is_up = True
        early, self._early = self._early, []
        for event in early:
            (self.focused or self)._forward_event(event)

    def _forward_event(self, event: events.Event) -> None:
        # A key that follows on the one that opened the dialog is meant for it, though no part of it is there yet.
        if isinstance(event, events.Key) and not self._is_up:
            self._early.append(event)
        else:
            super()._forward_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without parts there is nothing to act on, but it can be left."""
        return action == "leave" or self._is_up

    def on_resize(self) -> None:
        """Fit the frame into the screen."""
        self.fit()

    @property
    def inner(self) -> int:
        """Cells between the frame's sides and their padding."""
        return max(8, min(self.WIDTH, self.size.width) - 4)

    def fit(self) -> None:
        """Share the screen's lines among the parts, and draw."""
        if not self.size or not self.query("#frame"):
            return
        hints = self.query_one("#keys", Block)
        shown = key_lines(self.keys(), self.inner)
        parts = [*self.parts(self.inner), Part(hints, len(shown), len(shown))]
        given = shares([(part.want, part.least) for part in parts], self.size.height - 2)
        for part, height in zip(parts, given, strict=True):
            part.widget.display = height > 0
            part.widget.styles.height = height
        frame = self.query_one("#frame")
        frame.styles.width = self.inner + 4
        frame.styles.height = min(self.size.height, sum(given) + 2)
        self.draw()
        self._draw_keys()

    @property
    def board(self) -> Board:
        """The board of the screen below, which lives on; the one that the dialog was opened over without it."""
        for screen in reversed(self.app.screen_stack):
            if isinstance(screen, OncallScreen) and screen.board is not None:
                return screen.board
        return self.first_board

    def say(self, text: str) -> None:
        """One line in the place of the keys, until the next key: why nothing was done."""
        self._said = text
        self._draw_keys()

    def _draw_keys(self) -> None:
        said = self._said
        lines = key_lines(self.keys(), self.inner) if said is None else [(Span(said, "error"),)]
        self.query_one("#keys", Block).show(lines)

    def _read(self) -> None:
        if self._said is not None:
            self._said = None
            self._draw_keys()

    def on_key(self, event: events.Key) -> None:
        """What was said has been read."""
        self._read()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was said has been read."""
        event.stop()
        self._read()
        self.typed(event.input)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """``enter`` in a line is the dialog's ``enter``."""
        event.stop()
        self.submit()

    def typed(self, field: Input) -> None:
        """A line has changed."""

    def submit(self) -> None:
        """``enter``."""

    # -- ending ----------------------------------------------------------------------------------------------

    def hold(self) -> None:
        """From now on no key confirms for a moment."""
        self._quiet_since = monotonic()

    def finish(self, params: Mapping[str, Any], note: str = "") -> None:
        """Give the answer back, unless the key came so soon that it was meant for something else, or the screen has
        become too small to read what it confirms."""
        if monotonic() - self._quiet_since < self.HOLD_S:
            self.hold()
            return
        if is_too_small(self.size):
            self.say(TOO_SMALL)
            return
        self.dismiss(Answer(params=dict(params), note=note))

    def action_leave(self) -> None:
        """Back, nothing done."""
        self.dismiss(None)
