"""The words of a shift's checklist and of the last days. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.board import Board
from oncall_tui.handover.review import Review
from oncall_tui.policy.checklists import Outcome, Standing
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words
from widgets.theme import Look
from widgets.words import age, clock, severity_words

_ROLES = {Outcome.OK: "good", Outcome.NOT_YET: "soon", Outcome.UNKNOWN: "stale"}
_TRENDS = {"more": "soon", "new": "soon", "less": "good", "as before": "dim"}


def box_words(one: Standing) -> Words:
    """``[x]`` done, ``[!]`` a check finds it not well, ``[?]`` it cannot be told, ``[ ]`` open."""
    if one.done:
        return (Span("[x]", "good"),)
    if one.failed or (one.finding is not None and one.finding.outcome is Outcome.NOT_YET):
        return (Span("[!]", "error"),)
    if one.finding is not None and one.finding.outcome is Outcome.UNKNOWN:
        return (Span("[?]", "stale"),)
    return (Span("[ ]"),)


def said_words(one: Standing, board: Board) -> Words:
    """What a check found, who ticked it and when; of what is open by hand, that it is."""
    words: list[Span] = []
    if one.finding is not None:
        words.append(Span(one.finding.words, _ROLES[one.finding.outcome]))
    if one.tick is not None:
        said = f"{clock(one.tick.at, board.minute, board.zone)} {one.tick.by}"
        told = f"{said}: {one.tick.said}" if one.tick.said else said
        words += [Span("  ")] if words else []
        words.append(Span(told, "dim" if one.tick.done else "error"))
    if words:
        return tuple(words)
    return (Span(f"runs {one.item.command}" if one.item.command else "by hand", "dim"),)


def review_lines(found: Review, board: Board, cells: int, look: Look) -> list[Words]:
    """The last days: alerts by count and trend, what is unresolved, what recurs, which runbooks to read."""
    return [
        *_heads(found, cells),
        *_alerts(found, cells, look),
        *_unresolved(found, board, cells),
        *_recurring(found, cells, look),
        *_runbooks(found, cells),
    ]


def _heads(found: Review, cells: int) -> list[Words]:
    counts = found.counts
    told = ", ".join(
        f"Sev{severity} {counts[f'sev{severity}']}" for severity in (1, 2, 3, 4) if counts[f"sev{severity}"]
    )
    none = f", no severity {counts['none']}" if counts["none"] else ""
    words: Words = (
        Span(f"{counts['total']} incidents", "strong"),
        Span(f" ({told or 'none of a severity'}{none})" if counts["total"] else "", "text"),
        Span(f", {found.fired_total} alerts, {found.fired_before} in the week before", "text"),
    )
    return wrap_words(words, cells)


def _alerts(found: Review, cells: int, look: Look) -> Iterator[Words]:
    yield from _title("Alerts, the most frequent first")
    for one in found.fired:
        service = f" ({one.service})" if one.service else ""
        count = Span(f"  {look.signs.times}{one.count:<5}", "strong")
        before = Span(f"  {one.trend}, {one.before} before" if one.before else "  new", _TRENDS[one.trend])
        yield from wrap_words((count, Span(f"{one.name}{service}"), before), cells, indent=8)
    if not found.fired:
        yield (Span("  none", "dim"),)


def _unresolved(found: Review, board: Board, cells: int) -> Iterator[Words]:
    yield from _title("Not resolved")
    for one in found.unresolved:
        old = Span(f"  {age(one.created_at, board.minute):<4} ", "dim")
        head = (Span("  "), *severity_words(one.severity, short=True), old)
        yield from wrap_words((*head, Span(one.title), Span(f"  {one.state.value}", "dim")), cells, indent=10)
    if not found.unresolved:
        yield (Span("  none", "dim"),)


def _recurring(found: Review, cells: int, look: Look) -> Iterator[Words]:
    yield from _title("Coming back")
    for one in found.recurring:
        words = (Span(f"  {look.signs.times}{one.count:<5}", "strong"), Span(one.latest.title))
        yield from wrap_words(words, cells, indent=8)
    if not found.recurring:
        yield (Span("  none", "dim"),)


def _runbooks(found: Review, cells: int) -> Iterator[Words]:
    yield from _title("Runbooks to read again")
    for of, url in found.runbooks:
        yield from wrap_words((Span(f"  {of}  "), Span(url, "link")), cells, indent=4)
    if not found.runbooks:
        yield (Span("  none is named by what there was", "dim"),)


def _title(words: str) -> Iterator[Words]:
    yield BLANK
    yield (Span(words, "title"),)
