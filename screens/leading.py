"""Leading an incident, from the key to the request: declaring it, its phase, what a page was worth, a severity with its
reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oncall_tui.actions import BY_ID, Action, Scope
from oncall_tui.board import AlertRow, Board
from oncall_tui.policy.declaring import Plan
from oncall_tui.policy.judging import note_of
from oncall_tui.policy.marks import MarkKind
from screens.aiming import TOO_SMALL, NoTarget, incident_target, is_too_small
from screens.base import OncallScreen
from screens.declaring import Origin, origin_of
from screens.guard import incapable
from screens.lead_requests import (
    AlertsJudged,
    DeclarationsWanted,
    DeclareWanted,
    Order,
    OrdersRequested,
    PlanWanted,
    note,
)
from screens.past_requests import SuggestionDismissed
from screens.requests import Answer, QuestionFailed, ScreenRequested, Target, ask

if TYPE_CHECKING:
    from screens.dialogs.declare import DeclareDialog

READ_ONLY = "read-only seat: nothing is sent"


def pinned(screen: OncallScreen[Any], action: Action) -> tuple[tuple[Target, ...], Board] | None:
    """What an action of this module is about, pinned now, and the board; ``None``: it cannot be, and that was said."""
    board = screen.board
    if board is None:
        screen.say("nothing is known yet: the first answer is awaited", "stale")
        return None
    if board.seat.read_only:
        screen.say(READ_ONLY, "error")
        return None
    try:
        targets = screen.aim(action)
    except NoTarget as reason:
        screen.say(str(reason), "error")
        return None
    if len(targets) > 1 and not action.many:
        screen.say(f"{action.title.lower()} works on one at a time: {len(targets)} are selected", "error")
        return None
    return targets, board


def takes_notes(target: Target, board: Board) -> str | None:
    """Why nothing can be written on the incident's timeline; ``None``: it can."""
    return incapable(BY_ID["note"], target, board)


# -- severity with a reason ------------------------------------------------------------------------------------


def with_note(action: Action, targets: tuple[Target, ...], answer: Answer) -> OrdersRequested:
    """The action, where its dialog gave it params, and the note that says why."""
    assert action.verb is not None
    orders: list[Order] = []
    for target in targets:
        if answer.params:
            orders.append(Order(verb=action.verb, target=target, params=answer.params))
        orders.append(note(target, answer.note))
    return OrdersRequested(action.title.lower() if answer.params else "write a note", orders)


# -- phase -----------------------------------------------------------------------------------------------------


def mark_phase(screen: OncallScreen[Any]) -> None:
    """Ask for the phase, and write it on the timeline."""
    action = BY_ID["phase"]
    found = pinned(screen, action)
    if found is None:
        return
    (target,), board = found
    why = takes_notes(target, board)
    if why is not None:
        screen.say(why, "error")
        return

    def chosen(answer: Answer | None) -> None:
        if answer is None:
            screen.say("mark the phase: left undone", "dim")
        else:
            params = answer.params
            screen.post_message(OrdersRequested(action.title.lower(), [note(target, params["text"], params["at"])]))

    from screens.dialogs.phase import PhaseDialog

    screen.app.push_screen(PhaseDialog(target, board), chosen)


# -- noise -----------------------------------------------------------------------------------------------------


def mark_noise(screen: OncallScreen[Any]) -> None:
    """Ask what these pages were worth; a group of alerts that surely belongs to an incident is judged as that one."""
    action = BY_ID["noise"]
    if Scope.ALERT in screen.live_scopes():
        action = replace(action, scope=Scope.ALERT)
    found = pinned(screen, action)
    if found is None:
        return
    targets, board = found
    incidents, alone = sorted_out(targets, board)
    refused = [why for target in incidents if (why := takes_notes(target, board)) is not None]
    incidents = tuple(target for target in incidents if takes_notes(target, board) is None)
    if not incidents and not alone:
        screen.say(refused[0], "error")
        return

    def chosen(answer: Answer | None) -> None:
        if answer is None:
            screen.say(f"{action.title.lower()}: left undone", "dim")
            return
        judged(screen, answer.params, incidents, alone)
        screen.after_action(action)

    from screens.dialogs.noise import NoiseDialog

    screen.app.push_screen(NoiseDialog(incidents, alone, board), chosen)


