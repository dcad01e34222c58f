"""Resolve, un-acknowledge, reopen, end a silence: what it is, who is woken, one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from oncall_tui.actions import Action
from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import Person, Silence, Verb
from oncall_tui.text import wrap
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.targets import count_words, names_of, reached, target_lines
from screens.requests import Target
from widgets.lines import BLANK, Span, Words
from widgets.theme import look_of
from widgets.words import clock

_DOES = {
    Verb.RESOLVE: "resolve",
    Verb.UNACKNOWLEDGE: "take it back",
    Verb.REOPEN: "reopen",
    Verb.EXPIRE_SILENCE: "end the silence",
}


class ConfirmDialog(Dialog):
    """``y`` does it. ``esc``, ``n`` and ``q`` leave."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y", "confirm", show=False),
        Binding("n,N,q", "leave", show=False),
    ]

    def __init__(self, action: Action, targets: tuple[Target, ...], board: Board) -> None:
        kind = "silence" if action.verb is Verb.EXPIRE_SILENCE else "incident"
        many = f": {count_words(targets, kind)}" if len(targets) > 1 else ""
        super().__init__(f"{action.title}{many}?", board)
        self.action = action
        self.targets = targets

    def compose_parts(self) -> ComposeResult:
        """What it is done to, and what follows."""
        yield Block(id="targets")
        yield Block(id="follows")

    def parts(self, cells: int) -> Sequence[Part]:
        """A long list of targets gives way."""
        told = self._targets(cells)
        follows = self._follows(cells)
        return (
            Part(self.query_one("#targets"), len(told), min(2, len(told))),
            Part(self.query_one("#follows"), len(follows), min(2, len(follows))),
        )

    def keys(self) -> Sequence[Key]:
        """One key does it."""
        assert self.action.verb is not None
        many = f" all {len(self.targets)}" if len(self.targets) > 1 else ""
        return (("y", _DOES.get(self.action.verb, self.action.title.lower()) + many), ("esc", "leave"))

    def draw(self) -> None:
        """A list that is longer than its place says how many more there are."""
        block = self.query_one("#targets", Block)
        lines = self._targets(self.inner)
        room = int(block.styles.height.value) if block.styles.height is not None else len(lines)
        if len(self.targets) > 1 and len(lines) > room:
            lines = [*lines[: room - 1], (Span(f"and {len(lines) - room + 1} more", "dim"),)]
        block.show(lines)
        self.query_one("#follows", Block).show(self._follows(self.inner))

    def action_confirm(self) -> None:
        """Do it."""
        self.finish({"resolution": None} if self.action.verb is Verb.RESOLVE else {})

    def _targets(self, cells: int) -> list[Words]:
        return target_lines(self.targets, self.first_board, cells, look_of(self).signs)

    def _follows(self, cells: int) -> list[Words]:
        told = follows(self.action, self.targets, self.first_board)
        lines: list[Words] = [(Span(line),) for text in told for line in wrap(text, cells)]
        return [BLANK, *lines, BLANK] if lines else [BLANK]


class DoubtDialog(ConfirmDialog):
    """Before what is done to one incident without asking otherwise: which it is, and what speaks against it."""

    def __init__(self, action: Action, target: Target, doubts: Sequence[str], board: Board) -> None:
        super().__init__(action, (target,), board)
        self.doubts = tuple(doubts)

    def keys(self) -> Sequence[Key]:
        """One key does it all the same."""
        return (("y", f"{self.action.title.lower()} anyway"), ("esc", "leave"))

    def _follows(self, cells: int) -> list[Words]:
        return [BLANK, *((Span(line),) for text in self.doubts for line in wrap(text, cells)), BLANK]


