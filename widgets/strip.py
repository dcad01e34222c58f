"""The line above the footer: the last thing that was said, or the banner that everything else depends on."""

from __future__ import annotations

from widgets.lines import BLANK, Lines, Span, Words


class StatusStrip(Lines):
    """Says one thing at a time and never goes away by itself: no timer repaints it.

    What was said stays through the key press that follows it at once, and is cleared by the next.
    """

    DEFAULT_CSS = """
    StatusStrip { height: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.said = BLANK
        self.banner: str | None = None

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

    def line(self, y: int, cells: int) -> Words:
        """The one line."""
        if self.said:
            return (Span(" "), *self.said)
        return (Span(f" {self.banner} ", "banner"),) if self.banner else BLANK
