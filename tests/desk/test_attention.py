"""Whom a page rings for: thresholds by relation, quiet hours and their end, again while nobody acknowledges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from oncall_tui.board import Board
from oncall_tui.desk.attention import Ringer
from oncall_tui.model import Incident, IncidentState
from oncall_tui.policy.attention import AttentionRules, QuietHours
from oncall_tui.store import Store, StoreError
from tests.desk.conftest import MakeRoom
from tests.desk.test_polling import on_call
from tests.support import ui
from tests.support.ui import BOB, NOW, incident

MINE = incident("Q1", severity=3)
TEAMS = incident("Q2", severity=2, assignees=(BOB,))
QUIET = QuietHours.from_text("14:00-15:00")  # NOW is 14:42
AFTER = NOW.replace(hour=15, minute=0, second=0)


class Marks:
    """What a store has of rung pages."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.asked: list[set[str]] = []
        self.down = False

    async def mark_rung(self, marks: Iterable[str]) -> frozenset[str]:
        if self.down:
            raise StoreError("disk full")
        wanted = set(marks)
        self.asked.append(wanted)
        new = wanted - self.known
        self.known |= new
        return frozenset(new)


def board(*incidents: Incident) -> Board:
    return ui.sample_board(ui.with_incidents(*incidents))


def ringer(marks: Marks | None = None, **rules: object) -> Ringer:
    return Ringer(cast(Store, marks or Marks()), AttentionRules(**rules))  # type: ignore[arg-type]


async def rung(one: Ringer, shown: Board, now: datetime = NOW, again: dict[str, datetime] | None = None) -> list[str]:
    return sorted(await one.ring(shown, again or {}, now))


async def test_mine_rings_and_my_teams_does_where_it_is_asked_for() -> None:
    shown = board(MINE, TEAMS)
    assert await rung(ringer(), shown) == ["pager:Q1"]
    assert await rung(ringer(mine=2, teams=2), shown) == ["pager:Q2"]
    assert await rung(ringer(teams=1), shown) == ["pager:Q1"]


async def test_an_equal_board_asks_the_store_nothing() -> None:
    marks = Marks()
    one, shown = ringer(marks), board(MINE)
    await rung(one, shown)
    assert await rung(one, shown) == []
    assert marks.asked == [{f"pager:Q1 {MINE.created_at.isoformat()}"}, set()]


async def test_in_quiet_hours_only_the_grave_ring_and_the_others_when_they_end() -> None:
    one, shown = ringer(quiet=QUIET), board(MINE, incident("Q3", severity=2))
    assert await rung(one, shown) == ["pager:Q3"]
    assert await rung(one, shown, AFTER - timedelta(seconds=1)) == []
    assert await rung(one, shown, AFTER) == ["pager:Q1"]
    assert await rung(one, shown, AFTER + timedelta(minutes=1)) == []


async def test_what_was_dealt_with_in_quiet_hours_never_rings() -> None:
    one = ringer(quiet=QUIET)
    assert await rung(one, board(MINE)) == []
    acked = replace(MINE, state=IncidentState.ACKNOWLEDGED)
    assert await rung(one, board(acked), AFTER) == []


async def test_again_while_nobody_acknowledges() -> None:
    marks = Marks()
    one, shown = ringer(marks, again=timedelta(minutes=5)), board(MINE)  # triggered 3 minutes ago
    assert await rung(one, shown) == ["pager:Q1"]
    assert await rung(one, shown, NOW + timedelta(minutes=1)) == []
    assert await rung(one, shown, NOW + timedelta(minutes=2)) == ["pager:Q1"]
    assert await rung(one, shown, NOW + timedelta(minutes=3)) == []
    # Another window of the same person is not rung for what this one rang for.
    assert await rung(ringer(marks, again=timedelta(minutes=5)), shown, NOW + timedelta(minutes=3)) == []
    acked = board(replace(MINE, state=IncidentState.ACKNOWLEDGED))
    assert await rung(one, acked, NOW + timedelta(minutes=8)) == []


async def test_what_rang_as_my_teams_rings_again_when_it_comes_to_me() -> None:
    one = ringer(teams=4)
    assert await rung(one, board(TEAMS)) == ["pager:Q2"]
    assert await rung(one, board(replace(TEAMS, title="still theirs"))) == []
    escalated = replace(TEAMS, assignees=MINE.assignees)
    assert await rung(one, board(escalated)) == ["pager:Q2"]
    assert await rung(one, board(TEAMS)) == [], "given back to a colleague it does not ring"


async def test_what_was_mine_and_is_given_to_a_colleague_does_not_ring_anew() -> None:
    one = ringer(teams=4)
    assert await rung(one, board(MINE)) == ["pager:Q1"]
    assert await rung(one, board(replace(MINE, assignees=(BOB,)))) == []


async def test_it_is_rearmed_when_it_triggers_again() -> None:
    one, shown = ringer(), board(MINE)
    assert await rung(one, shown) == ["pager:Q1"]
    later = board(replace(MINE, title="as it triggers again"))
    assert await rung(one, later, again={"pager:Q1": NOW}) == ["pager:Q1"]


async def test_off_shift_nothing_rings() -> None:
    shown = board(MINE)
    assert await rung(ringer(), replace(shown, shift=replace(shown.shift, on_call=False))) == []


async def test_with_a_store_that_cannot_be_written_it_rather_rings_twice() -> None:
    marks = Marks()
    marks.down = True
    one, shown = ringer(marks), board(MINE)
    assert await rung(one, shown) == ["pager:Q1"]
    assert await rung(one, shown) == ["pager:Q1"]


@pytest.mark.parametrize(("quiet", "wanted"), [("13:00-13:30", {"pager:Q1", "pager:Q2"}), ("13:59-14:10", set())])
async def test_the_desk_keeps_the_rules_of_its_config(make_room: MakeRoom, quiet: str, wanted: set[str]) -> None:
    room = await make_room(attention=AttentionRules(quiet=QuietHours.from_text(quiet)))  # it is 14:00
    room.server.add("Q1", "Q2", severity=3)
    await room.desk.start()
    await room.settle()
    await on_call(room, 1)
    assert set(await room.desk.attention(await room.desk.board())) == wanted
