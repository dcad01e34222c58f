"""A publication that may be there, or is on its way, is not made a second time from the command line."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from oncall_tui.cli.compose import House
from oncall_tui.cli.telling import _check_not_twice
from oncall_tui.desk import ActRefused
from oncall_tui.model import OutboxRow, OutboxState, Verb
from tests.support.ui import outbox_row, sample_board, sample_facts

ROW = outbox_row(Verb.PUBLISH, source="page", key="k1")


def house_with(*rows: OutboxRow) -> House:
    async def board() -> Any:
        return sample_board(replace(sample_facts(), outbox=rows))

    return cast(House, SimpleNamespace(desk=SimpleNamespace(board=board)))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OutboxState.QUEUED, "it is being published already \\(key k1\\)"),
        (OutboxState.SENDING, "it is being published already"),
        (OutboxState.UNKNOWN, "what became of an earlier one is not known \\(key k1\\): look at the page"),
    ],
)
async def test_one_that_may_be_there_stands_in_the_way(state: OutboxState, words: str) -> None:
    with pytest.raises(ActRefused, match=words):
        await _check_not_twice(house_with(replace(ROW, state=state)), "pager:Q1", "page")


@pytest.mark.parametrize(
    "row",
    [
        replace(ROW, state=OutboxState.REFUSED),
        replace(ROW, state=OutboxState.CONFIRMED),
        replace(ROW, target="pager:Q2"),
        replace(ROW, source="other"),
        replace(ROW, verb=Verb.MESSAGE),
    ],
)
async def test_others_do_not(row: OutboxRow) -> None:
    await _check_not_twice(house_with(row), "pager:Q1", "page")
