"""What can be told where about an incident: choose one, then its form."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult

from oncall_tui.board import Board
from oncall_tui.board.led import Led
from oncall_tui.model import IncidentFacts, OutboxRow, Verb
from oncall_tui.policy.reminders import Reminder
from oncall_tui.text import width
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.targets import target_lines
from screens.due_ways import due_ways
from screens.due_words import reminder_time
from screens.duty_requests import LedWanted
from screens.requests import IncidentWanted, QuestionFailed, Target, ask
from screens.telling import Way, reached, ways_of
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column
from widgets.textpane import wrap_words
from widgets.theme import look_of

MOST, AROUND = 12, 14
"""Lines of the list in a small terminal; those that a larger one keeps for the rest."""


class _Numbered(NamedTuple):
    number: int
    way: Way
    head: bool
    """The first of its channel: it carries the name."""


class CommunicateDialog(Dialog):
    """Gives ``{"way": Way, "led": Led or None}``. What was already made for the incident is asked of the store first;
    what is due by the team's rules comes first in the list."""

    def __init__(self, target: Target, board: Board, first: Reminder | None = None) -> None:
        super().__init__("Communicate", board)
        self._first = first
        self.target = target
        self.ways: tuple[_Numbered, ...] = ()
        self.led: Led | None = None
        self._is_read = False
        self._why_unread = ""

    def compose_parts(self) -> ComposeResult:
        """The incident, the list, whom the row under the cursor reaches."""
        yield Block(id="targets")
        yield Choices(lambda row: str(row.number), self._columns_of, self._nothing)
        yield Block(id="reach")

    @property
    def choices(self) -> Choices[_Numbered]:
        """The list."""
        return self.query_one(Choices)

    def on_mount(self) -> None:
        """The list comes with what was made already."""
        self.choices.focus()
        self.run_worker(self._read_made(), exit_on_error=False)

    async def _read_made(self) -> None:
        try:
            found: IncidentFacts | None = await ask(self, IncidentWanted(self.target.id))
        except QuestionFailed as reason:
            # What was made is not known: a room or a publication must not be made a second time.
            self._why_unread = str(reason)
            self.choices.redraw()
            self._read()
            return
        rows: Sequence[OutboxRow] = found.outbox if found is not None else self._of_board()
        ways = ways_of(self.board, rows)
        with contextlib.suppress(QuestionFailed):  # what is due is not known: all the rest can be told
            self.led = await ask(self, LedWanted(self.target.id))
        if self.led is not None:
            ways = (*due_ways(self.led, ways, self.board), *ways)
        heads = [number == 0 or ways[number - 1].channel != way.channel for number, way in enumerate(ways)]
        self.ways = tuple(_Numbered(number + 1, way, heads[number]) for number, way in enumerate(ways))
        self._is_read = True
        self._read()
        self.choices.show(self.ways)
        self.fit()
        self._begin_with_first()

    def _begin_with_first(self) -> None:
        """What was asked for is chosen where one channel does it, and under the cursor where several do."""
        if self._first is None:
            return
        doing = [row for row in self.ways if row.way.due == self._first]
        if len(doing) == 1:
            self.finish({"way": doing[0].way, "led": self.led})
        elif doing:
            self.choices.put_cursor(str(doing[0].number))
        else:
            self.say(f"no channel is configured for it: {', '.join(self._first.where)}")

    def _of_board(self) -> tuple[OutboxRow, ...]:
        return tuple(row for row in self.board.outbox if row.target == self.target.id)

    def parts(self, cells: int) -> Sequence[Part]:
        """The incident's facts give way to the list."""
        told = self._targets(cells)
        rows = max(1, min(max(MOST, self.size.height - AROUND), len(self.ways)))
        return (
            Part(self.query_one("#targets"), len(told) + 1, 1),
            Part(self.choices, rows, min(4, rows)),
            Part(self.query_one("#reach"), 1 + max((len(self._reach(row, cells)) for row in self.ways), default=2), 1),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` opens the form."""
        return (("enter", "write"), (up_down(self), "choose"), ("esc", "leave"))

    def draw(self) -> None:
        """The incident, and whom the row reaches."""
        self.query_one("#targets", Block).show([*self._targets(self.inner), BLANK])
        self._draw_reach()

    def _targets(self, cells: int) -> list[Words]:
        return target_lines((self.target,), self.first_board, cells, look_of(self).signs)

    def _draw_reach(self) -> None:
        row = self.choices.cursor
        block = self.query_one("#reach", Block)
        if row is None:
            block.show([])
            return
        lines = self._reach(row, self.inner)
        room = block.styles.height
        block.show([BLANK, *lines] if room is not None and room.value > len(lines) else lines)

    @staticmethod
    def _reach(row: _Numbered, cells: int) -> list[Words]:
        """Whom it reaches, then by which rule it is due, why it cannot be begun, or what was done there before."""
        way = row.way
        before = "" if way.verb is Verb.TICK else "reaches "
        told = way.why_not or (way.due.rule if way.due is not None else way.note)
        why: Words = (Span(told, "stale" if way.why_not else "dim"),)
        # A number that is dialled by hand has no room in the list.
        whole: Words = (Span(way.does, "strong"),)
        return [
            *(wrap_words(whole, cells) if way.verb is Verb.TICK else ()),
            *wrap_words((Span(before, "label"), Span(reached(way, way.fill))), cells),
            *(wrap_words(why, cells) if told else ()),
        ]

    def _columns_of(self, cells: int) -> Sequence[Column[_Numbered]]:
        names = min(16, max((width(row.way.channel.name) for row in self.ways), default=6))
        does = max((width(row.way.does) for row in self.ways), default=8)
        columns: list[Column[_Numbered]] = [
            Column("", 1, lambda row, look: (Span(str(row.number) if row.number < 10 else "", "key"),)),
            Column("", names, lambda row, look: (Span(row.way.channel.name if row.head else "", "strong"),)),
        ]
        if cells >= 60:
            columns.append(Column("", min(does, max(28, cells - names - 32)), self._does, here=True, gap=2))
            columns.append(Column("", 0, self._note, gap=2))
        else:
            columns.append(Column("", 0, self._does, here=True))
        return columns

    @staticmethod
    def _does(row: _Numbered, look: object) -> Words:
        return (Span(row.way.does, "dim" if row.way.why_not else "text"),)

    def _note(self, row: _Numbered, look: object) -> Words:
        due = row.way.due
        if due is not None:
            return reminder_time(due, self.board.minute, self.board.zone)
        return (Span(row.way.why_not or row.way.note or row.way.where, "stale" if row.way.why_not else "dim"),)

    def _nothing(self) -> Words:
        if self._why_unread:
            return (Span(f"not known what was told already: {self._why_unread}", "error"),)
        told = "no channel can tell or make anything" if self._is_read else "what was told already is being read"
        return (Span(told, "dim"),)

    def on_key(self, event: events.Key) -> None:
        """Nothing can be chosen before the list is there: a key that meant a line of it is not silently lost."""
        if not self._is_read and not self._why_unread:
            event.prevent_default()
            self.say("the list is not there yet: that key did nothing")

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Somebody else is reached."""
        event.stop()
        self._draw_reach()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter``, or a double click."""
        event.stop()
        row = self.choices.cursor
        if row is None:
            return
        if row.way.why_not:
            self.say(f"{row.way.why_not}: wait for it, or look at the outbox")
        else:
            self.finish({"way": row.way, "led": self.led})
