"""The words of one message, to be changed before it goes: in place, or in ``$EDITOR``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from oncall_tui.board import Board
from oncall_tui.text import clean_block, wrap
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.note import NoteEditor
from screens.dialogs.note_text import MAX_NOTE
from screens.requests import EditorWanted, QuestionFailed, ask
from widgets.lines import Span, Words

_TOLD = "{incident}, {link} and {room} are filled in when it goes: number, address, chat room."


class WordsDialog(Dialog):
    """Gives ``{"text": str}``. ``esc`` leaves the words as they were."""

    DEFAULT_CSS = """
    WordsDialog TextArea { border: none; padding: 0 1; background: $panel; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+o", "editor", show=False, priority=True)]

    def __init__(self, title: str, text: str, board: Board) -> None:
        super().__init__(title, board)
        self.first = text

    def compose_parts(self) -> ComposeResult:
        """The text, and what is filled in."""
        yield NoteEditor(compact=True, highlight_cursor_line=False)
        yield Block(id="told")

    @property
    def editor(self) -> NoteEditor:
        """Where it is typed."""
        return self.query_one(NoteEditor)

    def on_mount(self) -> None:
        """The words as they are, the cursor behind them."""
        self.editor.cursor_blink = False
        self._put(self.first)
        self.editor.focus()

    def _put(self, text: str) -> None:
        self.editor.text = clean_block(text, MAX_NOTE)
        self.editor.move_cursor(self.editor.document.end)

    def parts(self, cells: int) -> Sequence[Part]:
        """What is filled in gives way."""
        return (
            Part(self.query_one("#told"), len(wrap(_TOLD, cells)), 0),
            Part(self.editor, max(4, min(16, self.first.count("\n") + 3)), 2),
        )

    def keys(self) -> Sequence[Key]:
        """What can be done with it."""
        return (("enter", "take them"), ("ctrl+j", "new line"), ("ctrl+o", "$EDITOR"), ("esc", "leave"))

    def draw(self) -> None:
        """What is filled in."""
        told: list[Words] = [(Span(line, "dim"),) for line in wrap(_TOLD, self.inner)]
        self.query_one("#told", Block).show(told)

    def action_editor(self) -> None:
        """Go on in ``$EDITOR``."""
        self.run_worker(self._edit(), exclusive=True, group="editor", exit_on_error=False)

    async def _edit(self) -> None:
        try:
            edited = await ask(self, EditorWanted(self.editor.text, ".txt"))
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
        """Take them."""
        event.stop()
        text = clean_block(self.editor.text, MAX_NOTE).strip()
        if text:
            self.finish({"text": text})
        else:
            self.say("no words are left: space leaves the step out")
