"""Declarations as they go: each step, how it stands, what its system said; a step that failed goes again by a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from oncall_tui.actions import Action, Scope
from oncall_tui.board import Board
from oncall_tui.policy.declaring import TROUBLED, Declaration, Standing, StepState
from screens.aiming import NoTarget
from screens.base import COMMON, OncallScreen
from screens.declaration_words import besides_lines, does, head_words, sign_words, state_words, step_lines, why_words
from screens.dialogs.frame import Block
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.lead_requests import DeclarationsWanted, StepRetried
from screens.requests import QuestionFailed, ScreenRequested, Target, ask
from widgets.lines import BLANK, Span, Words, words_width
from widgets.messages import CursorMoved, RowOpened
from widgets.table import Column, ListTable, grown
from widgets.textpane import TextPane, awaits
from widgets.theme import Look, look_of


class StepList(ListTable[Standing]):
    """The steps of one declaration, in the plan's order."""

    NAME = "Steps"
    DEFAULT_CSS = """
    StepList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.number: str | None = None
        """The incident's, once there is one."""

    def key_of(self, row: Standing) -> str:
        """The step's id."""
        return row.step.id

    def counts(self, look: Look) -> list[Words]:
        """How many are through, and how many wait for a person."""
        done = sum(row.state is StepState.DONE for row in self.rows)
        troubled = sum(row.state in TROUBLED for row in self.rows)
        return [
            (Span(f"{done} of {len(self.rows)} confirmed", "title"),) if self.rows else BLANK,
            (Span(f"{troubled} need you", "stale"),) if troubled else BLANK,
        ]

    def columns(self, cells: int) -> Sequence[Column[Standing]]:
        """Sign, state, what it does, what was said of it."""
        found: list[Column[Standing]] = [
            Column("", 1, lambda row, look: sign_words(row, look.signs)),
            Column("State", 13, lambda row, look: state_words(row), gap=1),
            Column("Step", 0, lambda row, look: (Span(does(row, self.number)),), here=True, gap=1),
        ]
        said = max((words_width(why_words(row)) for row in self.rows), default=0)
        if cells >= 70 and said:
            found.append(Column("", min(said, cells // 3), lambda row, look: why_words(row), gap=2))
        return grown(found, cells)

    def row_role(self, row: Standing) -> str | None:
        """What was dropped steps back."""
        return "resolved" if row.state is StepState.DROPPED else None

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nothing was declared from here."""
        return ((Span("nothing was declared from here yet: i declares", "dim"),),)


class DeclarationScreen(OncallScreen[None]):
    """One declaration; ``tab`` goes to the one before it. The step under the cursor in full below."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "declaration_retry",
        "open",
        "next_pane",
        "previous_pane",
        "back",
        *(one for one in COMMON if one != "declarations"),
    )
    DEFAULT_CSS = """
    DeclarationScreen #body { layout: vertical; }
    DeclarationScreen #declared { height: 1; }
    DeclarationScreen #step { height: 40%; }
    """

    def __init__(self, target: str | None = None, keys: KeyMap = DEFAULT_KEYS) -> None:
        """``target``: a declaration's id, or the full id of the incident that was declared; ``None``: the latest."""
        super().__init__(keys)
        self.target = target
        self.all: tuple[Declaration, ...] = ()
        self.problem: str | None = None

    # -- what is on it ---------------------------------------------------------------------------------------

    def compose_body(self) -> ComposeResult:
        """What was declared, its steps, the one under the cursor."""
        yield Block(id="declared")
        yield StepList(id="steps")
        yield TextPane(id="step")

    @property
    def steps(self) -> StepList:
        """The steps."""
        return self.query_one(StepList)

    @property
    def shown(self) -> Declaration | None:
        """The declaration that is looked at."""
        found = (one for one in self.all if self.target is None or self.target in (one.id, one.incident))
        return next(found, None)

    def on_mount(self) -> None:
        """The keys go to the steps; how they stand is asked for."""
        self.steps.focus()
        self.facts_changed()

    def facts_changed(self) -> None:
        """They may stand otherwise now."""
        self.run_worker(self._ask(), exclusive=True, group="declarations", exit_on_error=False)

    async def _ask(self) -> None:
        try:
            self.all = await ask(self, DeclarationsWanted()) or ()
        except QuestionFailed as reason:
            self.problem = str(reason)
        else:
            self.problem = None
            if self.target is None and self.all:
                self.target = self.all[0].id  # a newer one does not take its place under the eye
        self._draw()

    def show_board(self, board: Board) -> None:
        """Times by the new minute."""
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted or self.board is None:
            return
        one, signs = self.shown, look_of(self).signs
        head: Words = (Span(self.problem or "", "stale"),)
        if one is not None:
            head = (Span(" "), *head_words(one, self.board, signs, max(8, self.size.width - 2)))
        declared = self.query_one("#declared", Block)
        declared.display = one is not None or self.problem is not None
        declared.show([head])
        row = self.board.incident(one.incident) if one is not None and one.incident is not None else None
        self.steps.number = row.incident.number if row is not None else None
        self.steps.show(one.steps if one is not None else ())
        self._draw_step()
        self.show_footer()

    def _draw_step(self) -> None:
        row, one, board = self.steps.cursor, self.shown, self.board
        if board is None:
            return
        self.query_one("#step", TextPane).show(
            lambda cells, look: [
                *(
                    step_lines(row, board, cells)
                    if row is not None
                    else awaits("the step under the cursor, with what its system said", cells)
                ),
                *([BLANK, *besides_lines(one, cells)] if one is not None else []),
            ],
            title=(Span(does(row, self.steps.number) if row is not None else "Step", "title"),),
        )

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another step in full, and perhaps other keys."""
        event.stop()
        self._draw_step()
        self.show_footer()

    # -- keys ------------------------------------------------------------------------------------------------

    def live_scopes(self) -> frozenset[Scope]:
        """Those of declarations."""
        return frozenset({Scope.DECLARATION, Scope.VIEW})

    def aim(self, action: Action) -> tuple[Target, ...]:
        """Its keys are about steps."""
        raise NoTarget(f"{action.title.lower()}: not a thing of declarations")

    def do_declaration_retry(self) -> None:
        """The step under the cursor, once more."""
        one, row = self.shown, self.steps.cursor
        if self.board is not None and self.board.seat.read_only:
            self.say("read-only seat: nothing is sent", "error")
        elif one is None or row is None:
            self.say("no step under the cursor", "stale")
        elif row.state not in TROUBLED:
            self.say(f"nothing to do again: {does(row, self.steps.number)} is {state_words(row)[0].text}", "stale")
        else:
            self.post_message(StepRetried(one.id, row.step.id))

    def on_row_opened(self, event: RowOpened) -> None:
        """A double click."""
        event.stop()
        self.do_open()

    def do_open(self) -> None:
        """The incident, once the pager has it."""
        one = self.shown
        if one is not None and one.incident is not None:
            self.post_message(ScreenRequested("incident", one.incident))
        else:
            self.say("the pager has no incident yet", "stale")

    def do_next_pane(self) -> None:
        """The declaration before this one, and after the oldest the latest."""
        self._step(1)

    def do_previous_pane(self) -> None:
        """The other way round."""
        self._step(-1)

    def _step(self, step: int) -> None:
        one = self.shown
        if len(self.all) < 2 or one is None:
            self.say("there is no other declaration", "dim")
            return
        self.target = self.all[(self.all.index(one) + step) % len(self.all)].id
        self._draw()
