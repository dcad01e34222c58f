"""Write a note (A3): now or back-dated, of a kind, in place or in ``$EDITOR``; what is typed is kept as it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from oncall_tui.board import Board
from oncall_tui.clock import iso
from oncall_tui.model import NoteKind
from oncall_tui.text import clean_block, paint_safe
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.note_text import MAX_NOTE, NoteText, read_note
from screens.dialogs.targets import target_lines
from screens.requests import DraftDropped, DraftSaved, DraftWanted, EditorWanted, QuestionFailed, Target, ask
from widgets.lines import Span, Words, sides
from widgets.theme import look_of

KINDS: tuple[NoteKind | None, ...] = (None, NoteKind.OBSERVED, NoteKind.DID, NoteKind.DECIDED, NoteKind.TOLD)
_COUNT_FROM = 9_000
"""From so many characters on the count is drawn as a warning."""


class NoteEditor(TextArea):
    """Plain text. ``enter`` ends it, ``ctrl+j`` begins a line; never more than a note holds."""

    class Ended(Message):
        """``enter``."""

    class Pasted(Message):
        """A paste: the keys after it are not a hand's."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Ended())
        elif event.key in ("ctrl+j", "alt+enter", "shift+enter"):
            event.stop()
            event.prevent_default()
            if self.room > 0:
                self._replace_via_keyboard("\n", *self.selection)
        elif event.is_printable and self.room <= 0 and not self.selected_text:
            event.stop()
            event.prevent_default()
        else:
            await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(self.Pasted())
        start, end = self.selection
        self._replace_via_keyboard(pasted_text(event.text, self.room + len(self.selected_text)), start, end)

    @property
    def room(self) -> int:
        """Characters that may still come."""
        return MAX_NOTE - len(self.text)


def pasted_text(text: str, room: int) -> str:
    """What a paste brings: its own blanks and lines, controls as visible escapes, no more than there is room for."""
    lines = text[:MAX_NOTE].replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").split("\n")
    return "\n".join(paint_safe(line) for line in lines)[:room]


