"""The handover before this shift, as the next seat reads it; accepted by one key, with a receipt for others (H3)."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from oncall_tui.actions import BY_ID, Scope
from oncall_tui.board import Board
from oncall_tui.handover import Handed, Kept, handed_markdown
from oncall_tui.text import clean
from screens.base import COMMON, OncallScreen
from screens.handover_words import document_lines
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import Answer, QuestionFailed, ask
from screens.shift_requests import AcceptWanted, HandedFileWanted, PreviousWanted
from widgets.lines import BLANK, Span, Words
from widgets.textpane import TextPane, wrap_words
from widgets.theme import Look, look_of
from widgets.words import clock


class HandedScreen(OncallScreen[None]):
    """What is kept, or what was read from a file; how its open incidents stand now comes first."""

    ACTIONS: ClassVar[tuple[str, ...]] = ("handed_accept", "handed_file", "back", *COMMON)
    DEFAULT_CSS = """
    HandedScreen #handed { height: 1fr; }
    """

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.kept: Kept | None = None
        """As it is kept here."""
        self.read: Handed | None = None
        """From a file; not kept before it is accepted."""
        self.is_asked = False

    def compose_body(self) -> ComposeResult:
        """The document."""
        yield TextPane(id="handed")

    def on_mount(self) -> None:
        """Read what is kept."""
        self.query_one(TextPane).focus()
        self.facts_changed()

    def live_scopes(self) -> frozenset[Scope]:
        """Those of taking over."""
        return frozenset({Scope.HANDED, Scope.VIEW})

    @property
    def handed(self) -> Handed | None:
        """What is shown."""
        return self.read or (self.kept.handed if self.kept is not None else None)

    def facts_changed(self) -> None:
        """Another window may have kept or accepted one."""
        self.run_worker(self._ask(), exclusive=True, group="handed", exit_on_error=False)

    async def _ask(self) -> None:
        try:
            self.kept = await ask(self, PreviousWanted())
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.is_asked = True
        if self.board is not None:
            self.show_board(self.board)

    def show_board(self, board: Board) -> None:
        """Draw it."""
        handed = self.handed
        title: list[Span] = [Span("Handover", "title")]
        if handed is not None:
            start, end = (clock(at, board.minute, board.zone) for at in (handed.start, handed.end))
            title.append(Span(f"  from {handed.user}, {start} {look_of(self).signs.arrow} {end}", "dim"))
        self.query_one(TextPane).show(
            lambda cells, look: self._lines(board, min(cells, 110), look), title=tuple(title), aside=self._stands(board)
        )

    def _stands(self, board: Board) -> Words:
        if self.read is not None:
            return (Span("read from a file", "stale"),)
        if self.kept is None:
            return BLANK
        if self.kept.accepted_at is None:
            return (Span("not accepted", "soon"),)
        return (Span(f"accepted {clock(self.kept.accepted_at, board.minute, board.zone)}", "good"),)

    def _taken_over(self, board: Board, cells: int) -> list[Words]:
        """By whom it was accepted: of any length, so not in the title."""
        kept = self.kept
        if self.read is not None or kept is None or kept.accepted_at is None:
            return []
        at = clock(kept.accepted_at, board.minute, board.zone)
        return [*wrap_words((Span(f"accepted {at} by {kept.accepted_by}", "good"),), cells), BLANK]

    def _lines(self, board: Board, cells: int, look: Look) -> list[Words]:
        handed = self.handed
        if handed is None:
            words = "no handover from before this shift is kept here" if self.is_asked else "reading what is kept"
            key = self.key_map.shown("handed_file")
            return [(Span(words, "stale"),), BLANK, (Span(key, "key"), Span(" reads one from a file", "dim"))]
        document = document_lines(handed_markdown(handed, board.zone), cells, look)
        return [*self._taken_over(board, cells), *now_lines(handed, board, cells), *document]

    # -- taking over -----------------------------------------------------------------------------------------

    def do_handed_file(self) -> None:
        """Ask for a file, and show what is in it."""
        if self.board is None:
            return
        from screens.dialogs.line import LineDialog

        told = "An export (Markdown, HTML, JSON), or a message that was copied into a file. It is only shown first."

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self.run_worker(self._read(answer.params["text"]), exclusive=True, group="file", exit_on_error=False)

        self.app.push_screen(LineDialog("Read a handover's file", told, self.board, does="show it"), answered)

    async def _read(self, path: str) -> None:
        try:
            self.read = await ask(self, HandedFileWanted(path))
        except QuestionFailed as reason:
            self.say(clean(reason), "error")
            return
        if self.board is not None:
            self.show_board(self.board)
        self.say(f"read; {self.key_map.shown('handed_accept')} accepts it", "good")

    def do_handed_accept(self) -> None:
        """Ask where the receipt goes, and accept."""
        board, handed = self.board, self.handed
        if board is None or handed is None:
            self.say("there is no handover to accept", "stale")
            return
        if board.seat.read_only:
            self.say("read-only seat: nothing is accepted from here", "error")
            return
        if self.read is None and self.kept is not None and self.kept.accepted_at is not None:
            self.say(f"{self.kept.accepted_by} has accepted it already", "stale")
            return
        from screens.dialogs.accept import AcceptDialog

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self.say(f"{BY_ID['handed_accept'].title.lower()}: left undone", "dim")
            else:
                # What was on the screen at the key press is what is accepted.
                self.run_worker(self._accept(handed, answer.params["receipt"]), group="accept", exit_on_error=False)

        self.app.push_screen(AcceptDialog(handed, board), answered)

    async def _accept(self, handed: Handed, receipt: str) -> None:
        try:
            words = await ask(self, AcceptWanted(handed, receipt))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.read = None
        self.say(words, "good")
        self.facts_changed()


def now_lines(handed: Handed, board: Board, cells: int) -> list[Words]:
    """How its open incidents stand now: what is on the next seat's list. Pure."""
    if not handed.document.open:
        return []
    lines: list[Words] = [(Span("Now, of what was open", "title"),)]
    for one in handed.document.open:
        row = board.incident(one.id)
        state = Span(row.incident.state.value, row.incident.state.value) if row is not None else Span("not here", "dim")
        severity = f"sev{one.severity}" if one.severity in (1, 2, 3, 4) else "sev-none"
        head = (Span("  "), Span(f"S{one.severity or '?'}", severity), Span("  "))
        lines += wrap_words((*head, state, Span(f"  {one.title}"), Span(f"  {one.id}", "dim")), cells, indent=6)
    return [*lines, BLANK]
