"""What a declaration says of its steps: how each stands, what it waits for, what its words are. Pure."""

from __future__ import annotations

from oncall_tui.board import Board
from oncall_tui.policy.declaring import NUMBER, Declaration, Standing, StepState, shown
from widgets.lines import BLANK, Span, Words, sides, words_width
from widgets.signs import Signs
from widgets.textpane import wrap_words
from widgets.words import clock, severity_words

_STATE: dict[StepState, tuple[str, str]] = {
    StepState.WAITING: ("waits", "dim"),
    StepState.PENDING: ("queued", "pending"),
    StepState.DONE: ("confirmed", "good"),
    StepState.REFUSED: ("refused", "refused"),
    StepState.UNKNOWN: ("unknown", "outcome-unknown"),
    StepState.HELD: ("waits for you", "stale"),
    StepState.DROPPED: ("dropped", "dim"),
}
"""Word and role of each state."""


def sign_words(one: Standing, signs: Signs) -> Words:
    """The sign of a step."""
    sign = {
        StepState.DONE: signs.acknowledged,
        StepState.PENDING: signs.pending,
        StepState.REFUSED: signs.refused,
        StepState.UNKNOWN: signs.unknown,
        StepState.HELD: signs.unknown,
    }.get(one.state, " ")
    return (Span(sign, _STATE[one.state][1]),)


def state_words(one: Standing) -> Words:
    """How it stands, in a word: what is pending is queued, or being sent."""
    word, role = _STATE[one.state]
    if one.state is StepState.PENDING and one.row is not None:
        word = one.row.state.value
    return (Span(word, role),)


def why_words(one: Standing) -> Words:
    """What it waits for, what the system said."""
    return (Span(one.why, "text" if one.state in (StepState.REFUSED, StepState.UNKNOWN, StepState.HELD) else "dim"),)


def does(one: Standing, number: str | None) -> str:
    """What the step does, with the incident's number once the pager has given it one."""
    return shown(one.step.does.replace(NUMBER, number) if number else one.step.does)


def step_lines(one: Standing, board: Board, cells: int) -> list[Words]:
    """One step in full."""
    step = one.step
    facts: list[tuple[str, Words]] = [
        ("state", (*state_words(one), Span(f"  {one.why}" if one.why else "", "text"))),
        ("through", (Span(step.to),)),
        ("reaches", (Span(shown(", ".join(step.whom))),) if step.whom else BLANK),
        ("by", (Span(step.rule, "dim"),) if step.rule else BLANK),
        ("sent", _sent(one, board)),
        ("made", (Span(one.row.native_ref),) if one.row is not None and one.row.native_ref else BLANK),
    ]
    lines: list[Words] = []
    for label, words in facts:
        if words:
            lines += wrap_words((Span(f"{label:<9}", "label"), *words), cells, indent=9)
    sent = str(one.row.params.get("text") or "") if one.row is not None else ""
    text = sent or shown(step.text)
    if text:
        lines.append(BLANK)
        for line in text.split("\n"):
            lines += wrap_words((Span(line),), cells) if line else [BLANK]
    return lines


def _sent(one: Standing, board: Board) -> Words:
    row = one.row
    if row is None or row.sent_at is None:
        return BLANK
    tries = f", {row.attempts} times" if row.attempts > 1 else ""
    return (Span(f"{clock(row.sent_at, board.minute, board.zone)}{tries}"),)


def head_words(one: Declaration, board: Board, signs: Signs, cells: int) -> Words:
    """What was declared, when, by whom; the title gives way."""
    by = (Span(f"{one.seat} {signs.dot} {clock(one.at, board.minute, board.zone)}", "dim"),)
    title = (*severity_words(one.severity), Span(" "), Span(one.title, "strong"))
    return sides(title, by if words_width(by) * 3 <= cells else BLANK, cells)


def besides_lines(one: Declaration, cells: int) -> list[Words]:
    """What a person does by hand, and what was not done and why."""
    lines: list[Words] = []
    for line in one.by_hand:
        lines += wrap_words((Span("by hand  ", "label"), Span(line)), cells, indent=9)
    for skipped in one.skipped:
        said = f"{skipped.id.replace('-', ' ')}: {skipped.why}"
        lines += wrap_words((Span("not      ", "label"), Span(said, "dim")), cells, indent=9)
    return lines
