"""The tabs Resolution and Comms, what is due in the facts, what ``c`` offers first, the page's form by the phase, the
header's sign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from oncall_tui.app.duties import look_once
from oncall_tui.board import Board, ChannelView
from oncall_tui.board.led import BEGAN, OVER, WATCH, Led, led
from oncall_tui.config.lead_rules import checklists
from oncall_tui.config.schema import PolicyOptions
from oncall_tui.model import (
    EntryKind,
    HealthStatus,
    Incident,
    IncidentFacts,
    IncidentState,
    NoteKind,
    OutboxRow,
    OutboxState,
    TimelineEntry,
    Verb,
)
from oncall_tui.policy.checklists import Checklist, Item, Tick
from oncall_tui.policy.reminders import Rules
from oncall_tui.store import StoreError
from oncall_tui.text import width
from screens.dashboard import DashboardScreen
from screens.dialogs.communicate import CommunicateDialog
from screens.dialogs.frame import Dialog
from screens.dialogs.tell import TellDialog
from screens.duty_requests import ItemTicked, LedWanted, WatchBegun
from screens.incident import IncidentScreen
from screens.keys import DEFAULT_KEYS
from screens.lead_requests import OrdersRequested
from screens.requests import ComponentsWanted, IncidentWanted, TellRequested
from screens.tabs.comms import CommsTab
from screens.tabs.facts import FactsTab
from screens.tabs.led import READ_ONLY
from screens.tabs.resolution import ResolutionTab
from tests.screens.test_communicate import CHANNELS, HAND, MAIL, PAGE, SLACK
from tests.support.desk import FakeDesk
from tests.support.ui import (
    HOSTILE,
    NOW,
    ScreenApp,
    ago,
    check,
    incident,
    outbox_row,
    sample_board,
    sample_facts,
    screen_lines,
    screen_text,
    with_incidents,
)

SPAN = timedelta(minutes=15)
RESOLUTION_LIST = checklists(PolicyOptions())["resolution"]
ACKED: dict[str, Any] = {
    "state": IncidentState.ACKNOWLEDGED,
    "created_at": ago(minutes=41),
    "first_acknowledged_at": ago(minutes=39),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def note(minutes: float, text: str, **given: Any) -> TimelineEntry:
    return TimelineEntry(
        id=f"pager:N{minutes}", incident_id="pager:Q1", at=ago(minutes=minutes), kind=EntryKind.NOTE, text=text, **given
    )


def board_with(one: Incident, *channels: ChannelView, well: bool = False, **settings: Any) -> Board:
    facts = with_incidents(one)
    if well:
        facts = replace(facts, health=(check("error rate", HealthStatus.OK, service="payments", value=0.2),), groups=())
    return sample_board(facts, channels=channels, **settings)


def led_of(
    board: Board,
    *timeline: TimelineEntry,
    outbox: tuple[OutboxRow, ...] = (),
    checklist: Checklist = RESOLUTION_LIST,
    ticks: tuple[Tick, ...] = (),
    watch_ticks: tuple[Tick, ...] = (),
) -> tuple[IncidentFacts, Led]:
    row = board.incident("pager:Q1")
    assert row is not None
    view = IncidentFacts(incident=row.incident, timeline=timeline, outbox=outbox)
    found = led(view, board, Rules(), checklist, SPAN, NOW, ticks=ticks, watch_ticks=watch_ticks)
    return view, found


def app_of(board: Board, view: IncidentFacts, found: Led | None) -> ScreenApp:
    told: dict[Any, Any] = {IncidentWanted: view, LedWanted: found, ComponentsWanted: ("Website", "Payments API")}
    return ScreenApp(IncidentScreen("pager:Q1"), board, answers=told)


async def opened(app: ScreenApp, pilot: Any, kind: type[Any]) -> Any:
    """That tab, in sight and drawn."""
    await pilot.pause()
    screen = app.screen
    assert isinstance(screen, IncidentScreen)
    tab = next(one for one in screen.tabs if isinstance(one, kind))
    screen.open_tab(tab)
    await pilot.pause()
    await pilot.pause()
    return tab


def flat(lines: Iterable[str]) -> str:
    """All the words, without frames and cursor."""
    return " ".join(" ".join(lines).translate({ord(sign): " " for sign in "│▌▏"}).split())


def ticked(item: str, **given: Any) -> Tick:
    facts: dict[str, Any] = {"item": item, "at": ago(minutes=4), "by": "bob@example.com"}
    return Tick(**(facts | given))


# -- the checklist ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 12)])
async def test_the_list_says_what_is_done_by_whom_and_what_checks_find(size: tuple[int, int]) -> None:
    board = board_with(incident("Q1", **ACKED))
    failed = ticked("deploy", done=False, said="deploy: exit 1, no such host")
    view, found = led_of(board, ticks=(ticked("test-fix"), failed))
    app = app_of(board, view, found)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot, ResolutionTab)
        text = flat(line[:72] for line in screen_lines(app))
        assert "1 of 5 done" in text
        if size != (40, 12):
            assert "[x] 1 Test the fix in staging 14:38 bob@example.com" in text
            assert "[!] 2 Deploy the fix to production 14:38 bob@example.com: deploy: exit 1, no such host" in text
            assert "not yet: error rate 12.4 %" in text and "HighErrorRate fires" in text
            assert "1 of 5 done" in text
        assert all(len(line) <= size[0] for line in screen_lines(app))


async def test_space_ticks_and_unticks() -> None:
    board = board_with(incident("Q1", **ACKED))
    view, found = led_of(board, ticks=(ticked("deploy"),))
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, ResolutionTab)
        await pilot.press("space", "down", "space")
        await pilot.pause()
        asked = [(one.incident_id, one.item, one.done) for one in app.asked(ItemTicked)]
        assert asked == [("pager:Q1", "test-fix", True), ("pager:Q1", "deploy", False)]
        assert "not done: Deploy the fix to production" in screen_text(app)
        assert len(app.asked(LedWanted)) > 2, "it is asked for anew"


async def test_the_watch_begins_by_key_and_the_list_becomes_a_note() -> None:
    board = board_with(incident("Q1", **ACKED))
    view, found = led_of(board, ticks=(ticked("test-fix"),))
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, ResolutionTab)
        await pilot.press("b")
        await pilot.pause()
        assert [one.incident_id for one in app.asked(WatchBegun)] == ["pager:Q1"]
        await pilot.press("p")
        await pilot.pause()
        (asked,) = app.asked(OrdersRequested)
        (order,) = asked.orders
        assert (order.verb, order.target.id) == (Verb.NOTE, "pager:Q1")
        assert order.params["text"].startswith("Resolution:\n- [x] Test the fix in staging (bob@example.com)\n- [ ] ")


@pytest.mark.parametrize(("complete", "notes"), [(True, 1), (False, 0)])
async def test_the_last_tick_puts_the_list_on_the_timeline(complete: bool, notes: int) -> None:
    board = board_with(incident("Q1", **ACKED))
    view, found = led_of(board, ticks=tuple(ticked(item.id) for item in RESOLUTION_LIST.items))
    app = app_of(board, view, found)
    app.answers[ItemTicked] = complete
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, ResolutionTab)
        await pilot.press("space")
        await pilot.pause()
        await pilot.pause()
        asked = app.asked(OrdersRequested)
    assert len(asked) == notes
    for one in asked:
        assert one.orders[0].params["text"].count("[x]") == 5


async def test_an_item_without_a_command_is_ticked_by_hand() -> None:
    board = board_with(incident("Q1", **ACKED))
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, ResolutionTab)
        await pilot.press("enter")
        await pilot.pause()
        assert "no command is configured for it: it is ticked by hand" in screen_text(app)


@pytest.mark.parametrize("key", ["space", "enter", "b", "p"])
async def test_a_read_only_seat_changes_nothing_here(key: str) -> None:
    board = board_with(incident("Q1", **ACKED), read_only=True)
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, ResolutionTab)
        await pilot.press(key)
        await pilot.pause()
        assert READ_ONLY in screen_text(app)
        assert not [one for kind in (ItemTicked, WatchBegun, OrdersRequested) for one in app.asked(kind)]


@pytest.mark.parametrize(
    ("timeline", "well", "kept", "words"),
    [
        ((), True, (), "watch: 15 min, begins with the mark mitigated, or by key"),
        ((note(6, "mitigated: bigger pool"),), True, (), "watch well for 6 min, 9 min to go fixed 14:36, until 14:51"),
        ((note(20, "mitigated"),), True, (), "watch recovered: well for 20 min fixed 14:22, recovered 14:37"),
        ((note(6, "mitigated"),), False, (), "watch alerts again: HighErrorRate fires"),
        ((), True, ((BEGAN, 3, ""),), "watch well for 3 min, 12 min to go"),
        ((note(30, "mitigated"),), False, ((OVER, 9, "recovered: well for 15 min"),), "watch recovered: well for 15"),
    ],
)  # fmt: skip
async def test_what_the_watch_says(
    timeline: tuple[TimelineEntry, ...], well: bool, kept: tuple[tuple[str, int, str], ...], words: str
) -> None:
    board = board_with(incident("Q1", **ACKED), well=well)
    ticks = tuple(Tick(item=item, at=ago(minutes=minutes), by="x", said=said) for item, minutes, said in kept)
    view, found = led_of(board, *timeline, watch_ticks=ticks)
    app = app_of(board, view, found)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, ResolutionTab)
        assert words in flat(line[:72] for line in screen_lines(app))
    assert WATCH == "watch"


async def test_the_watch_that_has_recovered_is_ticked_and_tells_it_once() -> None:
    board = board_with(incident("Q1", **ACKED), well=True)
    view, found = led_of(board, note(20, "mitigated"))
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, ResolutionTab)
        text = screen_text(app)
        assert "[x] 3 Watch for 15m after the fix" in text
        assert text.count("recovered: well for") == 1


async def test_a_list_of_nothing_and_an_answer_that_does_not_come() -> None:
    board = board_with(incident("Q1", **ACKED))
    view, found = led_of(board, checklist=Checklist(name="resolution", title="Resolution", items=()))
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, ResolutionTab)
        assert "the config's resolution checklist is empty" in screen_text(app)
        await pilot.press("space")
        await pilot.pause()
        assert "no item under the cursor" in screen_text(app)
    app = app_of(board, view, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, ResolutionTab)
        await pilot.press("space", "b")
        await pilot.pause()
        assert not app.asked(ItemTicked)


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_words_stay_words(hostile: str) -> None:
    board = board_with(incident("Q1", **ACKED))
    items = (Item(id="a", text=hostile, command=hostile), Item(id="b", text=""))
    checklist = Checklist(name="resolution", title=hostile, items=items)
    view, found = led_of(
        board,
        note(3, hostile, note_kind=NoteKind.TOLD),
        checklist=checklist,
        ticks=(ticked("a", by=hostile, said=hostile),),
    )
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        for kind in (ResolutionTab, CommsTab, FactsTab):
            await opened(app, pilot, kind)
            assert all(width(line) <= 80 for line in screen_lines(app))


# -- comms -----------------------------------------------------------------------------------------------------


def done(verb: Verb, channel: str, ref: str, minutes: float = 12, **params: Any) -> OutboxRow:
    return outbox_row(
        verb,
        key=f"k-{verb.value}-{ref}",
        source=channel,
        params=params,
        state=OutboxState.CONFIRMED,
        native_ref=ref,
        sent_at=ago(minutes=minutes),
        created_at=ago(minutes=minutes),
    )


PUBLISHED = done(Verb.PUBLISH, "status", "pub1", title="Slow", text="x", status="investigating")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_comms_says_what_is_due_to_whom_by_which_rule(size: tuple[int, int]) -> None:
    board = board_with(incident("Q1", severity=2, **ACKED), *CHANNELS)
    view, found = led_of(board, note(5, "told the board", note_kind=NoteKind.TOLD, author="Bob"), outbox=(PUBLISHED,))
    app = app_of(board, view, found)
    async with app.run_test(size=size) as pilot:
        tab = await opened(app, pilot, CommsTab)
        everything = "\n".join("".join(span.text for span in words) for words in tab.rows)
    for wanted in (
        "tell stakeholders  15:37",
        "Sev2 · communication: every 1 h to stakeholders",
        "tell company",
        "publish an update",
        "status page · news is promised every 30 min",
        "status says investigating, as its phase asks",
        "told 4m ago",
        "told the board",
    ):
        assert wanted in everything, everything


async def test_enter_on_what_is_due_opens_its_form_filled_in() -> None:
    board = board_with(incident("Q1", severity=2, **ACKED), SLACK, PAGE)
    timeline = (note(9, "impact: Some users experiencing slow checkout"), note(8, "root cause: pool exhausted"))
    view, found = led_of(board, *timeline, outbox=(PUBLISHED,))
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot, CommsTab)
        assert tab.reminder.does == "publish: identified" and tab.reminder.overdue(NOW)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, TellDialog), screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
    (asked,) = app.asked(TellRequested)
    assert (asked.verb, asked.channel) == (Verb.PUBLISH_UPDATE, "status")
    assert asked.params == {
        "publication": "pub1",
        "status": "identified",
        "impact": "major",
        "components": {"Payments API": "partial_outage"},
        "text": "We've identified the issue: pool exhausted.\n\n"
        "Mitigation: We're working on it\nExpected Resolution: Not known yet",
    }


async def test_what_no_channel_does_is_said() -> None:
    board = board_with(incident("Q1", severity=2, **ACKED), PAGE)
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot, CommsTab)
        assert tab.reminder.does == "tell stakeholders"
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, CommunicateDialog)
        assert "no channel is configured for it: incident tool, slack" in screen_text(app)


async def test_a_read_only_seat_tells_nobody() -> None:
    board = board_with(incident("Q1", severity=2, **ACKED), SLACK, read_only=True)
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, CommsTab)
        await pilot.press("enter")
        await pilot.pause()
        assert READ_ONLY in screen_text(app) and isinstance(app.screen, IncidentScreen)


# -- c ---------------------------------------------------------------------------------------------------------


async def listed(app: ScreenApp, pilot: Any) -> CommunicateDialog:
    await pilot.pause()
    await pilot.press("c")
    await pilot.pause()
    await pilot.pause()
    assert isinstance(app.screen, CommunicateDialog)
    return app.screen


async def test_c_offers_what_is_due_first_with_its_time_and_rule() -> None:
    board = board_with(incident("Q1", severity=1, **ACKED), *CHANNELS)
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(120, 36)) as pilot:
        dialog = await listed(app, pilot)
        due = [(row.way.channel.name, row.way.does) for row in dialog.ways if row.way.due is not None]
        assert due == [
            ("mail", "tell enterprise clients"),
            ("by-hand", "tell enterprise clients: Call centre, +49 2"),
            ("war-room", "tell stakeholders"),
            ("mail", "tell stakeholders"),
            ("status", "tell customers, publish"),
            ("war-room", "tell company"),
            ("status", "tell partners, publish"),
            ("mail", "tell partners"),
            ("status", "publish: investigating"),
        ]
        assert [row.way.due is not None for row in dialog.ways] == [True] * 9 + [False] * (len(dialog.ways) - 9)
        text = screen_text(app)
        assert "OVERDUE 23m" in text
        assert "Sev1 · communication matrix, enterprise clients: every 15 min" in text


async def test_whom_it_is_for_fills_in_the_room() -> None:
    board = board_with(incident("Q1", severity=2, **ACKED), SLACK)
    view, found = led_of(board, outbox=(done(Verb.ROOM, "war-room", "C9", name="inc-1234"),))
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await listed(app, pilot)
        ways = {row.way.does: row.way for row in dialog.ways if row.way.due is not None}
        assert ways["tell stakeholders"].given == {"room": "C9"}, "the incident's room"
        number = next(row.number for row in dialog.ways if row.way.does == "tell company")
        dialog.choices.put_cursor(str(number))
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert "reaches #general-updates, by war-room (slack)" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
    (asked,) = app.asked(TellRequested)
    assert asked.params["room"] == "#general-updates"
    assert asked.params["text"].startswith("🚨 INCIDENT #1234 - Sev2")


async def test_a_channel_that_cannot_name_a_room_is_not_offered_for_one() -> None:
    hook = replace(SLACK, name="hook", named_by="")
    board = board_with(incident("Q1", severity=2, **ACKED), hook, SLACK)
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await listed(app, pilot)
        due = [(row.way.channel.name, row.way.does) for row in dialog.ways if row.way.due is not None]
    assert due == [("hook", "tell stakeholders"), ("war-room", "tell stakeholders"), ("war-room", "tell company")]


async def test_who_was_told_before_hears_how_it_stands_now() -> None:
    board = board_with(incident("Q1", severity=2, **ACKED), SLACK)
    earlier = note(30, "investigating: …", note_kind=NoteKind.TOLD)
    view, found = led_of(board, earlier, note(8, "root cause: pool exhausted"))
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await listed(app, pilot)
        number = next(row.number for row in dialog.ways if row.way.does == "tell stakeholders")
        dialog.choices.put_cursor(str(number))
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
    (asked,) = app.asked(TellRequested)
    assert asked.params["text"].startswith("UPDATE #1234 - Sev2\n\nTitle: Checkout returns 503\nStatus: Identified\n")
    assert "Root Cause: pool exhausted\n" in asked.params["text"]


async def test_another_status_brings_its_own_words_and_components_until_they_are_touched() -> None:
    board = board_with(incident("Q1", severity=2, **ACKED), PAGE)
    view, found = led_of(board, note(8, "root cause: pool exhausted"), outbox=(PUBLISHED,))
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await listed(app, pilot)
        number = next(row.number for row in dialog.ways if row.way.does == "publish: identified")
        dialog.choices.put_cursor(str(number))
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        form = app.screen
        assert isinstance(form, TellDialog)
        await pilot.press("tab", "right")
        await pilot.pause()
        assert form.filled.text.startswith("A fix is in place.")
        assert form.filled.components == {"Payments API": "degraded_performance"}
        await pilot.press("right")
        await pilot.pause()
        assert form.filled.text.startswith("Service is fully recovered. Payments is back to normal.")
        assert form.filled.components == {"Payments API": "operational"}
        await pilot.press("shift+tab", *" Thanks.", "tab", "left")
        await pilot.pause()
        assert form.filled.text.endswith("Thanks."), "what was typed stays"


async def test_a_call_that_is_due_is_ticked_with_whom_it_was_for() -> None:
    board = board_with(incident("Q1", severity=1, **ACKED), HAND)
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(app, pilot)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
    (asked,) = app.asked(TellRequested)
    assert (asked.verb, asked.params) == (Verb.TICK, {"text": "told enterprise clients: Call centre, +49 2"})


async def test_mail_and_calls_are_offered_to_whom_the_matrix_names() -> None:
    board = board_with(incident("Q1", severity=1, **ACKED), MAIL, HAND)
    view, found = led_of(board, outbox=(done(Verb.TICK, "by-hand", "t1", minutes=2, text="Bridge, +49 30 1"),))
    assert found.told["enterprise clients"] == ago(minutes=2)
    reminder = found.reminder_for("enterprise clients")
    assert reminder is not None and reminder.at == ago(minutes=2) + timedelta(minutes=15)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await listed(app, pilot)
        assert [row.way.does for row in dialog.ways][:1] == ["tell stakeholders"]


# -- facts, palette, header ------------------------------------------------------------------------------------


async def test_the_facts_say_what_is_due_by_which_rule() -> None:
    board = board_with(incident("Q1", severity=3, **ACKED))
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot, FactsTab)
        await pilot.pause()
        everything = " ".join(" ".join("".join(span.text for span in words) for words in tab.rows).split())
    assert "in 23h resolve Tue 14:01 Sev3 · resolution: within 24 h of the trigger" in everything
    assert "in 23h escalate to the next level Tue 14:01 Sev3 · escalation: if not resolved in 24 h" in everything
    assert "offered Sev3 · communication: as needed" in everything


async def test_the_tabs_are_reached_by_their_names() -> None:
    board = board_with(incident("Q1", **ACKED))
    view, found = led_of(board)
    app = app_of(board, view, found)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, IncidentScreen)
        for name, kind in (("resolution", ResolutionTab), ("comms", CommsTab)):
            app.screen.action_act(name)
            await pilot.pause()
            assert isinstance(app.screen.keyed, kind)


async def header(board: Board, cells: int = 80) -> str:
    app = ScreenApp(DashboardScreen(), board)
    async with app.run_test(size=(cells, 24)) as pilot:
        await pilot.pause()
        return screen_lines(app)[0]


def at(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("acked", "words"),
    [
        (45, ""),
        (52, "update in 8m"),
        (63.5, "UPDATE +3m"),
    ],
)
async def test_the_header_says_when_somebody_waits_for_news_of_mine(acked: float, words: str) -> None:
    mine = incident("Q1", severity=2, state=IncidentState.ACKNOWLEDGED, first_acknowledged_at=at(acked),
                    created_at=at(acked + 1))  # fmt: skip
    text = await header(sample_board(with_incidents(mine)))
    assert len(text) <= 80 and "14:42" in text and "Alice" in text
    assert (words in text) if words else "pdate" not in text and "UPDATE" not in text


async def test_the_header_counts_them_and_leaves_out_what_is_not_mine() -> None:
    def one(native: str, acked: float, **given: Any) -> Incident:
        facts = {"severity": 2, "state": IncidentState.ACKNOWLEDGED, "first_acknowledged_at": at(acked)}
        return incident(native, created_at=at(acked + 1), **(facts | given))

    stranger = replace(sample_facts().incidents[3], severity=2, first_acknowledged_at=at(90), created_at=at(91))
    board = sample_board(with_incidents(one("Q1", 70), one("Q2", 65), one("Q3", 20), stranger))
    text = await header(board)
    assert "UPDATE +9m ×2" in text
    assert "UPDATE" not in await header(sample_board(with_incidents(stranger)))


# -- the minute's look -----------------------------------------------------------------------------------------


class WatchedDesk(FakeDesk):
    """Whose incident was mitigated so long ago."""

    def __init__(self, board: Board, minutes: float) -> None:
        super().__init__(board)
        self.mitigated = ("pager:Q1",)
        self.told = (note(minutes, "mitigated"),)

    async def view(self, incident_id: str) -> IncidentFacts | None:
        view = await super().view(incident_id)
        return replace(view, timeline=self.told) if view is not None else None


@pytest.mark.parametrize(
    ("minutes", "well", "said", "role"),
    [
        (20, True, "recovered: well for 20 min: Checkout returns 503 (c tells stakeholders)", "good"),
        (1, False, "not yet: error rate 12.4 % is down, HighErrorRate fires: Checkout returns 503", "error"),
        (5, True, None, ""),
    ],
)
async def test_once_a_minute_the_watch_is_looked_at_and_what_is_new_is_said_once(
    minutes: float, well: bool, said: str | None, role: str
) -> None:
    board = board_with(incident("Q1", **ACKED), well=well)
    desk = WatchedDesk(board, minutes)
    heard: list[tuple[str, str]] = []
    app = SimpleNamespace(
        board=board, desk=desk, key_map=DEFAULT_KEYS, say=lambda text, role="text": heard.append((text, role))
    )
    for _ in range(3):
        await look_once(cast(Any, app))
    assert heard == ([(said, role)] if said is not None else [])


async def test_a_store_that_cannot_is_not_said_each_minute() -> None:
    board = board_with(incident("Q1", **ACKED), well=True)
    desk = WatchedDesk(board, 20)
    desk.failure = StoreError("the disk is full")
    heard: list[tuple[str, str]] = []
    app = SimpleNamespace(
        board=board, desk=desk, key_map=DEFAULT_KEYS, say=lambda text, role="text": heard.append((text, role))
    )
    await look_once(cast(Any, app))
    assert heard == [], "the banner says it"
