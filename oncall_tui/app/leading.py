"""Leading an incident, done with the desk: what :mod:`screens.lead_requests` asks for."""

from __future__ import annotations

from typing import Any

from oncall_tui.board import Board
from oncall_tui.clock import format_duration
from oncall_tui.desk import ActRefused, Desk
from oncall_tui.model import OutboxRow
from oncall_tui.policy.declaring import Plan, Wish
from oncall_tui.records import dataclass
from oncall_tui.store import StoreError
from screens.investigation_requests import InvestigationWanted
from screens.lead_requests import (
    AlertsJudged,
    DeclarationsWanted,
    DeclareWanted,
    JudgementsWanted,
    OrdersRequested,
    PlanWanted,
    StepRetried,
)
from screens.requests import LeadQuestion, LeadRequest

MOST_DECLARATIONS = 50
"""Of the latest ones so many are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a request: the rows to follow, and what is said (``""``: nothing)."""

    rows: tuple[OutboxRow, ...] = ()
    said: str = ""
    is_refused: bool = False


async def carry_out(desk: Desk, request: LeadRequest, undo_key: str) -> Done:
    """Do it; ``undo_key`` is the key that takes it back while it waits.

    Raises:
        ActRefused, StoreError: nothing of it was done; one line.
    """
    match request:
        case OrdersRequested():
            return await _orders(desk, request, undo_key)
        case AlertsJudged():
            from oncall_tui.desk.judging import judge_alerts

            said = await judge_alerts(desk, request.rows, request.kind, request.why)
            what = said[0].name if len(said) == 1 else f"{len(said)} groups of alerts"
            return Done(said=f"kept for handover and metrics: {request.kind.value}, {what}")
        case StepRetried():
            from oncall_tui.desk.declaring import retry_step
            from oncall_tui.policy.declaring import shown

            declared = await retry_step(desk, request.declaration, request.step)
            step = declared.step(request.step)
            return Done(said=f"goes out again: {shown(step.step.does) if step is not None else request.step}")
    raise TypeError(f"nobody does {type(request).__name__}")


async def _orders(desk: Desk, request: OrdersRequested, undo_key: str) -> Done:
    """One that is refused does not hold up the others: a pager without severities still takes the note."""
    rows: list[OutboxRow] = []
    refused: list[str] = []
    for order in request.orders:
        target = order.target
        try:
            row = await desk.act(order.verb, target.id, params=order.params, seen=target.seen, title=target.title)
        except (ActRefused, StoreError) as error:
            refused.append(str(error))
        else:
            rows.append(row)
    return Done(rows=tuple(rows), said=_said(request.what, rows, refused, undo_key), is_refused=bool(refused))


def _said(what: str, rows: list[OutboxRow], refused: list[str], undo_key: str) -> str:
    parts = []
    if rows:
        targets = {row.target: row.target_title for row in rows}
        title = next(iter(targets.values())) if len(targets) == 1 else f"{len(targets)} incidents"
        parts.append(f"{what} {_leaves(rows, undo_key)}: {title}")
    if refused:
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        parts.append(f"{'not queued: ' if rows else ''}{refused[0]}{more}")
    return "; ".join(parts)


def _leaves(rows: list[OutboxRow], undo_key: str) -> str:
    """When they go: a severity goes at once where the note beside it still can be taken back."""
    windows = [row.not_before - row.created_at for row in rows]
    waits = f"leaves in {format_duration(max(windows))} ({undo_key} undoes)" if max(windows) else ""
    if not waits:
        return "queued"
    return waits if min(windows) else f"queued, the note {waits}"


async def answer(desk: Desk, board: Board | None, question: LeadQuestion[Any]) -> Any:
    """What is asked; ``board`` is what the person looks at.

    Raises:
        ActRefused, StoreError: it cannot be, and why; one line.
    """
    match question:
        case JudgementsWanted():
            return await desk.judgements_of(question.group)
        case InvestigationWanted():
            seen = board or await desk.board()
            return await desk.investigator.look(question.incident_id, seen, width=question.width, anew=question.anew)
        case PlanWanted():
            return await _plan(desk, board or await desk.board(), question)
        case DeclareWanted():
            from oncall_tui.desk.declaring import declare

            declared = await declare(desk, question.plan)
            await desk.drop_draft(question.draft_key)
            return declared
        case DeclarationsWanted():
            from oncall_tui.desk.declaring import declarations

            return await declarations(desk, MOST_DECLARATIONS)
    raise TypeError(f"nobody answers {type(question).__name__}")


async def _plan(desk: Desk, board: Board, wanted: PlanWanted) -> Plan:
    from oncall_tui.desk.declaring import plan_declaration, wish_from
    from screens.declaring import wish_of

    try:
        first = wish_from(board, wanted.origin.key)
    except ActRefused:
        if wanted.origin.incident is not None:
            raise
        # The alerts have ended while it was typed: what was typed is as true.
        first = Wish(title=wanted.typed.title, severity=wanted.severity)
    plan = await plan_declaration(desk, board, wish_of(first, wanted.typed, wanted.severity, wanted.note))
    return plan.alone("a test page: nobody else is told") if wanted.origin.is_test else plan
