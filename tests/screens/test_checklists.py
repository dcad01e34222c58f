"""A shift's checklists on the screen: by keys at both sizes, the last days, ticks, read-only seats, hostile texts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.clock import zone_named
from oncall_tui.handover.review import review
from oncall_tui.handover.sheet import Sheet, sheet_json, subject_words
from oncall_tui.model import ShiftFacts, Verb
from oncall_tui.policy.checklists import AFTER_SHIFT, BEFORE_SHIFT, BUILT_IN, Finding, Outcome, Tick, standings
from oncall_tui.policy.declaring import Plan, Step, Wish
from oncall_tui.text import width
from screens.checklists import ChecklistsScreen
from screens.dashboard import DashboardScreen
from screens.lead_requests import DeclareWanted, PlanWanted
from screens.requests import ScreenRequested
from screens.shift_requests import ChecklistNames, ProbesWanted, SheetWanted, ShiftItemTicked
from tests.support.ui import (
    HOSTILE,
    NOW,
    ScreenApp,
    ago,
    alert,
    incident,
    sample_alerts,
    sample_board,
    sample_incidents,
    screen_lines,
    screen_text,
)

GOLDENS = Path(__file__).parent / "goldens"
BOARD = sample_board()
SIZES = ((80, 24), (120, 36))
FOUND = {
    "vpn": Finding(outcome=Outcome.OK, words="3 hosts well"),
    "monitoring": Finding(outcome=Outcome.NOT_YET, words="grafana: HTTP 401: the token was refused"),
    "clock": Finding(outcome=Outcome.OK, words="within 1 s of 4 systems"),
    "schedule": Finding(outcome=Outcome.OK, words="primary now until Mon 20:00 UTC"),
    "handover": Finding(outcome=Outcome.NOT_YET, words="of bob@example.com, not accepted"),
    "chat": Finding(outcome=Outcome.UNKNOWN, words="no channel is configured"),
    "escalation": Finding(outcome=Outcome.OK, words="3 levels held"),
}
TICKS = (Tick(item="environment", at=ago(minutes=20), by="alice@example.com"),)


def facts(**fields: Any) -> ShiftFacts:
    incidents = (
        *sample_incidents(),
        incident("Q8", created_at=ago(hours=30), runbook="https://wiki.example.com/checkout"),
    )
    given: dict[str, Any] = {
        "start": ago(days=7),
        "end": NOW,
        "incidents": incidents,
        "alerts": sample_alerts(),
        "earlier_alerts": (
            alert("HighErrorRate", native="eu-1", count=4),
            alert("P99TooHigh", service="gateway", count=9),
        ),
    }
    return ShiftFacts(**(given | fields))


def before(**fields: Any) -> Sheet:
    checklist = BUILT_IN[BEFORE_SHIFT]
    given: dict[str, Any] = {"standing": standings(checklist, TICKS, FOUND), "review": review(facts())}
    return Sheet(checklist=checklist, subject="shift 2026-11-23T08:00", **(given | fields))


def app_of(sheet: Sheet | None = None, board: Board = BOARD) -> ScreenApp:
    answers: dict[Any, Any] = {ChecklistNames: (BEFORE_SHIFT, AFTER_SHIFT), SheetWanted: sheet or before()}
    return ScreenApp(ChecklistsScreen(), board, answers=answers)


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


def test_the_review_counts_compares_and_finds_what_comes_back() -> None:
    found = review(facts())
    assert found.counts == {"sev1": 2, "sev2": 2, "sev3": 1, "sev4": 1, "none": 0, "total": 6}
    assert [(one.name, one.count, one.before, one.trend) for one in found.fired] == [
        ("HighErrorRate", 38, 4, "more"),
        ("P99TooHigh", 4, 9, "less"),
        ("DiskWillFill", 1, 0, "new"),
    ]
    assert (found.fired_total, found.fired_before) == (43, 13)
    assert [(one.latest.id, one.count) for one in found.recurring] == [("pager:Q1", 2)]
    assert found.runbooks == (("Checkout returns 503", "https://wiki.example.com/checkout"),)
    assert [one.severity for one in found.unresolved] == [1, 1, 2, 2, 3, 4]
    empty = review(ShiftFacts(start=ago(days=7), end=NOW))
    assert (empty.fired, empty.unresolved, empty.counts["total"]) == ((), (), 0)


@pytest.mark.parametrize("size", SIZES)
async def test_goldens(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("down")
        await pilot.pause()
        shown = screen_text(app) + "\n"
    path = GOLDENS / f"checklist-{size[0]}x{size[1]}.txt"
    if os.environ.get("ONCALL_TUI_GOLDENS"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_checked_what_is_ticked_and_the_last_days(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "Before the shift ─ 5 of 12 · 2 not well" in text
        assert "[x] Laptop, internet and phone work" in text and "[!] Monitoring and pagers can be reached" in text
        assert len(app.asked(ProbesWanted)) == 1, "everybody is asked once, when it is opened"
        await pilot.press("tab")
        await pilot.pause()
        week = flat(app)
        assert "6 incidents (Sev1 2, Sev2 2, Sev3 1, Sev4 1), 43 alerts, 13 in the week before" in week
        assert "×38 HighErrorRate (payments) more, 4 before" in week
        await pilot.press("G")
        assert "Coming back ×2 Checkout returns 503" in flat(app)
        await pilot.press("escape", "c")
        await pilot.pause()
        assert "Before the shift" in flat(app) and len(app.asked(ProbesWanted)) == 2


async def test_an_item_is_ticked_and_unticked_by_hand() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("space")
        await pilot.pause()
        await pilot.press("down", "space")
        await pilot.pause()
        assert [(one.name, one.item, one.done) for one in app.asked(ShiftItemTicked)] == [
            (BEFORE_SHIFT, "environment", False),
            (BEFORE_SHIFT, "vpn", True),
        ]
        assert "ticked: The VPN is up" in flat(app)


async def test_an_item_leads_where_it_can_be_mended() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert "it leads nowhere" in flat(app)
        for _ in range(11):
            await pilot.press("down", "enter")
            await pilot.pause()
            if len(app.screen_stack) > 2:
                await pilot.press("escape")
            if app.first.has_class("-below"):
                assert "Not resolved" in flat(app)
                await pilot.press("escape")
        asked = [one.name for one in app.asked(ScreenRequested)]
        assert asked == ["sources", "sources", "schedule", "handed", "sources", "roles"]


ABLE = replace(BOARD, capabilities={**BOARD.capabilities, "pager": frozenset({"declare", "note"})})
PLAN = Plan(
    wish=Wish(title="Test page by Alice", severity=2, service="payments"),
    steps=(
        Step(id="incident", verb=Verb.DECLARE, to="pager", does="make the incident", rule="declaring"),
        Step(id="room", verb=Verb.ROOM, to="slack", does="make the room", rule="Sev2", needs=("incident",)),
    ),
    by_hand=("open the bridge",),
)


@pytest.mark.parametrize("size", SIZES)
async def test_a_test_page_is_asked_for_by_key_and_has_a_draft_of_its_own(size: tuple[int, int]) -> None:
    app = app_of(board=ABLE)
    app.answers[PlanWanted] = PLAN.alone("a test page")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*["down"] * 9, "enter")
        await pilot.pause()
        text = flat(app)
        assert "Test page" in text and "A test: the incident alone is made" in text
        assert not app.asked(PlanWanted), "nothing goes by opening it"
        await pilot.press(*"payments", "enter")
        await pilot.pause()
        await pilot.pause()
        (wanted,) = app.asked(PlanWanted)
        assert wanted.origin.is_test and wanted.severity == 2 and wanted.typed.service == "payments"
        assert wanted.origin.draft_key == "declare:test-page"
        assert "1 steps" in flat(app) and not app.asked(DeclareWanted)


def test_a_test_page_is_the_incident_alone() -> None:
    plan = PLAN.alone("a test page")
    assert [one.id for one in plan.steps] == ["incident"] and plan.by_hand == ()
    assert [(one.id, one.why) for one in plan.skipped] == [("room", "a test page")]


@pytest.mark.parametrize(
    ("board", "words"),
    [
        (replace(ABLE, seat=replace(BOARD.seat, read_only=True)), "read-only seat: nobody is paged from here"),
        (
            replace(ABLE, capabilities={"pager": frozenset({"note"})}),
            "no source of this config makes incidents: page yourself in your pager",
        ),
    ],
)
async def test_where_no_test_page_can_be_sent_it_is_said_why(board: Board, words: str) -> None:
    app = app_of(board=board)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press(*["down"] * 9, "enter")
        await pilot.pause()
        assert words in flat(app)
        assert app.screen is app.first


def test_the_shift_is_told_in_the_seats_zone() -> None:
    berlin = zone_named("Europe/Berlin")
    assert subject_words("shift 2026-11-23T08:00", berlin) == "shift from Mon 23 Nov 09:00"
    assert subject_words("off call 2026-11-23", berlin) == "off call 2026-11-23"
    assert subject_words("shift of old", berlin) == "shift of old"


async def test_the_other_list_and_back() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.answers[SheetWanted] = Sheet(
            checklist=BUILT_IN[AFTER_SHIFT],
            subject="shift 2026-11-23T08:00",
            standing=standings(BUILT_IN[AFTER_SHIFT], (), {}),
        )
        await pilot.press("greater_than_sign")
        await pilot.pause()
        assert "After the shift ─ 0 of 7" in flat(app) and app.asked(SheetWanted)[-1].name == AFTER_SHIFT
        assert app.first.rows.cursor is not None  # type: ignore[attr-defined]
        await pilot.press("less_than_sign")
        await pilot.pause()
        assert app.asked(SheetWanted)[-1].name == BEFORE_SHIFT


async def test_a_read_only_seat_looks_and_ticks_nothing() -> None:
    app = app_of(board=sample_board(read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("space")
        await pilot.pause()
        assert "read-only seat" in flat(app) and not app.asked(ShiftItemTicked)


async def test_it_is_opened_by_key_and_palette() -> None:
    app = ScreenApp(DashboardScreen(scope="all"), BOARD)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("C")
        await pilot.press("colon", *"checklists", "enter")
        await pilot.pause()
        assert [one.name for one in app.asked(ScreenRequested)] == ["checklists", "checklists"]


async def test_hostile_texts_at_every_size() -> None:
    hostile = facts(
        incidents=tuple(incident(f"H{n}", title=title, runbook=title) for n, title in enumerate(HOSTILE)),
        alerts=tuple(alert(title, native=f"h{n}", service=title) for n, title in enumerate(HOSTILE)),
    )
    found = {name: replace(one, words=HOSTILE[2] * 9) for name, one in FOUND.items()}
    sheet = before(review=review(hostile), standing=standings(BUILT_IN[BEFORE_SHIFT], TICKS, found))
    app = app_of(sheet)
    async with app.run_test(size=(120, 36)) as pilot:
        for size in ((120, 36), (80, 24), (60, 20), (40, 8), (20, 5), (1, 1), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.press("j", "tab", "j", "tab")
            lines = screen_lines(app)
            assert len(lines) == size[1] and all(width(line) <= size[0] for line in lines)


def test_the_json_says_what_was_found_and_by_whom_it_was_ticked() -> None:
    document = sheet_json(before())
    assert document["well"] is False
    items = {one["id"]: one for one in document["items"]}
    assert items["monitoring"]["found"] == "not_yet" and items["environment"]["ticked_by"] == "alice@example.com"
    assert document["review"]["alerts"]["most"][0] == {
        "name": "HighErrorRate",
        "service": "payments",
        "count": 38,
        "before": 4,
        "trend": "more",
    }
