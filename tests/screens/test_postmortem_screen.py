"""The post-mortem's screen and tab, by keys at both sizes: text of one's own, action items, tickets, the mark."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.board import ChannelView
from oncall_tui.model import (
    ActionItem,
    Draft,
    EntryKind,
    IncidentFacts,
    IncidentState,
    NoteKind,
    OutboxRow,
    Ref,
    TimelineEntry,
    Verb,
)
from oncall_tui.policy import Calendar, SeverityPolicy
from oncall_tui.postmortem import Written, draft, to_markdown
from oncall_tui.text import width
from screens.dialogs.frame import Dialog
from screens.history_requests import PostmortemDiscarded, PostmortemKept, PostmortemWanted, TicketRequested
from screens.incident import IncidentScreen
from screens.lead_requests import OrdersRequested
from screens.postmortem import PostmortemScreen
from screens.requests import (
    DraftDropped,
    DraftSaved,
    DraftWanted,
    EditorWanted,
    FileWanted,
    IncidentWanted,
    ScreenRequested,
    TellRequested,
)
from tests.support.hand import opened
from tests.support.ui import (
    HOSTILE,
    ScreenApp,
    incident,
    outbox_row,
    sample_board,
    screen_lines,
    screen_text,
    with_incidents,
)

GOLDENS = Path(__file__).parent / "goldens"
DAY = datetime(2024, 1, 15, tzinfo=UTC)
NOW = datetime(2024, 1, 22, 9, 30, tzinfo=UTC)
"""A Monday, a week after the seed's incident."""
FILE = Path("/tmp/exports/post-mortem.md")
JIRA = ChannelView(name="tickets", kind="jira", capabilities=frozenset({"ticket"}), place="OPS")
SLACK = ChannelView(name="slack", kind="slack", capabilities=frozenset({"message"}), place="#incidents")


