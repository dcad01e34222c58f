"""What is said of orders that were given: what waits, what can be taken back, what was refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.app.leading import carry_out
from oncall_tui.desk import ActRefused
from oncall_tui.model import OutboxRow, Verb
from screens.lead_requests import Order, OrdersRequested, note
from screens.requests import LeadRequest, Target
from tests.screens.dialog_bench import targets_of
from tests.support.ui import outbox_row, sample_board


class FakeDesk:
    """Takes what it can: notes wait five seconds, the rest goes at once."""

    def __init__(self, *refuses: Verb) -> None:
        self.refuses = refuses
        self.rows: list[OutboxRow] = []

    async def act(self, verb: Verb, target: str, *, params: Any, seen: Any, title: str) -> OutboxRow:
        if verb in self.refuses:
            raise ActRefused(f"pager cannot {verb.value}")
        row = outbox_row(verb, target, params=dict(params), target_title=title, seen=seen)
        if verb is Verb.NOTE:
            row = replace(row, not_before=row.created_at + timedelta(seconds=5))
        self.rows.append(row)
        return row


TARGETS = targets_of(sample_board(), "pager:Q1", "pager:Q2")


def severity(target: Target) -> Order:
    return Order(verb=Verb.SEVERITY, target=target, params={"severity": 2})


async def said(orders: list[Order], *refuses: Verb) -> tuple[str, bool, int]:
    done = await carry_out(FakeDesk(*refuses), OrdersRequested("set the severity", orders), "u")  # type: ignore[arg-type]  # a desk as far as it goes
    return done.said, done.is_refused, len(done.rows)


async def test_what_can_be_taken_back_is_said_and_what_cannot() -> None:
    first, second = TARGETS
    both = [severity(first), note(first, "triage: Sev2")]
    title = "Checkout returns 503"
    assert await said(both) == (f"set the severity queued, the note leaves in 5s (u undoes): {title}", False, 2)
    assert await said([note(first, "noise")]) == (f"set the severity leaves in 5s (u undoes): {title}", False, 1)
    assert await said([severity(first)]) == (f"set the severity queued: {title}", False, 1)
    assert (await said([note(first, "noise"), note(second, "noise")]))[0].endswith("(u undoes): 2 incidents")


async def test_one_that_is_refused_does_not_hold_up_the_others() -> None:
    first, second = TARGETS
    orders = [order for one in (first, second) for order in (severity(one), note(one, "triage: Sev2"))]
    text, is_refused, rows = await said(orders, Verb.SEVERITY)
    assert (is_refused, rows) == (True, 2)
    assert text.endswith("2 incidents; not queued: pager cannot severity (and 1 more)")
    text, is_refused, rows = await said(orders, Verb.SEVERITY, Verb.NOTE)
    assert (text, is_refused, rows) == ("pager cannot severity (and 3 more)", True, 0)


async def test_what_nobody_does_is_a_fault_and_not_silence() -> None:
    with pytest.raises(TypeError):
        await carry_out(FakeDesk(), LeadRequest(), "u")  # type: ignore[arg-type]  # a desk as far as it goes
