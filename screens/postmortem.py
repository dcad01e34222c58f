"""The post-mortem of an incident (I9): the draft, made one's own, exported, sent; its action items, followed."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from textual.app import ComposeResult

from oncall_tui.actions import BY_ID, Action, Scope
from oncall_tui.board import Board
from oncall_tui.documents import Format
from oncall_tui.model import Verb
from oncall_tui.policy.writeup import done_note, item_done_note, item_note
from oncall_tui.postmortem import (
    StandingItem,
    Written,
    default_name,
    heading,
    message_of,
    target_of,
    text_name,
    to_text,
    why_no_ticket,
)
from screens.aiming import NoTarget
from screens.base import COMMON, OncallScreen
from screens.dialogs.confirm import QuestionDialog
from screens.dialogs.line import LineDialog
from screens.guard import absent
from screens.history_requests import PostmortemDiscarded, PostmortemKept, PostmortemWanted, TicketRequested
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.lead_requests import OrdersRequested, note
from screens.leading import READ_ONLY, takes_notes
from screens.postmortem_words import postmortem_lines
from screens.requests import (
    Answer,
    EditorWanted,
    FileWanted,
    QuestionFailed,
    Target,
    TellRequested,
    ask,
)
from screens.tabs.rows import Line, RowsTab
from widgets.lines import BLANK, Span, Words
from widgets.textpane import Maker


class PostmortemText(RowsTab):
    """The whole of it; the cursor stands on action items."""

    NAME = "document"
    TITLE = "Post-mortem"
    DEFAULT_CSS = """
    PostmortemText { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.headline: Words = BLANK

    def draw(self, make: Maker, aside: Words = BLANK) -> None:
        """It stands alone: its headline is its own."""
        self.show(make, title=self.headline, aside=aside)


class PostmortemScreen(OncallScreen[None]):
    """As it would be exported now. A text of one's own is kept at once, under the incident's id."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "postmortem_edit",
        "postmortem_write",
        "postmortem_item",
        "postmortem_ticket",
        "postmortem_item_done",
        "postmortem_done",
        "postmortem_export",
        "postmortem_send",
        "postmortem_reset",
        "back",
        *COMMON,
    )

    def __init__(self, incident_id: str, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.incident_id = incident_id
        self.written: Written | None = None
        self.problem: str | None = None

    def compose_body(self) -> ComposeResult:
        """The document."""
        yield PostmortemText()

    @property
    def pane(self) -> PostmortemText:
        """Where it is read."""
        return self.query_one(PostmortemText)

    def on_mount(self) -> None:
        """What the store has of it."""
        self.pane.focus()
        self.facts_changed()

    def live_scopes(self) -> frozenset[Scope]:
        """Those of post-mortems."""
        return frozenset({Scope.WRITE_UP, Scope.VIEW})

    # -- facts -----------------------------------------------------------------------------------------------

    def facts_changed(self) -> None:
        """Ask for it anew."""
        self.run_worker(self._ask(), exclusive=True, group="postmortem", exit_on_error=False)

    async def _ask(self) -> None:
        try:
            written = await ask(self, PostmortemWanted(self.incident_id))
        except QuestionFailed as reason:
            self.problem = str(reason)
        else:
            self.problem = None if written is not None else f"nothing is known of {self.incident_id}"
            self.written = written
        self._draw()

    def show_board(self, board: Board) -> None:
        """The minute has moved."""
        self._draw()

    def _draw(self) -> None:
        board, written = self.board, self.written
        if board is None or not self.is_mounted:
            return
        self.pane.headline = self._title(written)
        if written is None:
            words = (Span(self.problem or "being written", "stale" if self.problem else "dim"),)
            self.pane.draw_lines(lambda cells, look: [Line(words)])
            return
        problem = [Line((Span(self.problem, "stale"),))] if self.problem else []
        self.pane.draw_lines(
            lambda cells, look: [*problem, *(Line(*one) for one in postmortem_lines(written, board, cells, look))],
            aside=self._aside(written),
        )
        self.show_footer()

    @staticmethod
    def _title(written: Written | None) -> Words:
        if written is None:
            return (Span("Post-mortem", "title"),)
        incident = written.document.incident
        return (
            Span("Post-mortem", "title"),
            Span(f" {incident.number or incident.native_id} {incident.title}", "text"),
        )

    @staticmethod
    def _aside(written: Written) -> Words:
        document = written.document
        if document.is_overdue:
            return (Span("OVERDUE", "overdue"),)
        return (Span("written", "good"),) if document.written is not None else BLANK

    def _ready(self) -> tuple[Written, Board] | None:
        if self.written is None or self.board is None:
            self.say(self.problem or "the draft is not here yet", "stale")
            return None
        return self.written, self.board

    def aim(self, action: Action) -> tuple[Target, ...]:
        """The incident, as its post-mortem is of it.

        Raises:
            NoTarget: nothing is known of it.
        """
        if self.written is None:
            raise NoTarget(self.problem or "the draft is not here yet")
        incident = self.written.document.incident
        service = incident.service.name if incident.service is not None else None
        return (Target(id=incident.id, source=incident.source, title=incident.title, service=service),)

    # -- the text --------------------------------------------------------------------------------------------

    def _may_rewrite(self) -> tuple[Written, Board] | None:
        if self.board is not None and self.board.seat.read_only:
            self.say("read-only seat: the post-mortem is not rewritten", "error")
            return None
        return self._ready()

    def do_postmortem_edit(self) -> None:
        """The whole of it in ``$EDITOR``."""
        found = self._may_rewrite()
        if found is not None:
            self.run_worker(self._edit(found[0]), exclusive=True, group="editor", exit_on_error=False)

    async def _edit(self, written: Written) -> None:
        try:
            edited = await ask(self, EditorWanted(written.text, ".md"))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        if edited is None:
            self.say("unchanged", "dim")
        elif not edited.strip():
            self.say("an empty text was not taken; the post-mortem is as it was", "stale")
        else:
            self.post_message(PostmortemKept(self.incident_id, edited))

    def do_postmortem_write(self) -> None:
        """The whole of it, here."""
        found = self._may_rewrite()
        if found is None:
            return
        from screens.dialogs.document import DocumentDialog

        written, board = found

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self.say("left; what you typed is there the next time", "dim")
            elif answer.params["text"] == written.text:
                self.say("unchanged", "dim")
            else:
                self.post_message(PostmortemKept(self.incident_id, answer.params["text"]))

        self.app.push_screen(DocumentDialog("Post-mortem", written.text, text_name(self.incident_id), board), answered)

    def do_postmortem_reset(self) -> None:
        """Back to the draft that writes itself; asks first."""
        found = self._may_rewrite()
        if found is None:
            return
        written, board = found
        if not written.is_edited:
            self.say("nothing was rewritten", "stale")
            return
        told = [
            f"The text that you wrote is dropped: {len(written.text.split())} words.",
            "The draft writes itself again.",
        ]

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self.post_message(PostmortemDiscarded(self.incident_id))

        self.app.push_screen(QuestionDialog("Discard your text?", told, "discard", board), answered)

    # -- action items ----------------------------------------------------------------------------------------

    def _may_note(self) -> tuple[Written, Board, Target] | None:
        found = self._ready()
        if found is None:
            return None
        written, board = found
        (target,) = self.aim(BY_ID["note"])
        why = READ_ONLY if board.seat.read_only else takes_notes(target, board)
        if why is not None:
            self.say(why, "error")
            return None
        return written, board, target

    def _item(self) -> StandingItem | None:
        """The action item under the cursor."""
        items = self.written.document.standing if self.written is not None else ()
        one = next((one for one in items if one.key == self.pane.cursor), None)
        if one is None:
            self.say("choose an action item; " + self._how_to_add() if not items else "choose an action item", "stale")
        return one

    def _how_to_add(self) -> str:
        return f"none is noted: {self.key_map.shown('postmortem_item')} notes one"

    def do_postmortem_item(self) -> None:
        """One more, as a note on the timeline."""
        found = self._may_note()
        if found is None:
            return
        _, board, target = found
        told = "On the incident's timeline, where everybody sees it. (owner: Bob, due: 2026-12-24) is recognised."

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                text = item_note(answer.params["text"])
                self.post_message(OrdersRequested("action item", [note(target, text)]))

        self.app.push_screen(LineDialog("Action item", told, board), answered)

    def do_postmortem_item_done(self) -> None:
        """The one under the cursor is done, as a note on the timeline."""
        found = self._may_note()
        one = self._item() if found is not None else None
        if found is None or one is None:
            return
        if one.done:
            self.say("it is done already", "dim")
            return
        self.post_message(OrdersRequested("done", [note(found[2], item_done_note(one.noted))]))

    def do_postmortem_ticket(self) -> None:
        """A ticket of the one under the cursor; asks where and shows it first."""
        found = self._ready()
        one = self._item() if found is not None else None
        if found is None or one is None:
            return
        board = found[1]
        why = READ_ONLY if board.seat.read_only else absent(BY_ID["postmortem_ticket"], board) or why_no_ticket(one)
        if why is not None:
            self.say(why, "error")
            return
        from screens.dialogs.ticket import TicketDialog

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self.say("ticket: left undone", "dim")
            else:
                self.post_message(TicketRequested(self.incident_id, one.key, answer.params["channel"]))

        self.app.push_screen(TicketDialog(one, board), answered)

    def do_postmortem_done(self) -> None:
        """It is written, and where: a note on the timeline."""
        found = self._may_note()
        if found is None:
            return
        written, board, target = found
        if written.document.written is not None:
            self.say(f"it is written already: {written.document.written.text or 'done'}", "dim")
            return
        told = "Where it is: an address or a name; 'done' where it has none. On the incident's timeline."

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                text = done_note(answer.params["text"])
                self.post_message(OrdersRequested("post-mortem written", [note(target, text)]))

        self.app.push_screen(LineDialog("The post-mortem is written", told, board, does="note it"), answered)

    # -- export and send -------------------------------------------------------------------------------------

    def do_postmortem_export(self) -> None:
        """Choose form and name; then the file is written."""
        found = self._ready()
        if found is None:
            return
        from screens.dialogs.export import ExportDialog

        written, board = found

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self.run_worker(self._export(written, answer.params), group="export", exit_on_error=False)

        default = default_name(written.document, board.zone)
        self.app.push_screen(ExportDialog(default, board, title="Export the post-mortem"), answered)

    async def _export(self, written: Written, params: Any) -> None:
        kind = cast(Format, params["format"])
        text = to_text(written.document, written.text, kind, is_edited=written.is_edited)
        try:
            path = await ask(self, FileWanted(params["name"], text))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
        else:
            self.say_written(path)

    def do_postmortem_send(self) -> None:
        """Choose a channel; then it is sent as it is now."""
        found = self._ready()
        if found is None:
            return
        written, board = found
        why = absent(BY_ID["postmortem_send"], board) or (READ_ONLY if board.seat.read_only else None)
        if why is not None:
            self.say(why, "error")
            return
        from screens.dialogs.send_handover import SendHandoverDialog

        told = f"{heading(written.document)}: {len(written.text.split())} words, as they stand here now."

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self.say("send: left undone", "dim")
            else:
                self._send_it(written, answer.params)

        self.app.push_screen(SendHandoverDialog(told, board, title="Send the post-mortem"), answered)

    def _send_it(self, written: Written, params: Any) -> None:
        channel = params["channel"]
        message = message_of(written.document, written.text, html=channel.html)
        self.post_message(
            TellRequested(
                Verb.MESSAGE,
                channel.name,
                target_of(self.incident_id),
                str(message["subject"]),
                {**message, "to": params["to"], "room": params["room"]},
            )
        )