def judged(
    screen: OncallScreen[Any], said: Mapping[str, Any], incidents: tuple[Target, ...], alone: tuple[AlertRow, ...]
) -> None:
    """Post what was said: notes for incidents, and what is kept of alerts."""
    kind = MarkKind(said["kind"])
    if incidents:
        text = note_of(kind, said["why"])
        screen.post_message(OrdersRequested(f"mark as {kind.value}", [note(target, text) for target in incidents]))
    if alone:
        screen.post_message(AlertsJudged(alone, kind, said["why"]))


def sorted_out(targets: tuple[Target, ...], board: Board) -> tuple[tuple[Target, ...], tuple[AlertRow, ...]]:
    """The incidents that are judged, each once, and the groups of alerts that belong to none. Pure."""
    incidents: dict[str, Target] = {}
    alone: dict[str, AlertRow] = {}
    for target in targets:
        if not isinstance(target.row, AlertRow):
            incidents[target.id] = target
            continue
        row = board.sure_incident(target.row)
        if row is not None:
            incidents[row.id] = incident_target(row)
        else:
            alone[target.row.key] = target.row
    return tuple(incidents.values()), tuple(alone.values())


# -- declaring -------------------------------------------------------------------------------------------------


def declare(screen: OncallScreen[Any]) -> None:
    """What is under the cursor, or nothing of it: the form, the plan, and the progress of what was declared."""
    board = screen.board
    if board is None:
        screen.say("nothing is known yet: the first answer is awaited", "stale")
    elif board.seat.read_only:
        screen.say(READ_ONLY, "error")
    elif is_too_small(screen.size):
        screen.say(TOO_SMALL, "error")
    else:
        origin = origin_of(under_cursor(screen))
        # The form is there at once: the keys that follow are meant for it, and must not act on the screen below.
        dialog = form(screen, origin, board)
        if origin.incident is not None:
            looks = _progress(screen, dialog, origin.incident.id)
            screen.run_worker(looks, group="declare", exclusive=True, exit_on_error=False)


async def _progress(screen: OncallScreen[Any], dialog: DeclareDialog, incident_id: str) -> None:
    """In place of the form the progress, where the response to the incident runs already."""
    try:
        there = await ask(screen, DeclarationsWanted()) or ()
    except QuestionFailed:
        return  # the plan says so again, where it matters
    if dialog.is_current and any(one.incident == incident_id for one in there):
        dialog.action_leave()
        screen.post_message(ScreenRequested("declarations", incident_id))


def form(screen: OncallScreen[Any], origin: Origin, board: Board) -> DeclareDialog:
    """The first step: what it is, and how bad."""
    from screens.dialogs.declare import DeclareDialog

    def answered(answer: Answer | None) -> None:
        if answer is None:
            screen.say("declare: left undone; what was typed is kept", "dim")
        else:
            preview(screen, PlanWanted(**answer.params), board)

    dialog = DeclareDialog(origin, board)
    screen.app.push_screen(dialog, answered)
    return dialog


def preview(screen: OncallScreen[Any], wanted: PlanWanted, board: Board) -> None:
    """The second step: everything that would be done."""
    from screens.dialogs.plan import PlanDialog

    def answered(answer: Answer | None) -> None:
        if answer is None:
            form(screen, wanted.origin, screen.board or board)
        else:
            screen.run_worker(_go(screen, answer.params["plan"], wanted.origin), group="declare", exit_on_error=False)

    screen.app.push_screen(PlanDialog(wanted, board), answered)


async def _go(screen: OncallScreen[Any], plan: Plan, origin: Origin) -> None:
    try:
        declared = await ask(screen, DeclareWanted(plan, origin.draft_key))
    except QuestionFailed as reason:
        screen.say(f"not declared: {reason}", "error")
        return
    if origin.suggestion is not None:
        screen.post_message(SuggestionDismissed(origin.suggestion, declared=True))
    screen.post_message(ScreenRequested("declarations", declared.id))


def under_cursor(screen: OncallScreen[Any]) -> object:
    """The row that the person looks at; ``None``: none that an incident could be declared from."""
    suggestion = getattr(screen, "suggestion", None)
    if suggestion is not None:
        return suggestion
    pane = getattr(screen, "pane_in_focus", None)
    if pane is not None:
        return pane.cursor
    return getattr(screen, "row", None)
