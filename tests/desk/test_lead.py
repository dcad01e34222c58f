"""Leading an incident at the desk: ticks that stay, commands of items, the watch that goes on by itself and survives a
restart, what is due with its rule; a read-only seat ticks nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from oncall_tui.board.led import Led
from oncall_tui.config.commands import CommandOptions
from oncall_tui.config.leading import ChecklistItemOptions
from oncall_tui.config.schema import PolicyOptions
from oncall_tui.desk import ActRefused
from oncall_tui.desk.about import about
from oncall_tui.desk.lead import (
    News,
    begin_watch,
    complete_now,
    keep_run,
    led_now,
    look,
    note_checklist,
    run_item,
    tick,
)
from oncall_tui.model import (
    Alert,
    AlertState,
    EntryKind,
    HealthCheck,
    HealthStatus,
    IncidentState,
    Snapshot,
    Verb,
)
from oncall_tui.policy.checklists import Outcome
from oncall_tui.policy.watching import WatchState
from oncall_tui.sources.base import Capability, Known
from tests.desk.conftest import MakeRoom
from tests.desk.room import Room
from tests.support.channels import FakeChannel
from tests.support.clock import START, ManualClock
from tests.support.fakes import FakePager, FakePagerServer

Q1 = "pager:Q1"
OK, DOWN = HealthStatus.OK, HealthStatus.DOWN


class Monitor(FakePager):
    """Tells of the health of payments and of its alerts."""

    status = OK
    fires_since: datetime | None = None

    def __init__(self, server: FakePagerServer) -> None:
        super().__init__(server, name="metrics")
        self.capabilities = frozenset({Capability.HEALTH, Capability.ALERTS})

    async def poll(self, known: Known) -> Snapshot:
        now, bad = self.server.clock.now(), self.status is not OK
        await self._enter("poll")
        check = HealthCheck(
            id="metrics:errors",
            source="metrics",
            name="error rate",
            status=self.status,
            checked_at=now,
            service="payments",
            value=7.0 if bad else 0.2,
            unit="%",
            detail="limit > 5 %" if bad else None,
        )
        return Snapshot(source=self.name, taken_at=now, health=(check,), alerts=self._alerts(now), alerts_complete=True)

    def _alerts(self, now: datetime) -> tuple[Alert, ...]:
        if self.fires_since is None:
            return ()
        return (
            Alert(
                id="metrics:a1",
                source="metrics",
                native_id="a1",
                name="HighErrorRate",
                state=AlertState.FIRING,
                first_at=self.fires_since,
                last_at=now,
                service="payments",
                severity=2,
                incident_id=Q1,
            ),
        )


async def a_room(make_room: MakeRoom, clock: ManualClock | None = None, **settings: object) -> tuple[Room, Monitor]:
    clock = clock or ManualClock()
    server = FakePagerServer(clock)
    monitor = Monitor(server)
    chat = FakeChannel()
    room = await make_room(
        clock=clock, server=server, pagers=(FakePager(server), monitor), channels=(chat,), **settings
    )
    server.add("Q1", state=IncidentState.ACKNOWLEDGED, acknowledged_at=START - timedelta(minutes=4))
    await room.desk.start()
    await room.settle()
    return room, monitor


async def led(room: Room) -> Led:
    found = await led_now(room.desk, await room.desk.board(), Q1)
    assert found is not None
    return found


async def pass_minutes(room: Room, minutes: int) -> list[News]:
    """Each minute a look, as the app does it."""
    news: list[News] = []
    for _ in range(minutes):
        await room.run(60, 30)
        news += await look(room.desk, await room.desk.board())
    return news


def outcomes(found: Led) -> dict[str, bool]:
    return {one.item.id: one.done for one in found.standing}


# -- the checklist ---------------------------------------------------------------------------------------------


async def test_the_seeds_list_is_ticked_and_stays_ticked(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    assert list(outcomes(await led(room))) == ["test-fix", "deploy", "watch", "verify", "tell"]
    await tick(room.desk, Q1, "test-fix")
    await tick(room.desk, Q1, "2")
    other = await make_room(clock=room.clock, server=room.server, pagers=room.pagers)
    found = await led(other)
    assert outcomes(found) == {"test-fix": True, "deploy": True, "watch": False, "verify": True, "tell": False}
    ticked = found.standing[0].tick
    assert ticked is not None and (ticked.by, ticked.at) == ("alice@example.com", START)
    await tick(other.desk, Q1, "test", done=False)
    assert not outcomes(await led(room))["test-fix"]


async def test_the_list_is_complete_once(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    board = await room.desk.board()
    for number in range(1, 5):
        await tick(room.desk, Q1, str(number))
        assert not await complete_now(room.desk, board, Q1)
    await tick(room.desk, Q1, "5")
    assert await complete_now(room.desk, board, Q1)
    assert not await complete_now(room.desk, board, Q1), "told already"
    await tick(room.desk, Q1, "5", done=False)
    assert not await complete_now(room.desk, board, Q1)
    await tick(room.desk, Q1, "5")
    assert await complete_now(room.desk, board, Q1), "complete again"
    assert not await complete_now(room.desk, board, "pager:NONE")


@pytest.mark.parametrize("word", ["", "0", "9", "de ploy", "x", "99999999999", "\x1b[31m"])
async def test_an_item_that_is_not_there(make_room: MakeRoom, word: str) -> None:
    room, _ = await a_room(make_room)
    with pytest.raises(ActRefused, match="no item of the resolution checklist"):
        await tick(room.desk, Q1, word)


async def test_the_list_as_a_note(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    await tick(room.desk, Q1, "test-fix")
    row = await note_checklist(room.desk, await room.desk.board(), Q1, undo=False)
    await room.settle()
    assert row.verb is Verb.NOTE
    (note,) = room.server.notes(Q1)
    assert note.split("\n")[:3] == [
        "Resolution:",
        "- [x] Test the fix in staging (alice@example.com)",
        "- [ ] Deploy the fix to production",
    ]


async def test_a_read_only_seat_ticks_runs_and_watches_nothing(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room, read_only=True)
    board = await room.desk.board()
    for asked in (
        tick(room.desk, Q1, "test-fix"),
        begin_watch(room.desk, Q1),
        run_item(room.desk, board, Q1, "test-fix"),
        note_checklist(room.desk, board, Q1),
    ):
        with pytest.raises(ActRefused, match="read-only"):
            await asked
    assert not outcomes(await led(room))["test-fix"]


RULES = PolicyOptions(
    checklists={
        "resolution": (
            ChecklistItemOptions(text="Roll back", run="roll-back"),
            ChecklistItemOptions(text="Break", run="break"),
            ChecklistItemOptions(text="By hand"),
        )
    }
)
COMMANDS = (
    CommandOptions(name="roll-back", command="echo $ONCALL_ID of $ONCALL_SERVICE", shell=True),
    CommandOptions(name="break", command="echo no such pod; exit 3", shell=True),
)


async def test_a_command_is_run_for_an_item_and_how_it_ends_is_kept(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room, rules=RULES, commands=COMMANDS)
    board = await room.desk.board()
    for word in ("roll-back", "break"):
        run = await run_item(room.desk, board, Q1, word)
        await keep_run(room.desk, run)
    well, broken, by_hand = (await led(room)).standing
    assert well.done and well.tick is not None and well.tick.said == "roll-back: exit 0"
    assert broken.failed and broken.tick is not None and broken.tick.said == "break: exit 3, no such pod"
    assert not by_hand.done and not by_hand.failed
    with pytest.raises(ActRefused, match="ticked by hand"):
        await run_item(room.desk, board, Q1, "by-hand")


async def test_a_read_only_seat_runs_what_changes_nothing_and_ticks_nothing(make_room: MakeRoom) -> None:
    commands = (replace(COMMANDS[0], changes=False),)
    room, _ = await a_room(make_room, rules=RULES, commands=commands, read_only=True)
    run = room.desk.runs.start(commands[0], await about(room.desk, await room.desk.board(), Q1))
    await keep_run(room.desk, run)
    assert run.ok and not any(one.tick for one in (await led(room)).standing)


# -- the watch -------------------------------------------------------------------------------------------------


async def mitigate(room: Room, text: str = "mitigated: bigger pool") -> None:
    room.server.log(Q1, EntryKind.NOTE, text, "Bob")
    await room.run(31, 31)


async def test_a_marks_watch_says_recovered_after_its_time_once(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    assert (await led(room)).watch is None
    await mitigate(room)
    assert await pass_minutes(room, 13) == []
    watch = (await led(room)).watch
    assert watch is not None and watch.state is WatchState.WATCHING
    (news,) = await pass_minutes(room, 5)
    assert (news.title, news.watch.state) == ("Title of Q1", WatchState.RECOVERED)
    assert outcomes(await led(room)) == {
        "test-fix": False, "deploy": False, "watch": True, "verify": True, "tell": False
    }  # fmt: skip
    assert await pass_minutes(room, 3) == [], "it is told once"


async def test_then_stakeholders_are_to_hear_of_it(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    await mitigate(room)
    await pass_minutes(room, 17)
    due = next(one for one in (await led(room)).reminders if one.audience == "stakeholders")
    assert due.does == "tell stakeholders: recovered" and due.at is not None and due.overdue(room.clock.now())
    await room.desk.tell(Verb.MESSAGE, "chat", about=Q1, params={"text": "It is over."}, title="Q1", undo=False)
    await room.settle()
    found = await led(room)
    assert outcomes(found)["tell"]
    assert not [one for one in found.reminders if "recovered" in one.does]
    await pass_minutes(room, 5)
    found = await led(room)
    assert outcomes(found)["tell"] and found.watch is not None and found.watch.until == due.at
    assert not [one for one in found.reminders if "recovered" in one.does], "it has recovered once"


async def test_a_check_that_is_bad_puts_the_end_off(make_room: MakeRoom) -> None:
    room, monitor = await a_room(make_room)
    await mitigate(room)
    monitor.status = DOWN
    news = await pass_minutes(room, 5)
    assert [one.watch.words for one in news] == ["not yet: error rate 7 % > 5 %"]
    monitor.status = OK
    assert [one.watch.state for one in await pass_minutes(room, 13)] == []
    assert [one.watch.state for one in await pass_minutes(room, 4)] == [WatchState.RECOVERED]


async def test_what_fires_anew_is_told_as_such(make_room: MakeRoom) -> None:
    room, monitor = await a_room(make_room)
    await mitigate(room)
    await pass_minutes(room, 2)
    monitor.fires_since = room.clock.now()
    (news,) = await pass_minutes(room, 2)
    assert news.watch.words == "alerts again: HighErrorRate fires"
    finding = next(one.finding for one in (await led(room)).standing if one.item.id == "verify")
    assert finding is not None and (finding.outcome, finding.words) == (Outcome.NOT_YET, "not yet: HighErrorRate fires")
    monitor.fires_since = None
    assert await pass_minutes(room, 13) == [], "it is well for so long from when it fired last"
    assert [one.watch.state for one in await pass_minutes(room, 4)] == [WatchState.RECOVERED]


async def test_a_restart_in_the_middle_goes_on(make_room: MakeRoom) -> None:
    room, monitor = await a_room(make_room)
    await mitigate(room)
    monitor.status = DOWN
    await pass_minutes(room, 3)
    monitor.status = OK
    await room.run(60, 30)
    await room.close()
    room.clock.advance(10 * 60)
    again = await make_room(clock=room.clock, server=room.server, pagers=room.pagers)
    await again.desk.start()
    await again.settle()
    watch = (await led(again)).watch
    assert watch is not None and watch.state is WatchState.WATCHING, "three minutes bad, eleven well"
    assert [one.watch.state for one in await pass_minutes(again, 6)] == [WatchState.RECOVERED]


async def test_a_source_that_is_not_heard_of_says_nothing(make_room: MakeRoom) -> None:
    room, monitor = await a_room(make_room)
    await mitigate(room)
    monitor.down = True
    assert await pass_minutes(room, 20) == []
    watch = (await led(room)).watch
    assert watch is not None and watch.state is WatchState.UNKNOWN and "metrics is down" in watch.words


async def test_what_nobody_could_see_does_not_count_as_well(make_room: MakeRoom) -> None:
    room, monitor = await a_room(make_room)
    await mitigate(room)
    monitor.down = True
    assert await pass_minutes(room, 14) == []
    monitor.down = False
    assert await pass_minutes(room, 13) == [], "it was not seen for most of its time"
    assert [one.watch.state for one in await pass_minutes(room, 4)] == [WatchState.RECOVERED]


async def test_a_read_only_seat_takes_no_news_from_the_others(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    shadow = await make_room(clock=room.clock, server=room.server, pagers=room.pagers, read_only=True)
    await mitigate(room)
    await room.run(16 * 60, 30)
    assert await look(shadow.desk, await room.desk.board()) == ()
    assert [one.watch.state for one in await look(room.desk, await room.desk.board())] == [WatchState.RECOVERED]


async def test_by_key_it_begins_anew(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    await begin_watch(room.desk, Q1)
    assert [one.watch.state for one in await pass_minutes(room, 16)] == [WatchState.RECOVERED]
    await begin_watch(room.desk, Q1)
    watch = (await led(room)).watch
    assert watch is not None and watch.state is WatchState.WATCHING
    assert [one.watch.state for one in await pass_minutes(room, 16)] == [WatchState.RECOVERED]


async def test_nothing_is_watched_that_nobody_fixed(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    room.server.log(Q1, EntryKind.NOTE, "we could not have it mitigated", "Bob")
    await room.run(31, 31)
    assert await pass_minutes(room, 17) == []
    assert (await led(room)).watch is None


async def test_due_says_its_rule(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    rules = [one.rule for one in (await led(room)).reminders]
    assert "Sev2 · communication: every 1 h to stakeholders" in rules
    assert "Sev2 · resolution: within 8 h of the trigger" in rules
    changed = replace(RULES, published=(1,))
    other = await make_room(
        clock=room.clock, server=room.server, pagers=room.pagers, rules=changed, channels=(FakeChannel(),)
    )
    assert not [one for one in (await led(other)).reminders if one.duty == "publish"]
    assert [one for one in (await led(room)).reminders if one.duty == "publish"]


async def test_of_an_incident_that_nobody_knows(make_room: MakeRoom) -> None:
    room, _ = await a_room(make_room)
    board = await room.desk.board()
    assert await led_now(room.desk, board, "pager:NONE") is None
    with pytest.raises(ActRefused, match="nothing is known"):
        await note_checklist(room.desk, board, "pager:NONE")