class QuestionDialog(Dialog):
    """A question of our own words: ``y`` does it, ``esc``, ``n`` and ``q`` leave."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y", "confirm", show=False),
        Binding("n,N,q", "leave", show=False),
    ]

    def __init__(self, title: str, text: Sequence[str], does: str, board: Board) -> None:
        super().__init__(title, board)
        self.text = tuple(text)
        self.does = does

    def compose_parts(self) -> ComposeResult:
        """The text."""
        yield Block(id="text")

    def parts(self, cells: int) -> Sequence[Part]:
        """All of it."""
        return (Part(self.query_one("#text"), len(self._lines(cells)), 1),)

    def keys(self) -> Sequence[Key]:
        """One key does it."""
        return (("y", self.does), ("esc", "leave"))

    def draw(self) -> None:
        """The text; one that is longer than its place says how much more there is."""
        block = self.query_one("#text", Block)
        lines = self._lines(self.inner)
        room = int(block.styles.height.value) if block.styles.height is not None else len(lines)
        if len(lines) > room:
            lines = [*lines[: room - 1], (Span(f"and {len(lines) - room} lines more", "dim"),)]
        block.show(lines)

    def _lines(self, cells: int) -> list[Words]:
        lines: list[Words] = []
        for number, text in enumerate(self.text):
            lines += [(Span(line, "text" if number else "strong"),) for line in wrap(text, cells)]
        return [*lines, BLANK]

    def action_confirm(self) -> None:
        """Do it."""
        self.finish({})


def follows(action: Action, targets: Sequence[Target], board: Board) -> list[str]:
    """What the action brings about, sentence by sentence: who is woken, who has it now. Pure."""
    match action.verb:
        case Verb.RESOLVE:
            return _resolving(targets, board)
        case Verb.UNACKNOWLEDGE | Verb.REOPEN:
            woken = woken_by_trigger(targets[0], board) if len(targets) == 1 else ""
            return [f"It triggers again, and the pager pages {woken}." if woken else "The pager pages again."]
        case Verb.EXPIRE_SILENCE:
            return _ending(targets, board)
    return []


def _resolving(targets: Sequence[Target], board: Board) -> list[str]:
    rows = [target.row for target in targets if isinstance(target.row, IncidentRow)]
    others = [
        row for row in rows if not any(f"{row.incident.source}:{one.id}" in board.seat.my_ids for one in _holders(row))
    ]
    told = ["Nobody is woken. The pager stops paging."]
    if others:
        who = sorted({person.name for row in others for person in _holders(row)})
        which = "It is" if len(targets) == 1 else f"{len(others)} of them are"
        told.append(f"{which} not yours, with {', '.join(who) or 'nobody'}.")
    never = [row for row in rows if not row.incident.first_acknowledged_at and not row.incident.acknowledged_by]
    if never:
        which = "It was" if len(targets) == 1 else f"{len(never)} of them were"
        told.append(f"{which} never acknowledged.")
    return told


def _holders(row: IncidentRow) -> tuple[Person, ...]:
    return row.incident.acknowledged_by or row.incident.assignees


def woken_by_trigger(target: Target, board: Board) -> str:
    """Whom the pager pages when the incident triggers anew: those it is assigned to, else those on its first level."""
    if not isinstance(target.row, IncidentRow):
        return ""
    incident = target.row.incident
    if incident.assignees:
        return ", ".join(reached(person, incident.source, board) for person in incident.assignees)
    if incident.escalation_policy is None:
        return ""
    level = incident.escalation_level or 1
    people = [
        entry.person
        for team in board.on_call
        for entry in team.rows
        if entry.source == incident.source
        and entry.policy is not None
        and entry.policy.id == incident.escalation_policy.id
        and entry.level == level
    ]
    return names_of(people, incident.source, board) if people else f"level {level} of {incident.escalation_policy.name}"


def _ending(targets: Sequence[Target], board: Board) -> list[str]:
    by_id: dict[str, Silence] = {silence.id: silence for silence in board.silences}
    for target in targets:
        if not isinstance(target.row, IncidentRow) and target.row is not None:
            by_id.update({silence.id: silence for silence in target.row.silences})
    told = []
    for target in targets:
        silence = by_id.get(target.id)
        if silence is not None:
            until = clock(silence.ends_at, board.minute, board.zone)
            told.append(f"{' '.join(silence.matchers)}: until {until}, by {silence.created_by}: {silence.comment}")
    return [*told, "What it holds back counts again, and may page."]
