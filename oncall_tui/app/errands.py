"""What screens ask for, done with the desk: one method a request."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from oncall_tui.actions import BY_ID, BY_VERB, INVERSE, Action
from oncall_tui.app.clipboard import TooLarge, osc52
from oncall_tui.app.editor import EditorFailed, edit
from oncall_tui.board import Board
from oncall_tui.clock import format_duration
from oncall_tui.desk import ActRefused, Desk
from oncall_tui.model import OutboxRow, OutboxState, Verb
from oncall_tui.store import StoreError
from screens.base import OncallScreen
from screens.requests import (
    ActionRequested,
    AuditWanted,
    BellRequested,
    CommandQuestion,
    ComponentsWanted,
    CopyRequested,
    DraftDropped,
    DraftSaved,
    DraftWanted,
    DutyQuestion,
    EditorWanted,
    EditsWanted,
    FileWanted,
    HistoryQuestion,
    HistoryRequest,
    IncidentWanted,
    LeadQuestion,
    LeadRequest,
    OutboxRequested,
    PastQuestion,
    PastRequest,
    Question,
    QuestionFailed,
    QuitRequested,
    RefreshRequested,
    RepaintRequested,
    Request,
    ScreenRequested,
    ShiftQuestion,
    ShiftWanted,
    SourcesWanted,
    TellRequested,
    UndoRequested,
    ValueKept,
    ValueWanted,
)
from widgets.words import VERB_WORD

if TYPE_CHECKING:
    from oncall_tui.app.commands import Commands
    from oncall_tui.app.face import OncallApp

_DONE = {
    Verb.ACKNOWLEDGE: "acknowledged",
    Verb.UNACKNOWLEDGE: "acknowledgement taken back",
    Verb.RESOLVE: "resolved",
    Verb.REOPEN: "reopened",
    Verb.ESCALATE: "escalated",
    Verb.REASSIGN: "assigned",
    Verb.SNOOZE: "snoozed",
    Verb.NOTE: "note written",
    Verb.SEVERITY: "severity set",
    Verb.MERGE: "merged",
    Verb.RESPONDERS: "responders asked",
    Verb.TITLE: "title changed",
    Verb.SILENCE: "silenced",
    Verb.EXPIRE_SILENCE: "silence ended",
    Verb.ROOM: "room made",
    Verb.TOPIC: "topic set",
    Verb.MESSAGE: "message sent",
    Verb.UPDATE_MESSAGE: "message changed",
    Verb.PUBLISH: "published",
    Verb.PUBLISH_UPDATE: "update published",
    Verb.TICKET: "ticket made",
    Verb.TICK: "ticked",
    Verb.OVERRIDE: "covered",
    Verb.DECLARE: "declared",
}


def _refusals() -> tuple[type[Exception], ...]:
    # Not at the top, here and below: nobody asks for documents at once, and they cost every start 7 ms.
    from oncall_tui.documents import ExportError

    return ActRefused, StoreError, ExportError, EditorFailed


class Errands:
    """Takes the screens' requests to the desk and says what came of them."""

    def __init__(self, app: OncallApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._acting = asyncio.Lock()
        self._followed: set[str] = set()
        """Keys of the rows made here whose end has not been told."""

    def take(self, request: Request) -> None:
        """Begin with a request; never waits for it."""
        work = self._work(request)
        if work is not None:
            self._app.run_worker(self._guarded(work, request), group="errands", exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, None], request: Request) -> None:
        """A refusal or a store that cannot is one line; anything else is a fault. A question always gets its end."""
        try:
            await work
        except _refusals() as error:
            if isinstance(request, Question):
                request.fail(QuestionFailed(str(error)))
            else:
                self._app.say(str(error), "error")
        except Exception as error:  # noqa: BLE001  # reported; whoever waits for the answer must not wait for ever
            if isinstance(request, Question):
                request.fail(QuestionFailed("it could not be done: see oncall.log"))
            self._app._handle_exception(error)

    def _work(self, request: Request) -> Coroutine[Any, Any, None] | None:
        match request:
            case ActionRequested():
                return self._act(request)
            case TellRequested():
                return self._tell(request)
            case LeadRequest():
                return self._lead(request)
            case HistoryRequest():
                return self._history(request)
            case OutboxRequested():
                return self._outbox(request)
            case UndoRequested():
                return self._undo()
            case RefreshRequested():
                return self._refresh(request)
            case PastRequest():
                return self._past(request)
            case ScreenRequested():
                return self._open(request)
            case DraftSaved():
                return self._desk.save_draft(request.key, request.text)
            case DraftDropped():
                return self._desk.drop_draft(request.key)
            case ValueKept():
                return self._desk.set_value(request.name, request.text)
            case Question():
                return self._answer(request)
            case CopyRequested():
                self._copy(request)
            case BellRequested():
                self._app.try_attention()
            case RepaintRequested():
                self._repaint()
            case QuitRequested():
                self._app.exit(return_code=0)
        return None

    # -- actions ---------------------------------------------------------------------------------------------

    async def _act(self, request: ActionRequested) -> None:
        """One outbox row a target, in the order of the presses; the board shows them at once."""
        action = BY_ID[request.action_id]
        assert action.verb is not None, "only actions with a verb are requested"
        queued: list[OutboxRow] = []
        refused: list[str] = []
        async with self._acting:
            for target in request.targets:
                try:
                    row = await self._desk.act(
                        action.verb, target.id, params=request.params, seen=target.seen, title=target.title
                    )
                except (ActRefused, StoreError) as error:
                    refused.append(str(error))
                else:
                    queued.append(row)
                    self._followed.add(row.key)
                    if action.verb is Verb.NOTE:
                        await self._desk.drop_draft(f"note:{target.id}")
        await self._app.refresh_board()
        self._tell_queued(action, queued, refused)

    async def _tell(self, request: TellRequested) -> None:
        """One outbox row for the channel; what was typed is kept until it is stored."""
        async with self._acting:
            row = await self._desk.tell(
                request.verb, request.channel, about=request.about, params=request.params, title=request.title
            )
            self._followed.add(row.key)
            if request.draft_key:
                await self._desk.drop_draft(request.draft_key)
        await self._app.refresh_board()
        window = row.not_before - row.created_at
        what = f"{row.source}: {VERB_WORD[row.verb]}"
        if window:
            undo = self._app.key_map.shown("undo")
            self._app.say(f"{what} leaves in {format_duration(window)} ({undo} undoes): {row.target_title}")
        else:
            self._app.say(f"{what} queued: {row.target_title}")

    async def _lead(self, request: LeadRequest) -> None:
        from oncall_tui.app.leading import carry_out

        async with self._acting:
            done = await carry_out(self._desk, request, self._app.key_map.shown("undo"))
        self._followed |= {row.key for row in done.rows}
        await self._app.refresh_board()
        if done.said:
            self._app.say(done.said, "error" if done.is_refused else "text")

    async def _history(self, request: HistoryRequest) -> None:
        from oncall_tui.app import history

        async with self._acting:
            rows, said = await history.carry_out(self._desk, request)
        self._followed |= {row.key for row in rows}
        await self._app.refresh_board()
        if said:
            self._app.say(said)

    def _tell_queued(self, action: Action, queued: list[OutboxRow], refused: list[str]) -> None:
        parts = []
        if queued:
            what = queued[0].target_title if len(queued) == 1 else f"{len(queued)} incidents"
            window = queued[0].not_before - queued[0].created_at
            if window:
                undo = self._app.key_map.shown("undo")
                parts.append(f"{action.title.lower()} leaves in {format_duration(window)} ({undo} undoes): {what}")
            elif len(queued) > 1 or refused:
                parts.append(f"{action.title.lower()} queued: {what}")
        if refused:
            more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
            parts.append(f"{'not queued: ' if queued else ''}{refused[0]}{more}")
        if parts:
            self._app.say("; ".join(parts), "error" if refused else "text")

    def tell_outcomes(self, board: Board) -> None:
        """Say how this session's actions ended, once each."""
        ended = [row for key in self._followed if (row := board.row_of_action(key)) is not None and not row.pending]
        self._followed -= {row.key for row in ended}
        by_state: dict[OutboxState, list[OutboxRow]] = {}
        for row in ended:
            by_state.setdefault(row.state, []).append(row)
        # What went wrong is said last, so that it is what stands there.
        for state in (OutboxState.CONFIRMED, OutboxState.SUPERSEDED, OutboxState.UNKNOWN, OutboxState.REFUSED):
            if rows := by_state.get(state):
                self._app.say(*_outcome(state, rows))

    async def _outbox(self, request: OutboxRequested) -> None:
        match request.action_id:
            case "outbox_retry":
                row = await self._desk.retry(request.key)
                self._followed.add(row.key)
                self._app.say(f"{VERB_WORD[row.verb]} goes out: {row.target_title}")
            case "outbox_cancel":
                row = await self._desk.cancel(request.key)
                self._app.say(f"{VERB_WORD[row.verb]} dropped: {row.target_title}")
            case "outbox_note":
                row = await self._desk.as_note(request.key)
                self._followed.add(row.key)
                self._app.say(f"queued as a note: {row.target_title}")
            case "see_off":
                await self._desk.see_off(request.key)
        await self._app.refresh_board()

    async def _undo(self) -> None:
        row = await self._desk.undo()
        if row is not None:
            self._followed.discard(row.key)
            await self._app.refresh_board()
            self._app.say(f"undone, it never left: {VERB_WORD[row.verb]} {row.target_title}")
            return
        self._app.say(self._no_undo(), "stale")

    def _no_undo(self) -> str:
        """Nothing waits: name the action that takes the latest one back, where there is one."""
        board = self._app.board
        mine = [row for row in board.outbox if row.state is OutboxState.CONFIRMED] if board is not None else []
        if mine:
            last = max(mine, key=lambda row: row.created_at)
            inverse = INVERSE.get(last.verb)
            if inverse is not None:
                key = self._app.key_map.shown(BY_VERB[inverse].id)
                return f"it has left; {key} takes it back: {VERB_WORD[last.verb]} {last.target_title}"
        return "nothing waits to be undone"

    async def _refresh(self, request: RefreshRequested) -> None:
        self._app.say("asking " + (", ".join(request.names) if request.names else "every source"), "dim")
        await self._desk.refresh(request.names)

    async def _past(self, request: PastRequest) -> None:
        from oncall_tui.app.past import carry_out

        said = await carry_out(self._desk, request, self._app.key_map.shown("palette"))
        await self._app.refresh_board()
        if said:
            self._app.say(said)

    # -- screens and questions -------------------------------------------------------------------------------

    async def _open(self, request: ScreenRequested) -> None:
        from oncall_tui.app.opening import screen_named

        try:
            screen = screen_named(request.name, request.target, self._app.key_map)
            top = self._app.screen
            if type(top) is type(screen) and getattr(top, "incident_id", None) == request.target:
                return
            if isinstance(screen, OncallScreen):
                screen.board = self._app.board
            await self._app.push_screen(screen)
        finally:
            self._app.screen_opened()

    async def _answer(self, question: Question[Any]) -> None:
        match question:
            case IncidentWanted():
                if question.read:
                    question.problem = await self._desk.read(question.incident_id)
                question.tell(await self._desk.view(question.incident_id))
            case ShiftQuestion():
                from oncall_tui.app.shift import answer

                question.tell(await answer(self._desk, self._app.board, question))
            case HistoryQuestion():
                from oncall_tui.app import history

                question.tell(await history.answer(self._desk, self._app.board, question))
            case LeadQuestion():
                from oncall_tui.app import leading

                question.tell(await leading.answer(self._desk, self._app.board, question))
            case DutyQuestion():
                from oncall_tui.app import duties

                question.tell(await duties.answer(self._desk, self._app.board, question))
            case CommandQuestion():
                question.tell(await self._commands.answer(question))
            case PastQuestion():
                from oncall_tui.app import past

                question.tell(await past.answer(self._desk, question))
            case ShiftWanted():
                question.tell(await self._desk.shift_facts(question.start, question.end))
            case AuditWanted():
                question.tell(await self._desk.audit())
            case SourcesWanted():
                question.tell(await self._desk.source_states())
            case ComponentsWanted():
                question.tell(await self._desk.components(question.channel))
            case DraftWanted():
                question.tell(await self._desk.draft(question.key))
            case ValueWanted():
                question.tell(await self._desk.value(question.name))
            case EditsWanted():
                from oncall_tui.desk.shift import edits_between

                question.tell(await edits_between(self._desk, question.start, question.end))
            case EditorWanted():
                question.tell(await self._edit(question))
            case FileWanted():
                from oncall_tui.app.exports import write_export

                folder = self._app.settings.folder / "exports"
                question.tell(await asyncio.to_thread(write_export, folder, question.name, question.text))
            case _:
                raise TypeError(f"nobody answers {type(question).__name__}")

    async def _edit(self, question: EditorWanted) -> str | None:
        settings = self._app.settings
        # While the editor has the terminal the loop goes on: polls, outbox; only drawing waits.
        with self._app.batch_update(), self._app.suspend():
            return await edit(question.text, question.suffix, settings.folder, settings.environ)

    @functools.cached_property
    def _commands(self) -> Commands:
        from oncall_tui.app.commands import Commands

        return Commands(self._app, self._desk)

    def _copy(self, request: CopyRequested) -> None:
        try:
            self._app.send_raw(osc52(request.text, self._app.settings.environ))
        except TooLarge as error:
            self._app.say(f"not copied: {error}", "error")
            return
        size = len(request.text.encode("utf-8", "replace"))
        self._app.say(f"{request.what} sent to your terminal's clipboard: {size} bytes", "dim")

    def _repaint(self) -> None:
        repaint = getattr(self._app._driver, "repaint", None)
        if repaint is not None:
            repaint()
        self._app.refresh(layout=True)


def _outcome(state: OutboxState, rows: list[OutboxRow]) -> tuple[str, str]:
    """What is said of rows that ended alike, and the role it is drawn in."""
    row = max(rows, key=lambda one: one.created_at)
    about = {one.target for one in rows}
    what = row.target_title if len(about) == 1 else f"{len(about)} incidents"
    match state:
        case OutboxState.CONFIRMED:
            return f"{_DONE[row.verb]}: {what}", "good"
        case OutboxState.SUPERSEDED:
            return f"{row.answer or 'somebody was first'}: {what}", "stale"
        case OutboxState.REFUSED:
            return f"{VERB_WORD[row.verb]} refused ({row.answer or 'no reason given'}): {what}", "error"
    return f"{VERB_WORD[row.verb]}: outcome unknown, look at {what}; the outbox can send it again", "error"