class NoteDialog(Dialog):
    """``enter`` writes it: ``{"text": …, "at": iso or null, "kind": … or null}``. ``esc`` leaves; the draft is kept."""

    DEFAULT_CSS = """
    NoteDialog TextArea { border: none; padding: 0 1; background: $panel; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "kind(1)", show=False, priority=True),
        Binding("shift+tab", "kind(-1)", show=False, priority=True),
        Binding("ctrl+o", "editor", show=False, priority=True),
    ]

    def __init__(self, target: Target, board: Board, *, begin: str = "") -> None:
        """``begin``: what stands there already, after the draft that was kept."""
        super().__init__("Note", board)
        self._begin = begin
        self.target = target
        self.kind: NoteKind | None = None
        self._kept: str | None = None
        """The draft as it was last kept; ``None`` while the kept one is not here yet, so that nothing overwrites it."""

    @property
    def draft_key(self) -> str:
        """Under which the draft is kept."""
        return f"note:{self.target.id}"

    @property
    def editor(self) -> NoteEditor:
        """Where it is typed."""
        return self.query_one(NoteEditor)

    # -- parts -----------------------------------------------------------------------------------------------

    def compose_parts(self) -> ComposeResult:
        """The incident, the text, its kind, its time."""
        yield Block(id="targets")
        yield NoteEditor(compact=True, highlight_cursor_line=False, placeholder="what happened, what you did")
        yield Block(id="kind")
        yield Block(id="when")

    def on_mount(self) -> None:
        """The kept draft comes back."""
        self.query_one("#frame").border_subtitle = Content("the draft is kept as you type")
        self.editor.cursor_blink = False
        self.editor.focus()
        if self._begin:
            self._put(self._begin)
        self.run_worker(self._bring_draft(), exit_on_error=False)

    async def _bring_draft(self) -> None:
        try:
            draft = await ask(self, DraftWanted(self.draft_key))
        except QuestionFailed as reason:
            self.say(f"no draft: {reason}")
            draft = None
        typed = self.editor.text
        self._kept = draft.text if draft is not None else ""
        if self._kept:
            # What was typed while the draft was fetched goes after it.
            self._put(f"{self._kept.rstrip()}\n\n{typed}" if self._begin else f"{self._kept}{typed}")
            self.draw()
        else:
            self._keep()

    def _put(self, text: str) -> None:
        self.editor.text = clean_block(text, MAX_NOTE)
        self.editor.move_cursor(self.editor.document.end)

    def parts(self, cells: int) -> Sequence[Part]:
        """The incident's facts give way first, then the text's lines."""
        told = len(self._targets(cells))
        return (
            Part(self.query_one("#targets"), told, 1),
            Part(self.editor, max(3, min(10, self.size.height - told - 8)), 2),
            Part(self.query_one("#when"), 1),
            Part(self.query_one("#kind"), 1),
        )

    def keys(self) -> Sequence[Key]:
        """What can be done with it."""
        return (
            ("enter", "write"),
            ("ctrl+j", "new line"),
            ("tab", "kind"),
            ("ctrl+o", "$EDITOR"),
            ("esc", "leave"),
        )

    def draw(self) -> None:
        """The incident; what the text is understood as."""
        self.query_one("#targets", Block).show(self._targets(self.inner))
        self._draw_reading()

    def _targets(self, cells: int) -> list[Words]:
        return target_lines((self.target,), self.first_board, cells, look_of(self).signs)

    def _draw_reading(self) -> None:
        wide = self.inner > 44
        words: list[Span] = [Span("kind ", "label")] if wide else []
        for kind in KINDS:
            word = f" {kind or 'none'} " if wide else f"{kind or 'none'}"
            words += [Span(word, "cursor-title" if kind is self.kind else "dim"), Span("" if wide else " ")]
        if self.kind is NoteKind.TOLD and self.inner > 60:
            words.append(Span(" restarts the update clock", "dim"))
        self.query_one("#kind", Block).show([tuple(words)])
        note = self.note
        back = note.at is not None
        told: list[Span] = [Span("time ", "label"), Span(f" {note.told}", "match" if back else "text")]
        if not back and self.inner > 60:
            told.append(Span("   begin with 14:32 to back-date", "dim"))
        length = len(self.editor.text)
        count = Span(f"{length} / {MAX_NOTE}", "soon" if length >= _COUNT_FROM else "dim")
        self.query_one("#when", Block).show([sides(tuple(told), (count,), self.inner)])

    @property
    def note(self) -> NoteText:
        """What the text says, by the board's minute and zone."""
        board = self.board
        return read_note(self.editor.text, board.minute, board.zone)

    # -- typing ----------------------------------------------------------------------------------------------

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep the draft; show what it is understood as."""
        event.stop()
        self._read()
        self._keep()
        self._draw_reading()

    def _keep(self) -> None:
        text = self.editor.text
        if self._kept is None or text == self._kept:
            return
        self._kept = text
        self.post_message(DraftSaved(self.draft_key, text) if text.strip() else DraftDropped(self.draft_key))

    def action_kind(self, step: int) -> None:
        """The next kind."""
        self.kind = KINDS[(KINDS.index(self.kind) + step) % len(KINDS)]
        self._draw_reading()

    def action_editor(self) -> None:
        """Go on in ``$EDITOR``."""
        self.run_worker(self._edit(), exclusive=True, group="editor", exit_on_error=False)

    async def _edit(self) -> None:
        try:
            edited = await ask(self, EditorWanted(self.editor.text))
        except QuestionFailed as reason:
            self.say(str(reason))
            return
        self.hold()
        if edited is not None:
            self._put(edited)

    def on_note_editor_pasted(self, event: NoteEditor.Pasted) -> None:
        """What follows a paste at once belongs to it."""
        event.stop()
        self.hold()

    def on_note_editor_ended(self, event: NoteEditor.Ended) -> None:
        """Write it."""
        event.stop()
        note = self.note
        if note.problem is not None:
            self.say(note.problem)
            return
        self.finish(
            {
                "text": clean_block(note.text, MAX_NOTE),
                "at": iso(note.at) if note.at is not None else None,
                "kind": self.kind.value if self.kind is not None else None,
            }
        )
