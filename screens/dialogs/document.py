"""Write a whole document in place: what is typed is kept as it is typed, and taken by one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import TextArea

from oncall_tui.board import Board
from oncall_tui.text import clean_block, paint_safe
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.requests import DraftDropped, DraftSaved, DraftWanted, QuestionFailed, ask
from widgets.lines import Span

MOST = 200_000
"""Characters of a document."""


class DocumentEditor(TextArea):
    """Plain text; a paste's controls become visible escapes."""

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        start, end = self.selection
        lines = event.text[:MOST].replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").split("\n")
        self._replace_via_keyboard("\n".join(paint_safe(line) for line in lines)[: MOST - len(self.text)], start, end)


class DocumentDialog(Dialog):
    """``ctrl+x`` takes it: ``{"text": …}``. ``esc`` leaves; what was typed is there the next time."""

    WIDTH = 118
    DEFAULT_CSS = """
    DocumentDialog TextArea { border: none; padding: 0 1; background: $panel; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+x", "take", show=False, priority=True)]

    def __init__(self, title: str, text: str, draft_key: str, board: Board) -> None:
        """``text``: as it stands; what was typed before and not taken comes in its place."""
        super().__init__(title, board)
        self.first = text
        self.draft_key = draft_key
        self._kept: str | None = None

    @property
    def editor(self) -> DocumentEditor:
        """Where it is typed."""
        return self.query_one(DocumentEditor)

    def compose_parts(self) -> ComposeResult:
        """The text, and what it is."""
        yield DocumentEditor(self.first, compact=True, highlight_cursor_line=False)
        yield Block(id="told")

    def on_mount(self) -> None:
        """What was typed before comes back."""
        self.query_one("#frame").border_subtitle = Content("the draft is kept as you type")
        self.editor.cursor_blink = False
        self.editor.focus()
        self.run_worker(self._bring_draft(), exit_on_error=False)

    async def _bring_draft(self) -> None:
        try:
            draft = await ask(self, DraftWanted(self.draft_key))
        except QuestionFailed as reason:
            self.say(f"no draft: {reason}")
            draft = None
        typed = self.editor.text
        self._kept = draft.text if draft is not None else self.first
        if draft is not None and draft.text.strip() and typed == self.first:
            self.editor.text = clean_block(draft.text, MOST)
            self.say("this is what was typed before and not taken")
        self._draw_told()

    def parts(self, cells: int) -> Sequence[Part]:
        """The text has what there is."""
        return Part(self.query_one("#told"), 1, 0), Part(self.editor, max(3, self.size.height - 8), 3)

    def keys(self) -> Sequence[Key]:
        """What can be done with it."""
        return ("ctrl+x", "take it"), ("esc", "leave")

    def draw(self) -> None:
        """How long it is."""
        self._draw_told()

    def _draw_told(self) -> None:
        lines = self.editor.document.line_count
        words = f"{lines} line{'' if lines == 1 else 's'}, {len(self.editor.text)} characters"
        self.query_one("#told", Block).show([(Span(words, "dim"),)])

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep it."""
        event.stop()
        text = self.editor.text
        if self._kept is not None and text != self._kept:
            self._kept = text
            same = text == self.first or not text.strip()
            self.post_message(DraftDropped(self.draft_key) if same else DraftSaved(self.draft_key, text))
        self._draw_told()

    def action_take(self) -> None:
        """This is the text now."""
        text = self.editor.text
        if not text.strip():
            self.say("an empty text is not taken")
            return
        self.finish({"text": text})
