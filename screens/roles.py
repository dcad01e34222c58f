"""Roles and escalation paths, as people: who is paged after whom, who owes what, and how fast (S2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from oncall_tui.board import Board, PaneName
from oncall_tui.schedule.duties import Duty, Named, Path, Step, TeamDuties
from screens.base import COMMON, OncallScreen
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import QuestionFailed, ask
from screens.shift_requests import RolesWanted
from widgets.lines import BLANK, Span, Words
from widgets.textpane import TextPane, wrap_words
from widgets.theme import Look
from widgets.words import clock, freshness_words


class RolesScreen(OncallScreen[None]):
    """One team's (opened from the on-call pane), or all, the seat's own first."""

    ACTIONS: ClassVar[tuple[str, ...]] = ("back", *(one for one in COMMON if one != "roles"))
    DEFAULT_CSS = """
    RolesScreen #roles { height: 1fr; }
    """

    def __init__(self, team: str | None = None, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.team = team
        self.duties: tuple[TeamDuties, ...] = ()

    def compose_body(self) -> ComposeResult:
        """The text."""
        yield TextPane(id="roles")

    def on_mount(self) -> None:
        """The keys scroll it."""
        self.query_one(TextPane).focus()
        self.facts_changed()

    def facts_changed(self) -> None:
        """Ask anew."""
        self.run_worker(self._ask(), exclusive=True, group="roles", exit_on_error=False)

    async def _ask(self) -> None:
        try:
            told = await ask(self, RolesWanted())
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.duties = tuple(one for one in told if self.team in (None, one.team))
        if self.board is not None:
            self.show_board(self.board)

    def show_board(self, board: Board) -> None:
        """Draw what was told."""
        title: list[Span] = [Span("Roles and escalation", "title")]
        if self.team is not None:
            title.append(Span(f"  {self.team}", "dim"))
        aside = freshness_words(board.panes.get(PaneName.ON_CALL), board.minute, board.zone)
        self.query_one(TextPane).show(
            lambda cells, look: duty_lines(self.duties, board, cells, look), title=tuple(title), aside=aside
        )


def duty_lines(found: Sequence[TeamDuties], board: Board, cells: int, look: Look) -> list[Words]:
    """The teams one after the other. Pure."""
    if not found:
        return [(Span("no configured source tells who is on call", "stale"),)]
    lines: list[Words] = []
    for team in found:
        lines += [BLANK] if lines else []
        lines.append((Span(team.team, "title-focus" if team.mine else "strong"),))
        for path in team.paths:
            lines += _path_lines(path, board, cells, look)
        for duty in team.roles:
            lines += _role_lines(duty, cells, look)
    return lines


def _path_lines(path: Path, board: Board, cells: int, look: Look) -> list[Words]:
    again = f", repeated {path.repeats} times" if path.repeats else ""
    told = f"{path.policy} ({path.source}{again})"
    lines = wrap_words((Span("  Escalation path ", "title"), Span(told, "dim")), cells)
    for step in path.steps:
        lines += wrap_words(_step_words(step, board, look), cells, indent=12)
    return lines


def _step_words(step: Step, board: Board, look: Look) -> Words:
    after = "" if step.after_s is None else "at once" if step.after_s < 30 else f"+{round(step.after_s / 60)}m"
    words: list[Span] = [Span(f"  {step.level:>2} ", "label"), Span(f"{after:<8}", "dim"), *_people(step.people)]
    if step.until is not None:
        words.append(Span(f"  {look.signs.arrow} {clock(step.until, board.minute, board.zone)}", "dim"))
        words.append(Span(f" {step.following}" if step.following else ""))
    if not step.people and step.targets:
        words.append(Span(f"  {', '.join(step.targets)}", "dim"))
    return tuple(words)


def _people(people: Sequence[Named]) -> list[Span]:
    if not people:
        return [Span("NOBODY", "down")]
    words: list[Span] = []
    for number, one in enumerate(people):
        words += [Span(", ")] if number else []
        words.append(Span(one.name, "you" if one.mine else "text"))
        words.append(Span(" (you)" if one.mine else f" <{one.contact}>" if one.contact else "", "dim"))
    return words


def _role_lines(duty: Duty, cells: int, look: Look) -> list[Words]:
    role = duty.role
    head: list[Span] = [Span("  "), Span(role.title, "title")]
    head += [Span(f"  {role.when}", "label")] if role.when else []
    lines = wrap_words(tuple(head), cells, indent=4)
    known = (Span(f"  {duty.known_by}", "dim"),)
    who = (*_people(duty.people), *known) if duty.people else _nobody(duty)
    lines += wrap_words((Span("    "), *who), cells, indent=6)
    if duty.answers:
        lines += wrap_words((Span("    answers ", "label"), Span(duty.answers)), cells, indent=6)
    if role.owes:
        owes = f" {look.signs.dot} ".join(role.owes)
        lines += wrap_words((Span("    owes ", "label"), Span(owes)), cells, indent=6)
    if role.escalates:
        lines += wrap_words((Span("    goes on to ", "label"), Span(role.escalates)), cells, indent=6)
    return lines


def _nobody(duty: Duty) -> Words:
    """Nobody holds a level, which is wrong; or nobody is named, which may be right."""
    if duty.role.level is not None or duty.role.team is not None:
        return (Span("NOBODY", "down"), Span(f"  {duty.known_by}", "dim"))
    return (Span(duty.known_by, "dim"),)
