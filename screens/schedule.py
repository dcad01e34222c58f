"""The schedule: who is on call in the weeks ahead, with hand-offs, overrides, gaps, overlaps, and who is next (S3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.screen import ModalScreen

from oncall_tui.actions import Action, Scope
from oncall_tui.board import Board, PaneName
from oncall_tui.model import Verb, join_id
from oncall_tui.schedule import Gap, Overlap, Rotation, Schedule, Turn
from oncall_tui.schedule.render import when
from screens import schedule_words as told
from screens.aiming import NoTarget
from screens.base import COMMON, OncallScreen
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.reading import facts_lines
from screens.requests import Answer, QuestionFailed, Target, ask
from screens.schedule_words import ScheduleLine
from screens.shift_requests import ScheduleWanted
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column, ListTable, grown
from widgets.textpane import TextPane
from widgets.theme import Look
from widgets.words import freshness_words

DAYS = 28
_TIME = 21
"""Cells of ``Mon 26 Oct 08:00 CET``, and one for zones without a name."""


class ScheduleList(ListTable[ScheduleLine]):
    """A heading a rotation, then its turns; the seat's teams first."""

    NAME = "Schedule"
    DEFAULT_CSS = """
    ScheduleList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None
        self.schedule: Schedule | None = None
        self.week = 0

    def show_schedule(self, schedule: Schedule, board: Board, week: int) -> None:
        """Show it from that week on (0: from now on)."""
        self.board, self.schedule, self.week = board, schedule, week
        lines = told.schedule_lines(schedule, told.week_start(schedule, week, board.zone))
        self.show(self.rows if lines == self.rows else lines)

    def key_of(self, row: ScheduleLine) -> str:
        """The line's key."""
        return row.key

    def counts(self, look: Look) -> list[Words]:
        """From when on, and how many gaps and overlaps there are."""
        if self.schedule is None or self.board is None:
            return []
        begins = told.week_start(self.schedule, self.week, self.board.zone)
        gaps = sum(isinstance(row.what, Gap) for row in self.rows)
        both = sum(isinstance(row.what, Overlap) for row in self.rows)
        return [
            (Span(f"from {when(begins, self.board.zone)}" if self.week else "from now", "dim"),),
            (Span(f"{gaps} gap{'' if gaps == 1 else 's'}", "down"),) if gaps else BLANK,
            (Span(f"{both} overlap{'' if both == 1 else 's'}", "soon"),) if both else BLANK,
        ]

    def freshness(self, look: Look) -> Words:
        """How old it is, when it is old; else in whose time."""
        if self.board is None:
            return BLANK
        old = freshness_words(self.board.panes.get(PaneName.ON_CALL), self.board.minute, self.board.zone)
        return old or (Span(str(self.board.zone), "dim"),)

    def whole_row(self, row: ScheduleLine, look: Look) -> Words | None:
        """A rotation's heading."""
        return told.heading_words(row.rotation, self.board, look) if row.what is None and self.board else None

    def columns(self, cells: int) -> Sequence[Column[ScheduleLine]]:
        """From, until, who, what there is to say, and the same in the person's own time."""
        columns: list[Column[ScheduleLine]] = [
            Column("", 1, self._sign),
            Column("From", _TIME, lambda row, look: self._at(row, first=True)),
        ]
        if cells >= 2 * _TIME + 16:
            columns.append(Column("Until", _TIME, lambda row, look: self._at(row, first=False)))
        columns.append(Column("Who", 0, self._who, here=True))
        far = any(told.theirs_words(row, self.board) for row in self.rows) if self.board is not None else False
        if far and cells >= 100:
            columns.append(Column("For them", 2 * _TIME - 4, self._theirs, gap=2))
        return grown(columns, cells)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """No source tells of shifts, or none of this time."""
        state = None if self.board is None else self.board.panes.get(PaneName.ON_CALL)
        if self.schedule is None or (state is not None and state.missing):
            return ((Span("the first answer is awaited", "dim"),),)
        return ((Span("no configured source tells of shifts in this time", "stale"),),)

    def _sign(self, row: ScheduleLine, look: Look) -> Words:
        if isinstance(row.what, Gap):
            return (Span(look.signs.down, "down"),)
        return (Span(look.signs.degraded, "soon"),) if isinstance(row.what, Overlap) else BLANK

    def _at(self, row: ScheduleLine, *, first: bool) -> Words:
        if row.what is None or self.board is None:
            return BLANK
        at = row.what.start if first else row.what.end
        # What is known ends there; the turn may go on.
        known = first or at < row.rotation.known_until
        return (Span(when(at, self.board.zone), "text" if known else "dim"),)

    def _who(self, row: ScheduleLine, look: Look) -> Words:
        if self.board is None:
            return BLANK
        marks = told.mark_words(row)
        return (*told.who_words(row, self.board), *((Span("  "), *marks) if marks else ()))

    def _theirs(self, row: ScheduleLine, look: Look) -> Words:
        return told.theirs_words(row, self.board) if self.board is not None else BLANK


