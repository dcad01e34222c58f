"""What a tab of the incident's screen is: a text that draws itself from the incident, with keys of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingsMap

from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import IncidentFacts
from screens.keys import DEFAULT_KEYS, KeyMap
from widgets.lines import BLANK, Span, Words, words_width
from widgets.textpane import Maker, TextPane
from widgets.theme import Look

_FRAME, _GAP = 4, 3
"""Cells of its upper line that the headline cannot have, and those before its end."""
_UNSEEN = 80
"""Cells of a tab that is not laid out yet."""


class Tab(TextPane):
    """One tab. It is asked to draw only while it is in sight, and its :attr:`ACTIONS` are live only while it has the
    focus; each is done by its method ``do_<id>``."""

    NAME: ClassVar[str]
    """Its id among the widgets."""
    TITLE: ClassVar[str]
    SHORT: ClassVar[str] = ""
    """Its title where there is little room; empty: the same."""
    ASIDE: ClassVar[bool] = False
    """Whether it stands in the right half of a wide screen, always in sight; the others share the left half."""
    FOLLOW: ClassVar[bool] = False
    """Whether it begins at its end, and stays there."""
    ACTIONS: ClassVar[tuple[str, ...]] = ()
    """Ids of the actions that are live while it has the focus; their scope is the tab's own."""
    DEFAULT_CSS = """
    Tab { width: 1fr; height: 1fr; }
    """

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(follow=self.FOLLOW, id=self.NAME)
        own = keys.bindings(self.ACTIONS, "screen.act")
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(own)])
        self.neighbours: tuple[type[Tab], ...] = (type(self),)
        """The tabs that stand in its place: its headline names them. Set by the screen."""
        self.counts: dict[str, int] = {}
        """What :meth:`count` gave, of each tab. Set by the screen."""
        self.in_sight = False
        """Set by the screen."""
        self._latest: tuple[Maker, Words] | None = None
        self._reached_by = keys.shown("next_pane")

    def _outside(self, look: Look) -> Words:
        """What lies outside the window; while the keys go elsewhere also which key comes to read it."""
        outside = super()._outside(look)
        if not outside or self.has_focus or not self._reached_by:
            return outside
        return (*outside, Span(f"  {self._reached_by}", "key"))

    def lines_of_focus(self) -> tuple[int, ...]:
        """The frame: the headline, and what lies outside."""
        return (0, max(0, self.size.height - 1))

    def count(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> int:
        """The number behind its name in the headline; 0: none. Cheap: also asked of a tab that is not in sight."""
        return 0

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """Draw it by :meth:`draw`. ``view``: what the store has of it, ``None`` before its answer."""
        raise NotImplementedError

    def refresh_facts(self) -> None:
        """It has come into sight, or the store has changed while it is: ask the app for what is in neither view nor
        board, and draw later."""

    def draw(self, make: Maker, aside: Words = BLANK) -> None:
        """Show these lines under the headline: the names of the tabs, which give way to ``aside``."""
        self._latest = make, aside
        room = (self.size.width or _UNSEEN) - _FRAME - (words_width(aside) + _GAP if aside else 0)
        self.show(make, title=strip_words(self.neighbours, self.NAME, self.counts, max(0, room)), aside=aside)

    def on_resize(self) -> None:
        """Laid out at last, or anew: the headline has other room."""
        if self._latest is not None:
            self.draw(*self._latest)

    def read_anew(self) -> None:
        """The person asked for everything anew while it is in sight."""


def strip_words(tabs: Sequence[type[Tab]], chosen: str, counts: dict[str, int], cells: int) -> Words:
    """The names of ``tabs``, the chosen one as the title, in ``cells``: short names where it is narrow, then those
    around the chosen one."""
    whole = {tab.NAME: tab.TITLE for tab in tabs}
    short = {tab.NAME: tab.SHORT or tab.TITLE for tab in tabs}
    for names in (whole, {**short, chosen: whole[chosen]}, short):
        words = _strip(tabs, names, chosen, counts)
        if words_width(words) <= cells:
            return words
    here = next((number for number, tab in enumerate(tabs) if chosen == tab.NAME), 0)
    first, last = here, here + 1
    while True:
        wider = ((first - 1, last), (first, last + 1))
        fitting = [
            (one, end)
            for one, end in wider
            if one >= 0 and end <= len(tabs) and words_width(_strip(tabs[one:end], names, chosen, counts)) + 4 <= cells
        ]
        if not fitting:
            break
        first, last = fitting[-1]
    words = _strip(tabs[first:last], names, chosen, counts)
    before = (Span("… ", "dim"),) if first else BLANK
    return (*before, *words, *((Span(" …", "dim"),) if last < len(tabs) else BLANK))


def _strip(tabs: Sequence[type[Tab]], names: dict[str, str], chosen: str, counts: dict[str, int]) -> Words:
    words: list[Span] = []
    for tab in tabs:
        words += [Span("  ")] if words else []
        number = counts.get(tab.NAME, 0)
        name = f"{names[tab.NAME]} {number}" if number else names[tab.NAME]
        if len(tabs) > 1 and chosen == tab.NAME:
            name = f"[{name}]"  # told without colour, too
        words.append(Span(name, "title" if chosen == tab.NAME else "dim"))
    return tuple(words)
