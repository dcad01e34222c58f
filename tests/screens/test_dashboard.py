"""What the dashboard shows at each size, and that nothing moves unless the world did."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.board import Board, PaneName
from oncall_tui.model import AlertState, HealthStatus, OutboxState, SourceState, Verb
from oncall_tui.text import width
from screens.dashboard import DashboardScreen
from tests.support import ui
from tests.support.make import grouped
from tests.support.picture import stale_board
from tests.support.ui import NOW, ScreenApp, incident, sample_board, sample_facts, screen_lines, screen_text
from widgets.lines import Lines

GOLDENS = Path(__file__).parent / "goldens"
REGENERATE = "ONCALL_TUI_GOLDENS"
"""Set it, and the goldens are written anew from what the screen shows."""
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def app_of(board: Board | None, *, scope: str = "all", **given: Any) -> ScreenApp:
    return ScreenApp(DashboardScreen(scope=scope), board, **given)


def hostile_board() -> Board:
    facts = sample_facts()
    return sample_board(
        replace(
            facts,
            incidents=tuple(incident(f"H{number}", title=title) for number, title in enumerate(ui.HOSTILE)),
            groups=grouped(
                tuple(
                    ui.alert(title, native=f"h{number}", service=title, severity_word=title)
                    for number, title in enumerate(ui.HOSTILE)
                )
            ),
            health=tuple(
                ui.check(title, HealthStatus.DOWN, service=title, unit=title, value=1.0, detail=title)
                for title in ui.HOSTILE
            ),
            on_call=tuple(
                ui.on_call(replace(ui.BOB, name=title), number + 1, team=title, next_person=title)
                for number, title in enumerate(ui.HOSTILE)
            ),
            sources=tuple(
                replace(state, error=ui.HOSTILE[5], error_kind="timeout", last_success=ui.ago(hours=1))
                for state in facts.sources
            ),
        )
    )


@pytest.mark.parametrize(
    ("name", "board", "size", "given"),
    [
        ("calm-120x36", sample_board(), (120, 36), {}),
        ("calm-100x30", sample_board(), (100, 30), {}),
        ("calm-80x24", sample_board(), (80, 24), {}),
        ("trouble-120x36", stale_board(), (120, 36), {}),
        ("trouble-80x24", stale_board(), (80, 24), {}),
        ("trouble-ascii-80x24", stale_board(), (80, 24), {"ascii_signs": True, "theme": "mono"}),
        ("hostile-120x36", hostile_board(), (120, 36), {}),
        ("list-60x20", sample_board(), (60, 20), {}),
    ],
)
async def test_goldens(name: str, board: Board, size: tuple[int, int], given: dict[str, Any]) -> None:
    app = app_of(board, **given)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = screen_text(app) + "\n"
    path = GOLDENS / f"{name}.txt"
    if os.environ.get(REGENERATE):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


SIZES = [(120, 36), (100, 30), (80, 24), (60, 20), (40, 8), (39, 8), (20, 5), (3, 3), (1, 1), (200, 60), (1, 1)]


@pytest.mark.parametrize("which", ["none", "calm", "trouble", "hostile", "empty"])
async def test_any_size_holds_and_nothing_is_wider_than_the_screen(which: str) -> None:
    boards = {
        "none": None,
        "calm": sample_board(),
        "trouble": stale_board(),
        "hostile": hostile_board(),
        "empty": sample_board(ui.with_incidents(groups=(), health=(), on_call=(), history={})),
    }
    app = app_of(boards[which])
    async with app.run_test(size=SIZES[0]) as pilot:
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.press("j", "3", "escape", "2", "1")
            lines = screen_lines(app)
            assert len(lines) == size[1]
            assert not any(CONTROL.search(line) for line in lines)
            assert all(width(line) <= size[0] for line in lines)


@pytest.mark.parametrize("size", [(1, 1), (39, 8), (40, 8)])
async def test_a_start_at_a_small_size(size: tuple[int, int]) -> None:
    app = app_of(sample_board())
    async with app.run_test(size=size) as pilot:
        await pilot.press("j")
        assert ("Checkout" in screen_text(app)) is (size == (40, 8))


async def test_the_three_second_view() -> None:
    """What burns, is it mine, how long have I got, how old is it: on the first frame, at 80x24 too."""
    app = app_of(stale_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = screen_text(app)
    for told in ("2 need you · 5 open", "Checkout returns 503", "ack in 2m", "as of 14:36 (5m)", "Alice · primary"):
        assert told in text


async def test_a_resize_changes_the_panes_and_keeps_the_cursor() -> None:
    app = app_of(sample_board())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("j", "j")
        for size, seen, unseen in (
            ((80, 24), "2 Alerts", "4 On call ─"),
            ((60, 20), "1 Incidents", "2 Alerts"),
            ((30, 6), "terminal too small", "Incidents"),
            ((120, 36), "4 On call ─", "too small"),
        ):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.pause()
            text = screen_text(app).replace("╭ 4 On call ──", "╭ 4 On call ─ ─")
            assert seen in text and unseen not in text, size
        screen = app.screen
        assert isinstance(screen, DashboardScreen)
        assert screen.incidents.cursor_key == "pager:Q3" and screen.pane_in_focus is screen.incidents


async def test_at_80x24_three_and_four_open_a_pane_full_width() -> None:
    app = app_of(sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await pilot.pause()
        assert screen_lines(app)[1].startswith("╭ 3 Health ─ 1 down · 1 degraded · 1 no data ─")
        assert "1 Incidents" not in screen_text(app)
        await pilot.press("4")
        await pilot.pause()
        assert screen_lines(app)[1].startswith("╭ 4 On call ──")
        await pilot.press("escape")
        await pilot.pause()
        assert screen_lines(app)[1].startswith("╭ 1 Incidents ─")


async def test_tab_goes_round_the_panes_that_are_seen() -> None:
    app = app_of(sample_board())
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.first
        assert isinstance(screen, DashboardScreen)
        seen = []
        for _ in range(5):
            assert screen.pane_in_focus is not None
            seen.append(screen.pane_in_focus.id)
            await pilot.press("tab")
        assert seen == ["incidents", "alerts", "health", "on_call", "incidents"]
        await pilot.press("shift+tab", "shift+tab")
        assert screen.pane_in_focus is screen.people


async def test_the_footer_has_the_keys_of_the_pane_in_focus() -> None:
    app = app_of(sample_board())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert screen_lines(app)[-1].startswith(" a Ack  e Escalate  n Note  r Resolve")
        await pilot.press("2")
        await pilot.pause()
        assert screen_lines(app)[-1].startswith(" i Declare  S Silence")
        assert "f Noise" in screen_lines(app)[-1]
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "/ Filter" in screen_lines(app)[-1]
        await pilot.press("3")
        await pilot.pause()
        assert "Ack" not in screen_lines(app)[-1] and "? Keys" in screen_lines(app)[-1]


async def test_an_equal_board_draws_nothing() -> None:
    app = app_of(sample_board())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        before = {widget.id: widget.paints for widget in app.screen.query(Lines)}
        app.show(sample_board())
        await pilot.pause()
        assert {widget.id: widget.paints for widget in app.screen.query(Lines)} == before


async def test_at_80x24_the_checks_tell_why_beside_a_long_value() -> None:
    down = ui.check(
        "error rate in the EU", HealthStatus.DOWN, value=12.0, unit="requests/s", detail="limit > 1 % for 5m"
    )
    app = app_of(sample_board(ui.with_incidents(health=(down,))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await pilot.pause()
        assert "limit > 1 % for 5m" in screen_lines(app)[2], "the history takes no room from the reason"


async def test_seconds_and_healthy_polls_draw_nothing() -> None:
    app = app_of(sample_board())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        before = {widget.id: widget.paints for widget in app.screen.query(Lines)}
        facts = sample_facts()
        polled = replace(facts, sources=tuple(replace(one, last_success=NOW) for one in facts.sources))
        app.show(sample_board(polled, now=NOW + timedelta(seconds=20)))
        await pilot.pause()
        assert {widget.id: widget.paints for widget in app.screen.query(Lines)} == before


async def test_a_minute_draws_only_the_lines_whose_words_it_changes() -> None:
    app = app_of(sample_board())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        before = {widget.id: widget.paints for widget in app.screen.query(Lines)}
        app.show(sample_board(now=NOW + timedelta(minutes=1)))
        await pilot.pause()
        drawn = {widget.id: widget.paints - (before[widget.id] or 0) for widget in app.screen.query(Lines)}
        assert drawn["header"] == 1
        assert drawn["incidents"] <= 5, "the rows whose age or countdown moved"
        assert drawn["alerts"] == drawn["health"] == drawn["on_call"] == drawn["footer"] == 0


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (60, 16)])
async def test_how_many_are_hidden_is_told_beside_a_long_filter_and_a_source_that_is_late(
    size: tuple[int, int],
) -> None:
    late = replace(
        sample_board().panes[PaneName.INCIDENTS], reason="pager: limits the rate (429): 60 calls a minute", stale=True
    )
    board = sample_board()
    for one in (board, replace(board, panes={**board.panes, PaneName.INCIDENTS: late})):
        app = app_of(one)
        async with app.run_test(size=size) as pilot:
            await pilot.press("slash", *"sev:1 state:triggered !service:edge", "enter")
            await pilot.pause()
            title = screen_lines(app)[1]
            assert title.startswith("╭ 1 Incidents ─ ") and "4 hidden" in title, title


async def test_what_is_queued_held_or_failed_is_counted() -> None:
    facts = replace(
        sample_facts(),
        outbox=(
            ui.outbox_row(),
            ui.outbox_row(Verb.NOTE, held="older than 15 minutes"),
            ui.outbox_row(Verb.RESOLVE, state=OutboxState.UNKNOWN),
        ),
    )
    app = app_of(sample_board(facts))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert screen_lines(app)[-1].endswith("1 failed 1 held 1 queued")


async def test_alerts_that_are_still_being_counted_are_no_all_clear() -> None:
    app = app_of(sample_board(ui.with_incidents(groups=(), counting=True)))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        text = "\n".join(screen_lines(app))
        assert "2 Alerts ─ counting" in text and "are being counted" in text
        assert "no alert in the last hour" not in text


async def test_incidents_that_are_still_being_read_are_counted() -> None:
    app = app_of(sample_board(replace(ui.sample_facts(), unread=9000)))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "reading 9000 more" in text and "9005 open" in text and "need you" not in text
        await pilot.press("asterisk")
        assert "not yet: 9000 more are still being read" in screen_text(app)
        assert not app.screen.query_one("#incidents").selected  # type: ignore[attr-defined]


async def test_an_empty_list_is_an_all_clear_only_when_every_pager_has_answered() -> None:
    empty = ui.with_incidents()
    never = replace(empty, sources=(SourceState(name="pager", kind="pagerduty"), *empty.sources[1:]))
    app = app_of(sample_board(empty))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "no open incident" in screen_text(app)
        app.show(sample_board(never))
        await pilot.pause()
        text = screen_text(app)
        assert "no open incident" not in text and "not an all-clear" in text and "no answer yet from pager" in text


async def test_ended_and_silenced_alerts_say_so() -> None:
    facts = replace(
        sample_facts(),
        groups=grouped(
            (
                ui.alert("Old", state=AlertState.ENDED),
                ui.alert("Muted", state=AlertState.SILENCED, silenced_by=("alerts:s1",)),
            )
        ),
        silences=(ui.silence(),),
    )
    app = app_of(sample_board(facts))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "silenced → 16:42" in text and "ended" in text


async def test_the_banner_stands_until_something_is_said() -> None:
    app = app_of(replace(sample_board(), banner="disk full: actions are not queued"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "disk full" in screen_lines(app)[-2]
        await pilot.press("v")
        await pilot.pause()
        assert "mine" in screen_lines(app)[-2] or "incidents" in screen_lines(app)[-2]
        await pilot.press("j")
        await pilot.pause()
        assert "disk full" in screen_lines(app)[-2]


async def test_links_are_shown_and_only_web_addresses_are_hyperlinks() -> None:
    board = sample_board(
        ui.with_incidents(incident(url="https://example.com/Q1", runbook="javascript:alert(1)", bridge="+49 30 1234"))
    )
    app = app_of(board)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")
        await pilot.pause()
        text = screen_text(app)
        assert "https://example.com/Q1" in text and "javascript:alert(1)" in text and "+49 30 1234" in text
        links = {
            segment.style.link
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.link
        }
        assert links == {"https://example.com/Q1"}
