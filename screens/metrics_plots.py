"""Bars over days, drawn by plotext into plain characters. Imported only once a plot is on the screen.

plotext keeps one figure for the whole process; it is cleared before each use, and only its characters are taken: what
is drawn in which colour is the theme's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import plotext

from widgets.lines import Span, Words
from widgets.signs import ASCII
from widgets.theme import Look

_BOX = str.maketrans("┌┐└┘┬┤├┴┼─│", "+++++++++-|")
_BARS = {"full": "█", "#": "#"}
LEAST = (30, 6)
"""Cells and lines below which there is nothing to see."""


def bars(values: Sequence[float], labels: Sequence[str], cells: int, lines: int, look: Look) -> list[Words]:
    """The values as bars, oldest first, ``lines`` high and ``cells`` wide.

    Args:
        labels: of each, as long as ``values``; those that fit are shown.
    """
    plain = look.signs is ASCII
    figure = plotext.figure
    figure.clear()
    figure.plot_size(cells, lines)
    places = list(range(1, len(values) + 1))
    figure.draw(figure.bar(places, [float(value) for value in values], marker="#" if plain else "full", width=0.7))
    steps = _steps(max(values, default=0.0), max(1, lines // 3))
    figure.ruler("y").lim(0, steps[-1])
    figure.ruler("y").ticks(steps, [_number(step) for step in steps])
    shown = _spread(len(places), max(2, cells // (max(map(len, labels), default=1) + 4)))
    # By itself the axis ends with the last bar that has a height.
    figure.ruler("x").lim(0.5, len(values) + 0.5)
    figure.ruler("x").ticks([places[one] for one in shown], [labels[one] for one in shown])
    text = figure.build().string(colorless=True)
    figure.clear()
    return [_words(line.translate(_BOX) if plain else line, plain) for line in text.rstrip("\n").split("\n")]


def day_label(day: date) -> str:
    """``11-23``."""
    return f"{day:%m-%d}"


def _words(line: str, plain: bool) -> Words:
    """The bars in their own role, frame and numbers dim."""
    bar = "#" if plain else "█"
    words: list[Span] = []
    for char in line:
        role = "title-focus" if char == bar else "dim"
        if words and words[-1].role == role:
            words[-1] = Span(words[-1].text + char, role)
        else:
            words.append(Span(char, role))
    return tuple(words)


def _steps(most: float, count: int) -> list[float]:
    """From zero to no less than ``most`` in at most ``count`` round steps."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / count
    power = 10.0 ** math.floor(math.log10(rough))
    each = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.9999)
    each = max(each, 1.0) if most >= 1 else each
    return [each * number for number in range(math.ceil(most / each - 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:g}"


def _spread(count: int, most: int) -> list[int]:
    """Places of at most ``most`` of ``count``, the first and the last among them, evenly spread."""
    most = min(most, count)
    if most < 2:
        return list(range(count))
    return sorted({number * (count - 1) // (most - 1) for number in range(most)})
