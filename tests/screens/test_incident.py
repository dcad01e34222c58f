"""The incident's screen: timeline, facts, alerts, how old they are, and every action on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.model import (
    Alert,
    EntryKind,
    IncidentFacts,
    IncidentState,
    NoteKind,
    OutboxState,
    TimelineEntry,
    Verb,
)
from screens.dialogs.frame import Dialog
from screens.dialogs.note import NoteDialog
from screens.incident import IncidentScreen
from screens.incident_words import timeline_lines
from screens.requests import ActionRequested, CopyRequested, IncidentWanted, RefreshRequested
from screens.tabs import TABS
from tests.support.ui import (
    ALICE,
    HOSTILE,
    NOW,
    ScreenApp,
    ago,
    alert,
    incident,
    outbox_row,
    sample_alerts,
    sample_board,
    sample_facts,
    screen_lines,
    screen_text,
    with_incidents,
)
from widgets.signs import UNICODE
from widgets.textpane import TextPane
from widgets.theme import Look

SIZES = ((80, 24), (120, 36), (40, 12))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def entry(minutes: float, kind: EntryKind, text: str, author: str | None = None, **fields: Any) -> TimelineEntry:
    return TimelineEntry(
        id=f"pager:L{minutes}{kind}",
        incident_id="pager:Q1",
        at=ago(minutes=minutes),
        kind=kind,
        text=text,
        author=author,
        origin="pager",
        **fields,
    )


TIMELINE = (
    entry(1500, EntryKind.ALERT, "An earlier blip"),
    entry(12, EntryKind.NOTE, "P99 began to rise", "Bob Chen", note_kind=NoteKind.OBSERVED, written_at=ago(minutes=1)),
    entry(3, EntryKind.NOTIFIED, "Push to Alice"),
    entry(3, EntryKind.TRIGGERED, "Triggered through the API"),
    entry(2, EntryKind.ACKNOWLEDGED, "Acknowledged", "Alice Martin"),
)


def view_of(**fields: Any) -> IncidentFacts:
    given: dict[str, Any] = {
        "incident": sample_facts().incidents[0],
        "timeline": TIMELINE,
        "alerts": sample_alerts()[:1],
        "read_at": ago(minutes=1),
    }
    return IncidentFacts(**(given | fields))


def app_of(view: IncidentFacts | None = None, board: Board | None = None, target: str = "pager:Q1") -> ScreenApp:
    answers = {IncidentWanted: view if view is not None else view_of()}
    return ScreenApp(IncidentScreen(target), board or sample_board(), answers=answers)


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


def told(view: IncidentFacts, cells: int = 70) -> list[str]:
    lines = timeline_lines(view, sample_board(), cells, Look("dark", UNICODE))
    return ["".join(span.text for span in line) for line in lines]


# -- timeline --------------------------------------------------------------------------------------------------


def test_oldest_first_each_at_the_time_that_it_tells_of() -> None:
    assert told(view_of()) == [
        "Sun 22 Nov",
        "13:42   alert      An earlier blip  pager",
        "Mon 23 Nov",
        "14:30 ■ observed   P99 began to rise  Bob Chen · pager · written 14:41",
        "14:39 ▲ triggered  Triggered through the API  pager",
        "14:39 → notified   Push to Alice  pager",
        "14:40 ✔ acked      Acknowledged  Alice Martin · pager",
    ]


def test_a_narrow_one_says_a_notes_kind_in_its_text() -> None:
    assert "14:30 ■ observed: P99 began to rise" in " ".join(told(view_of(), 40))


def test_every_kind_of_entry_can_be_told() -> None:
    entries = tuple(entry(number + 1, kind, f"text {kind}") for number, kind in enumerate(EntryKind))
    lines = told(view_of(timeline=entries))
    assert len(lines) == len(EntryKind)


def test_an_empty_timeline_says_so() -> None:
    assert told(view_of(timeline=())) == ["nothing on the timeline yet"]


def test_what_is_still_in_the_outbox_stands_at_its_time() -> None:
    rows = (
        outbox_row(Verb.NOTE, params={"text": "restarted", "at": "2026-11-23T14:39:30Z", "kind": "did"}),
        outbox_row(Verb.ESCALATE, params={"level": 2}, created_at=ago(minutes=22), held="older than 15 min"),
        outbox_row(Verb.SNOOZE, params={"seconds": 3600}, state=OutboxState.REFUSED, answer="403 forbidden"),
        outbox_row(Verb.RESOLVE, state=OutboxState.CANCELLED),
        outbox_row(Verb.ACKNOWLEDGE, state=OutboxState.CONFIRMED),
    )
    lines = told(view_of(outbox=rows), 100)
    assert [line for line in lines if line[6] in "…✗"] == [
        "14:20 … waits      escalate to level 2  alice@example.com · waits for you: older than 15 min",
        "14:39 … queued     restarted  alice@example.com · queued",
        "14:42 ✗ refused    snooze for 1h  alice@example.com · refused: 403 forbidden",
    ]


def test_a_note_that_was_confirmed_stays_until_it_is_read_back() -> None:
    note = outbox_row(Verb.NOTE, params={"text": "restarted"}, state=OutboxState.CONFIRMED, native_ref="N1")
    assert any("restarted" in line for line in told(view_of(outbox=(note,))))
    read_back = replace(TIMELINE[0], id="pager:N1", at=NOW, kind=EntryKind.NOTE, text="restarted")
    lines = told(view_of(outbox=(note,), timeline=(*TIMELINE, read_back)))
    assert sum("restarted" in line for line in lines) == 1


def test_lines_of_a_long_text_hang_under_it() -> None:
    lines = told(view_of(timeline=(entry(1, EntryKind.NOTE, "word " * 30 + "\nsecond"),)), 60)
    assert all(line.startswith(" " * 19) for line in lines[1:])
    assert lines[-1].strip() == "second  pager"


# -- screen ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_shows_head_timeline_and_how_old_it_is(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lines = screen_lines(app)
        text = flat(app)
        assert "SEV1 Checkout returns 503" in text and "TRIGGERED" in text and "read 14:41" in text
        assert "Acknowledged" in text, "the newest entry is seen"
        assert any(line.startswith("╰") for line in lines[-3:])
        assert all(len(line) <= size[0] for line in lines)


async def test_wide_everything_is_side_by_side() -> None:
    app = app_of()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        text = flat(app)
        for wanted in ("severity SEV1 Critical", "Payments escalation level 1 of 3", "HighErrorRate", "instance=eu-1"):
            assert wanted in text
        assert "https://example.pagerduty.com/inc" in text
        assert "more ─" not in text, "facts fit without scrolling"


async def test_which_key_reaches_what_is_scrolled_out_beside_the_timeline() -> None:
    app = app_of(view_of(alerts=tuple(replace(one, id=f"{one.id}{n}") for n in range(9) for one in sample_alerts())))
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        seen = 0
        for pane in app.screen.query(TextPane):
            if pane.region.height and pane.region.x > 0:
                below = screen_lines(app)[pane.region.bottom - 1][pane.region.x :]
                seen += "more" in below
                assert ("more  tab ─" in below) == ("more" in below), below
        assert seen, "something is scrolled out"
        app.screen.query_one("#facts").focus()
        await pilot.pause()
        region = app.screen.query_one("#facts").region
        below = screen_lines(app)[region.bottom - 1][region.x : region.right]
        assert "more" in below and "tab ─" not in below, "the keys are there already"


async def test_tab_goes_through_all_at_80x24() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        seen = []
        for _ in range(len(TABS) + 1):
            shown = [pane.id for pane in app.screen.query(TextPane) if pane.region.height]
            assert len(shown) == 1 and app.focused is app.screen.query_one(f"#{shown[0]}")
            seen.append(shown[0])
            await pilot.press("tab")
            await pilot.pause()
        assert seen == [*(tab.NAME for tab in TABS), "timeline"]
        await pilot.press("shift+tab", "shift+tab")
        assert app.focused is not None and app.focused.id == TABS[-1].NAME


async def test_asks_for_what_is_stored_then_reads_the_whole() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert [(one.incident_id, one.read) for one in app.asked(IncidentWanted)] == [
            ("pager:Q1", False),
            ("pager:Q1", True),
        ]


async def test_reads_anew_when_the_incident_has_become_another_but_not_each_minute() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.show(sample_board(now=NOW + timedelta(minutes=1)))
        await pilot.pause()
        assert sum(one.read for one in app.asked(IncidentWanted)) == 1
        changed = with_incidents(replace(sample_facts().incidents[0], state=IncidentState.ACKNOWLEDGED))
        app.show(sample_board(changed))
        await pilot.pause()
        assert sum(one.read for one in app.asked(IncidentWanted)) == 2


async def test_refresh_reads_it_whole() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("R")
        await pilot.pause()
        assert sum(one.read for one in app.asked(IncidentWanted)) == 2 and app.asked(RefreshRequested)


async def test_a_changed_store_is_drawn() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.answers[IncidentWanted] = view_of(timeline=(*TIMELINE, entry(0, EntryKind.NOTE, "pool raised", "Alice")))
        app.screen.facts_changed()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "pool raised" in flat(app)


class Failing(ScreenApp):
    """Its system cannot be read."""

    async def _on_message(self, message: Any) -> None:
        if isinstance(message, IncidentWanted) and message.read:
            message.problem = "HTTP 503: upstream"
        await super()._on_message(message)


async def test_a_system_that_cannot_be_read_is_said_and_what_is_known_stays() -> None:
    app = Failing(IncidentScreen("pager:Q1"), sample_board(), answers={IncidentWanted: view_of()})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "read 14:41 · HTTP 503: upstream" in flat(app) and "Acknowledged" in flat(app)


async def test_a_late_source_is_marked() -> None:
    facts = sample_facts()
    late = tuple(replace(one, last_success=ago(minutes=9)) if one.name == "pager" else one for one in facts.sources)
    app = app_of(view_of(read_at=ago(minutes=9)), sample_board(replace(facts, sources=late)))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "read 14:33 · 8m old, pager is late" in flat(app)


async def test_one_that_was_never_read_says_so() -> None:
    app = app_of(view_of(read_at=None, timeline=()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "timeline never read" in flat(app)


async def test_one_that_nobody_knows() -> None:
    app = ScreenApp(IncidentScreen("pager:QX"), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "pager:QX" in flat(app) and "nothing is known of it" in flat(app)
        await pilot.press("a", "o", "y")
        await pilot.pause()
        assert not app.asked(ActionRequested) and not app.asked(CopyRequested)


@pytest.mark.parametrize("title", HOSTILE)
async def test_outside_text_is_text(title: str) -> None:
    one = incident("Q1", title=title, runbook=title, bridge=title, assignees=(replace(ALICE, name=title),))
    hostile = Alert(**{name: getattr(alert("A"), name) for name in Alert.__slots__} | {"name": title, "summary": title})
    view = view_of(incident=one, timeline=(entry(1, EntryKind.NOTE, title, title),), alerts=(hostile,))
    app = app_of(view, sample_board(with_incidents(one)))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert screen_text(app).count(title.split(" ")[0]) >= 4
        await pilot.click(offset=(10, 1))
        assert app.screen is app.first


async def test_a_huge_timeline_is_scrolled() -> None:
    entries = tuple(entry(3000 - number, EntryKind.NOTE, f"note {number} " * 20) for number in range(2000))
    app = app_of(view_of(timeline=entries))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "note 1999" in flat(app)
        await pilot.press("g")
        await pilot.pause()
        assert "note 0" in flat(app)


# -- actions ---------------------------------------------------------------------------------------------------


async def test_acknowledge_is_one_key_on_this_incident() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("a")
        await pilot.pause()
        [asked] = app.asked(ActionRequested)
        assert asked.action_id == "acknowledge" and [one.id for one in asked.targets] == ["pager:Q1"]
        assert asked.targets[0].seen == sample_facts().incidents[0].version


async def test_a_note_is_written_though_the_incident_moved_on_meanwhile() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("n")
        await pilot.pause()
        assert isinstance(app.screen, NoteDialog)
        await pilot.press(*"seen")
        app.show(sample_board(with_incidents(replace(sample_facts().incidents[0], state=IncidentState.ACKNOWLEDGED))))
        await pilot.press("enter")
        await pilot.pause()
        [asked] = app.asked(ActionRequested)
        assert asked.action_id == "note" and asked.params["text"] == "seen"


async def test_an_escalation_is_refused_when_it_moved_on_meanwhile() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("e")
        await pilot.pause()
        app.show(sample_board(with_incidents(replace(sample_facts().incidents[0], escalation_level=2))))
        await pilot.press("enter")
        await pilot.pause()
        assert not app.asked(ActionRequested)
        assert "changed since the key" in flat(app)


async def test_a_post_mortem_that_is_written_is_owed_no_more() -> None:
    over = incident("Q9", state=IncidentState.RESOLVED, resolved_at=ago(minutes=5))
    board = sample_board(with_incidents(over))
    seen = []
    for timeline in ((), (entry(2, EntryKind.NOTE, "post-mortem: https://wiki.example.com/pm-9"),)):
        app = app_of(view_of(incident=over, timeline=timeline), board, "pager:Q9")
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            seen.append("PM in" in flat(app))
    assert seen == [True, False]


async def test_one_that_the_board_has_let_go_can_be_reopened() -> None:
    gone = incident("Q9", state=IncidentState.RESOLVED, resolved_at=ago(hours=3))
    app = app_of(view_of(incident=gone), sample_board(), "pager:Q9")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("O")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        [asked] = app.asked(ActionRequested)
        assert asked.action_id == "reopen" and asked.targets[0].id == "pager:Q9"


async def test_one_that_the_board_has_let_go_and_that_changed_is_refused() -> None:
    gone = incident("Q9", state=IncidentState.RESOLVED, resolved_at=ago(hours=3))
    app = app_of(view_of(incident=gone), sample_board(), "pager:Q9")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("O")
        await pilot.pause()
        app.first.view = view_of(incident=replace(gone, escalation_level=2))  # type: ignore[attr-defined]
        await pilot.press("y")
        await pilot.pause()
        assert not app.asked(ActionRequested) and "changed since the key" in flat(app)


async def test_link_and_copy() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        assert app.asked(CopyRequested)[0].text == "https://example.pagerduty.com/incidents/Q1"
        await pilot.press("o")
        await pilot.pause()
        assert "https://example.pagerduty.com/incidents/Q1" in flat(app)
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert app.results == [None]


async def test_an_equal_view_draws_nothing() -> None:
    app = app_of()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        panes = list(app.screen.query(TextPane))
        before = [pane.paints for pane in panes]
        app.screen.facts_changed()  # type: ignore[attr-defined]
        app.show(sample_board())
        await pilot.pause()
        assert [pane.paints for pane in panes] == before
