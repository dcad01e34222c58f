"""What the tab Investigation says: what was found out, then metrics, log lines, changes and links of the time. Pure.

Each line that can be chosen has the key of what it stands for in :data:`Things`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from oncall_tui.board import Board
from oncall_tui.clock import format_duration
from oncall_tui.investigation import Curve, Investigation, Pattern, Result, before_of, shrunk
from oncall_tui.investigation.render import (
    change_text,
    figure,
    figures,
    frame_text,
    labels_text,
    lines_text,
    pattern_text,
    shared_labels,
    spark,
)
from oncall_tui.model import Change
from oncall_tui.policy.conclusions import Conclusions, Hypothesis, Verdict
from oncall_tui.policy.marks import Mark
from oncall_tui.records import dataclass
from oncall_tui.text import clip, fit, width
from screens.details import is_web_address
from screens.tabs.rows import Line
from widgets.lines import BLANK, Span, Words, words_width
from widgets.textpane import wrap_words
from widgets.theme import Look
from widgets.words import clock

_NAME = 22
"""Cells of a metric's name beside its curve, at most."""
_LEAST_SPARK = 10
_MOST_LINES = 3
"""Lines of one log pattern; the whole is shown by a key."""
_BAD = {"error": "down", "fatal": "down", "critical": "down", "warn": "soon", "warning": "soon"}
_VERDICTS = {Verdict.OPEN: "soon", Verdict.CONFIRMED: "good", Verdict.RULED_OUT: "dim"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the tab shows. ``waiting``: notes that the pager has not confirmed, by their text as it is compared."""

    found: Investigation | None
    said: Conclusions
    waiting: frozenset[str] = frozenset()
    asking: bool = False
    problem: str | None = None


Thing = Hypothesis | Mark | tuple[Result, Curve] | tuple[Result, Pattern] | Change | Result
"""What a line stands for."""


def things(shown: Shown) -> dict[str, Thing]:
    """What can be chosen, by its line's key."""
    found: dict[str, Thing] = {f"h{one.number}": one for one in shown.said.hypotheses}
    found |= {f"f{number}": one for number, one in enumerate(shown.said.findings)}
    found |= {f"r{number}": one for number, one in enumerate(shown.said.root_causes)}
    if shown.found is None:
        return found
    for result in shown.found.results:
        name = f"{result.kind}/{result.query.source}/{result.query.name}"
        found |= {f"{name}/{_labels_key(curve)}": (result, curve) for curve in result.curves}
        found |= {f"{name}/{one.text}": (result, one) for one in result.patterns}
        if not result.curves and not result.patterns:
            found[name] = result
    return found | {f"c/{one.id}": one for one in shown.found.changes}


def _labels_key(curve: Curve) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(curve.labels.items()))


# -- lines -----------------------------------------------------------------------------------------------------


def investigation_lines(shown: Shown, board: Board, cells: int, look: Look) -> list[Line]:
    """All of it, from top to bottom."""
    parts = [*_said(shown, board, cells, look)]
    if shown.found is not None:
        parts += [*_data(shown.found, board, cells, look)]
    lines: list[Line] = [*_head(shown, board, cells)]
    for heading, part in parts:
        if part:
            lines += [Line(BLANK), Line((Span(heading, "title"),)), *part]
    if shown.found is not None and shown.found.hint:
        lines += [Line(BLANK), *(Line(words) for words in wrap_words((Span(shown.found.hint, "stale"),), cells))]
    return lines


def _head(shown: Shown, board: Board, cells: int) -> Iterator[Line]:
    if shown.problem is not None:
        yield from (Line(words) for words in wrap_words((Span(shown.problem, "stale"),), cells))
    if shown.found is None:
        if shown.problem is None:
            yield Line((Span("metrics and logs are being asked", "dim"),))
        return
    told = frame_text(shown.found.frame, board.zone)
    behind = "  asking anew" if shown.asking else ""
    before = f"  from {format_duration(before_of(shown.found.width))} before its first sign"
    yield from (
        Line(words) for words in wrap_words((Span(told, "strong"), Span(before, "dim"), Span(behind, "pending")), cells)
    )


