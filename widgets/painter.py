"""Lines on the terminal at once and in one frame: a screen that paints those of its `Lines` that changed by itself.

Textual's way from a changed widget to the terminal goes through four message queues and a timer, looks at each
widget on the screen, and comes once for each widget that changed: half of what a key costs. Here the widgets say which
of their lines changed, and two turns of the loop later, when all that the key did is done, the screen writes those
lines. Whatever is not as plain as that (another layout to come, something in front, another screen on top) goes
Textual's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from textual._compositor import CompositorUpdate
from textual.geometry import Region
from textual.reactive import Reactive
from textual.screen import Screen, ScreenResultType
from textual.strip import Strip
from textual.widget import Widget

from widgets.lines import Lines


class PlacedStrip(NamedTuple):
    """A strip at its place on the screen, in cells from the top left."""

    x: int
    y: int
    strip: Strip


class LinesUpdate(CompositorUpdate):
    """Some strips, as Textual's app writes any update of the screen."""

    def __init__(self, strips: Sequence[PlacedStrip]) -> None:
        self.strips = strips

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The same for a console."""
        for x, y, strip in self.strips:
            yield Control.move_to(x, y)
            yield from strip

    def render_segments(self, console: Console) -> str:
        """What is written to the driver: each strip after its cursor position."""
        return "".join(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self.strips)


class LinePainter(Screen[ScreenResultType]):
    """Put it before ``Screen`` among a screen's bases."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's, but a screen need not be drawn whole because the keys go elsewhere."""

    _due: dict[Lines, set[int]] | None = None
    """Lines to paint, once a frame is on its way."""
    _places: tuple[object, dict[Lines, Region]] | None = None
    """Where lines may be painted, and the layout that this is true of."""

    def before_paint(self) -> None:
        """The last moment to :meth:`~widgets.lines.Lines.redraw` what follows from what has changed."""

    def paint_soon(self, widget: Lines, ys: Iterable[int]) -> None:
        """Paint lines of a widget of this screen, with everything else that changes in these turns of the loop.

        Args:
            widget: On this screen.
            ys: Its lines, 0 the topmost.
        """
        if self._due is None:
            self._due = {}
            # Two turns: in the first, the widgets that got a message for the same key have theirs.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._paint)
        self._due.setdefault(widget, set()).update(ys)

    def _paint(self) -> None:
        if not self.is_attached:
            self._due = None
            return
        self.before_paint()
        due, self._due = self._due or {}, None
        places = {} if self._is_unsettled else self._paintable()
        strips: list[PlacedStrip] = []
        for widget, ys in due.items():
            region = places.get(widget)
            if region is None or region.size != widget.size:
                widget.refresh(*(Region(0, y, widget.size.width, 1) for y in ys))
            else:
                strips += _strips(widget, region, ys)
        if strips:
            self.app._display(self, LinesUpdate(strips))

    @property
    def _is_unsettled(self) -> bool:
        """Another screen is on top, or Textual is about to lay out or to draw all, or keeps everything back."""
        return bool(
            self.app.screen_stack[-1:] != [self]
            or self.app._batch_count
            or self._layout_required
            or self._scroll_required
            or self._repaint_required
        )

    def _paintable(self) -> dict[Lines, Region]:
        """The widgets of lines that are seen whole with nothing in front of them, and where."""
        visible = self._compositor.visible_widgets
        if self._places is None or self._places[0] is not visible:
            self._places = (visible, dict(_unhidden(visible)))
        return self._places[1]


def _unhidden(visible: dict[Any, tuple[Region, Region]]) -> Iterator[tuple[Lines, Region]]:
    in_front: list[Region] = []
    for widget, (region, clip) in visible.items():  # from the front to the back
        if isinstance(widget, Lines) and clip.contains_region(region) and not any(map(region.overlaps, in_front)):
            yield widget, region
        in_front.append(region.intersection(clip))


def _strips(widget: Lines, region: Region, ys: Iterable[int]) -> Iterator[PlacedStrip]:
    """Lines as Textual itself would draw them, filters and all."""
    for first, count in _stretches(ys):
        stretch = Region(0, first, region.width, count)
        widget._styles_cache.set_dirty(stretch)
        for y, strip in enumerate(widget.render_lines(stretch), region.y + first):
            yield PlacedStrip(region.x, y, strip)


def _stretches(ys: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers as stretches: the first of each and how many follow."""
    first = last = None
    for y in sorted(ys):
        if first is None or last is None:
            first = y
        elif y != last + 1:
            yield first, last - first + 1
            first = y
        last = y
    if first is not None and last is not None:
        yield first, last - first + 1
