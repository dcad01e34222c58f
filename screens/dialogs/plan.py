"""Declare an incident, the second step: everything that would be done, for whom, in which words; each step can be left
out, its words changed; one key declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from oncall_tui.board import Board
from oncall_tui.policy.declaring import INCIDENT, Plan, Skipped, Step, shown
from oncall_tui.text import wrap
from screens.declaring import Origin, Typed, changed_by, write_typed
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.words import WordsDialog
from screens.lead_requests import PlanWanted
from screens.requests import Answer, DraftSaved, QuestionFailed, ask
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column
from widgets.theme import Look

TOLD_LINES = 8
"""Lines for whom, why and words of the step under the cursor."""
_AROUND = TOLD_LINES + 7
"""Lines that are not the list's: those, the frame's, the head's and the keys'."""


class _Row(NamedTuple):
    """A step that is wanted or not, or one that cannot be; or what is done by hand."""

    key: str
    step: Step | None
    is_on: bool
    why: str = ""


class PlanDialog(Dialog):
    """Gives ``{"plan": Plan}`` by one key. ``esc`` goes back to the form; what was changed is kept with what was typed
    there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y", "declare", show=False),
        Binding("space", "switch", show=False),
        Binding("e", "words", show=False),
    ]

    def __init__(self, wanted: PlanWanted, board: Board) -> None:
        super().__init__("Run the response" if wanted.origin.incident is not None else "Declare", board)
        self.wanted = wanted
        self.origin: Origin = wanted.origin
        self.typed_so_far: Typed = wanted.typed
        self.whole: Plan | None = None
        """The plan with everything in it; ``None`` while it is worked out."""
        self.problem: str | None = None
        """Why there is none."""

    def compose_parts(self) -> ComposeResult:
        """What is declared, the steps, and what the one under the cursor does."""
        yield Block(id="head")
        yield Choices(lambda row: row.key, self._columns_of, self._nothing)
        yield Block(id="told")

    @property
    def choices(self) -> Choices[_Row]:
        """The steps."""
        return self.query_one(Choices)

    @property
    def plan(self) -> Plan | None:
        """What would be done now."""
        return changed_by(self.whole, self.typed_so_far) if self.whole is not None else None

    def on_mount(self) -> None:
        """The plan is asked of the desk."""
        self.query_one("#frame").border_subtitle = Content("nothing has been sent")
        self.choices.focus()
        self.run_worker(self._read_plan(), exit_on_error=False)

    async def _read_plan(self) -> None:
        try:
            self.whole = await ask(self, self.wanted)
        except QuestionFailed as reason:
            self.problem = str(reason)
            self.choices.redraw()
            self.fit()
            return
        self._show()

    def _show(self) -> None:
        self.choices.show(self.rows)
        self.fit()

    @property
    def rows(self) -> tuple[_Row, ...]:
        """The steps in their order, then those that cannot be, then what is done by hand."""
        plan, whole = self.plan, self.whole
        if plan is None or whole is None:
            return ()
        gone = {one.id: one.why for one in plan.skipped}
        steps = [_Row(one.id, plan.step(one.id) or one, plan.step(one.id) is not None) for one in whole.steps]
        told = [row._replace(why="" if row.is_on else gone.get(row.key, "left out")) for row in steps]
        told += [_Row(f"skipped:{one.id}", None, False, _skipped(one)) for one in whole.skipped]
        return (*told, *(_Row(f"hand:{number}", None, False, line) for number, line in enumerate(whole.by_hand)))

    # -- parts -----------------------------------------------------------------------------------------------

    def parts(self, cells: int) -> Sequence[Part]:
        """The words of the step under the cursor give way, then the list."""
        rows = max(1, len(self.choices.rows))
        return (
            Part(self.query_one("#told"), TOLD_LINES, 1),
            Part(self.choices, min(max(12, self.size.height - _AROUND), rows), min(3, rows)),
            Part(self.query_one("#head"), len(self._head(cells)), 1),
        )

    def keys(self) -> Sequence[Key]:
        """One key declares."""
        row = self.choices.cursor
        words: tuple[Key, ...] = (("e", "words"),) if row is not None and row.step is not None and row.step.text else ()
        does = "run it" if self.origin.incident is not None else "declare"
        return (("y", does), ("space", "leave out"), *words, (up_down(self), "look"), ("esc", "back"))

    def draw(self) -> None:
        """What is declared, and the step under the cursor."""
        self.query_one("#head", Block).show(self._head(self.inner))
        self._draw_told()

    def _head(self, cells: int) -> list[Words]:
        count = len(self.plan.steps) if self.plan is not None else 0
        title = wrap(self.wanted.typed.title, max(8, cells - 5))[:2]
        head = Span(f"Sev{self.wanted.severity} ", f"sev{self.wanted.severity}")
        lines: list[Words] = [
            (head if number == 0 else Span("     "), Span(line, "strong")) for number, line in enumerate(title)
        ]
        service = self.wanted.typed.service
        return [*lines, (Span(f"{f'{service}, ' if service else ''}{count} steps", "dim"),)]

    def _draw_told(self) -> None:
        row = self.choices.cursor
        block = self.query_one("#told", Block)
        height = int(block.styles.height.value) if block.styles.height is not None else TOLD_LINES
        lines = self._told(row, self.inner) if row is not None else self._missing(self.inner)
        gap = [BLANK] if height > 3 else []
        room = height - len(gap)
        if len(lines) > room:
            lines = [*lines[: max(0, room - 1)], (Span(f"and {len(lines) - max(0, room - 1)} lines more", "dim"),)]
        block.show([*gap, *lines])
        self._draw_keys()

    def _nothing(self) -> Words:
        return (Span("the plan is being worked out" if self.problem is None else "there is no plan", "dim"),)

    def _missing(self, cells: int) -> list[Words]:
        return [(Span(line, "error"),) for line in wrap(self.problem or "", cells) if line]

    def _told(self, row: _Row, cells: int) -> list[Words]:
        step = row.step
        if step is None:
            return [(Span(line, "dim"),) for line in wrap(row.why, cells)]
        lines: list[Words] = []
        if not row.is_on:
            lines += [(Span(line, "stale"),) for line in wrap(row.why, cells)]
        if step.whom:
            lines += [(Span(line, "strong"),) for line in wrap(shown(f"reaches {', '.join(step.whom)}"), cells)[:2]]
        lines += [(Span(line, "dim"),) for line in wrap(f"by {step.rule}", cells)[:2] if step.rule]
        for line in shown(step.text).split("\n") if step.text else ():
            lines += [(Span(part),) for part in wrap(line, cells)] or [BLANK]
        return lines

    def _columns_of(self, cells: int) -> Sequence[Column[_Row]]:
        columns: list[Column[_Row]] = [Column("", 3, self._box), Column("", 0, self._does, here=True, gap=1)]
        if cells >= 60:
            columns.append(Column("", 14, lambda row, look: (Span(row.step.to if row.step else "", "dim"),), gap=2))
        return columns

    def _box(self, row: _Row, look: Look) -> Words:
        if row.step is None:
            return (Span(" - " if row.key.startswith("skipped:") else " * ", "dim"),)
        return (Span("[x]" if row.is_on else "[ ]", "good" if row.is_on else "dim"),)

    def _does(self, row: _Row, look: Look) -> Words:
        if row.step is None:
            return (Span(row.why, "dim"),)
        changed = "" if row.key not in self.typed_so_far.words else "  (your words)"
        return Span(shown(row.step.does), "text" if row.is_on else "dim"), Span(changed, "match")

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another step is told."""
        event.stop()
        self._draw_told()

    # -- changing it -----------------------------------------------------------------------------------------

    def action_switch(self) -> None:
        """Leave the step under the cursor out, or take it in again."""
        row = self.choices.cursor
        if row is None or row.step is None:
            return
        if row.key == INCIDENT:
            self.say("without the incident there is nothing to declare: esc leaves")
            return
        off = self.typed_so_far.off
        if not row.is_on and row.key not in off:
            self.say(row.why)
            return
        self._change(replace(self.typed_so_far, off=off ^ {row.key}))

    def action_words(self) -> None:
        """Write other words for the step under the cursor."""
        row = self.choices.cursor
        if row is None or row.step is None or not row.step.text or self.whole is None:
            self.say("that step has no words")
            return
        step, first = row.step, self.whole.step(row.key)
        assert first is not None

        def written(answer: Answer | None) -> None:
            if answer is None:
                return
            words = {name: text for name, text in self.typed_so_far.words.items() if name != step.id}
            if answer.params["text"] != first.text:
                words[step.id] = answer.params["text"]
            self._change(replace(self.typed_so_far, words=words))

        self.app.push_screen(WordsDialog(shown(step.does), step.text, self.board), written)

    def _change(self, typed: Typed) -> None:
        self.typed_so_far = typed
        self.post_message(DraftSaved(self.origin.draft_key, write_typed(typed)))
        self._show()

    # -- ending ----------------------------------------------------------------------------------------------

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter`` is not the key that declares: it is too near."""
        event.stop()
        self.say("y declares; space leaves a step out")

    def action_declare(self) -> None:
        """Go."""
        plan = self.plan
        if plan is None:
            self.say("the plan is not there yet" if self.problem is None else "there is no plan: esc leads back")
        elif not plan.steps:
            self.say("every step is left out: there is nothing to do")
        else:
            self.finish({"plan": plan})


def _skipped(one: Skipped) -> str:
    return f"not {one.id.replace('-', ' ')}: {one.why}"