def _said(shown: Shown, board: Board, cells: int, look: Look) -> Iterator[tuple[str, list[Line]]]:
    yield "Root cause", _marks("r", shown.said.root_causes, shown, board, cells, look)
    yield "Hypotheses", [
        line for one in shown.said.hypotheses for line in _hypothesis(one, shown, board, cells, look)
    ]  # fmt: skip
    yield "Findings", _marks("f", shown.said.findings, shown, board, cells, look)


def _data(found: Investigation, board: Board, cells: int, look: Look) -> Iterator[tuple[str, list[Line]]]:
    def of(kind: str) -> list[Result]:
        return [one for one in found.results if one.kind == kind]

    names = _names(of("metric"), cells)
    yield "Metrics", [line for one in of("metric") for line in _metric(one, names, cells, look)]
    yield "Logs", [line for one in of("logs") for line in _logs(one, found, board.zone, cells)]
    yield "Changes", [line for one in found.changes for line in _change(one, found, board.zone, cells)]
    yield "Links", [line for one in of("link") for line in _link(one, cells)]


def _keyed(words: Sequence[Words], key: str) -> list[Line]:
    return [Line(one, key) for one in words]


def _hypothesis(one: Hypothesis, shown: Shown, board: Board, cells: int, look: Look) -> list[Line]:
    sign = {
        Verdict.OPEN: look.signs.unknown,
        Verdict.CONFIRMED: look.signs.acknowledged,
        Verdict.RULED_OUT: look.signs.refused,
    }[one.verdict]
    role = _VERDICTS[one.verdict]
    waits = any(text.startswith(plain(one.text)) for text in shown.waiting)
    by = one.judged_by or one.author
    at = clock(one.judged_at or one.at, board.minute, board.zone)
    words = (
        Span(f"{sign} {one.name} ", role),
        Span(one.text, "strong" if one.verdict is not Verdict.RULED_OUT else "dim"),
        Span(f"  {one.verdict.value}", role),
        Span(f" {one.reason}" if one.reason else "", "text"),
        Span(f"  {by or ''} {at}".rstrip(), "dim"),
        Span(f" {look.signs.pending}" if waits else "", "pending"),
    )
    return _keyed(wrap_words(words, cells, indent=5), f"h{one.number}")


def _marks(prefix: str, marks: Sequence[Mark], shown: Shown, board: Board, cells: int, look: Look) -> list[Line]:
    lines: list[Line] = []
    for number, one in enumerate(marks):
        words = (
            Span(f"{clock(one.at, board.minute, board.zone)} ", "dim"),
            Span(one.text, "strong"),
            Span(f"  {one.author}" if one.author else "", "dim"),
            Span(f" {look.signs.pending}" if plain(one.text) in shown.waiting else "", "pending"),
        )
        lines += _keyed(wrap_words(words, cells, indent=6), f"{prefix}{number}")
    return lines


def plain(text: str) -> str:
    """A text as notes are compared by."""
    return " ".join(text.split()).casefold()


