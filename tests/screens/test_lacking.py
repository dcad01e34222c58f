"""What a system cannot do has no key while the cursor is on it, and the palette says why."""

from __future__ import annotations

from dataclasses import replace

from oncall_tui.board import Board
from oncall_tui.model import Verb
from screens.dashboard import DashboardScreen
from screens.requests import ActionRequested
from tests.support.ui import SETTINGS, ScreenApp, incident, sample_board, screen_lines, screen_text, with_incidents

GOALERT = frozenset({"incidents", "acknowledge", "resolve", "escalate"})


def board() -> Board:
    page = incident("Q1", title="Of the pager")
    other = replace(incident("301", title="Of GoAlert"), id="goalert:301", source="goalert")
    fewer = replace(incident("7", title="Of few verbs", takes=(Verb.RESOLVE.value,)), id="pager:7", native_id="7")
    return sample_board(
        with_incidents(page, other, fewer),
        capabilities={**SETTINGS.capabilities, "goalert": GOALERT},
        lacks={"goalert": {"note": "GoAlert keeps no notes"}},
        sources=(*SETTINGS.sources, ("goalert", "goalert")),
    )


async def test_the_footer_follows_the_cursor_from_system_to_system() -> None:
    app = ScreenApp(DashboardScreen(), board())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("v", "v")
        pane = app.first.incidents  # type: ignore[attr-defined]
        for row_id, there, absent in (
            ("pager:Q1", ("n Note", "a Ack", "z Snooze"), ()),
            ("goalert:301", ("a Ack", "r Resolve"), ("n Note", "z Snooze")),
            ("pager:7", ("r Resolve",), ("a Ack", "n Note", "z Snooze")),
            ("pager:Q1", ("n Note", "a Ack"), ()),
        ):
            assert pane.put_cursor(row_id)
            await pilot.pause()
            await pilot.pause()
            footer = screen_lines(app)[-1]
            assert all(words in footer for words in there), (row_id, footer)
            assert not any(words in footer for words in absent), (row_id, footer)


async def test_the_palette_and_the_key_say_why() -> None:
    app = ScreenApp(DashboardScreen(), board())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("v", "v")
        assert app.first.incidents.put_cursor("goalert:301")  # type: ignore[attr-defined]
        await pilot.press("n")
        await pilot.pause()
        assert "GoAlert keeps no notes" in screen_text(app)
        assert not app.asked(ActionRequested)
        await pilot.press(":")
        await pilot.press(*"write")
        await pilot.pause()
        line = next(line for line in screen_lines(app) if "Write a note" in line)
        assert "GoAlert keeps no notes" in line
