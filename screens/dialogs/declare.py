"""Declare an incident, the first step: title, service, the short form of triage. What is typed is kept meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from oncall_tui.board import Board
from oncall_tui.model import Severity
from oncall_tui.policy.triage import Verdict, triage_note
from oncall_tui.text import MAX_TITLE, clean, wrap
from screens.declaring import Origin, Typed, begun, read_typed, services_of, write_typed
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.tell_fields import ChoiceLine, LabelledLine
from screens.dialogs.triage_form import QUESTIONS, TriageForm
from screens.requests import DraftDropped, DraftSaved, DraftWanted, QuestionFailed, ask
from screens.telling import Choice, Line
from widgets.lines import Span, Words

_BY_ANSWERS = "by the answers"
_LEVELS = ("Sev1", "Sev2", "Sev3", "Sev4")
MOST_SERVICES = 4
_MORE = {
    "text": ("Known", "what is known: goes into the incident and the ticket"),
    "impact": ("Impact", "what customers notice; empty: nothing is published"),
    "commander": ("Command", "who leads: a name; empty: as the config says, else you"),
}
"""Lines that may stay empty, and vanish where there is no room: label and placeholder."""
_TEST = "A test: the incident alone is made, and pages whoever is on call for the service. Resolve it when it rang."


class AskedForm(TriageForm, can_focus=True):
    """The short form as a field: its letters, and the numbers of severities, are keys while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(question.key, f"screen.answer('{question.key}')", show=False) for question in QUESTIONS),
        *(Binding(str(number), f"screen.level({number})", show=False) for number in (1, 2, 3, 4)),
        Binding("enter", "screen.send", show=False),
    ]

    def on_focus(self) -> None:
        """The letters are live."""
        self.redraw()

    def on_blur(self) -> None:
        """They are not."""
        self.redraw()

    def lines_for(self, cells: int) -> list[Words]:
        """The letters drawn as keys only while they are."""
        lines = super().lines_for(cells)
        if self.has_focus:
            return lines
        return [tuple(span._replace(role="dim") if span.role == "key" else span for span in line) for line in lines]


