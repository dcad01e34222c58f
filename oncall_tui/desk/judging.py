"""What a seat says of groups of alerts that belong to no incident (W11): kept here, there is no timeline for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from oncall_tui.board import AlertRow
from oncall_tui.desk.settings import ActRefused
from oncall_tui.policy.judging import Judgement
from oncall_tui.policy.marks import MarkKind
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk import Desk


async def judge_alerts(desk: Desk, rows: Sequence[AlertRow], kind: MarkKind, why: str = "") -> tuple[Judgement, ...]:
    """Say of each group what it was worth; what was said before stays in the history.

    Raises:
        ActRefused: the seat is read-only.
        StoreError: it could not be stored.
    """
    if desk.settings.read_only:
        raise ActRefused("this seat is read-only: nothing is judged from here")
    now = desk.clock.now()
    said = tuple(
        Judgement(
            kind=kind,
            at=now,
            seat=desk.settings.board.user or "seat",
            group=row.key,
            source=row.source,
            name=row.name,
            service=row.service,
            why=clean(why),
        )
        for row in rows
    )
    for one in said:
        await desk.put_judgement(one)
    return said
