"""Metrics, history and post-mortems, done with the desk: what :mod:`screens.history_requests` asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from oncall_tui.clock import format_duration
from oncall_tui.desk import ActRefused
from oncall_tui.desk.history import span_metrics
from oncall_tui.desk.postmortem import (
    TemplateFault,
    drop_text,
    keep_text,
    make_ticket,
    tell_tickets,
    written_postmortem,
)
from oncall_tui.metrics import PeriodError
from oncall_tui.postmortem import text_name
from screens.history_requests import (
    BackfillStarted,
    BackfillStopped,
    BackfillWanted,
    MetricsWanted,
    PostmortemDiscarded,
    PostmortemKept,
    PostmortemWanted,
    TicketRequested,
)
from screens.requests import HistoryQuestion, HistoryRequest

if TYPE_CHECKING:
    from oncall_tui.board import Board
    from oncall_tui.desk import Desk
    from oncall_tui.model import OutboxRow


async def answer(desk: Desk, board: Board | None, question: HistoryQuestion[Any]) -> Any:
    """The answer.

    Raises:
        ActRefused: there is none, and why.
        StoreError: the store cannot be read.
    """
    match question:
        case MetricsWanted():
            if board is None:
                raise ActRefused("nothing is known yet: the first answer is awaited")
            try:
                return await span_metrics(desk, board, question.span, question.back, question.by)
            except PeriodError as error:
                raise ActRefused(str(error)) from None
        case BackfillStarted():
            desk.backfill.start(desk.clock.now() - timedelta(days=question.days))
            return desk.backfill.progress
        case BackfillWanted():
            return await desk.backfill.moved() if question.wait else desk.backfill.progress
        case PostmortemWanted():
            # Whoever looks at it sees to it that the timeline names the tickets that were made meanwhile.
            await tell_tickets(desk, question.incident_id)
            try:
                return await written_postmortem(desk, question.incident_id)
            except TemplateFault as error:
                raise ActRefused(str(error)) from None
    raise TypeError(f"nobody answers {type(question).__name__}")


async def carry_out(desk: Desk, request: HistoryRequest) -> tuple[tuple[OutboxRow, ...], str]:
    """Do it; gives the rows to follow, and what is said.

    Raises:
        ActRefused, StoreError: nothing of it was done; one line.
    """
    match request:
        case PostmortemKept():
            await keep_text(desk, request.incident_id, request.text)
            await desk.drop_draft(text_name(request.incident_id))
            return (), "kept: the post-mortem is your text now"
        case PostmortemDiscarded():
            await drop_text(desk, request.incident_id)
            return (), "the draft writes itself again"
        case BackfillStopped():
            desk.backfill.stop()
            return (), "stops after what is on its way; it goes on from there the next time"
        case TicketRequested():
            row = await make_ticket(desk, request.incident_id, request.item, request.channel)
            window = row.not_before - row.created_at
            when = f"leaves in {format_duration(window)}" if window else "queued"
            return (row,), f"{row.source}: ticket {when}: {row.params['title']}"
    raise TypeError(f"nobody does {type(request).__name__}")
