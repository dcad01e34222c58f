"""The outbox: every action, how it stands, what its system answered; those that wait for a person first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from oncall_tui.actions import BY_ID, Scope
from oncall_tui.board import Board
from oncall_tui.model import OF_SCHEDULES, OutboxRow, OutboxState, Verb
from oncall_tui.text import width
from screens.audit_words import audit_lines
from screens.base import COMMON, OncallScreen
from screens.outbox_words import is_held, meant, needs_decision, sign_span, stands, state_span
from screens.requests import Answer, AuditWanted, OutboxRequested, QuestionFailed, ask
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column, ListTable, grown
from widgets.textpane import TextPane, awaits, wrap_words
from widgets.theme import Look
from widgets.words import VERB_WORD, age, clock


def in_order(rows: Sequence[OutboxRow]) -> tuple[OutboxRow, ...]:
    """Held ones first, oldest first; then those refused or unknown, those on their way, and what has ended, newest
    first."""
    held = [row for row in rows if is_held(row)]
    failed = [row for row in rows if needs_decision(row) and not is_held(row)]
    going = [row for row in rows if row.pending and not is_held(row)]
    ended = [row for row in rows if not row.pending and not needs_decision(row)]
    ended.sort(key=lambda row: row.answered_at or row.created_at, reverse=True)
    return (*held, *failed, *going, *ended)


class OutboxList(ListTable[OutboxRow]):
    """One action a line."""

    NAME = "Outbox"
    DEFAULT_CSS = """
    OutboxList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None
        self.audit_key = ""
        """The key that leads to the audit."""

    def show_board(self, board: Board) -> None:
        """Show the board's outbox."""
        self.board = board
        self.show(in_order(board.outbox))

    def key_of(self, row: OutboxRow) -> str:
        """The action's key."""
        return row.key

    def counts(self, look: Look) -> list[Words]:
        """How many wait for the person, failed, are on their way."""
        held = sum(1 for row in self.rows if is_held(row))
        failed = sum(1 for row in self.rows if needs_decision(row)) - held
        going = sum(1 for row in self.rows if row.pending) - held
        return [
            (Span(f"{held} wait{'s' if held == 1 else ''} for you", "stale"),) if held else BLANK,
            (Span(f"{failed} failed", "refused"),) if failed else BLANK,
            (Span(f"{going} queued", "pending"),) if going else BLANK,
        ]

    def freshness(self, look: Look) -> Words:
        """Who sends, when it is not this process; else where the audit is."""
        sender = self.board.counts.sender if self.board is not None else None
        if sender:
            return (Span(f"sent by {sender}", "dim"),)
        return (
            (Span(self.audit_key, "key"), Span(" audit", "dim")) if self.audit_key and self.size.width >= 60 else BLANK
        )

    def columns(self, cells: int) -> Sequence[Column[OutboxRow]]:
        """State, verb, target, answer, age."""
        short = cells < 60
        states = max((width(_state(row, short).text) for row in self.rows), default=8)
        verbs = max((width(VERB_WORD[row.verb]) for row in self.rows), default=8)
        columns: list[Column[OutboxRow]] = [
            Column("", 1, lambda row, look: (sign_span(row, look.signs),)),
            Column("State", max(5, states), lambda row, look: (_state(row, short),)),
            Column("Action", max(6, verbs), lambda row, look: (Span(VERB_WORD[row.verb], "strong"),)),
            Column("On", 0, lambda row, look: (Span(row.target_title),), here=True),
        ]
        if cells >= 76:
            columns.append(Column("Answer", cells // 3, self._answer, gap=2))
        columns.append(Column("Age", 4, self._age, right=True))
        return grown(columns, cells)

    def row_role(self, row: OutboxRow) -> str | None:
        """What has ended steps back."""
        return None if row.pending or needs_decision(row) else "resolved"

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nothing waits."""
        return ((Span("nothing was done in the last hour, and nothing waits", "dim"),),)

    def _answer(self, row: OutboxRow, look: Look) -> Words:
        return (Span(row.held or row.answer or "", "stale" if row.held else "dim"),)

    def _age(self, row: OutboxRow, look: Look) -> Words:
        return (Span(age(row.created_at, self.board.minute) if self.board is not None else "", "dim"),)


def _can_be_note(row: OutboxRow) -> bool:
    """Its target has a timeline to write on."""
    elsewhere = OF_SCHEDULES | {Verb.SILENCE, Verb.EXPIRE_SILENCE}
    about_incident = row.verb not in elsewhere and not row.target.startswith("local:")
    return about_incident and row.verb is not Verb.NOTE


ROW_ACTIONS = ("outbox_retry", "outbox_cancel", "outbox_note")
"""What can become of an action, as far as a person decides it."""
_NO_ROW = "nothing under the cursor"


def why_not(action_id: str, row: OutboxRow) -> str | None:
    """Why one of :data:`ROW_ACTIONS` cannot be done to an action as it stands; ``None``: it can. Pure."""
    match action_id:
        case "outbox_note" if row.verb is Verb.NOTE:
            return "it is a note already"
        case "outbox_note" if not _can_be_note(row):
            return f"{row.target_title} has no timeline to write on"
        case "outbox_cancel" if row.state is OutboxState.SENDING:
            return "it is being sent"
        case "outbox_cancel" if row.pending:
            return None
    if needs_decision(row):
        return None
    if action_id == "outbox_note":
        return f"{BY_ID['outbox_note'].title.lower()} is for those that wait or failed"
    return "on its way already" if row.pending else f"it has ended: {row.state.value}"


def _state(row: OutboxRow, short: bool) -> Span:
    word = state_span(row)
    return word._replace(text="held") if short and is_held(row) else word


class OutboxScreen(OncallScreen[None]):
    """The list, and the action under the cursor in full."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "outbox_retry",
        "outbox_cancel",
        "outbox_note",
        "next_pane",
        "previous_pane",
        "back",
        *(one for one in COMMON if one not in ("outbox", "schedule")),
    )
    DEFAULT_CSS = """
    OutboxScreen #body { layout: vertical; }
    OutboxScreen #action { height: 9; }
    OutboxScreen #audit { height: 1fr; display: none; }
    OutboxScreen.-audit #audit { display: block; }
    OutboxScreen.-audit #actions, OutboxScreen.-audit #action { display: none; }
    """

    def compose_body(self) -> ComposeResult:
        """List above, action below; the audit in place of both."""
        yield OutboxList(id="actions")
        yield TextPane(id="action")
        yield TextPane(id="audit")

    @property
    def rows(self) -> OutboxList:
        """The actions."""
        return self.query_one(OutboxList)

    def on_mount(self) -> None:
        """The keys go to the list."""
        self.rows.audit_key = self.key_map.shown("next_pane")
        self.rows.focus()

    def on_resize(self) -> None:
        """In a low terminal the list alone."""
        self.query_one("#action").styles.height = 9 if self.size.height >= 18 else 0

    def live_scopes(self) -> frozenset[Scope]:
        """Those of actions in the outbox; in the audit nothing can be done."""
        return frozenset({Scope.VIEW} if self.has_class("-audit") else {Scope.OUTBOX, Scope.VIEW})

    def show_board(self, board: Board) -> None:
        """The board's outbox."""
        self.rows.show_board(board)
        self._show_action()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another action in full, with its own keys."""
        event.stop()
        self._show_action()
        self.show_footer()

    def absent(self) -> dict[str, str]:
        """What cannot become of the action under the cursor, as it stands."""
        row = self.rows.cursor
        found = {one: _NO_ROW if row is None else why_not(one, row) for one in ROW_ACTIONS}
        return {**super().absent(), **{one: why for one, why in found.items() if why is not None}}

    def _show_action(self) -> None:
        row = self.rows.cursor
        title: Words = (Span(f"Action {row.key}" if row is not None else "Action", "title"),)
        self.query_one("#action", TextPane).show(lambda cells, look: self._told(row, cells, look), title=title)

    def _told(self, row: OutboxRow | None, cells: int, look: Look) -> list[Words]:
        board = self.board
        if row is None or board is None:
            return awaits("the action under the cursor: what was meant, how it stands, what can become of it", cells)
        lines = [
            *wrap_words((Span(meant(row), "strong"),), cells),
            *wrap_words((Span(row.target_title), Span(f"  {row.target}", "dim")), cells),
            *wrap_words((Span(stands(row, board.minute, board.zone), state_span(row).role),), cells),
        ]
        question = self.question(row)
        if question:
            lines += wrap_words(question, cells)
        told = f"by {row.seat} {self._when(row)}"
        if row.attempts and row.sent_at is not None:
            times = "once" if row.attempts == 1 else f"{row.attempts} times"
            told += f", sent {times}, last {clock(row.sent_at, board.minute, board.zone)}"
        lines += wrap_words((Span(told, "dim"),), cells)
        return lines

    def question(self, row: OutboxRow) -> Words:
        """What the person has to decide, with the keys; empty where there is nothing to decide."""
        if not needs_decision(row):
            return BLANK
        shown = self.key_map.shown
        again = "send it" if is_held(row) else "send it again"
        away = "drop it" if is_held(row) else "take it off the list"
        words: list[Span] = []
        for action_id, does in zip(ROW_ACTIONS, (again, away, "turn it into a note"), strict=True):
            if why_not(action_id, row) is not None:
                continue
            words += [Span("   ")] if words else []
            words += [Span(shown(action_id), "key"), Span(f" {does}")]
        return tuple(words)

    # -- audit -----------------------------------------------------------------------------------------------

    def do_next_pane(self) -> None:
        """The audit, and back."""
        audit = not self.has_class("-audit")
        self.set_class(audit, "-audit")
        (self.query_one("#audit", TextPane) if audit else self.rows).focus()
        self.facts_changed()
        self.show_footer()

    def do_previous_pane(self) -> None:
        """The same: there are two."""
        self.do_next_pane()

    def do_back(self) -> None:
        """Out of the audit first."""
        if self.has_class("-audit"):
            self.do_next_pane()
        else:
            super().do_back()

    def facts_changed(self) -> None:
        """The audit is not on the board: ask for it while it is shown."""
        if self.has_class("-audit"):
            self.run_worker(self._ask_audit(), exclusive=True, group="audit", exit_on_error=False)

    async def _ask_audit(self) -> None:
        try:
            lines = await ask(self, AuditWanted())
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        board = self.board
        if board is None:
            return
        shown = sorted(lines, key=lambda line: line.at, reverse=True)
        self.query_one("#audit", TextPane).show(
            lambda cells, look: audit_lines(shown, board, cells),
            title=(Span("Audit", "title"), Span(f"  the latest {len(shown)} entries, newest first", "dim")),
        )

    # -- actions ---------------------------------------------------------------------------------------------

    def _aimed(self, action_id: str) -> OutboxRow | None:
        """The action under the cursor; says why there is none, or why that cannot be done to it."""
        if self.has_class("-audit"):
            self.say("the audit is for reading: tab goes to the actions", "stale")
            return None
        if self.rows.lost:
            self.say("gone from under the cursor; move to choose another", "error")
            return None
        row = self.rows.cursor
        if row is None:
            self.say(_NO_ROW, "stale")
            return None
        if not self._may_act():
            return None
        why = why_not(action_id, row)
        if why is not None:
            self.say(why, "stale")
        return row if why is None else None

    def _may_act(self) -> bool:
        if self.board is not None and self.board.seat.read_only:
            self.say("read-only seat: nothing is sent, nothing dropped", "error")
            return False
        return True

    def do_outbox_retry(self) -> None:
        """Send it now, whatever its age; asks first."""
        row = self._aimed("outbox_retry")
        if row is None:
            return
        from screens.dialogs.confirm import QuestionDialog

        assert self.board is not None
        text = [
            f"{meant(row)}",
            f"on {row.target_title} ({row.target})",
            f"Pressed {self._when(row)} by {row.seat}; {stands(row, self.board.minute, self.board.zone)}.",
        ]
        if row.state is OutboxState.UNKNOWN:
            text.append("It may have been done already: look at the target first.")
        # What is decided on is what was seen: the row is pinned by its key and state.
        self.app.push_screen(
            QuestionDialog("Send it now?", text, "send it", self.board), lambda answer: self._retry(row, answer)
        )

    def _when(self, row: OutboxRow) -> str:
        assert self.board is not None
        minute = self.board.minute
        return f"{clock(row.created_at, minute, self.board.zone)} ({age(row.created_at, minute)})"

    def _retry(self, row: OutboxRow, answer: Answer | None) -> None:
        if answer is None:
            self.say("left as it is", "dim")
            return
        now = self.board.row_of_action(row.key) if self.board is not None else None
        if now is None or not needs_decision(now):
            self.say(f"it has moved on meanwhile: {now.state.value if now is not None else 'gone'}", "error")
            return
        self.post_message(OutboxRequested("outbox_retry", row.key))

    def do_outbox_cancel(self) -> None:
        """Drop it while it has not left; take a failed one off the list."""
        row = self._aimed("outbox_cancel")
        if row is not None:
            self.post_message(OutboxRequested("outbox_cancel" if row.pending else "see_off", row.key))

    def do_outbox_note(self) -> None:
        """Write on the timeline what was meant."""
        row = self._aimed("outbox_note")
        if row is not None:
            self.post_message(OutboxRequested("outbox_note", row.key))
