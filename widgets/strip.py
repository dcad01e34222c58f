"""The line above the footer: the last thing that was said; else the banner that everything depends on; else what there
is to know of the row under the cursor."""

from __future__ import annotations

from widgets.lines import BLANK, Lines, Span, Words


class StatusStrip(Lines):
    """Says one thing at a time; it stays until the next key. No timer repaints it."""

    DEFAULT_CSS = """
    StatusStrip { height: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.said = BLANK
        self.banner: str | None = None
        self.note = BLANK

    def say(self, text: str, role: str = "text") -> None:
        """Say one clean line."""
        self.said = (Span(text, role),) if text else BLANK
        self.redraw()

    def read(self) -> None:
        """A key was pressed: what was said has been read."""
        if self.said:
            self.said = BLANK
            self.redraw()

    def show_banner(self, banner: str | None) -> None:
        """What stands here while nothing is said."""
        if banner != self.banner:
            self.banner = banner
            self.redraw()

    def show_note(self, note: Words) -> None:
        """What stands here while there is neither."""
        if note != self.note:
            self.note = note
            self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """The one line."""
        if self.said:
            return (Span(" "), *self.said)
        if self.banner:
            return (Span(f" {self.banner} ", "banner"),)
        return (Span(" "), *self.note) if self.note else BLANK
