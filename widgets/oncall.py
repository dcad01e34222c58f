"""The on-call pane: each team's levels, who holds them, after how long each is paged, until when, who is next."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.board import Board, Holder, OnCallTeam, PaneName
from oncall_tui.model import OnCall
from oncall_tui.records import dataclass
from oncall_tui.text import width
from widgets import words
from widgets.lines import BLANK, Span, Words
from widgets.pane import label_width
from widgets.table import Column, ListTable, grown
from widgets.theme import Look

NOBODY = "NOBODY"
"""Who holds a level that nobody holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallLine:
    """One line: a team's name, one holder of one of its levels, or a level that nobody holds."""

    key: str
    team: OnCallTeam
    holder: Holder | None = None
    repeated: bool = False
    """Another holder of the level above: its number is not said again."""
    vacant: int | None = None
    """The level that nobody holds."""

    @property
    def entry(self) -> OnCall | None:
        """What is told of the holder."""
        return self.holder.entry if self.holder is not None else None

    @property
    def doubted(self) -> str:
        """Who says so, where not all that tell of the team do."""
        if self.holder is None or len(self.holder.sources) == len(self.team.sources):
            return ""
        return ", ".join(self.holder.sources)


def on_call_lines(teams: Sequence[OnCallTeam]) -> tuple[OnCallLine, ...]:
    """The pane's lines: a heading a team, then its levels."""
    lines = []
    for team in teams:
        head = team.team
        lines.append(OnCallLine(key=head, team=team))
        before = None
        vacant = list(team.vacant)
        for number, holder in enumerate(team.holders):
            entry = holder.entry
            while vacant and vacant[0] < entry.level:
                level = vacant.pop(0)
                lines.append(OnCallLine(key=f"{head}|{level}|", team=team, vacant=level))
            lines.append(
                OnCallLine(
                    key=f"{head}|{entry.level}|{entry.person.id}|{number}",
                    team=team,
                    holder=holder,
                    repeated=entry.level == before,
                )
            )
            before = entry.level
    return tuple(lines)


class OnCallPane(ListTable[OnCallLine]):
    """The seat's teams first."""

    NUMBER = "4"
    NAME = "On call"
    HEADING = False

    board: Board | None = None
    _room = 0
    """Cells for until when and who then."""

    def show_board(self, board: Board) -> None:
        """Show the board's teams."""
        self.board = board
        lines = on_call_lines(board.on_call)
        self.show(self.rows if lines == self.rows else lines)

    def key_of(self, row: OnCallLine) -> str:
        """The line's key."""
        return row.key

    def freshness(self, look: Look) -> Words:
        """How old the pagers' word is, when it is old."""
        board = self.board
        if board is None:
            return BLANK
        return words.freshness_words(board.panes.get(PaneName.ON_CALL), board.minute, board.zone)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nobody, or nobody known yet."""
        state = None if self.board is None else self.board.panes.get(PaneName.ON_CALL)
        if state is not None and not state.served:
            return ((Span("no schedule is configured", "dim"),),)
        if state is None or state.missing:
            return ((Span("the first answer is awaited", "dim"),),)
        return ((Span("nobody is on call", "down"),),)

    def whole_row(self, row: OnCallLine, look: Look) -> Words | None:
        """A team's name, the seat's own bright."""
        if row.entry is not None or row.vacant is not None:
            return None
        name = Span(row.team.team, "title-focus" if row.team.mine else "title")
        return (name, Span(f"  {row.team.source}", "dim")) if len(row.team.sources) > 1 else (name,)

    def row_depends(self) -> object:
        """Times of day."""
        return None if self.board is None else (self.board.minute, self.board.zone)

    def columns(self, cells: int) -> Sequence[Column[OnCallLine]]:
        """Level, who, after how long, until when and who then."""
        shown = [self._who(row) for row in self.rows[:200]]
        doubted = any(row.doubted for row in self.rows[:200])
        names = label_width(shown, 6, max(8, cells * (3 if doubted else 2) // 5))
        self._room = max(0, cells - names - 3 - 5 - 2)
        columns = [
            Column[OnCallLine]("", names + 3, self._label, here=True),
            Column[OnCallLine]("", 4, self._after, right=True),
            Column[OnCallLine]("", 0, self._until, gap=2),
        ]
        if cells < 22:
            columns = [Column[OnCallLine]("", 0, self._label, here=True)]
        return grown(columns, cells)

    @staticmethod
    def _who(row: OnCallLine) -> str:
        return f"{row.entry.person.name} {row.doubted}".rstrip() if row.entry is not None else ""

    def _label(self, row: OnCallLine, look: Look) -> Words:
        holder = row.holder
        if row.vacant is not None:
            return (Span(f"{row.vacant:>2} ", "label"), Span(NOBODY, "stale" if row.team.stale else "down"))
        if holder is None:
            return BLANK
        level = " " * 2 if row.repeated else f"{holder.entry.level:>2}"
        role = "stale" if holder.stale else "you" if holder.mine else "text"
        told = (Span(f"{level} ", "label"), Span(holder.entry.person.name, role))
        return (*told, Span(f" {row.doubted}", "dim")) if row.doubted else told

    def _after(self, row: OnCallLine, look: Look) -> Words:
        holder = row.holder
        if holder is None:
            return BLANK
        if holder.mine:
            return (Span("you", "you"),)
        entry = holder.entry
        if entry.paged_after_s is None:
            return BLANK
        minutes = round(entry.paged_after_s / 60)
        return (Span("now" if minutes == 0 else f"+{minutes}m", "dim"),)

    def _until(self, row: OnCallLine, look: Look) -> Words:
        entry = row.entry
        if entry is None or self.board is None or entry.until is None:
            return BLANK
        until = Span(f"{look.signs.arrow} {words.clock(entry.until, self.board.minute, self.board.zone)}", "dim")
        following = Span(f" {entry.next_person.split(' ')[0]}" if entry.next_person else "")
        # Half a name says nothing: it is left out where it does not fit.
        return (until, following) if width(until.text) + width(following.text) <= self._room else (until,)


def summary_words(board: Board, look: Look) -> Words:
    """One line for small screens: the first team's levels in order."""
    if not board.on_call:
        return (Span("nobody known", "dim"),)
    told: list[Span] = []
    for line in on_call_lines(board.on_call[:1])[1:]:
        if line.repeated:
            continue
        if told:
            told.append(Span(f" {look.signs.arrow} ", "label"))
        if line.holder is None:
            told.append(Span(NOBODY, "down"))
            continue
        name = line.holder.entry.person.name.split(" ")[0]
        told.append(Span(f"{name}(you)" if line.holder.mine else name, "you" if line.holder.mine else "text"))
    return tuple(told)
