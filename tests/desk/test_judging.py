"""The desk keeps what a seat says of alerts without an incident; a read-only one says nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall_tui.desk import ActRefused
from oncall_tui.desk.judging import judge_alerts
from oncall_tui.policy.marks import MarkKind
from tests.desk.conftest import MakeRoom
from tests.desk.room import USER
from tests.support.ui import sample_board


async def test_what_is_said_of_alerts_is_kept_with_who_and_when(make_room: MakeRoom) -> None:
    room = await make_room()
    rows = sample_board().alerts[:2]
    await judge_alerts(room.desk, rows, MarkKind.NOISE, "the probe's \x1b[31mown\nnetwork")
    now = room.clock.now()
    found = await room.desk.judgements(now - timedelta(minutes=1), now + timedelta(minutes=1))
    assert [(one.name, one.kind, one.seat, one.at) for one in found] == [
        (row.name, MarkKind.NOISE, USER, now) for row in rows
    ]
    assert all("\x1b" not in one.why and "\n" not in one.why and "own" in one.why for one in found)
    assert [one.name for one in await room.desk.judgements_of(rows[1].key)] == [rows[1].name]


async def test_a_read_only_seat_judges_nothing(make_room: MakeRoom) -> None:
    room = await make_room(read_only=True)
    row = sample_board().alerts[0]
    with pytest.raises(ActRefused, match="read-only"):
        await judge_alerts(room.desk, [row], MarkKind.REAL)
    assert await room.desk.judgements_of(row.key) == ()
