"""The sources' screen: what the board leaves out is asked for, and all of it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.board import Board, ChannelView
from oncall_tui.model import Budget, OutboxRow, OutboxState, SourceState, Verb
from screens.requests import RefreshRequested, SourcesWanted
from screens.sources import SourcesScreen, source_facts
from tests.support.ui import HOSTILE, ScreenApp, ago, outbox_row, sample_board, sample_facts, screen_lines, screen_text

SIZES = ((80, 24), (120, 36), (40, 12))


def states(**changed: dict[str, Any]) -> tuple[SourceState, ...]:
    return tuple(replace(one, **changed.get(one.name, {})) for one in sample_facts().sources)


ILL = states(
    pager={
        "latency_ms": 142.4,
        "budget": Budget(limit=960, remaining=80, resets_at=ago(minutes=-3)),
        "clock_skew_s": 125.0,
        "problems": ("log entries: HTTP 500", "priorities: HTTP 403"),
    },
    metrics={
        "error": "HTTP 503: upstream",
        "error_kind": "server",
        "failures": 4,
        "last_success": ago(minutes=6),
        "next_try": ago(minutes=-2),
    },
    probes={"error": "HTTP 401", "error_kind": "auth", "stopped": True, "last_success": None},
)


def board_of(told: tuple[SourceState, ...]) -> Board:
    return sample_board(replace(sample_facts(), sources=told))


def app_of(told: tuple[SourceState, ...] = ILL) -> ScreenApp:
    return ScreenApp(SourcesScreen(), board_of(told), answers={SourcesWanted: told})


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


def facts(name: str) -> dict[str, list[str]]:
    board = board_of(ILL)
    row = next(one for one in board.sources if one.name == name)
    told: dict[str, list[str]] = {}
    for label, text in source_facts(row, next(one for one in ILL if one.name == name), board):
        if text:
            told.setdefault(label, []).append(text)
    return told


def test_what_a_well_source_with_problems_tells() -> None:
    told = facts("pager")
    assert told["status"] == ["late"]
    assert told["answered"] == ["14:42 (now)"]
    assert told["problem"] == ["log entries: HTTP 500", "priorities: HTTP 403"]
    assert told["took"] == ["142 ms"]
    assert told["budget left"] == ["80 of 960 calls, full again 14:45"]
    assert told["its clock"] == ["2m5s ahead of ours"]
    assert told["asked every"] == ["30s"]
    assert "on call" in told["serves"][0] and "acknowledge" not in told["serves"][0]
    assert "acknowledge" in told["can"][0]


def test_what_a_failing_source_tells() -> None:
    told = facts("metrics")
    assert told["status"] == ["down"] and told["error"] == ["HTTP 503: upstream (4 in a row)"]
    assert told["answered"] == ["14:36 (5m)"] and told["asked"] == ["14:42 (now)"]
    assert told["next try"] == ["14:44 (in 2m)"]
    assert "can" not in told


def test_what_a_stopped_source_tells() -> None:
    told = facts("probes")
    assert told["answered"] == ["never"] and "stopped" in told["status"][0]
    assert "next try" not in told


@pytest.mark.parametrize("size", SIZES)
async def test_one_line_a_source(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "1 late · 2 down" in text and "HTTP 503" in text
        for name in ("pager", "alerts", "metrics", "probes"):
            assert name in text
        if size[0] >= 80:
            assert "80 of 960 calls" in text and "142 ms" in text
        assert all(len(line) <= size[0] for line in screen_lines(app))


async def test_a_source_is_asked_alone_and_all_together() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("j", "enter", "R")
        await pilot.pause()
        assert [one.names for one in app.asked(RefreshRequested)] == [("alerts",), None]


async def test_asks_again_when_the_facts_have_changed() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.answers[SourcesWanted] = states(pager={"latency_ms": 7.0})
        app.screen.facts_changed()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "7 ms" in flat(app)


async def test_all_well() -> None:
    app = app_of(states())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "4 well" in flat(app)


async def test_before_anything_was_told_it_says_so() -> None:
    app = ScreenApp(SourcesScreen(), sample_board(replace(sample_facts(), sources=())), answers={SourcesWanted: ()})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "4 no answer yet" in flat(app) and "never" in flat(app)


@pytest.mark.parametrize("error", HOSTILE[::3])
async def test_outside_text_is_text(error: str) -> None:
    told = states(pager={"error": error, "error_kind": "server", "last_success": NOW_LESS_AN_HOUR})
    app = app_of(told)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert screen_text(app).count(error.split(" ")[0]) >= 2


NOW_LESS_AN_HOUR = ago(minutes=0) - timedelta(hours=1)


async def test_back() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await pilot.pause()
        assert app.results == [None]


# -- channels --------------------------------------------------------------------------------------------------


def told_board(*rows: OutboxRow) -> Board:
    names = ("chat", "page", "[@click=app.quit]x[/]")
    channels = tuple(ChannelView(name=name, kind="slack", place=f"#{name}") for name in names)
    return sample_board(replace(sample_facts(), outbox=rows), channels=channels)


@pytest.mark.parametrize(("size", "shown"), [((120, 36), True), ((80, 30), True), ((80, 24), False), ((40, 12), False)])
async def test_channels_fare_as_their_latest_action(size: tuple[int, int], shown: bool) -> None:
    board = told_board(
        outbox_row(Verb.MESSAGE, source="chat", state=OutboxState.CONFIRMED, created_at=ago(minutes=9), key="old"),
        outbox_row(Verb.ROOM, source="chat", state=OutboxState.REFUSED, answer="missing scope", key="new"),
    )
    app = ScreenApp(SourcesScreen(), board, answers={SourcesWanted: ILL})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert ("Channels" in text) is shown
        assert ("room refused: missing scope" in text) is shown
        assert ("slack #page" in text) is shown
        assert "pager" in text


async def test_without_channels_there_is_no_place_for_them() -> None:
    app = app_of()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "Channels" not in flat(app)
