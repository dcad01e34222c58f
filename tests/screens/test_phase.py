"""The phase of an incident by key, now or back-dated; what its facts say of its life."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from oncall_tui.model import (
    EntryKind,
    IncidentFacts,
    IncidentState,
    TimelineEntry,
)
from oncall_tui.policy.life import Phase, phase_note
from oncall_tui.policy.marks import MarkKind, marks_of
from screens.dashboard import DashboardScreen
from screens.dialogs.frame import Dialog
from screens.dialogs.phase import PhaseDialog
from screens.incident import IncidentScreen
from screens.incident_words import facts_lines
from screens.lead_requests import OrdersRequested
from screens.life_words import life_facts
from screens.requests import IncidentWanted
from tests.screens.dialog_bench import SIZES, assert_whole, bench, params, targets_of, words
from tests.support.ui import (
    HOSTILE,
    NOW,
    ScreenApp,
    ago,
    alert,
    incident,
    sample_board,
    screen_text,
)
from widgets.lines import words_width
from widgets.signs import UNICODE
from widgets.theme import Look

BOARD = sample_board()
LOOK = Look("dark", UNICODE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def entry(text: str, at: datetime, kind: EntryKind = EntryKind.NOTE, **fields: Any) -> TimelineEntry:
    given: dict[str, Any] = {
        "id": f"pager:{text[:20]}{at.isoformat()}",
        "incident_id": "pager:Q1",
        "origin": "pager",
        "author": "Alice Martin",
    }
    return TimelineEntry(at=at, kind=kind, text=text, **(given | fields))


def led(*more: TimelineEntry, **fields: Any) -> IncidentFacts:
    """An hour old, acknowledged, investigated, mitigated."""
    one = incident(
        "Q1",
        **(
            {
                "state": IncidentState.ACKNOWLEDGED,
                "created_at": ago(minutes=60),
                "acknowledged_at": ago(minutes=57),
                "first_acknowledged_at": ago(minutes=57),
            }
            | fields
        ),
    )
    timeline = (
        entry("triggered", ago(minutes=60), EntryKind.TRIGGERED),
        entry("acknowledged", ago(minutes=57), EntryKind.ACKNOWLEDGED),
        entry("phase: investigation, the pool", ago(minutes=50)),
        entry("mitigated: rolled back", ago(minutes=20)),
        *more,
    )
    return IncidentFacts(incident=one, timeline=timeline, alerts=(alert("High", first_at=ago(minutes=62)),))


def dialog() -> PhaseDialog:
    board = sample_board()
    return PhaseDialog(targets_of(board)[0], board)


async def written(*keys: str, facts: IncidentFacts | None = None) -> tuple[ScreenApp, str]:
    app = bench(dialog(), answers={IncidentWanted: facts})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
        await pilot.pause()
        return app, words(app)


async def test_each_phase_says_when_it_began_and_the_present_one_is_marked() -> None:
    _, text = await written(facts=led())
    assert "1 detection 13:42 by itself" in text
    assert "2 triage 13:45 by itself" in text
    assert "4 investigation now, 13:52 noted" in text
    assert "7 mitigated 14:22 noted" in text
    assert "5 resolution a fix goes out" in text, "it has not begun"


async def test_the_cursor_is_on_what_comes_next() -> None:
    app, _ = await written("enter", facts=led())
    assert params(app) == {"text": "phase: resolution", "at": None}
    app, _ = await written("enter")
    assert params(app) == {"text": "phase: triage", "at": None}


@pytest.mark.parametrize(
    ("keys", "text", "at"),
    [
        (("4", "enter"), "phase: investigation", None),
        (("7", "enter"), "mitigated", None),
        (("6", "enter"), "phase: post-incident", None),
        (("7", "tab", *"14:32", "enter"), "mitigated", "2026-11-23T14:32:00Z"),
        (("7", "tab", *"14:32 rolled back", "enter"), "mitigated: rolled back", "2026-11-23T14:32:00Z"),
        (("3", "tab", *"war room open", "enter"), "phase: response, war room open", None),
        (("3", "tab", *"x", "down", "enter"), "phase: investigation, x", None),
    ],
)
async def test_what_is_chosen_is_written(keys: tuple[str, ...], text: str, at: str | None) -> None:
    app, _ = await written(*keys)
    found = params(app)
    assert found["text"] == text
    assert found["at"] == at


async def test_a_time_to_come_is_not_written() -> None:
    app, text = await written("7", "tab", *"2026-11-24T10:00", "enter")
    assert not app.results and "time to come" in text


def test_what_is_written_is_read_back_as_what_was_meant() -> None:
    for phase in (*Phase, None):
        for said in ("", "the pool: empty", "phase: response", "mitigated"):
            (mark, *_) = marks_of(entry(phase_note(phase, said), NOW))
            assert mark.kind is (MarkKind.PHASE if phase else MarkKind.MITIGATED)
            assert mark.text.startswith(phase.value) if phase else mark.text == said


async def test_by_key_from_the_list_and_from_the_incident() -> None:
    screen = DashboardScreen()
    app = ScreenApp(screen, sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.incidents.put_cursor("pager:Q1")
        await pilot.press("P", "7", "enter")
        await pilot.pause()
    (request,) = app.asked(OrdersRequested)
    assert [(one.target.id, one.params) for one in request.orders] == [
        ("pager:Q1", {"text": "mitigated", "at": None, "kind": None})
    ]
    app = ScreenApp(IncidentScreen("pager:Q1"), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("colon", *"phase", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PhaseDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert "left undone" in screen_text(app)
    assert not app.asked(OrdersRequested)


async def test_a_read_only_seat_marks_none() -> None:
    app = ScreenApp(DashboardScreen(), sample_board(read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("P")
        await pilot.pause()
        assert "read-only seat" in screen_text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_whole_at_every_size(size: tuple[int, int]) -> None:
    app = bench(dialog(), answers={IncidentWanted: led()})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert_whole(app)


# -- the facts pane --------------------------------------------------------------------------------------------


def told(facts: IncidentFacts | None) -> str:
    return " ".join(f"{label} {' '.join(span.text for span in words)}" for label, words in life_facts(facts, BOARD))


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_the_facts_tell_phase_and_the_four_durations() -> None:
    text = squeezed(told(led()))
    assert "phase investigation since 13:52 (49m)" in text
    assert "took detected in 2m , acked in 3m , mitigated in 40m" in text
    assert "resolved in" not in text
    done = led(state=IncidentState.RESOLVED, resolved_at=ago(minutes=5))
    text = squeezed(told(done))
    assert "phase post-incident since 14:37 (4m)" in text and "resolved in 55m" in text


def test_the_facts_tell_why_it_has_its_severity_and_what_it_was_worth() -> None:
    facts = led(
        entry("triage: Sev2, significant degradation", ago(minutes=55)),
        entry("noise", ago(minutes=54)),
        entry("real: carts were lost", ago(minutes=30), author="Bob Chen"),
    )
    text = squeezed(told(facts))
    assert "triage Sev2, significant degradation Alice Martin, 13:47" in text
    assert "judged real: carts were lost Bob Chen, 14:12" in text


def test_what_is_not_known_is_not_told() -> None:
    assert told(None) == ""
    bare = IncidentFacts(incident=incident("Q1", created_at=NOW - timedelta(seconds=30)))
    text = squeezed(told(bare))
    assert "phase detection" in text and "took" not in text and "triage" not in text and "judged" not in text


def test_hostile_words_stay_in_their_lines() -> None:
    for words_ in HOSTILE:
        facts = led(entry(f"triage: {words_} " * 5, ago(minutes=55)), entry(f"noise: {words_}" * 5, ago(minutes=54)))
        for cells in (20, 44, 100):
            lines = facts_lines(BOARD.incidents[0], BOARD, cells, LOOK, life=life_facts(facts, BOARD))
            assert max(words_width(line) for line in lines) <= cells


async def test_they_stand_near_the_top_of_the_facts() -> None:
    app = ScreenApp(IncidentScreen("pager:Q1"), BOARD, answers={IncidentWanted: led()})
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.pause()
        lines = screen_text(app).split("\n")
    (phase,) = [number for number, line in enumerate(lines) if "phase " in line and "investigation since" in line]
    assert phase < 14, "without scrolling"
