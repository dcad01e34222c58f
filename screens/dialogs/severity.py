"""Set the severity: by the short form of triage, whose answer can be overruled with a reason (I2), or at once by its
number; what each means by the policy, with examples, and what it makes due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.actions import BY_ID
from oncall_tui.board import Board, IncidentRow
from oncall_tui.clock import format_duration
from oncall_tui.model import Incident
from oncall_tui.policy import SeverityRule
from oncall_tui.policy.triage import triage_note
from oncall_tui.text import MAX_TITLE, clean, width, wrap
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.targets import target_lines
from screens.dialogs.triage_form import QUESTIONS, TriageForm
from screens.guard import lacks
from screens.requests import Target
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column
from widgets.theme import look_of
from widgets.words import ahead, clock, severity_words

TOLD_LINES = 5
"""Lines for what the rule under the cursor means."""


class SeverityDialog(Dialog):
    """``1`` to ``4`` go to a severity, ``enter`` sets it. Gives ``{"severity": n}``, and the note that says why where
    the form was answered; without params where the system takes no severity, or it has that one already."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(question.key, f"answer('{question.key}')", show=False) for question in QUESTIONS),
        Binding("tab,shift+tab", "turn", show=False, priority=True),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
    ]

    def __init__(self, targets: tuple[Target, ...], board: Board) -> None:
        super().__init__("Severity" if len(targets) == 1 else f"Severity of {len(targets)} incidents", board)
        self.targets = targets
        self.rules = tuple(board.policy.rule(severity) for severity in (1, 2, 3, 4))
        rows = [target.row for target in targets if isinstance(target.row, IncidentRow)]
        self.now = {row.incident.severity for row in rows}
        self.incident: Incident | None = rows[0].incident if len(rows) == 1 else None
        lacking = [lacks(BY_ID["severity"], target, board) for target in targets]
        self.lack = lacking[0] if None not in lacking else None
        """Why none of their systems takes a severity."""

    def compose_parts(self) -> ComposeResult:
        """The incident, the form and what it gives, the four, why another one, what the one under the cursor means."""
        yield Block(id="targets")
        yield TriageForm(id="form")
        yield Block(id="verdict")
        yield Choices(lambda row: str(row.severity), self._columns_of, lambda: ())
        yield Input(placeholder="why it is another one", compact=True, max_length=MAX_TITLE, select_on_focus=False)
        yield Block(id="told")

    @property
    def form(self) -> TriageForm:
        """The short form."""
        return self.query_one(TriageForm)

    @property
    def why(self) -> Input:
        """Why the form is overruled."""
        return self.query_one(Input)

    @property
    def is_overruled(self) -> bool:
        """The form gives another one than the cursor is on."""
        verdict, rule = self.form.verdict, self.choices.cursor
        return verdict is not None and rule is not None and rule.severity != verdict.computed

    @property
    def choices(self) -> Choices[SeverityRule]:
        """The four."""
        return self.query_one(Choices)

    def on_mount(self) -> None:
        """The cursor on the present one."""
        self.choices.show(self.rules)
        now = next(iter(self.now)) if len(self.now) == 1 else None
        self.choices.put_cursor(str(now or 2))
        self.choices.focus()
        self.fit()

    def parts(self, cells: int) -> Sequence[Part]:
        """What it means gives way after the incident's facts; the four stay."""
        told = target_lines(self.targets, self.first_board, cells, look_of(self).signs)
        asked = len(self.form.lines_for(cells))
        return (
            Part(self.query_one("#targets"), min(6, len(told)) + 1, 1),
            Part(self.query_one("#told"), TOLD_LINES + 2, 0),
            Part(self.query_one("#verdict"), 1 + (self.lack is not None), 1),
            Part(self.form, asked, asked),
            Part(self.why, int(self.is_overruled), int(self.is_overruled)),
            Part(self.choices, 4, 4),
        )

    def keys(self) -> Sequence[Key]:
        """Numbers and ``enter``."""
        letters = "".join(question.key for question in QUESTIONS)
        why: tuple[Key, ...] = (("tab", "why"),) if self.is_overruled else ()
        return (("enter", "set it"), (f"1-4 {up_down(self)}", "choose"), (letters, "answer"), *why, ("esc", "leave"))

    def draw(self) -> None:
        """The incident, and what the one under the cursor means."""
        block = self.query_one("#targets", Block)
        lines = target_lines(self.targets, self.first_board, self.inner, look_of(self).signs)
        if len(self.targets) > 6:
            lines = [*lines[:5], (Span(f"and {len(lines) - 5} more", "dim"),)]
        block.show(lines)
        self.query_one("#verdict", Block).show(self._verdict())
        self._draw_told()

    def _verdict(self) -> list[Words]:
        verdict = self.form.verdict
        lines: list[Words] = []
        if verdict is None:
            lines.append((Span("the answers give a severity; or choose one below", "dim"),))
        elif self.is_overruled:
            lines.append((Span(f"gives Sev{verdict.computed}: why another one?", "stale"),))
        else:
            lines.append((Span("gives ", "label"), Span(f"Sev{verdict.computed}: {verdict.reason}", "strong")))
        if self.lack is not None:
            lines.append((Span(f"{self.lack}: it goes on the timeline", "stale"),))
        return lines

    def _draw_told(self) -> None:
        rule = self.choices.cursor
        block = self.query_one("#told", Block)
        if rule is None:
            block.show(())
            return
        lines = self._told(rule)
        height = int(block.styles.height.value) if block.styles.height is not None else 0
        block.show([BLANK, *lines] if height > TOLD_LINES else lines)

    def _told(self, rule: SeverityRule) -> list[Words]:
        due = self._due(rule)
        examples = f"Such as {', '.join(rule.examples)}." if rule.examples else ""
        others = []
        if rule.participants:
            others.append(f"With {', '.join(rule.participants)}.")
        if rule.escalation:
            others.append(f"Escalates {rule.escalation}.")
        if rule.postmortem_days is not None:
            others.append(f"Post-mortem within {rule.postmortem_days} business days.")
        lines: list[Words] = [(Span(line, "strong"),) for line in wrap(due, self.inner)]
        lines += [(Span(line),) for line in wrap(examples, self.inner) if line]
        lines += [(Span(line, "dim"),) for line in wrap(" ".join(others), self.inner) if line]
        return lines

    def _due(self, rule: SeverityRule) -> str:
        respond = f"within {format_duration(rule.respond)}" if rule.respond is not None else "in business hours"
        update = f"an update every {format_duration(rule.update)}" if rule.update is not None else "updates as needed"
        resolve = f"resolved within {format_duration(rule.resolve)}"
        if self.incident is not None and self.incident.is_open:
            board = self.board
            by = self.incident.created_at + rule.resolve
            when = f"in {ahead(by, board.minute)}" if by > board.minute else "passed"
            resolve = f"resolved by {clock(by, board.minute, board.zone)} ({when})"
        return f"Acknowledged {respond}, {update}, {resolve}."

    def _columns_of(self, cells: int) -> Sequence[Column[SeverityRule]]:
        titles = max(width(rule.title) for rule in self.rules)
        columns: list[Column[SeverityRule]] = [
            Column("", 1, lambda row, look: (Span(str(row.severity), "key"),)),
            Column("", 4, lambda row, look: severity_words(row.severity), gap=2),
            Column("", min(titles, 12), lambda row, look: (Span(row.title),), here=True, gap=2),
            Column("", 0, lambda row, look: (Span(row.definition, "dim"),), gap=2),
        ]
        if self.now & {1, 2, 3, 4}:
            columns.append(
                Column("", 3, lambda row, look: (Span("now" if row.severity in self.now else "", "you"),), gap=1)
            )
        return columns

    def action_answer(self, key: str) -> None:
        """One of the form's letters: the cursor goes to what the answers give."""
        self.form.press(key)
        verdict = self.form.verdict
        if verdict is not None:
            self.choices.put_cursor(str(verdict.computed))
        self.choices.focus()
        self.fit()

    def action_turn(self) -> None:
        """Between the four and the reason for another one."""
        (self.why if self.is_overruled and not self.why.has_focus else self.choices).focus()

    def action_move(self, step: int) -> None:
        """Up or down."""
        self.choices.action_move(step)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another rule is told; it may be another one than the form gives."""
        event.stop()
        if bool(self.why.display) is self.is_overruled:
            self.draw()
        else:
            self.fit()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter``, or a double click."""
        event.stop()
        self.submit()

    def submit(self) -> None:
        """Set it, unless it is so already; with what the form says of it, where that was answered."""
        rule = self.choices.cursor
        if rule is None:
            return
        try:
            verdict = self.form.overruled(rule.severity, clean(self.why.value))
        except ValueError as reason:
            self.say(str(reason))
            self.why.focus()
            return
        is_so = self.now == {rule.severity}
        params = {} if is_so or self.lack is not None else {"severity": rule.severity}
        if verdict is not None:
            self.finish(params, note=triage_note(verdict))
        elif params:
            self.finish(params)
        elif is_so:
            self.say(f"it is Sev{rule.severity} already")
        else:
            self.say(f"{self.lack}: answer the form, and it goes on the timeline")
