"""By key against the simulated systems: an action item noted, made into one ticket, told on the timeline, done; the
post-mortem rewritten, exported, sent, written; the pagers' history read from the metrics screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.demo.past import QUIET
from screens.dialogs.confirm import QuestionDialog
from screens.dialogs.document import DocumentDialog
from screens.dialogs.frame import Dialog
from screens.dialogs.line import LineDialog
from screens.dialogs.ticket import TicketDialog
from screens.metrics import MetricsScreen
from screens.postmortem import PostmortemScreen
from tests.screens.test_communicate_world import Seat, seat
from tests.support.ui import screen_text


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def notes(one: Seat) -> list[str]:
    (found,) = [row for row in one.world.state()["incidents"] if f"pager:{row['id']}" == one.id]
    return [str(note["content"]) for note in found["notes"]]


def issues(one: Seat) -> list[Any]:
    """Tickets that were made in Jira."""
    return [write for write in one.world.state()["systems"]["jira"]["writes"] if write["action"] == "ticket"]


async def opened(one: Seat) -> PostmortemScreen:
    await one.pilot.press("W")
    await one.until(lambda: isinstance(one.app.screen, PostmortemScreen), "the post-mortem")
    screen = one.app.screen
    assert isinstance(screen, PostmortemScreen)
    await one.until(lambda: screen.written is not None, "the draft")
    return screen


async def test_an_action_item_becomes_one_ticket_and_is_followed(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        screen = await opened(one)
        before = len(issues(one))
        await one.pilot.press("n")
        await one.until(lambda: isinstance(one.app.screen, LineDialog), "the line")
        await one.pilot.press(*"zz widen the pool", "enter")
        await one.until(lambda: "zz widen the pool" in screen_text(one.app), "the item")
        await one.until(lambda: any(text == "action: zz widen the pool" for text in notes(one)), "it in the pager")
        await one.until(lambda: screen.pane.put_cursor("zz widen the pool"), "its row")
        await one.pilot.press("t")
        await one.until(lambda: isinstance(one.app.screen, TicketDialog), "what the ticket will say")
        await one.pilot.press("enter")
        await one.until(lambda: len(issues(one)) == before + 1, "the ticket")
        told = "ticket: "
        await one.until(
            lambda: any(text.startswith(told) and "zz widen the pool" in text for text in notes(one)),
            "which ticket it has become, in the pager",
        )
        key = next(text for text in notes(one) if text.startswith(told)).split(" ")[1]
        await one.until(lambda: key in screen_text(one.app), "the ticket's key on the row")
        why = f"it has a ticket already: {key}"
        for _ in range(20):  # what becomes of the note is said in the same line, and may come right behind it
            await one.pilot.press("t")
            if why in screen_text(one.app):
                break
        else:
            pytest.fail(f"never: {why}")
        await one.pilot.press("f")
        await one.until(lambda: f"done: {key}" in notes(one), "that it is done, in the pager")
        assert len(issues(one)) == before + 1
        assert sum(text.startswith(told) for text in notes(one)) == 1, "told once, however often it is looked at"


async def test_it_is_rewritten_exported_sent_and_written(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        screen = await opened(one)
        await one.pilot.press("i")
        await one.until(lambda: isinstance(one.app.screen, DocumentDialog), "the text")
        await one.pilot.press(*"Ours ", "ctrl+x")
        await one.until(lambda: screen.written is not None and screen.written.is_edited, "the text that was taken")
        assert screen.written is not None and screen.written.text.startswith("Ours # Incident report")
        await one.pilot.press("escape")
        await one.until(lambda: not isinstance(one.app.screen, PostmortemScreen), "the dashboard")
        screen = await opened(one)
        assert screen.written is not None and screen.written.is_edited, "it is kept"
        await one.pilot.press("w")
        await one.until(lambda: isinstance(one.app.screen, Dialog), "the form")
        await one.pilot.press("tab", "tab", "enter")
        folder = one.app.settings.folder / "exports"
        await one.until(lambda: list(folder.glob("post-mortem-*.json")), "the file")
        document = json.loads(next(folder.glob("post-mortem-*.json")).read_text())
        assert document["edited_markdown"].startswith("Ours") and document["incident"]["id"] == one.id
        await one.pilot.press("F")
        await one.until(lambda: isinstance(one.app.screen, LineDialog), "where it is")
        await one.pilot.press(*"wiki 7", "enter")
        await one.until(lambda: "post-mortem: wiki 7" in notes(one), "that it is written, in the pager")
        await one.until(lambda: "written: wiki 7" in screen_text(one.app), "that it is owed no more")
        await one.pilot.press("D")
        await one.until(lambda: isinstance(one.app.screen, QuestionDialog), "the question")
        await one.pilot.press("y")
        await one.until(lambda: screen.written is not None and not screen.written.is_edited, "the draft again")


async def test_the_history_is_read_from_the_metrics_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oncall_tui.desk.backfill.PACE_S", 0.0)
    monkeypatch.setattr("screens.metrics.DAYS", 9)
    async with seat(tmp_path) as one:
        await one.pilot.press("M")
        await one.until(lambda: isinstance(one.app.screen, MetricsScreen), "the metrics")
        screen = one.app.screen
        assert isinstance(screen, MetricsScreen)
        await one.until(lambda: screen.report is not None, "the figures")
        assert screen.report is not None
        first = screen.report.figures["incident_count_by_severity"].value or 0
        await one.pilot.press("B")
        await one.until(lambda: isinstance(one.app.screen, QuestionDialog), "the question")
        await one.pilot.press("y")
        await one.until(lambda: screen.progress and all(each.stage == "done" for each in screen.progress), "the end")

        def grown() -> bool:
            assert screen.report is not None
            return (screen.report.figures["incident_count_by_severity"].value or 0) > first

        await one.until(grown, "figures out of what was read")
        board = one.app.board
        assert board is not None
        old = [row.id for row in board.incidents if board.minute - row.incident.created_at > QUIET]
        assert old == [], "nothing of the past looks new"