def at(clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


def line(clock: str, text: str, kind: EntryKind = EntryKind.NOTE, **fields: Any) -> TimelineEntry:
    given = {"id": f"pager:{clock}{text[:9]}", "incident_id": "pager:Q1", "at": at(clock), "text": text, "kind": kind}
    return TimelineEntry(**(given | fields))


SEEDS = incident(
    "Q1",
    number="INC-2024-001",
    title="Payment failures",
    severity=2,
    state=IncidentState.RESOLVED,
    created_at=at("14:30"),
    first_acknowledged_at=at("14:32"),
    resolved_at=at("16:45"),
    service=Ref(id="SPAY", name="Payment service"),
)
TIMELINE = (
    line("14:30", "Alert triggered (error rate > 50%)", EntryKind.TRIGGERED),
    line("14:32", "On-call acknowledged", EntryKind.ACKNOWLEDGED, author="Alice Martin"),
    line("14:45", "Root cause identified (DB connection pool exhaustion)", note_kind=NoteKind.OBSERVED),
    line("15:00", "Mitigation deployed (increase pool size)"),
    line("16:45", "Service fully recovered", EntryKind.RESOLVED),
    line("17:30", "root cause: Database connection pool size insufficient after deployment of v2.1"),
    line("17:35", "impact: 30% of payment transactions failed\nimpact: ~$50,000 revenue impact"),
    line("17:40", "lesson: Load testing didn't simulate real traffic patterns"),
    line(
        "17:45",
        "action: Add connection pool metrics (Owner: Alice, Due: 2024-01-22)\n"
        "action: Improve load testing scenarios (Owner: Bob, Due: 2024-01-29)\n"
        "action: Document rollback procedures (Owner: Charlie, Due: 2024-01-20)",
    ),
    line("17:50", "ticket: OPS-12 Improve load testing scenarios"),
)
TICKET = ActionItem(
    id="jira:OPS-12",
    source="jira",
    native_id="OPS-12",
    title="x",
    state="In Progress",
    done=False,
    incident_id="pager:Q1",
)


def written(*more: TimelineEntry, text: str | None = None, now: datetime = NOW, **fields: Any) -> Written:
    given = {"incident": SEEDS, "timeline": (*TIMELINE, *more), "read_at": now, "action_items": (TICKET,), **fields}
    document = draft(IncidentFacts(**given), policy=SeverityPolicy(), calendar=Calendar(), now=now)
    return Written(document=document, text=text or to_markdown(document), edited_at=now if text else None)


def board_of(*channels: ChannelView, **settings: Any) -> Any:
    return sample_board(with_incidents(replace(SEEDS, resolved_at=NOW)), now=NOW, channels=channels, **settings)


def app_of(one: Written | None = None, **more: Any) -> ScreenApp:
    answers: dict[Any, Any] = {
        PostmortemWanted: one or written(),
        FileWanted: FILE,
        EditorWanted: more.pop("edited", None),
        DraftWanted: more.pop("typed", None),
    }
    board = more.pop("board", None) or board_of(JIRA, SLACK)
    return ScreenApp(PostmortemScreen("pager:Q1"), board, answers=answers, **more)


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


async def settle(app: ScreenApp, pilot: Any) -> None:
    await app.workers.wait_for_complete()
    await pilot.pause()


def orders(app: ScreenApp) -> list[tuple[Verb, str, str]]:
    return [
        (one.verb, one.target.id, one.params["text"]) for asked in app.asked(OrdersRequested) for one in asked.orders
    ]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_goldens(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        await pilot.press("down")
        shown = screen_text(app) + "\n"
    path = GOLDENS / f"postmortem-{size[0]}x{size[1]}.txt"
    if os.environ.get("ONCALL_TUI_GOLDENS"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


async def test_until_when_it_is_due_by_which_rule_and_that_it_is_late() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert "due Mon 29 Jan 2024 · Sev2 (Major): post-mortem within 10 business days" in flat(app)
    app = app_of(written(now=NOW + timedelta(days=9)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert "OVERDUE since Mon 29 Jan 2024" in flat(app)
    app = app_of(written(line("18:00", "post-mortem: https://wiki/pm-1", author="Alice Martin")))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert "written: https://wiki/pm-1 by Alice Martin" in flat(app)
        await pilot.press("F")
        assert "it is written already: https://wiki/pm-1" in flat(app)


async def test_items_stand_with_owner_due_date_and_how_far_their_ticket_is() -> None:
    app = app_of()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(app, pilot)
        text = flat(app)
        assert "Action items 3, 0 done, 1 overdue" in text
        assert "[ ] Add connection pool metrics Alice · due 2024-01-22 · no ticket" in text
        assert "[ ] Improve load testing scenarios Bob · due 2024-01-29 · OPS-12 In Progress" in text
        assert "[ ] Document rollback procedures Charlie · due 2024-01-20 OVERDUE · no ticket" in text


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_ticket_is_made_of_the_item_under_the_cursor_and_of_no_other(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        await pilot.press("down", "down", "t")
        await opened(pilot)
        assert "Document rollback procedures" in flat(app) and "tickets (jira)" in flat(app)
        assert "owner charlie@example.com" in flat(app)
        await pilot.press("enter")
        await settle(app, pilot)
        (asked,) = app.asked(TicketRequested)
        assert (asked.incident_id, asked.item, asked.channel) == ("pager:Q1", "document rollback procedures", "tickets")
        await pilot.press("up", "t")
        assert "it has a ticket already: OPS-12" in flat(app)
        assert len(app.asked(TicketRequested)) == 1


async def test_items_are_noted_and_done_and_it_is_said_to_be_written() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("f")
        await pilot.press("n")
        await opened(pilot)
        await pilot.press(*"fix it", "enter")
        await pilot.press("F")
        await opened(pilot)
        await pilot.press(*"wiki 7", "enter")
        await settle(app, pilot)
        assert orders(app) == [
            (Verb.NOTE, "pager:Q1", "done: Add connection pool metrics"),
            (Verb.NOTE, "pager:Q1", "action: fix it"),
            (Verb.NOTE, "pager:Q1", "post-mortem: wiki 7"),
        ]


async def test_it_is_rewritten_in_the_editor_and_goes_back() -> None:
    app = app_of(edited="# Ours\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("e")
        await settle(app, pilot)
        assert app.asked(EditorWanted)[0].text == written().text
        assert [one.text for one in app.asked(PostmortemKept)] == ["# Ours\n"]
        await pilot.press("D")
        assert "nothing was rewritten" in flat(app)
    app = app_of(written(text="# Ours\n\nwords\n"), edited=" \n")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert "text rewritten 09:30" in flat(app) and "Ours" in flat(app)
        await pilot.press("e")
        await settle(app, pilot)
        assert "an empty text was not taken" in flat(app) and not app.asked(PostmortemKept)
        await pilot.press("D")
        await opened(pilot)
        await pilot.press("y")
        await settle(app, pilot)
        assert len(app.asked(PostmortemDiscarded)) == 1


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 10)])
async def test_it_is_written_in_place_and_what_is_typed_is_kept(size: tuple[int, int]) -> None:
    app = app_of(written(text="# Ours\n"))
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        await pilot.press("i")
        await settle(app, pilot)
        await pilot.press("X", "enter")
        await pilot.press("escape")
        await settle(app, pilot)
        assert (
            app.asked(DraftSaved)[-1].text == "X\n# Ours\n" and app.asked(DraftSaved)[-1].key == "postmortem:pager:Q1"
        )
        assert not app.asked(PostmortemKept)
        await pilot.press("i")
        await settle(app, pilot)
        await pilot.press("Y", "ctrl+x")
        await settle(app, pilot)
        assert [one.text for one in app.asked(PostmortemKept)] == ["Y# Ours\n"]


async def test_what_was_typed_and_not_taken_comes_back() -> None:
    app = app_of(typed=Draft(key="postmortem:pager:Q1", text="half a thou\u202eght", updated_at=NOW))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("i")
        await settle(app, pilot)
        assert "half a thou\\u202eght" in flat(app) and "this is what was typed before" in flat(app)
        await pilot.press("ctrl+x")
        await settle(app, pilot)
        assert app.asked(PostmortemKept)[0].text == "half a thou\\u202eght"
        assert not app.asked(DraftDropped)


async def test_it_is_exported_in_each_form_and_sent() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        for presses in ((), ("tab",), ("tab", "tab")):
            await pilot.press("w")
            await opened(pilot)
            await pilot.press(*presses, "enter")
            await settle(app, pilot)
        markdown, page, document = app.asked(FileWanted)
        assert markdown.name == "post-mortem-2024-01-15-INC-2024-001.md" and "## Root Cause" in markdown.text
        assert page.name.endswith(".html") and "<h2>Root Cause</h2>" in page.text
        assert json.loads(document.text)["durations_s"]["total"] == 8100
        await pilot.press("s")
        await opened(pilot)
        assert "Send the post-mortem" in flat(app)
        await pilot.press("enter")
        await settle(app, pilot)
        (sent,) = app.asked(TellRequested)
        assert (sent.verb, sent.channel, sent.about) == (Verb.MESSAGE, "slack", "local:post-mortem-pager:Q1")
        assert sent.params["subject"] == "Post-mortem INC-2024-001: Payment failures"


async def test_a_read_only_seat_writes_nothing_to_any_system() -> None:
    app = app_of(board=board_of(JIRA, SLACK, read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        for key in ("n", "f", "t", "F", "s"):
            await pilot.press(key)
            assert "read-only seat" in flat(app), key
            assert len(app.screen_stack) == 2, key
        assert not orders(app) and not app.asked(TicketRequested) and not app.asked(TellRequested)


async def test_without_a_channel_there_is_no_key_for_it() -> None:
    app = app_of(board=board_of())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(app, pilot)
        assert "t Ticket" not in flat(app) and "s Send" not in flat(app)
        await pilot.press("t")
        assert "no channel is configured" in flat(app)


@pytest.mark.parametrize("title", HOSTILE)
async def test_hostile_text_stays_text(title: str) -> None:
    one = written(
        line("18:10", f"action: {title} (owner: {title[:20]})"), incident=replace(SEEDS, title=title), action_items=()
    )
    app = app_of(one)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert all(width(words) <= 80 for words in screen_lines(app))
        await pilot.press("end")
        assert all(width(words) <= 80 for words in screen_lines(app))


async def test_nothing_known_of_it_is_said() -> None:
    app = ScreenApp(PostmortemScreen("pager:NONE"), board_of(), answers={PostmortemWanted: None})
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        for key in ("e", "i", "n", "t", "f", "F", "w", "s", "D"):
            await pilot.press(key)
        assert "nothing is known of pager:NONE" in flat(app) and len(app.screen_stack) == 2


# -- the tab --------------------------------------------------------------------------------------------------------


def incident_app(rows: tuple[OutboxRow, ...] = ()) -> ScreenApp:
    view = IncidentFacts(incident=SEEDS, timeline=TIMELINE, read_at=NOW, outbox=rows)
    answers: dict[Any, Any] = {PostmortemWanted: written(), IncidentWanted: view}
    return ScreenApp(IncidentScreen("pager:Q1"), board_of(JIRA), answers=answers)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_tab_shows_the_same_and_w_opens_it(size: tuple[int, int]) -> None:
    app = incident_app((outbox_row(),))
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        for _ in range(12):
            if app.focused is not None and app.focused.id == "postmortem":
                break
            await pilot.press("tab")
            await settle(app, pilot)
        text = flat(app)
        assert "Action items 3, 0 done, 1 overdue" in text and "Mon 29 Jan 2024" in text
        await pilot.press("W")
        await settle(app, pilot)
        assert [(one.name, one.target) for one in app.asked(ScreenRequested)] == [("postmortem", "pager:Q1")]


async def test_a_ticket_that_its_words_name_is_not_named_twice() -> None:
    app = app_of(written(line("18:10", "action: tune the pool OPS-12"), action_items=()))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(app, pilot)
        row = next(words for words in screen_lines(app) if "tune the pool" in words)
        assert "[ ] tune the pool OPS-12  no owner · no due date" in row and row.count("OPS-12") == 1