class DeclareDialog(Dialog):
    """Gives ``{"origin": Origin, "typed": Typed, "severity": n, "note": str}``. ``esc`` leaves; the draft is kept."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "field(1)", show=False, priority=True),
        Binding("shift+tab", "field(-1)", show=False, priority=True),
        Binding("enter", "send", show=False),
        Binding("ctrl+n", "anew", show=False, priority=True),
    ]

    def __init__(self, origin: Origin, board: Board) -> None:
        super().__init__(_heading(origin), board)
        self.services = services_of(board)
        self._begin(origin)

    def _begin(self, origin: Origin) -> None:
        self.origin = origin
        self._begun = begun(origin)
        self._rest = self._begun
        """What was changed in the plan the last time."""
        self._kept: Typed | None = None
        """As it was last kept; ``None`` while the kept one is not here yet, so that nothing overwrites it."""

    # -- parts -----------------------------------------------------------------------------------------------

    def compose_parts(self) -> ComposeResult:
        """Title, service, the form, what it gives, another severity and why."""
        yield LabelledLine(Line(name="title", label="Title", placeholder="what is broken, for whom"))
        yield LabelledLine(Line(name="service", label="Service", placeholder="which service"))
        yield Block(id="known")
        yield AskedForm(id="form")
        yield ChoiceLine(Choice(name="severity", label="Severity", options=(None, *_LEVELS), unset=_BY_ANSWERS))
        yield LabelledLine(Line(name="why", label="Why", placeholder="why it is another one than the answers give"))
        for name, (label, placeholder) in _MORE.items():
            yield LabelledLine(Line(name=name, label=label, placeholder=placeholder))
        yield Block(id="verdict")

    @property
    def form(self) -> AskedForm:
        """The short form."""
        return self.query_one(AskedForm)

    @property
    def level(self) -> ChoiceLine:
        """Another severity than the answers give."""
        return self.query_one(ChoiceLine)

    def field(self, name: str) -> Input:
        """The line of that name."""
        return next(one.field for one in self.query(LabelledLine) if one.line.name == name)

    @property
    def fields(self) -> list[Widget]:
        """What takes the keys, in the order of ``tab``."""
        why = [self.field("why")] if self.is_overruled else []
        more = [field for name in _MORE if (field := self.field(name)).parent is not None and field.parent.display]
        return [self.field("title"), self.field("service"), self.form, self.level, *why, *more]

    def on_mount(self) -> None:
        """Where something is missing; then the kept draft comes back."""
        self.query_one("#frame").border_subtitle = Content("the draft is kept as you type")
        for one in self.query(LabelledLine):
            one.field.max_length = MAX_TITLE
        self._fill_in()

    def _fill_in(self) -> None:
        self.put(self._begun)
        begins = "service" if self.origin.is_test else "title"
        (self.form if self._begun.title and not self.origin.is_test else self.field(begins)).focus()
        self.run_worker(self._bring_draft(), exclusive=True, group="draft", exit_on_error=False)

    def parts(self, cells: int) -> Sequence[Part]:
        """What is known of services gives way, then what the severity means."""
        told = self._told(cells)
        asked = len(self.form.lines_for(cells))
        title, service, why, *more = self.query(LabelledLine)
        overruled = int(self.is_overruled)
        return (
            Part(self.query_one("#known"), int(bool(self._known(cells))), 0),
            *(Part(line, 1, 0) for line in reversed(more)),
            Part(self.query_one("#verdict"), max(4, len(told)), 1),
            Part(title, 1),
            Part(service, 1),
            Part(self.form, asked, asked),
            Part(self.level, 1),
            Part(why, overruled, overruled),
        )

    def keys(self) -> Sequence[Key]:
        """What can be done."""
        letters = "".join(question.key for question in QUESTIONS)
        live: tuple[Key, ...] = ((f"{letters} 1-4", "answer"),) if self.form.has_focus else ()
        choose: tuple[Key, ...] = (("space", "choose"),) if self.level.has_focus else ()
        anew: tuple[Key, ...] = (("ctrl+n", "another"),) if self.origin.key is not None and self.inner > 44 else ()
        return (("enter", "show the plan"), *live, *choose, ("tab", "next"), *anew, ("esc", "leave"))

    def draw(self) -> None:
        """Services that fit what is typed; what the severity asks for."""
        self.query_one("#known", Block).show(self._known(self.inner))
        self.query_one("#verdict", Block).show(self._told(self.inner))

    def _known(self, cells: int) -> list[Words]:
        typed = clean(self.field("service").value).casefold()
        fitting = [one for one in self.services if typed in one.casefold()]
        if not fitting or [one.casefold() for one in fitting] == [typed]:
            return []
        more = f" and {len(fitting) - MOST_SERVICES} more" if len(fitting) > MOST_SERVICES else ""
        return [(Span("         "), Span(f"{', '.join(fitting[:MOST_SERVICES])}{more}", "dim"))]

    def _told(self, cells: int) -> list[Words]:
        verdict, severity = self.form.verdict, self.severity
        if self.origin.is_test:
            return [(Span(line, "stale"),) for line in wrap(_TEST, cells)]
        if severity is None:
            told = self.origin.guess or "tab to the answers, a letter each; or choose a severity"
            return [(Span(line, "dim"),) for line in wrap(told, cells)]
        rule = self.board.policy.rule(severity)
        given = self._ungiven()
        if verdict is not None:
            given = f"the answers give Sev{verdict.computed}: {verdict.reason}"
        lines: list[Words] = [(Span(f"Sev{severity} {rule.title}", "strong"), Span(f", {given}", "dim"))]
        if self.is_overruled and not clean(self.field("why").value):
            lines.append((Span("say why it is another one", "stale"),))
        who = f"With {', '.join(rule.participants)}. " if rule.participants else ""
        due = f"Post-mortem within {rule.postmortem_days} business days." if rule.postmortem_days is not None else ""
        return [*lines, *((Span(line, "dim"),) for line in wrap(f"{who}{due}", cells) if line)][:5]

    def _ungiven(self) -> str:
        return "as the pager has it" if self.chosen == self.origin.severity else "without answers"

    # -- what is typed ---------------------------------------------------------------------------------------

    @property
    def chosen(self) -> Severity | None:
        """The severity that was chosen by hand."""
        value = self.level.value
        return _LEVELS.index(value) + 1 if value in _LEVELS else None

    @property
    def severity(self) -> Severity | None:
        """The one that it would be declared with."""
        verdict = self.form.verdict
        return self.chosen or (verdict.computed if verdict is not None else None)

    @property
    def is_overruled(self) -> bool:
        """Another one was chosen than the answers give."""
        verdict = self.form.verdict
        return verdict is not None and self.chosen is not None and self.chosen != verdict.computed

    @property
    def typed_now(self) -> Typed:
        """All that was said, with what was changed in the plan before."""
        return replace(
            self._rest,
            title=self._line("title"),
            service=self._line("service"),
            answers=self.form.given,
            severity=self.chosen,
            why=self._line("why"),
            text=self._line("text"),
            impact=self._line("impact"),
            commander=self._line("commander"),
        )

    def _line(self, name: str) -> str:
        return clean(self.field(name).value, MAX_TITLE)

    def put(self, typed: Typed) -> None:
        """Fill the form in."""
        for name in ("title", "service", "why", *_MORE):
            field = self.field(name)
            field.value = getattr(typed, name)
            field.cursor_position = len(field.value)
        self.form.put(typed.answers)
        self.level.put(f"Sev{typed.severity}" if typed.severity is not None else None)
        self._rest = typed
        self.fit()

    async def _bring_draft(self) -> None:
        try:
            draft = await ask(self, DraftWanted(self.origin.draft_key))
        except QuestionFailed as reason:
            self.say(f"no draft: {reason}")
            draft = None
        kept = read_typed(draft.text) if draft is not None else None
        untouched = self.typed_now == self._begun
        self._kept = kept or self._begun
        if kept is not None and untouched:
            self.put(kept)
        else:
            self._keep()

    def _keep(self) -> None:
        typed = self.typed_now
        if self._kept is None or typed == self._kept:
            return
        self._kept = typed
        key = self.origin.draft_key
        self.post_message(DraftSaved(key, write_typed(typed)) if typed != self._begun else DraftDropped(key))

    def _changed(self) -> None:
        self._read()
        self._keep()
        self.fit()

    def typed(self, field: Input) -> None:
        """A line has changed."""
        self._changed()

    def on_choice_line_changed(self, event: ChoiceLine.Changed) -> None:
        """Another severity was chosen."""
        event.stop()
        self._changed()

    def on_descendant_focus(self) -> None:
        """Other keys are live."""
        self._draw_keys()

    # -- keys ------------------------------------------------------------------------------------------------

    def action_answer(self, key: str) -> None:
        """One of the form's letters; a severity that was chosen by hand gives way to it."""
        self.form.press(key)
        self.level.put(None)
        self._changed()

    def action_level(self, number: int) -> None:
        """That severity, by hand."""
        verdict = self.form.verdict
        is_same = verdict is not None and verdict.computed == number
        self.level.put(None if is_same else f"Sev{number}")
        self._changed()

    def action_field(self, step: int) -> None:
        """To the next field; a name that only one service begins with is filled in."""
        fields = self.fields
        here = next((number for number, one in enumerate(fields) if one.has_focus), 0)
        if fields[here] is self.field("service"):
            self._complete()
        fields[(here + step) % len(fields)].focus()

    def _complete(self) -> None:
        field = self.field("service")
        typed = clean(field.value).casefold()
        fitting = [one for one in self.services if one.casefold().startswith(typed)] if typed else []
        if len(fitting) == 1:
            field.value = fitting[0]

    def action_anew(self) -> None:
        """What is under the cursor is not meant: the empty form. What was typed of it stays kept."""
        if self.origin.key is not None:
            self._begin(Origin())
            self.query_one("#frame").border_title = Content(_heading(self.origin))
            self._fill_in()

    def action_send(self) -> None:
        """``enter`` on what is not a line."""
        self.submit()

    def submit(self) -> None:
        """On to the plan, once it is whole."""
        typed = self.typed_now
        if not typed.title:
            self.say("the title is empty")
            self.field("title").focus()
            return
        severity = self.severity
        if severity is None:
            self.say("how bad is it? a letter, or a severity")
            self.form.focus()
            return
        try:
            verdict: Verdict | None = self.form.overruled(severity, typed.why)
        except ValueError as reason:
            self.say(str(reason))
            self.field("why").focus()
            return
        note = triage_note(verdict) if verdict is not None else ""
        self.finish({"origin": self.origin, "typed": typed, "severity": severity, "note": note})


def _heading(origin: Origin) -> str:
    if origin.is_test:
        return "Test page"
    return "Run the response" if origin.incident is not None else "Declare an incident"
