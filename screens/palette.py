"""Any action by its name: a line to type in, the actions that fit it, the key that each has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from oncall_tui.actions import Action
from oncall_tui.actions.keys import key_name
from oncall_tui.text import width, wrap
from screens.base import OncallDialog
from screens.keys import KeyMap, given_key
from widgets.lines import BLANK, Lines, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column, ListTable, grown
from widgets.theme import Look

if TYPE_CHECKING:
    from oncall_tui.config.commands import CommandOptions

_LEFT_OUT = frozenset({"palette", "back", "next_pane", "previous_pane"})


RUN = "run:"
"""Before the name of a command of the team's own."""
_FAR = 3
"""From this score on, a match is a guess."""


class Entry(NamedTuple):
    """One line of the palette."""

    action_id: str
    key: str
    title: str
    help: str


def entries_of(
    actions: Sequence[Action], keys: KeyMap, absent: Mapping[str, str] = MappingProxyType({})
) -> tuple[Entry, ...]:
    """What the palette offers of these actions; of those that are ``absent`` it says why."""
    offered = tuple(
        Entry(
            action.id,
            keys.shown(action.id) if action.id not in absent else "",
            action.title,
            absent.get(action.id, action.help),
        )
        for action in actions
        if action.id not in _LEFT_OUT
    )
    if not any(action.id == "commands" for action in actions):
        return offered
    return (*offered, *(_command(one) for one in keys.commands))


def _command(one: CommandOptions) -> Entry:
    changes = "changes something; asked for before it runs" if one.changes else "changes nothing"
    key = given_key((key_name(one.key),)) if one.key else ""
    return Entry(f"{RUN}{one.name}", key, f"Run {one.shown}", f"{'!' if one.changes else ''} {changes}".strip())


def ranked(entries: Sequence[Entry], typed: str) -> tuple[Entry, ...]:
    """The entries that fit what was typed, the best first: a title that begins with it, a word of the title that does,
    its words anywhere in the title; only where none does, the title's letters in order and the help's words."""
    wanted = typed.casefold().strip()
    if not wanted:
        return tuple(entries)
    scored = [(score, number, entry) for number, entry in enumerate(entries) if (score := _score(entry, wanted)) < 9]
    near = any(score < _FAR for score, _, _ in scored)
    return tuple(entry for score, _, entry in sorted(scored) if score < _FAR or not near)


def _score(entry: Entry, wanted: str) -> int:
    title = entry.title.casefold()
    if title.startswith(wanted) or entry.action_id.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in title.split()):
        return 1
    if all(word in title for word in wanted.split()):
        return 2
    letters = iter(title)
    if all(letter in letters for letter in wanted if letter != " "):
        return 3
    if all(word in entry.help.casefold() for word in wanted.split()):
        return 4
    return 9


class PaletteList(ListTable[Entry], can_focus=False):
    """The entries that fit."""

    NAME = "Command"
    HEADING = False

    DEFAULT_CSS = """
    PaletteList { height: 1fr; background: $surface; }
    """

    @property
    def lit(self) -> bool:
        """The keys that move it are typed in the line above."""
        return True

    def key_of(self, row: Entry) -> str:
        """The action's id."""
        return row.action_id

    def columns(self, cells: int) -> Sequence[Column[Entry]]:
        """Title, what it does, its key."""
        titles = max((width(row.title) for row in self.rows), default=8)
        columns = [Column[Entry]("", min(titles, max(8, cells - 8)), lambda row, look: (Span(row.title),), here=True)]
        if cells >= 50:
            columns.append(Column("", 0, lambda row, look: (Span(row.help, "dim"),), gap=2))
        columns.append(Column("", 7, lambda row, look: (Span(row.key, "key"),), right=True))
        return grown(columns, cells)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nothing fits."""
        return ((Span("no such command", "dim"),),)


class Whole(Lines):
    """What the entry under the cursor does, in full: the list has room for its beginning."""

    DEFAULT_CSS = """
    Whole { height: 2; background: $surface; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def show(self, text: str) -> None:
        """Tell this."""
        if text != self.text:
            self.text = text
            self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """One of its lines."""
        lines = wrap(self.text, max(8, cells - 4))
        return (Span(f"  {lines[y]}", "text"),) if y < len(lines) else BLANK


class PaletteScreen(OncallDialog[str | None]):
    """Dismissed with the id of the chosen action."""

    DEFAULT_CSS = """
    PaletteScreen { align: center top; }
    PaletteScreen #box { width: 76; max-width: 100%; height: 20; max-height: 100%; margin-top: 1; }
    PaletteScreen Input.-textual-compact { padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False, priority=True),
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = tuple(entries)

    def compose(self) -> ComposeResult:
        """The line, and the list under it."""
        with Vertical(id="box"):
            field = Input(placeholder="type a command", compact=True, max_length=60, select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield PaletteList(id="list")
            yield Whole()

    def on_mount(self) -> None:
        """Everything is offered at first."""
        self.query_one(PaletteList).show(self.entries)
        self._tell()

    def on_resize(self) -> None:
        """Where there are few lines the list has them."""
        self.query_one(Whole).display = self.size.height >= 16

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another entry in full."""
        event.stop()
        self._tell()

    def _tell(self) -> None:
        row = self.query_one(PaletteList).cursor
        self.query_one(Whole).show(row.help if row is not None else "")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what fits, the best under the cursor."""
        event.stop()
        found = ranked(self.entries, event.value)
        offered = self.query_one(PaletteList)
        offered.show(found)
        if found:
            offered.put_cursor(found[0].action_id)
        self._tell()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what is under the cursor."""
        event.stop()
        row = self.query_one(PaletteList).cursor
        if row is not None:
            self.dismiss(row.action_id)

    def on_click(self, event: events.Click) -> None:
        """A click beside the box goes back."""
        if event.widget is self:
            self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Up or down the list."""
        self.query_one(PaletteList).action_move(step)

    def action_page(self, step: int) -> None:
        """A window up or down the list."""
        self.query_one(PaletteList).action_page(step)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
