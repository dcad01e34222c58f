"""The short form of triage (I2): six answers, a letter each, and the severity that they give. No widget takes the keys
away: the letters work wherever the cursor is."""

from __future__ import annotations

from typing import NamedTuple

from oncall_tui.model import Severity
from oncall_tui.policy.triage import Answers, Impact, Verdict, triage
from oncall_tui.text import width
from widgets.lines import Lines, Span, Words


class Question(NamedTuple):
    """One answer of the form: the letter, what it says, in short."""

    key: str
    words: str
    short: str


QUESTIONS = (
    Question("o", "total outage", "outage"),
    Question("b", "security breach", "breach"),
    Question("d", "significant degradation", "degraded"),
    Question("r", "revenue affected", "revenue"),
    Question("m", "minor degradation", "minor"),
    Question("n", "none of these", "none"),
)
_IMPACTS = {
    "o": Impact.TOTAL_OUTAGE,
    "d": Impact.SIGNIFICANT_DEGRADATION,
    "m": Impact.MINOR_DEGRADATION,
    "n": Impact.NONE,
}


class TriageForm(Lines):
    """The six answers, those given in brackets; as many lines as they need."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.given: frozenset[str] = frozenset()
        """Letters of the answers that were given."""

    def press(self, key: str) -> None:
        """Give an answer, or take it back. Impacts are one or none; ``none of these`` is none of all."""
        if key in self.given:
            self.put(self.given - {key})
        elif key == "n":
            self.put(frozenset(key))
        elif key in _IMPACTS:
            self.put((self.given - set(_IMPACTS)) | {key})
        else:
            self.put((self.given - {"n"}) | {key})

    def put(self, given: frozenset[str]) -> None:
        """These answers."""
        self.given = given & {question.key for question in QUESTIONS}
        self.redraw()

    @property
    def answers(self) -> Answers | None:
        """The form, filled in; ``None`` while nothing was answered."""
        if not self.given:
            return None
        return Answers(
            impact=next((_IMPACTS[key] for key in sorted(self.given) if key in _IMPACTS), Impact.NONE),
            security_breach="b" in self.given,
            revenue_impact="r" in self.given,
        )

    @property
    def verdict(self) -> Verdict | None:
        """What the answers give by themselves."""
        answers = self.answers
        return triage(answers) if answers is not None else None

    def overruled(self, severity: Severity, why: str) -> Verdict | None:
        """What the answers give where a person says ``severity``; ``None`` while nothing was answered.

        Raises:
            ValueError: another one than they give, without a reason.
        """
        given = self.answers
        if given is None:
            return None
        return triage(
            Answers(
                impact=given.impact,
                security_breach=given.security_breach,
                revenue_impact=given.revenue_impact,
                overruled=severity,
                why=why,
            )
        )

    def lines_for(self, cells: int) -> list[Words]:
        """The answers in so many cells, never one cut in two."""
        lines: list[Words] = []
        words: list[Span] = []
        taken = 0
        for question in QUESTIONS:
            text = question.words if cells >= 60 else question.short
            given = question.key in self.given
            wide = width(text) + 4
            if words and taken + wide > cells:
                lines.append(tuple(words))
                words, taken = [], 0
            words += [
                Span("[" if given else " ", "cursor-title" if given else "dim"),
                Span(question.key, "cursor-title" if given else "key"),
                Span(f" {text}", "cursor-title" if given else "text"),
                Span("]" if given else " ", "cursor-title" if given else "dim"),
            ]
            taken += wide
        return [*lines, tuple(words)]

    def line(self, y: int, cells: int) -> Words:
        """One line of them."""
        lines = self.lines_for(cells)
        return lines[y] if y < len(lines) else ()
