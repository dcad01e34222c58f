"""Drawing line by line: a widget that repaints only the lines that differ.

Text reaches the screen as segments, never through a markup parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, Self, runtime_checkable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from oncall_tui.text import clip, width
from widgets.sturdy import Sturdy, report
from widgets.theme import Look, look_of


class Span(NamedTuple):
    """Clean text of one line, drawn as ``role`` (see :mod:`widgets.theme`)."""

    text: str
    role: str = "text"
    link: str | None = None
    """A web address for the terminal's own hyperlink (OSC 8): http(s) in printable ASCII, nothing else."""


Words = tuple[Span, ...]
"""A cell's or a line's words, drawn side by side."""

BLANK: Words = ()


def words_width(words: Iterable[Span]) -> int:
    """Terminal cells that ``words`` take."""
    return sum(width(span.text) for span in words)


def clip_words(words: Words, cells: int) -> Words:
    """``words`` in at most ``cells`` cells; an ellipsis marks a cut."""
    if words_width(words) <= cells:
        return words
    kept: list[Span] = []
    left = cells
    for span in words:
        if left <= 0:
            break
        room = width(span.text)
        if room < left or (room == left and span is words[-1]):
            kept.append(span)
            left -= room
            continue
        # The cut falls in this span, or right after it with more to come: the ellipsis belongs here.
        cut = clip(span.text, left) if room > left else clip(span.text + "x", left)
        kept.append(Span(cut, span.role, span.link))
        left = 0
    return tuple(kept)


def fit_words(words: Words, cells: int, *, right: bool = False) -> Words:
    """``words`` in exactly ``cells`` cells: clipped, or padded on the right (on the left with ``right``)."""
    short = clip_words(words, cells)
    pad = cells - words_width(short)
    if pad <= 0:
        return short
    space = Span(" " * pad)
    return (space, *short) if right else (*short, space)


def sides(left: Words, right: Words, cells: int, *, gap: int = 2) -> Words:
    """``left`` at the left and ``right`` at the right of ``cells`` cells; the left one gives way."""
    right = clip_words(right, cells)
    taken = words_width(right)
    gap = min(gap, cells - taken) if right else 0
    return (*fit_words(left, cells - taken - gap), Span(" " * gap), *right)


def strip_of(words: Sequence[Span], look: Look, cells: int) -> Strip:
    """``words`` as a strip of exactly ``cells`` cells; an ellipsis marks a cut."""
    strip = _strip_of(words, look)
    if strip.cell_length > cells:
        strip = _strip_of(clip_words(tuple(words), cells), look)
    return strip.adjust_cell_length(cells, Style())


def _strip_of(words: Sequence[Span], look: Look) -> Strip:
    return Strip([Segment(span.text, _style(span, look)) for span in words if span.text])


def _style(span: Span, look: Look) -> Style:
    style = look.style(span.role)
    return style if span.link is None else style + Style(link=span.link)


@runtime_checkable
class PaintsLines(Protocol):
    """A screen that brings single lines to the terminal by itself (see :mod:`widgets.painter`)."""

    def paint_soon(self, widget: Lines, ys: Iterable[int]) -> None:
        """Paint these lines of a widget of the screen."""


class Lines(Sturdy, Widget):
    """A widget that is drawn by :meth:`line` and repaints only what differs.

    Call :meth:`redraw` after any change of what is shown: lines that come out equal cost nothing. The focus is such a
    change: some lines tell of it (:meth:`lines_of_focus`), no rule of a style sheet does.
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    Lines { scrollbar-size: 0 0; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._drawn: dict[int, Strip] = {}
        self._stamps: dict[int, object] = {}
        """Of the lines that are drawn."""
        self._drawn_size = (0, 0)
        self._ground: Style | None = None
        """What the style sheet gives, once worked out."""
        self._failed = False
        self.paints = 0
        """How many lines were handed to the terminal: equal boards add nothing."""

    def line(self, y: int, cells: int) -> Words:
        """The words of line ``y`` (0 is the topmost), at most ``cells`` wide. To be overridden."""
        raise NotImplementedError

    def stamp(self, y: int, cells: int) -> object:
        """What line ``y`` is drawn from, to be compared; ``None``: nobody knows, so it has to be drawn to be compared.

        Beside the theme, which changes everything.
        """
        return None

    def redraw(self, ys: Iterable[int] | None = None) -> None:
        """Repaint those of the lines ``ys`` (all by default) that have come to differ."""
        cells, height = self.size
        if (cells, height) != self._drawn_size or not self._drawn:
            self._forget()
            self.refresh()
            return
        look = look_of(self)
        changed: list[int] = []
        for y in range(height) if ys is None else ys:
            if not 0 <= y < height:
                continue
            stamp = self.stamp(y, cells)
            if stamp is not None:
                if self._stamps.get(y) == stamp and y in self._drawn:
                    continue
                self._stamps[y] = stamp
            else:
                self._stamps.pop(y, None)
            strip = self._strip(y, cells, look)
            if self._drawn.get(y) != strip:
                self._drawn[y] = strip
                changed.append(y)
        if not changed:
            return
        screen = self.screen
        if isinstance(screen, PaintsLines):
            screen.paint_soon(self, changed)
        else:
            self.refresh(*(Region(0, y, cells, 1) for y in changed))

    def _strip(self, y: int, cells: int, look: Look) -> Strip:
        try:
            if self._ground is None:
                self._ground = self.rich_style
            return strip_of(self.line(y, cells), look, cells).apply_style(self._ground)
        except Exception as error:  # noqa: BLE001  # a line that cannot be drawn must not take the screen with it
            if not self._failed:
                self._failed = True
                report(self.app, error)
            return strip_of((Span("this part cannot be drawn: see oncall.log", "error"),), look, cells)

    def render_line(self, y: int) -> Strip:
        """Textual's way in: the strip of line ``y``."""
        cells, height = self.size
        if (cells, height) != self._drawn_size:
            self._forget()
            self._drawn_size = (cells, height)
        self.paints += 1
        if y not in self._drawn:
            self._drawn[y] = self._strip(y, cells, look_of(self))
        return self._drawn[y]

    def notify_style_update(self) -> None:
        """The theme has changed: nothing drawn is worth keeping."""
        super().notify_style_update()
        self._forget()
        self._ground = None

    def _forget(self) -> None:
        self._drawn.clear()
        self._stamps.clear()

    # -- focus -----------------------------------------------------------------------------------------------

    def lines_of_focus(self) -> Iterable[int]:
        """The lines that look different while the keys go here."""
        return ()

    def focus(self, scroll_visible: bool = True) -> Self:
        """Take the keys at once: the next one may have been pressed already, and is this widget's."""
        if not self.is_mounted:
            return super().focus(scroll_visible)
        self.screen.set_focus(self, scroll_visible=False)
        return self

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Textual would look through all style sheets and draw the widget whole."""
        self.redraw(self.lines_of_focus())

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()
        self.has_focus = True

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        self.has_focus = False
