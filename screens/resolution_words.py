"""The resolution checklist and the watch after the fix, in lines. Pure."""

from __future__ import annotations

from dataclasses import replace

from oncall_tui.board import Board
from oncall_tui.board.led import Led
from oncall_tui.policy.checklists import Finding, Outcome, Standing
from oncall_tui.policy.watching import Watch, WatchState
from screens.tabs.rows import Line
from widgets.lines import BLANK, Span, Words
from widgets.signs import Signs
from widgets.textpane import wrap_words
from widgets.theme import Look
from widgets.words import clock

_WATCH_ROLES = {
    WatchState.RECOVERED: "good",
    WatchState.WATCHING: "text",
    WatchState.NOT_YET: "soon",
    WatchState.AGAIN: "overdue",
    WatchState.UNKNOWN: "stale",
}


def resolution_lines(led: Led, board: Board, cells: int, look: Look) -> list[Line]:
    """How far it is, the watch, then every item with what is known of it; an item is a row."""
    done = sum(1 for one in led.standing if one.done)
    head = (Span(f"{done} of {len(led.standing)} done", "good" if done == len(led.standing) else "text"),)
    lines = [Line(head), *map(Line, watch_lines(led, board, cells)), Line(BLANK)]
    if not led.standing:
        return [*lines, Line((Span("the config's resolution checklist is empty", "dim"),))]
    for number, one in enumerate(led.standing, 1):
        if one.item.check == "watch" and led.watch is not None and one.finding is not None:
            one = replace(one, finding=replace(one.finding, words=""))  # the watch's own line says it
        for words in _item(number, one, board, cells, look.signs):
            lines.append(Line(words, one.item.id))
    return lines


def watch_lines(led: Led, board: Board, cells: int) -> list[Words]:
    """What the watch says, and since when it counts."""
    found = led.watch
    if found is None:
        minutes = int(led.watch_length.total_seconds() // 60)
        begins = f"watch: {minutes} min, begins with the mark mitigated, or by key"
        return wrap_words((Span(begins, "dim"),), cells, indent=2)
    words = (Span("watch  ", "label"), Span(found.words, _WATCH_ROLES[found.state]), Span(_span(found, board), "dim"))
    return wrap_words(words, cells, indent=2)


def _span(found: Watch, board: Board) -> str:
    began = clock(found.began, board.minute, board.zone)
    if found.state is WatchState.RECOVERED:
        return f"  fixed {began}, recovered {clock(found.until, board.minute, board.zone)}"
    if found.state is WatchState.WATCHING:
        return f"  fixed {began}, until {clock(found.until, board.minute, board.zone)}"
    return f"  fixed {began}"


def _item(number: int, one: Standing, board: Board, cells: int, signs: Signs) -> list[Words]:
    box, role = ("[x]", "good") if one.done else ("[!]", "error") if one.failed else ("[ ]", "text")
    told = "dim" if one.done else "text"
    words: list[Span] = [Span(f"{box} ", role), Span(f"{number} ", "dim"), Span(one.item.text, told)]
    if one.item.command:
        words.append(Span(f"  runs {one.item.command}", "label"))
    lines = wrap_words(tuple(words), cells, indent=6)
    aside = _aside(one, board, signs)
    return [*lines, *(wrap_words((Span(" " * 6), *aside), cells, indent=6) if aside else [])]


def _aside(one: Standing, board: Board, signs: Signs) -> Words:
    """Who ticked it and when, how its command ended, what its check finds."""
    parts: list[Span] = []
    if one.tick is not None:
        at = clock(one.tick.at, board.minute, board.zone)
        said = f": {one.tick.said}" if one.tick.said else ""
        parts.append(Span(f"{at} {one.tick.by}{said}", "dim" if one.tick.done else "error"))
    if one.finding is not None and one.finding.words:
        if parts:
            parts.append(Span(f" {signs.dot} ", "dim"))
        parts.append(Span(one.finding.words, _finding_role(one.finding)))
    return tuple(parts)


def _finding_role(finding: Finding) -> str:
    return {Outcome.OK: "good", Outcome.NOT_YET: "text", Outcome.UNKNOWN: "stale"}[finding.outcome]