class ScheduleScreen(OncallScreen[None]):
    """The list, and the line under the cursor in full."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "cover",
        "schedule_week_on",
        "schedule_week_back",
        "back",
        *(one for one in COMMON if one != "schedule"),
    )
    DEFAULT_CSS = """
    ScheduleScreen #body { layout: vertical; }
    ScheduleScreen #line { height: 6; }
    """

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.schedule: Schedule | None = None
        self.week = 0

    def compose_body(self) -> ComposeResult:
        """List above, line below."""
        yield ScheduleList(id="schedule")
        yield TextPane(id="line")

    @property
    def rows(self) -> ScheduleList:
        """The lines."""
        return self.query_one(ScheduleList)

    def on_mount(self) -> None:
        """The keys go to the list."""
        self.rows.focus()
        self.facts_changed()

    def on_resize(self) -> None:
        """In a low terminal the list alone."""
        self.query_one("#line").display = self.size.height >= 18

    def live_scopes(self) -> frozenset[Scope]:
        """Those of the schedule."""
        return frozenset({Scope.SCHEDULE, Scope.VIEW})

    def facts_changed(self) -> None:
        """Ask for the schedule anew."""
        self.run_worker(self._ask(), exclusive=True, group="schedule", exit_on_error=False)

    async def _ask(self) -> None:
        try:
            self.schedule = await ask(self, ScheduleWanted(DAYS))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        if self.board is not None:
            self.show_board(self.board)

    def show_board(self, board: Board) -> None:
        """The schedule as it was last told."""
        self.rows.board = board
        if self.schedule is not None:
            self.rows.show_schedule(self.schedule, board, self.week)
        self._show_line()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another line in full, and what can be done to it."""
        event.stop()
        self._show_line()
        self.show_footer()

    def _show_line(self) -> None:
        board, schedule, line = self.board, self.schedule, self.rows.cursor
        if board is None or schedule is None:
            return
        facts = told.line_facts(line, schedule, board)
        title: Words = (Span("Turn" if line is not None and line.what is not None else "Rotation", "title"),)
        self.query_one("#line", TextPane).show(lambda cells, look: facts_lines(facts, cells), title=title)

    # -- standing in -----------------------------------------------------------------------------------------

    def aim(self, action: Action) -> tuple[Target, ...]:
        """The schedule of the turn or gap under the cursor.

        Raises:
            NoTarget: neither is under it, or it is of a schedule that takes nobody else from here.
        """
        stretch = self._stretch()
        rotation, schedule_id = stretch[0], stretch[1]
        name = next((name for one, name in rotation.covered_at if one == schedule_id), rotation.team)
        return (Target(id=join_id(rotation.source, schedule_id), source=rotation.source, title=name),)

    def _stretch(self) -> tuple[Rotation, str, datetime, datetime]:
        if self.rows.lost:
            raise NoTarget("gone from under the cursor; move to choose another")
        line = self.rows.cursor
        what = line.what if line is not None else None
        if line is None or what is None or isinstance(what, Overlap):
            raise NoTarget("cover: choose a turn or a gap")
        if isinstance(what, Turn):
            schedule_id, name = what.schedule_id, what.schedule
        else:
            schedule_id, name = next(iter(line.rotation.covered_at), (None, ", ".join(line.rotation.schedules)))
        if schedule_id is None and self._takes_covers(line.rotation.source):
            raise NoTarget(f"{name}: nobody can stand in on this schedule from here: do it in {line.rotation.source}")
        return line.rotation, schedule_id or name, what.start, what.end

    def _takes_covers(self, source: str) -> bool:
        return self.board is not None and Verb.OVERRIDE.value in self.board.capabilities.get(source, ())

    def dialog(
        self, action: Action, targets: tuple[Target, ...], board: Board, doubts: tuple[str, ...]
    ) -> ModalScreen[Answer | None] | None:
        """From when, until when, who."""
        if action.id != "cover":
            return super().dialog(action, targets, board, doubts)
        from screens.dialogs.cover import CoverDialog

        rotation, schedule_id, start, end = self._stretch()
        return CoverDialog(targets[0], rotation, schedule_id, start, end, board)

    def changed_since(self, action: Action, target: Target) -> str | None:
        """A schedule does not move; it may have gone."""
        rotations = self.schedule.rotations if self.schedule is not None else ()
        known = {join_id(one.source, schedule_id) for one in rotations for schedule_id, _ in one.covered_at}
        return None if target.id in known else f"gone since the key: {target.title}"

    # -- weeks -----------------------------------------------------------------------------------------------

    def do_schedule_week_on(self) -> None:
        """From a week later on."""
        self._go(1)

    def do_schedule_week_back(self) -> None:
        """From a week earlier on."""
        self._go(-1)

    def _go(self, weeks: int) -> None:
        board, schedule = self.board, self.schedule
        if board is None or schedule is None:
            self.say("the schedule is not here yet", "stale")
            return
        last = told.last_week(schedule, board.zone)
        week = max(0, min(last, self.week + weeks))
        if week == self.week:
            self.say("nothing is known beyond this week" if weeks > 0 else "this is now", "dim")
            return
        self.week = week
        self.rows.show_schedule(schedule, board, week)
        if self.rows.lost:
            self.rows.action_edge(-1)
        self._show_line()
