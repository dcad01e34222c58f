"""What a page was worth, in two keys: a note for an incident, kept here for alerts that belong to none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.board import AlertRow, Board, Join
from oncall_tui.policy.judging import Judgement
from oncall_tui.policy.marks import MarkKind
from screens.alert_details import judged_lines
from screens.dashboard import DashboardScreen
from screens.dialogs.frame import Dialog
from screens.dialogs.noise import NoiseDialog
from screens.incident import IncidentScreen
from screens.lead_requests import AlertsJudged, JudgementsWanted, OrdersRequested
from tests.screens.dialog_bench import SIZES, assert_whole, bench, targets_of, words
from tests.support.ui import CAPABILITIES, HOSTILE, ScreenApp, incident, sample_board, screen_text, with_incidents
from widgets.lines import words_width


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


async def pressed(*keys: str, board: Board | None = None, on: str = "pager:Q1") -> tuple[ScreenApp, str]:
    """The dashboard after these keys on that incident, or that row of the alerts."""
    board = board or sample_board()
    screen = DashboardScreen()
    app = ScreenApp(screen, board)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        if on.startswith("pager:"):
            screen.incidents.put_cursor(on)
        else:
            await pilot.press("2")
            row = next(row for row in board.alerts if row.name == on)
            assert screen.alerts.put_cursor(row.key)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        return app, screen_text(app)


def notes(app: ScreenApp) -> list[tuple[str, str]]:
    return [
        (order.target.id, order.params["text"]) for request in app.asked(OrdersRequested) for order in request.orders
    ]


@pytest.mark.parametrize(
    ("key", "note"), [("r", "real"), ("n", "noise"), ("d", "duplicate"), ("f", "fix the alert"), ("enter", "noise")]
)
async def test_one_more_key_says_it(key: str, note: str) -> None:
    app, _ = await pressed("f", key)
    assert notes(app) == [("pager:Q1", note)]
    assert not app.asked(AlertsJudged)


async def test_a_word_on_why_is_typed_after_tab() -> None:
    app, _ = await pressed("f", "tab", *"probe net", "down", "enter")
    assert notes(app) == [("pager:Q1", "duplicate: probe net")]


async def test_all_that_are_marked_are_judged() -> None:
    app, _ = await pressed("asterisk", "f", "n")
    assert len(notes(app)) == len({one for one, _ in notes(app)}) > 1
    assert {text for _, text in notes(app)} == {"noise"}


async def test_alerts_without_an_incident_are_judged_for_themselves() -> None:
    app, text = await pressed("f", on="DiskWillFill")
    assert "kept here, for handover and metrics" in text
    app, _ = await pressed("f", "f", on="DiskWillFill")
    (request,) = app.asked(AlertsJudged)
    assert [row.name for row in request.rows] == ["DiskWillFill"]
    assert (request.kind, request.why) == (MarkKind.FIX_ALERT, "")
    assert notes(app) == []


async def test_alerts_of_an_incident_are_judged_on_its_timeline() -> None:
    app, text = await pressed("f", on="HighErrorRate")
    assert "Checkout returns 503" in text and "It goes on the timeline" in text
    app, _ = await pressed("f", "n", on="HighErrorRate")
    assert notes(app) == [("pager:Q1", "noise")] and not app.asked(AlertsJudged)


async def test_a_guessed_join_makes_no_note() -> None:
    board = sample_board()

    def guessed(row: AlertRow) -> AlertRow:
        join = Join(incident_id="pager:Q4", title="Database backup delay", reason="same service", is_sure=False)
        return replace(row, joins=(join,)) if row.name == "DiskWillFill" else row

    board = replace(board, alerts=tuple(guessed(row) for row in board.alerts))
    app, _ = await pressed("f", "n", on="DiskWillFill", board=board)
    assert notes(app) == [] and len(app.asked(AlertsJudged)) == 1


async def test_alerts_with_and_without_are_each_judged_in_their_place() -> None:
    app, text = await pressed("asterisk", "f", on="DiskWillFill")
    assert "without an incident: kept here" in text
    app, _ = await pressed("asterisk", "f", "n", on="DiskWillFill")
    assert notes(app) == [("pager:Q1", "noise")]
    (request,) = app.asked(AlertsJudged)
    assert {row.name for row in request.rows} == {"P99TooHigh", "DiskWillFill"}


async def test_esc_judges_nothing() -> None:
    app, text = await pressed("f", "escape")
    assert not app.asked(OrdersRequested) and "left undone" in text


async def test_a_read_only_seat_judges_nothing() -> None:
    for on in ("pager:Q1", "DiskWillFill"):
        app, text = await pressed("f", on=on, board=sample_board(read_only=True))
        assert "read-only seat" in text and not isinstance(app.screen_stack[-1] if app.screen_stack else None, Dialog)


async def test_a_pager_without_notes_says_so() -> None:
    told = {**CAPABILITIES, "pager": CAPABILITIES["pager"] - {"note"}}
    _, text = await pressed("f", board=sample_board(capabilities=told))
    assert "pager (pagerduty) cannot write a note" in text


async def test_from_the_palette_and_on_the_incidents_own_screen() -> None:
    app = ScreenApp(IncidentScreen("pager:Q1"), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("colon", *"mark as noise", "enter")
        await pilot.pause()
        assert isinstance(app.screen, NoiseDialog)
        await pilot.press("n")
        await pilot.pause()
    assert notes(app) == [("pager:Q1", "noise")]


async def test_a_held_key_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 60.0)
    app, _ = await pressed("f", "f", "f", "f")
    assert not app.asked(OrdersRequested)


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_whole_at_every_size(size: tuple[int, int]) -> None:
    board = sample_board(with_incidents(*(incident(f"Q{n}", title=title) for n, title in enumerate(HOSTILE))))
    for incidents in (targets_of(board, "pager:Q0"), targets_of(board, *(f"pager:Q{n}" for n in range(len(HOSTILE))))):
        app = bench(NoiseDialog(incidents, board.alerts, board))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            assert_whole(app)
            assert "fix the alert" in words(app)


# -- what was said, in the row's detail ------------------------------------------------------------------------


def said(row: AlertRow, minutes: float, **given: Any) -> Judgement:
    facts: dict[str, Any] = {
        "kind": MarkKind.NOISE,
        "at": row.first_at + timedelta(minutes=minutes),
        "seat": "alice@example.com",
        "group": row.key,
        "source": row.source,
        "name": row.name,
    }
    return Judgement(**(facts | given))


async def test_the_rows_detail_tells_what_was_said_of_it() -> None:
    board = sample_board()
    row = next(row for row in board.alerts if row.name == "DiskWillFill")
    answers: dict[Any, Any] = {
        JudgementsWanted: (said(row, -60, kind=MarkKind.REAL), said(row, 1, why="the threshold"))
    }
    screen = DashboardScreen()
    app = ScreenApp(screen, board, answers=answers)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("2")
        screen.alerts.put_cursor(row.key)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        text = " ".join(screen_text(app).split())
    assert "judged noise: the threshold (alice@example.com, 14:40)" in text
    assert "before real (alice@example.com, 13:39)" in text
    (question,) = app.asked(JudgementsWanted)
    assert question.group == row.key


def test_nothing_is_said_of_what_nobody_judged_and_no_line_is_too_long() -> None:
    board = sample_board()
    row = board.alerts[0]
    assert judged_lines(row, (), board, 60) == []
    for why in HOSTILE:
        lines = judged_lines(row, (said(row, 1, why=f"{why} " * 20),), board, 60)
        assert max(words_width(line) for line in lines) <= 60
