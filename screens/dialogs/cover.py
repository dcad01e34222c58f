"""Cover a turn: from when, until when, who; what changes by it, before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import Board
from oncall_tui.clock import zone_named
from oncall_tui.model import Directory, Person
from oncall_tui.schedule import Rotation
from oncall_tui.schedule.cover import Cover, cover_of, parse_ahead, preview, replaced
from oncall_tui.schedule.render import when
from oncall_tui.text import wrap
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.people import PeopleList, matching
from screens.requests import Target
from widgets.lines import Span, Words
from widgets.messages import CursorMoved

PREVIEW = 4
"""Lines of what changes."""


class CoverDialog(Dialog):
    """Three lines and a list. Gives the params of an override."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other(1)", show=False, priority=True),
        Binding("shift+tab", "other(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(
        self, target: Target, rotation: Rotation, schedule_id: str, start: datetime, end: datetime, board: Board
    ) -> None:
        super().__init__(f"Cover {target.title}", board)
        self.rotation = rotation
        self.schedule_id = schedule_id
        self.start = max(start, board.minute)
        self.end = end
        self.directory = board.directories.get(target.source, Directory())
        held = {one.was.id for one in replaced(rotation, schedule_id, self.start, end) if one.was is not None}
        self.people = tuple(sorted(self.directory.people, key=lambda person: person.id in held))
        # What is in the lines at first is exact, also in the hour that clocks show twice.
        self.exact = {self._shown(at): at for at in (self.start, self.end)}

    def _shown(self, at: datetime) -> str:
        return f"{at.astimezone(self.first_board.zone):%Y-%m-%d %H:%M}"

    def compose_parts(self) -> ComposeResult:
        """The lines, each under its name, the people, what changes."""
        yield Block(id="from-label")
        yield Input(self._shown(self.start), compact=True, max_length=40, select_on_focus=False, id="from")
        yield Block(id="until-label")
        yield Input(self._shown(self.end), compact=True, max_length=40, select_on_focus=False, id="until")
        yield Block(id="who-label")
        yield Input(placeholder="type a name", compact=True, max_length=80, select_on_focus=False, id="who")
        yield PeopleList(self.rotation.source, self.first_board)
        yield Block(id="changes")

    @property
    def choices(self) -> Choices[Person]:
        """The people."""
        return self.query_one(PeopleList)

    def _line(self, name: str) -> Input:
        return self.query_one(f"#{name}", Input)

    def on_mount(self) -> None:
        """Who is asked first: times are there already."""
        self.choices.show(self.people)
        self._line("who").focus()
        self.fit()

    def parts(self, cells: int) -> Sequence[Part]:
        """The list gives way first, then the names of the lines."""
        most = min(6, max(1, len(self.people)))
        return (
            Part(self.choices, most, min(2, most)),
            *(Part(self.query_one(f"#{name}-label"), 1, 0) for name in ("until", "from", "who")),
            Part(self.query_one("#changes"), PREVIEW + 1, 2),
            *(Part(self._line(name), 1) for name in ("from", "until", "who")),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` sends it, from every line."""
        return (("enter", "cover"), ("tab", "next line"), (up_down(self), "who"), ("esc", "leave"))

    def draw(self) -> None:
        """The names of the lines, and what changes."""
        zone = self.first_board.zone
        for name, told in (
            ("from", f"From ({zone})"),
            ("until", "Until (18:00, 4h, 2026-11-30 08:00)"),
            ("who", "Who stands in"),
        ):
            self.query_one(f"#{name}-label", Block).show([(Span(told, "label"),)])
        self._draw_changes()

    def cover(self) -> Cover:
        """What the lines say.

        Raises:
            ValueError: they say nothing that can be; one line.
        """
        zone, now = self.first_board.zone, self.board.minute
        start = self.exact.get(self._line("from").value.strip()) or parse_ahead(
            self._line("from").value, after=now, zone=zone
        )
        end = self.exact.get(self._line("until").value.strip()) or parse_ahead(
            self._line("until").value, after=max(start, now), zone=zone
        )
        if end <= now:
            raise ValueError("that is over already")
        person = self.choices.cursor
        if person is None:
            raise ValueError("nobody of that name" if self.people else "who there is in that system is not known")
        return cover_of(self.rotation, self.schedule_id, max(start, now), end, person)

    def _draw_changes(self) -> None:
        try:
            cover = self.cover()
        except ValueError as reason:
            told: list[Words] = [(Span(line, "stale"),) for line in wrap(str(reason), self.inner)]
        else:
            told = self._changes(cover)
        self.query_one("#changes", Block).show([(Span("What changes", "label"),), *told])

    def _changes(self, cover: Cover) -> list[Words]:
        lines = preview(cover, self.rotation, self.first_board.zone)
        theirs = self.directory.zones.get(cover.person.id)
        if theirs is not None:
            try:
                zone = zone_named(theirs)
            except ValueError:
                zone = self.first_board.zone
            if cover.start.astimezone(zone).utcoffset() != cover.start.astimezone(self.first_board.zone).utcoffset():
                lines.append(f"for them {when(cover.start, zone)} to {when(cover.end, zone)} ({theirs})")
        words: list[Words] = [
            (Span(part, "strong" if number == 0 else "text"),)
            for number, line in enumerate(lines)
            for part in wrap(line, self.inner)
        ]
        if len(words) > PREVIEW:
            words = [*words[: PREVIEW - 1], (Span(f"and {len(words) - PREVIEW + 1} lines more", "dim"),)]
        return words

    def typed(self, field: Input) -> None:
        """Something else would change."""
        if field.id == "who":
            self.choices.show(matching(self.people, field.value))
            self.choices.action_edge(-1)
        self._draw_changes()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Somebody else."""
        event.stop()
        self._draw_changes()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """A double click in the list."""
        event.stop()
        self.submit()

    def action_other(self, step: int) -> None:
        """To the next line."""
        lines = [self._line(name) for name in ("from", "until", "who")]
        here = next((number for number, line in enumerate(lines) if line.has_focus), 2)
        lines[(here + step) % len(lines)].focus()

    def action_move(self, step: int) -> None:
        """Up or down the list."""
        self.choices.action_move(step)

    def submit(self) -> None:
        """Send it, once it says something that can be."""
        try:
            cover = self.cover()
        except ValueError as reason:
            self.say(str(reason))
            return
        self.finish(cover.params)