def _names(results: Sequence[Result], cells: int) -> int:
    """Cells of the names beside the curves."""
    longest = max((width(label) for one in results for label in _labels_of(one)), default=0)
    return min(longest, _NAME, max(8, cells // 3))


def _labels_of(result: Result) -> list[str]:
    """What each curve of a metric is called."""
    if len(result.curves) <= 1:
        return [result.query.name]
    shared = shared_labels(result.curves)
    return [labels_text(curve.labels, shared) for curve in result.curves]


def _metric(result: Result, names: int, cells: int, look: Look) -> Iterator[Line]:
    name = f"{result.kind}/{result.query.source}/{result.query.name}"
    if result.problem is not None or not result.curves:
        yield from _nothing(result, name, cells)
        return
    if len(result.curves) > 1:
        yield Line((Span(result.query.name, "label"),))
    for label, curve in zip(_labels_of(result), result.curves, strict=True):
        drawn = _curve(label, curve, result.query.unit, names, cells, look)
        yield from _keyed(drawn, f"{name}/{_labels_key(curve)}")
    if result.more_series:
        yield Line((Span(f"{result.more_series} more series", "dim"),))
    yield from _notes(result, cells)


def _curve(label: str, curve: Curve, unit: str | None, names: int, cells: int, look: Look) -> list[Words]:
    """Name, curve and figures in a line; where that leaves no room for a curve, the figures below."""
    told = figures(curve, unit)
    room = cells - names - width(told) - 3
    head = (Span(fit(label, names), "text"), Span(" "))
    if room >= _LEAST_SPARK:
        return [(*head, Span(_drawn(curve, room, look).ljust(room), "you"), Span(f"  {told}", "strong"))]
    drawn = _drawn(curve, max(4, cells - names - 1), look)
    return [(*head, Span(drawn, "you")), (Span(clip(f"  {told}", cells), "strong"),)]


def _drawn(curve: Curve, cells: int, look: Look) -> str:
    return spark(shrunk(curve.values, cells), look.signs.spark)


def _logs(result: Result, found: Investigation, zone: tzinfo, cells: int) -> Iterator[Line]:
    name = f"{result.kind}/{result.query.source}/{result.query.name}"
    if result.problem is not None or not result.patterns:
        yield from _nothing(result, name, cells)
        return
    yield Line((Span(result.query.name, "label"), Span(lines_text(result), "dim")))
    counts = max(len(str(one.count)) for one in result.patterns) + 1
    for one in result.patterns:
        count, _, rest = pattern_text(one, found.frame, zone).partition(" ")
        level = f"{one.level} " if one.level else ""
        when = rest[: len(rest) - len(level) - len(one.text)]
        words = (
            Span(f"{count.rjust(counts)} ", "strong"),
            Span(when, "dim"),
            Span(level, _BAD.get(one.level, "dim")),
            Span(one.text, "dim" if one.is_rest else "text"),
        )
        yield from _keyed(_cut(wrap_words(words, cells, indent=counts + 1)), f"{name}/{one.text}")
    if result.more_patterns:
        yield Line((Span(f"{result.more_patterns} more kinds of lines", "dim"),))
    yield from _notes(result, cells)


def _cut(lines: list[Words]) -> list[Words]:
    if len(lines) <= _MOST_LINES:
        return lines
    last = lines[_MOST_LINES - 1]
    return [*lines[: _MOST_LINES - 1], (*last[:-1], Span(f"{last[-1].text[:-1]}…", last[-1].role))]


def _change(one: Change, found: Investigation, zone: tzinfo, cells: int) -> list[Line]:
    when, _, rest = change_text(one, found.frame, zone).partition(" ")
    link = one.url if is_web_address(one.url) else None
    words = (Span(f"{when} ", "dim"), Span(rest, "text", link))
    return _keyed(wrap_words(words, cells, indent=6), f"c/{one.id}")


def _link(result: Result, cells: int) -> Iterator[Line]:
    name = f"{result.kind}/{result.query.source}/{result.query.name}"
    if result.problem is not None:
        yield from _nothing(result, name, cells)
        return
    url = result.query.text
    label = (Span(f"{result.query.name}  ", "label"),)
    room = max(8, cells - words_width(label))
    yield Line((*label, Span(clip(url, room), "link", url if is_web_address(url) else None)), name)


def _nothing(result: Result, key: str, cells: int) -> list[Line]:
    why = result.problem or "nothing in this time"
    role = "stale" if result.problem is not None else "dim"
    words = (Span(f"{result.query.name}  ", "label"), Span(f"? {why}" if result.problem else why, role))
    return [*_keyed(wrap_words(words, cells, indent=2), key), *_notes(result, cells)]


def _notes(result: Result, cells: int) -> list[Line]:
    return [
        Line(words) for note in result.notes for words in wrap_words((Span(f"  {note}", "stale"),), cells, indent=2)
    ]


# -- what is kept, and what is shown whole ---------------------------------------------------------------------


def finding_text(thing: Thing, found: Investigation, zone: tzinfo) -> str | None:
    """What a note says of a line; ``None`` where it is said already, or says nothing."""
    match thing:
        case (Result() as result, Curve() as curve):
            at = clock_in(curve, found, zone)
            unit = f" {result.query.unit}" if result.query.unit else ""
            label = labels_text(curve.labels, shared_labels(result.curves)) if len(result.curves) > 1 else ""
            name = f"{result.query.name}{f' ({label})' if label else ''}"
            top = f"{figure(curve.high)}{unit} at {at}"
            return f"{name} up to {top} (least {figure(curve.low)}, last {figure(curve.last)})"
        case (Result() as result, Pattern() as pattern):
            return f"{result.query.name}: {_pattern_said(pattern, found, zone)}"
        case Change():
            return change_text(thing, found.frame, zone)
    return None


def _pattern_said(pattern: Pattern, found: Investigation, zone: tzinfo) -> str:
    """With the newest line, which can be looked for, in place of the pattern."""
    count, _, rest = pattern_text(pattern, found.frame, zone).partition(" ")
    head = rest[: len(rest) - len(pattern.text)].rstrip()
    return f"{count.removeprefix('x')} lines {head}: {clip(pattern.example, 300)}"


def clock_in(curve: Curve, found: Investigation, zone: tzinfo) -> str:
    """When a curve was highest."""
    local = curve.high_at.astimezone(zone)
    return f"{local:%H:%M}" if found.frame.length.days < 1 else f"{local:%d %b %H:%M}"


def whole_lines(thing: Thing, found: Investigation | None, board: Board, cells: int) -> tuple[str, list[Words]]:
    """Heading and lines of what is shown whole."""
    facts: list[tuple[str, str]] = []
    heading = ""
    match thing:
        case (Result() as result, Curve() as curve):
            heading = result.query.name
            assert found is not None
            facts = [
                ("values", figures(curve, result.query.unit)),
                ("highest", f"{figure(curve.high)} at {clock_in(curve, found, board.zone)}"),
                *sorted(curve.labels.items()),
                *_query_facts(result),
            ]
        case (Result() as result, Pattern() as pattern):
            heading = result.query.name
            assert found is not None
            facts = [
                ("lines", pattern_text(pattern, found.frame, board.zone)),
                ("newest", pattern.example),
                *_query_facts(result),
            ]
        case Result():
            heading = thing.query.name
            facts = [("why", thing.problem or ""), *_query_facts(thing)]
        case Change():
            heading = "Change"
            facts = [
                ("title", thing.title),
                ("kind", thing.kind.value),
                ("by", thing.author or ""),
                ("link", thing.url or ""),
            ]
        case Hypothesis():
            heading = thing.name
            facts = [("hypothesis", thing.text), ("verdict", thing.verdict.value), ("why", thing.reason)]
            facts += [("by", thing.author or ""), ("judged by", thing.judged_by or "")]
        case Mark():
            heading = thing.kind.value.capitalize()
            facts = [("text", thing.text), ("by", thing.author or "")]
    return heading, _fact_lines([(label, text) for label, text in facts if text], cells)


def _query_facts(result: Result) -> list[tuple[str, str]]:
    query = result.query
    return [("query" if query.kind != "link" else "address", query.text), ("asked of", query.source)]


def _fact_lines(facts: Sequence[tuple[str, str]], cells: int) -> list[Words]:
    names = max((len(label) for label, _ in facts), default=0)
    lines: list[Words] = []
    for label, text in facts:
        link = text if is_web_address(text) else None
        words = (
            Span(clip(label, 30).ljust(min(names, 30)) + "  ", "label"),
            Span(text, "link" if link else "text", link),
        )
        lines += wrap_words(words, cells, indent=min(names, 30) + 2)
    return lines
