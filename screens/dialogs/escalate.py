"""Escalate (A2): to a level with a preview of who is woken and when the pager would do it itself, to a person, or to
another policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import Directory, EscalationPolicy, Incident, IncidentState, Person
from oncall_tui.text import width, wrap
from screens.dialogs.choices import Choices, matches, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.levels import LevelRow, consequence, level_rows, next_level, policy_of
from screens.dialogs.people import PeopleList, matching
from screens.dialogs.targets import named, names_of, reached, target_lines
from screens.requests import Target
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column
from widgets.theme import Look, look_of

LEVEL, PERSON, POLICY = "level", "person", "policy"
_TITLES = {LEVEL: "Level", PERSON: "Person", POLICY: "Policy"}
CONSEQUENCE_LINES = 2


class EscalateDialog(Dialog):
    """Three ways, ``tab`` goes through them. Gives ``{"level": n}``, ``{"person": id, "person_name": name}`` or
    ``{"policy": id, "policy_name": name}``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "way(1)", show=False, priority=True),
        Binding("shift+tab", "way(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
    ]

    def __init__(self, target: Target, board: Board) -> None:
        super().__init__("Escalate", board)
        assert isinstance(target.row, IncidentRow), "only incidents are escalated"
        self.target = target
        self.incident: Incident = target.row.incident
        self.directory = board.directories.get(self.incident.source, Directory())
        self.policy = policy_of(self.incident, board)
        self.levels = level_rows(self.incident, self.policy, board) if self.policy is not None else ()
        self.policies = tuple(
            one
            for one in self.directory.policies
            if self.incident.escalation_policy is None or one.id != self.incident.escalation_policy.id
        )
        offered = ((LEVEL, self.levels), (PERSON, self.directory.people), (POLICY, self.policies))
        self.ways = tuple(way for way, rows in offered if rows)
        self.way = self.ways[0] if self.ways else LEVEL

    # -- parts -----------------------------------------------------------------------------------------------

    def compose_parts(self) -> ComposeResult:
        """The incident, the ways, the list of the way chosen, what follows."""
        yield Block(id="targets")
        yield Block(id="ways")
        yield Input(placeholder="type to find", compact=True, max_length=80, select_on_focus=False)
        yield Choices(lambda row: row.key, self._level_columns, lambda: (), id=LEVEL)
        yield PeopleList(self.incident.source, self.first_board, id=PERSON)
        yield Choices(lambda row: row.id, self._policy_columns, lambda: (Span("no such policy", "dim"),), id=POLICY)
        yield Block(id="follows")

    def on_mount(self) -> None:
        """Each list with all it has; the cursor on the level that comes next."""
        levels = self._list(LEVEL)
        levels.show(self.levels)
        following = next_level(self.incident, self.levels)
        if following is not None:
            levels.put_cursor(following)
        self.query_one(PeopleList).show(self.directory.people)
        self._list(POLICY).show(self.policies)
        self._take_way(self.way)

    def _list(self, way: str) -> Choices:  # type: ignore[type-arg]  # of any row type
        return self.query_one(f"#{way}", Choices)

    def parts(self, cells: int) -> Sequence[Part]:
        """The list gives way last but one: the sentence that says who is woken stays."""
        told = target_lines((self.target,), self.first_board, cells, look_of(self).signs)
        rows = {LEVEL: len(self.levels), PERSON: len(self.directory.people), POLICY: len(self.policies)}
        given = [
            Part(self.query_one("#targets"), len(told) + 1, 1),
            Part(self.query_one("#ways"), len(self._ways(cells)), 1),
        ]
        for way in (LEVEL, PERSON, POLICY):
            shown = way == self.way and way in self.ways
            given.append(Part(self._list(way), min(10, rows[way]) if shown else 0, min(3, rows[way]) if shown else 0))
        searching = self.way != LEVEL and self.way in self.ways
        given.append(Part(self.query_one(Input), 1 if searching else 0, 1 if searching else 0))
        given.append(Part(self.query_one("#follows"), CONSEQUENCE_LINES + 1, CONSEQUENCE_LINES))
        return given

    def keys(self) -> Sequence[Key]:
        """What ``enter`` would do."""
        if not self.ways:
            return (("esc", "leave"),)
        others = (("tab", "person, policy" if self.way == LEVEL else "other ways"),) if len(self.ways) > 1 else ()
        arrows = f"1-9 {up_down(self)}" if self.way == LEVEL else up_down(self)
        return (("enter", "escalate"), (arrows, "choose"), *others, ("esc", "leave"))

    def draw(self) -> None:
        """What it is about, the ways, what follows from the one under the cursor."""
        told = target_lines((self.target,), self.first_board, self.inner, look_of(self).signs)
        self.query_one("#targets", Block).show(told)
        self.query_one("#ways", Block).show(self._ways(self.inner))
        self._draw_follows()

    def _ways(self, cells: int) -> list[Words]:
        if not self.ways:
            text = f"{self.incident.source} tells no policy, no people: escalate there."
            return [(Span(line, "stale"),) for line in wrap(text, cells)]
        lines: list[Words] = []
        words: list[Span] = []
        for way in self.ways:
            words += [Span("  ")] if words else []
            words.append(Span(f" {_TITLES[way]} ", "cursor-title" if way == self.way else "dim"))
        if self.way == LEVEL and self.policy is not None:
            rounds = f", {self.policy.repeats + 1} rounds" if self.policy.repeats else ""
            words.append(Span(f"   {self.policy.name}{rounds}", "dim"))
        if LEVEL not in self.ways:
            named = self.incident.escalation_policy
            why = f"{self.incident.source} does not tell the levels of {named.name}" if named else "it has no policy"
            lines.extend((Span(line, "stale"),) for line in wrap(f"No levels: {why}.", cells))
        return [*lines, tuple(words)]

    def _draw_follows(self) -> None:
        text, role = self._follows()
        lines: list[Words] = [(Span(line, role),) for line in wrap(text, self.inner)[:CONSEQUENCE_LINES]]
        block = self.query_one("#follows", Block)
        height = block.styles.height
        block.show([BLANK, *lines] if height is not None and height.value > CONSEQUENCE_LINES else lines)

    def _follows(self) -> tuple[str, str]:
        row = self._list(self.way).cursor if self.ways else None
        if row is None:
            return "", "text"
        if isinstance(row, LevelRow):
            text, role = consequence(row, self.incident, self.first_board)
        elif isinstance(row, EscalationPolicy):
            first = min(row.levels, key=lambda one: one.level, default=None)
            who = names_of(first.people, self.incident.source, self.first_board) if first is not None else "nobody"
            text, role = f"Starts at level 1 of {row.name}: wakes {who}.", "text"
        else:
            text, role = f"Wakes {reached(row, self.incident.source, self.first_board)}.", "text"
        if self.incident.state is IncidentState.ACKNOWLEDGED and self.incident.acknowledged_by:
            text += f" {self.incident.acknowledged_by[0].name} is on it."
        return text, role

    # -- columns ---------------------------------------------------------------------------------------------

    def _level_columns(self, cells: int) -> Sequence[Column[LevelRow]]:
        whens = max((width(row.when) for row in self.levels), default=8)
        columns: list[Column[LevelRow]] = [
            Column("", 2, lambda row, look: (Span(str(row.number), "key"),)),
            Column("", 0, self._holders, here=True),
        ]
        if cells >= 64:
            columns.append(Column("", 22, _contacts, gap=2))
        columns.append(Column("", min(whens, max(8, cells // 2)), lambda row, look: (Span(row.when, row.role),), gap=2))
        return columns

    def _holders(self, row: LevelRow, look: Look) -> Words:
        if row.people:
            return (Span(names_of(row.people, self.incident.source, self.first_board)),)
        return (Span("nobody", "stale"), Span(f"  {', '.join(row.targets)}", "dim"))

    def _policy_columns(self, cells: int) -> Sequence[Column[EscalationPolicy]]:
        names = min(max((width(one.name) for one in self.policies), default=8), max(8, cells // 2))
        return [
            Column[EscalationPolicy]("", names, lambda row, look: (Span(row.name),), here=True),
            Column("", 0, self._first_level, gap=2),
        ]

    def _first_level(self, row: EscalationPolicy, look: Look) -> Words:
        people = [person for level in sorted(row.levels, key=lambda one: one.level)[:1] for person in level.people]
        return (Span(", ".join(named(one, self.incident.source, self.first_board) for one in people), "dim"),)

    # -- keys ------------------------------------------------------------------------------------------------

    def action_way(self, step: int) -> None:
        """The next way."""
        if self.ways:
            self._take_way(self.ways[(self.ways.index(self.way) + step) % len(self.ways)])

    def _take_way(self, way: str) -> None:
        self.way = way
        field = self.query_one(Input)
        field.value = ""
        self.fit()
        if self.ways:
            (self._list(LEVEL) if way == LEVEL else field).focus()

    def action_move(self, step: int) -> None:
        """Up or down the list."""
        if self.ways:
            self._list(self.way).action_move(step)

    def action_page(self, step: int) -> None:
        """A window up or down the list."""
        if self.ways:
            self._list(self.way).action_page(step)

    def typed(self, field: Input) -> None:
        """Find in the list of the way chosen; the first that fits is under the cursor."""
        if self.way == PERSON:
            people = self.query_one(PeopleList)
            people.show(matching(self.directory.people, field.value))
            people.action_edge(-1)
        elif self.way == POLICY:
            found = tuple(one for one in self.policies if matches(field.value, one.name, *one.teams))
            self._list(POLICY).show(found)
            self._list(POLICY).action_edge(-1)
        self._draw_follows()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Somebody else would be woken."""
        event.stop()
        self._draw_follows()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter`` in the list of levels, or a double click."""
        event.stop()
        self.submit()

    def submit(self) -> None:
        """Escalate to what is under the cursor."""
        row = self._list(self.way).cursor if self.ways else None
        if isinstance(row, LevelRow):
            self.finish({"level": row.number})
        elif isinstance(row, EscalationPolicy):
            self.finish({"policy": row.id, "policy_name": row.name})
        elif isinstance(row, Person):
            self.finish({"person": row.id, "person_name": row.name})
        else:
            self.say("nothing fits what was typed")


def _contacts(row: LevelRow, look: Look) -> Words:
    return (Span(", ".join(person.contact for person in row.people if person.contact), "dim"),)
