"""The handover: the draft that writes itself, with what the seat adds, edits and exports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.reactive import var

from oncall_tui.actions import BY_ID, Scope
from oncall_tui.board import Board
from oncall_tui.handover import (
    Beside,
    Format,
    Handover,
    HandoverEdits,
    decode_edits,
    default_name,
    draft,
    edits_key,
    encode_edits,
    exported,
    message_of,
    target_of,
    to_markdown,
    with_item,
    with_note,
    with_text,
)
from oncall_tui.model import ShiftFacts, Verb
from screens.base import COMMON, OncallScreen
from screens.dialogs.confirm import QuestionDialog
from screens.dialogs.export import ExportDialog
from screens.dialogs.line import LineDialog
from screens.guard import absent
from screens.handover_words import document_lines
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import (
    Answer,
    EditorWanted,
    EditsWanted,
    FileWanted,
    QuestionFailed,
    ScreenRequested,
    ShiftWanted,
    TellRequested,
    ValueWanted,
    ask,
)
from screens.shift_requests import BesideWanted, EditsKept, HandoverKept
from widgets.lines import BLANK, Span, Words
from widgets.pane import separated
from widgets.textpane import TextPane
from widgets.theme import Look, look_of
from widgets.words import clock


class HandoverScreen(OncallScreen[None]):
    """The document as it would be written now. What the seat adds is kept at once, under the shift's name."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "handover_edit",
        "handover_note",
        "handover_item",
        "handover_export",
        "handover_send",
        "handover_reset",
        "handover_previous",
        "back",
        *(one for one in COMMON if one != "handover"),
    )
    DEFAULT_CSS = """
    HandoverScreen #document { height: 1fr; }
    """

    document: var[str] = var("")
    """The whole text, Markdown."""

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.handover: Handover | None = None
        self.edits = HandoverEdits()
        self._facts: ShiftFacts | None = None
        self._beside: Beside | None = None
        self._key: str | None = None
        """Under which name the edits are kept; ``None`` until they are here."""
        self._asking = False
        self._again = False

    def compose_body(self) -> ComposeResult:
        """The document."""
        yield TextPane(id="document")

    @property
    def pane(self) -> TextPane:
        """Where the document is read."""
        return self.query_one("#document", TextPane)

    def on_mount(self) -> None:
        """Read what was added before; then write the draft."""
        self.pane.focus()
        self.facts_changed()

    def live_scopes(self) -> frozenset[Scope]:
        """Those of the handover."""
        return frozenset({Scope.HANDOVER, Scope.VIEW})

    # -- facts -----------------------------------------------------------------------------------------------

    def facts_changed(self) -> None:
        """Ask anew; while an answer is awaited, once more after it."""
        if self._asking:
            self._again = True
        elif self.board is not None:
            self._asking = True
            self.run_worker(self._ask(self.board), group="shift", exit_on_error=False)

    async def _ask(self, board: Board) -> None:
        try:
            shift = board.shift
            key = edits_key(shift.start, shift.end, on_call=shift.on_call)
            if key != self._key:
                found = await ask(self, ValueWanted(key))
                if found is None and not shift.on_call:
                    # The shift has just ended: it is its handover that is given now.
                    self.edits = await ask(self, EditsWanted(shift.start, shift.end))
                else:
                    self.edits = decode_edits(found)
                self._key = key
            facts = await ask(self, ShiftWanted(shift.start, shift.end))
            try:
                self._beside = await ask(self, BesideWanted(shift.start, shift.end))
            finally:
                self._facts = facts  # with the rest of it: a minute that moves meanwhile writes no half of a draft
        except QuestionFailed as reason:
            self.say(str(reason), "error")
        finally:
            self._asking = False
        self._write()
        if self._again:
            self._again = False
            self.facts_changed()

    def show_board(self, board: Board) -> None:
        """The minute has moved."""
        self._write()

    def _write(self) -> None:
        """The draft of the facts and the edits."""
        board, facts = self.board, self._facts
        if board is None or facts is None:
            return
        self.handover = self._draft(board, facts, self.edits, self._beside)
        self.document = to_markdown(self.handover, board.zone)
        self._show()

    @staticmethod
    def _draft(board: Board, facts: ShiftFacts, edits: HandoverEdits, beside: Beside | None) -> Handover:
        user = board.seat.user or board.seat.name
        on_call = board.shift.on_call
        return draft(facts, user=user, on_call=on_call, now=board.minute, zone=board.zone, edits=edits, beside=beside)

    def _show(self) -> None:
        document = self.document
        look = look_of(self)
        self.pane.show(
            lambda cells, look: document_lines(document, min(cells, 110), look),
            title=(Span("Handover", "title"), Span(f" {look.signs.frame.across} ", "faint"), *self._counts(look)),
            aside=self._shift(),
        )

    def _counts(self, look: Look) -> Words:
        handover, board = self.handover, self.board
        if handover is None or board is None:
            return BLANK
        total = handover.counts["total"]
        parts: list[Words] = [
            (Span(f"{total} incident{'' if total == 1 else 's'}", "text"),),
            (Span(f"{len(handover.open)} open", "triggered" if handover.open else "dim"),),
            (Span(f"{len(handover.action_items)} to do", "text"),) if handover.action_items else BLANK,
        ]
        if self.edits.text is not None:
            at = f" {clock(self.edits.text_at, board.minute, board.zone)}" if self.edits.text_at is not None else ""
            parts.append((Span(f"rewritten{at}", "match"),))
        return separated(parts, look.signs.dot)

    def _shift(self) -> Words:
        board = self.board
        if board is None:
            return BLANK
        start, end = (clock(at, board.minute, board.zone) for at in (board.shift.start, board.shift.end))
        arrow = look_of(self).signs.arrow
        if board.shift.on_call:
            return (Span(f"{start} {arrow} {end}", "dim"),)
        return (Span(f"not on call: {start} {arrow} {end}", "stale"),)

    # -- adding and editing ----------------------------------------------------------------------------------

    def _keep(self, edits: HandoverEdits) -> None:
        """Take the edits, keep them, write anew."""
        assert self._key is not None, "nothing is edited before the kept edits are here"
        self.edits = edits
        kept = EditsKept(self._key, encode_edits(edits))
        self.run_worker(self._keep_here(kept), group="keeping", exit_on_error=False)
        self._write()

    async def _keep_here(self, question: EditsKept) -> None:
        try:
            await ask(self, question)
        except QuestionFailed as reason:
            self.say(str(reason), "error")

    def _ready(self) -> bool:
        if self.board is None or self.handover is None or self._key is None:
            self.say("the draft is not here yet", "stale")
            return False
        return True

    def _may_edit(self) -> bool:
        if self.board is not None and self.board.seat.read_only:
            self.say("read-only seat: the handover is not edited", "error")
            return False
        return self._ready()

    def do_handover_note(self) -> None:
        """A line for the next seat."""
        told = "For the next seat: what to watch, what is not finished, whom to ask."
        self._add_line("Note for the next seat", told, with_note)

    def do_handover_item(self) -> None:
        """A line under the action items."""
        told = "What is left to do. A ticket (OPS-123) and an owner (@bob, owner: Bob) are recognised."
        self._add_line("Action item", told, with_item)

    def _add_line(self, title: str, told: str, add: Callable[[HandoverEdits, str], HandoverEdits]) -> None:
        if not self._may_edit():
            return
        assert self.board is not None

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self._keep(add(self.edits, answer.params["text"]))
                self.say(f"added: {answer.params['text']}", "good")

        self.app.push_screen(LineDialog(title, told, self.board), answered)

    def do_handover_edit(self) -> None:
        """The whole document in ``$EDITOR``."""
        if self._may_edit():
            self.run_worker(self._edit(), exclusive=True, group="editor", exit_on_error=False)

    async def _edit(self) -> None:
        try:
            edited = await ask(self, EditorWanted(self.document, ".md"))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        if edited is None:
            self.say("unchanged", "dim")
        elif not edited.strip():
            self.say("an empty text was not taken; the document is as it was", "stale")
        elif self.board is not None:
            self._keep(with_text(self.edits, edited, self.board.minute))
            self.say(f"taken; {self.key_map.shown('handover_reset')} goes back to the draft that writes itself", "good")

    def do_handover_reset(self) -> None:
        """Back to the draft that writes itself; asks first."""
        if not self._may_edit():
            return
        assert self.board is not None
        edits = self.edits
        lines = len(edits.notes) + len(edits.items)
        if edits.text is not None:
            told = [f"The text that you rewrote is dropped: {len(edits.text.split())} words."]
            told.append("The draft writes itself again" + (f", with your {lines} added lines." if lines else "."))
            after = HandoverEdits(notes=edits.notes, items=edits.items)
        elif lines:
            told = [f"What you added is dropped: {_count(edits.notes, 'note')}, {_count(edits.items, 'action item')}."]
            after = HandoverEdits()
        else:
            self.say("nothing was edited", "stale")
            return

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self._keep(after)
                self.say("edits discarded", "dim")

        self.app.push_screen(QuestionDialog("Discard the edits?", told, "discard", self.board), answered)

    # -- export ----------------------------------------------------------------------------------------------

    def do_handover_export(self) -> None:
        """Choose form and name; then the file is written."""
        if not self._ready():
            return
        assert self.board is not None
        user = self.board.seat.user or self.board.seat.name
        default = default_name(user, self.board.shift.end, self.board.zone, "md")

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self.run_worker(self._export(answer.params), group="export", exit_on_error=False)

        self.app.push_screen(ExportDialog(default, self.board), answered)

    async def _export(self, params: Any) -> None:
        assert self.board is not None and self.handover is not None
        handover = self.handover
        text = exported(handover, cast(Format, params["format"]), self.board.zone)
        try:
            path = await ask(self, FileWanted(params["name"], text))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.say_written(path)
        self.post_message(HandoverKept(handover, "exported"))

    # -- send ------------------------------------------------------------------------------------------------

    def do_handover_send(self) -> None:
        """Choose a channel; then it is sent as it is now."""
        board = self.board
        if board is None or not self._ready():
            return
        why = absent(BY_ID["handover_send"], board)
        if why is None and board.seat.read_only:
            why = "read-only seat: nothing is sent"
        if why is not None:
            self.say(why, "error")
            return
        from screens.dialogs.send_handover import SendHandoverDialog

        assert self.handover is not None
        # What was on the screen at the key press is what is sent.
        handover = self.handover
        start, end = (clock(at, board.minute, board.zone) for at in (handover.start, handover.end))
        told = f"{start} to {end}: {len(self.document.split())} words, as they stand here now."

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self.say("send: left undone", "dim")
            else:
                self._send_handover(handover, answer.params)

        self.app.push_screen(SendHandoverDialog(told, board), answered)

    def _send_handover(self, handover: Handover, params: Any) -> None:
        assert self.board is not None
        channel, zone = params["channel"], self.board.zone
        message = message_of(handover, zone, html=channel.html)
        self.post_message(
            TellRequested(
                Verb.MESSAGE,
                channel.name,
                target_of(handover),
                str(message["subject"]),
                {**message, "to": params["to"], "room": params["room"]},
            )
        )
        self.post_message(HandoverKept(handover, "sent"))

    # -- the one before --------------------------------------------------------------------------------------

    def do_handover_previous(self) -> None:
        """What the seat before handed over."""
        self.post_message(ScreenRequested("handed"))


def _count(lines: tuple[str, ...], what: str) -> str:
    return f"{len(lines)} {what}{'' if len(lines) == 1 else 's'}"
