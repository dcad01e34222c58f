"""Seen before and search: in an incident's facts, and by the key ``H``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual.widgets import Input

from oncall_tui.board import Board
from oncall_tui.model import EntryKind, IncidentFacts, IncidentHistory, IncidentState, TimelineEntry
from oncall_tui.model.search import DocumentKind, Found, Hit, SameKind
from oncall_tui.policy.seen import SeenBefore, seen_before
from oncall_tui.text import width
from screens.dashboard import DashboardScreen
from screens.history import HistoryScreen
from screens.incident import IncidentScreen
from screens.past_requests import SearchWanted, SeenWanted, TextWanted
from screens.requests import CopyRequested, IncidentWanted, ScreenRequested
from tests.support.hand import until
from tests.support.ui import HOSTILE, NOW, ScreenApp, ago, incident, sample_board, screen_lines, screen_text

SIZES = ((80, 24), (120, 36), (40, 12))


def seen(
    count: int = 2, *, is_read: bool = True, notes: Sequence[str] = ("root cause: the pool was too small",)
) -> SeenBefore:
    latest = []
    for number in range(count):
        one = incident(
            f"P{number}",
            title=f"Checkout returns {503 + number}",
            state=IncidentState.RESOLVED,
            created_at=ago(days=11 + number),
            resolved_at=ago(days=11 + number, minutes=-38),
            resolved_by="Bob Chen",
        )
        timeline = tuple(
            TimelineEntry(
                id=f"pager:E{number}{place}",
                incident_id=one.id,
                at=one.created_at,
                kind=EntryKind.NOTE,
                text=text,
                author="Eve",
            )
            for place, text in enumerate(notes)
        )
        latest.append(IncidentHistory(incident=one, timeline=timeline if is_read else ()))
    return seen_before(SameKind(count=count, since=ago(days=90), seconds=(2280.0,) * count, latest=tuple(latest)))


def hit(kind: DocumentKind = DocumentKind.NOTE, **fields: Any) -> Hit:
    given: dict[str, Any] = {
        "kind": kind,
        "ref": f"pager:{kind}",
        "at": ago(days=3),
        "title": "Payment gateway latency",
        "snippet": (("Bob: the ", False), ("pool", True), (" was too small", False)),
        "incident_id": "pager:Q3",
        "service": "payments",
    }
    return Hit(**(given | fields))


def app_of(incident_id: str | None, board: Board | None = None, **answers: Any) -> ScreenApp:
    given = {
        SeenWanted: answers.get("seen", seen()),
        SearchWanted: answers.get("found"),
        TextWanted: answers.get("text"),
    }
    return ScreenApp(HistoryScreen(incident_id), board or sample_board(), answers=given)


async def typed(pilot: Any, text: str) -> None:
    await pilot.press("slash", *text)
    await pilot.press("enter")  # asks at once
    await pilot.pause()


# -- the same kind ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_of_an_incident_the_earlier_ones_of_its_kind_come_first(size: tuple[int, int]) -> None:
    app = app_of("pager:Q1")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "12 Nov" in text and app.asked(SeenWanted)[0].incident_id == "pager:Q1"
        if size[0] < 80:
            return
        assert "/ Search" in screen_lines(app)[-1] and "Filter" not in screen_lines(app)[-1]
        assert "the same kind · 2 times in 90 d, usually 38 min" in text
        assert "12 Nov 14:42 38 min      Bob Chen, Eve" in text
        assert "Checkout returns 503" in text and "root cause: the pool was too small" in text
        await pilot.press("j")
        await pilot.pause()
        assert "Checkout returns 504" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        asked = app.asked(ScreenRequested)[0]
        assert (asked.name, asked.target) == ("incident", "pager:P1")
        await pilot.press("y")
        await pilot.pause()
        assert app.asked(CopyRequested)[0].text == "pager:P1"


async def test_a_first_time_is_said_with_how_far_back_is_known() -> None:
    app = app_of("pager:Q1", seen=seen(0))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert "not in 90 d" in screen_text(app) and "none of its kind before it" in screen_text(app)


async def test_where_a_timeline_is_not_known_its_system_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.history.REST_S", 0.001)
    app = app_of("pager:Q1", seen=seen(is_read=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.asked(IncidentWanted), "the row under the cursor is asked for")
        assert [(one.incident_id, one.read) for one in app.asked(IncidentWanted)] == [("pager:P0", True)]
        await pilot.press("j", "k", "j")
        await until(pilot, lambda: len(app.asked(IncidentWanted)) > 1, "the next one is asked for")
        await app.workers.wait_for_complete()
        assert {one.incident_id for one in app.asked(IncidentWanted)} == {"pager:P0", "pager:P1"}
        assert len(app.asked(IncidentWanted)) == 2


# -- search ----------------------------------------------------------------------------------------------------------


async def test_without_an_incident_words_are_wanted_at_once() -> None:
    app = app_of(
        None,
        found=Found(hits=(hit(), hit(DocumentKind.INCIDENT, snippet=(("Payment gateway latency", True),))), total=7),
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press(*"pool", "enter")
        await pilot.pause()
        assert app.asked(SearchWanted)[-1].text == "pool"
        text = screen_text(app)
        assert "7 found, the first 2 shown" in text and "Bob: the pool was too small" in text
        assert "20 Nov 14:42 note     Payment gateway latency" in text
        await pilot.press("enter")
        await pilot.pause()
        assert app.asked(ScreenRequested)[0].target == "pager:Q3"


async def test_words_hide_the_same_kind_and_esc_brings_it_back() -> None:
    app = app_of("pager:Q1", found=Found(hits=(hit(),), total=1))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await typed(pilot, "pool")
        assert "1 found" in screen_text(app) and "the same kind" not in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: "the same kind" in screen_text(app), "it is back")
        assert app.screen.query_one(Input).value == ""
        assert isinstance(app.screen, HistoryScreen) and app.screen.rows.cursor is not None, (
            "none of the search is gone"
        )
        await pilot.press("escape")
        await pilot.pause()
        assert app.results == [None]


async def test_what_stands_behind_an_answer_is_said() -> None:
    app = app_of(None, found=Found(unread=12_345, is_plain=True))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press(*"pool", "enter")
        await pilot.pause()
        text = screen_text(app)
        assert "nothing found" in text and "12,345 rows not read yet" in text and "no FTS5 here" in text


async def test_a_text_that_is_of_no_incident_is_opened_to_read() -> None:
    found = Found(hits=(hit(DocumentKind.TEXT, incident_id=None, title="handover 2026-11-20"),), total=1)
    app = app_of(None, found=found, text=("handover 2026-11-20", "watch the pool\n\nand the disk"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"pool", "enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert "watch the pool" in screen_text(app) and "and the disk" in screen_text(app)
        await pilot.press("escape")
        app.answers[TextWanted] = None
        await pilot.press("enter")
        await pilot.pause()
        assert "it has gone meanwhile" in screen_text(app)


async def test_letters_are_no_keys_while_words_are_typed() -> None:
    app = app_of(None, found=Found())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"quit R D")
        await pilot.pause()
        assert app.screen.query_one(Input).value == "quit R D" and not app.asked(ScreenRequested)
        assert "To the list" in screen_lines(app)[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_texts_are_drawn_as_text(size: tuple[int, int]) -> None:
    hits = tuple(hit(ref=text, title=text, snippet=((text, True), (text, False))) for text in HOSTILE)
    app = app_of(None, found=Found(hits=hits, total=len(hits)))
    async with app.run_test(size=size) as pilot:
        await pilot.press(*"x", "enter")
        for _ in HOSTILE:
            await pilot.press("j")
        await pilot.pause()
        words = "[/dev/sda1]" if size[0] >= 80 else "[ @click=a"
        assert words in screen_text(app), screen_text(app)
        assert all(width(line) <= size[0] for line in screen_lines(app))


# -- in the facts, and the way there ---------------------------------------------------------------------------------


async def test_an_incidents_facts_tell_it_and_the_key_that_shows_it_all() -> None:
    answers = {IncidentWanted: IncidentFacts(incident=incident("Q1"), read_at=NOW), SeenWanted: seen()}
    app = ScreenApp(IncidentScreen("pager:Q1"), sample_board(), answers=answers)
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.pause()
        await pilot.pause()
        told = " ".join(" ".join(line[70:] for line in screen_lines(app)).replace("│", " ").split())
        assert (
            "seen before 2 times in 90 d, usually 38 min, last 12 Nov by Bob Chen: root cause: the pool was too small"
            in told
        )
        assert "H all of it" in told
        await pilot.press("H")
        await pilot.pause()
        asked = app.asked(ScreenRequested)[0]
        assert (asked.name, asked.target) == ("history", "pager:Q1")


async def test_from_the_dashboard_it_is_of_the_incident_under_the_cursor_or_of_none() -> None:
    app = ScreenApp(DashboardScreen(), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("H", "2", "H")
        await pilot.pause()
        assert [(one.name, one.target) for one in app.asked(ScreenRequested)] == [
            ("history", "pager:Q2"),
            ("history", None),
        ]
