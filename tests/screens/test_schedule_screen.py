"""The schedule's screen: hand-offs in the seat's zone and the person's, over a change of the clocks; weeks; trouble."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.model import Directory, Person, Shift
from oncall_tui.schedule import Schedule, look_ahead
from oncall_tui.text import width
from screens.schedule import ScheduleScreen
from screens.shift_requests import ScheduleWanted
from tests.support.ui import (
    ALICE,
    BOB,
    CHARLIE,
    HOSTILE,
    ScreenApp,
    sample_board,
    sample_directory,
    sample_facts,
    screen_lines,
    screen_text,
)

GOLDENS = Path(__file__).parent / "goldens"
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 23, 12, 42, 7, tzinfo=UTC)
"""A Friday: clocks go back in Berlin on Sunday, in New York a week later."""
FACTS = replace(
    sample_facts(), sources=tuple(replace(one, last_success=NOW, last_attempt=NOW) for one in sample_facts().sources)
)
BOARD = sample_board(FACTS, now=NOW, zone=BERLIN)


def at(*when: int) -> datetime:
    """A time on the clock of Berlin."""
    return datetime(*when, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[misc, arg-type]


def shift(start: datetime, end: datetime, person: Person | None, **fields: Any) -> Shift:
    given: dict[str, Any] = {"source": "pager", "schedule": "Payments primary", "team": "Payments", "level": 1}
    return Shift(start=start, end=end, person=person, **(given | fields))


SHIFTS = (
    shift(at(2026, 10, 19, 9), at(2026, 10, 26, 9), ALICE),
    shift(at(2026, 10, 24, 8), at(2026, 10, 24, 20), CHARLIE, is_override=True),
    shift(at(2026, 10, 26, 9), at(2026, 11, 2, 9), BOB),
    shift(at(2026, 11, 2, 9), at(2026, 11, 3, 9), None),
    shift(at(2026, 11, 3, 9), at(2026, 11, 9, 9), ALICE),
    shift(at(2026, 11, 9, 9), at(2026, 11, 16, 9), CHARLIE),
    shift(at(2026, 10, 19, 9), at(2026, 11, 2, 9), BOB, schedule="Payments secondary", level=2),
    shift(at(2026, 10, 31, 9), at(2026, 11, 9, 9), CHARLIE, schedule="Payments stand-in", level=2),
    shift(at(2026, 10, 19, 9), at(2026, 11, 16, 9), CHARLIE, schedule="Storage", team="Storage"),
)


def schedule_of(*shifts: Shift) -> Schedule:
    directories = {"pager": replace(sample_directory(), zones={"PBOB": "America/New_York"})}
    return look_ahead(shifts, directories, now=NOW, until=NOW + timedelta(days=28), teams=("Payments",))


def app_of(*shifts: Shift, **more: Any) -> ScreenApp:
    answers: dict[Any, Any] = {ScheduleWanted: schedule_of(*(shifts or SHIFTS))}
    return ScreenApp(ScheduleScreen(), more.pop("board", BOARD), answers=answers, **more)


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_goldens(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("down", "down", "down", "down")
        await pilot.pause()
        shown = screen_text(app) + "\n"
    path = GOLDENS / f"schedule-{size[0]}x{size[1]}.txt"
    if os.environ.get("ONCALL_TUI_GOLDENS"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


async def test_hand_offs_over_the_change_of_the_clocks_in_both_zones() -> None:
    app = app_of()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "Sat 24 Oct 20:00 CEST Mon 26 Oct 09:00 CET" in flat(app)
        assert "Bob Chen Mon 26 04:00 EDT to Mon 02 03:00 EST" in flat(app)
        await pilot.press(*["down"] * 4)
        line = flat(app)
        assert "who Bob Chen <bob@example.com>" in line
        assert "here Mon 26 Oct 09:00 CET to Mon 02 Nov 09:00 CET, 7d 0h" in line
        assert "for them Mon 26 Oct 04:00 EDT to Mon 02 Nov 03:00 EST (America/New_York); clocks go back 1h 00m" in line
        await pilot.press("up")
        assert "CET, 1d 14h; clocks go back 1h 00m meanwhile" in flat(app), "a night of 25 hours"


async def test_who_is_on_call_who_is_next_what_is_overridden_and_where_it_is_wrong() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "Payments, primary now Alice Martin next Charlie Diaz Sat 24 Oct 08:00" in text
        assert "Charlie Diaz next override" in text
        assert "NOBODY" in text and "BOTH: Bob Chen, Charlie Diaz" in text
        assert "1 gap · 1 overlap" in text and "Europe/Berlin" in text
        await pilot.press("down", "down", "down", "down", "down")
        assert "Payments, primary nobody is on call" in flat(app)


async def test_weeks_go_on_and_back_and_stop_where_nothing_is_known() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("less_than_sign")
        assert "this is now" in flat(app)
        await pilot.press("greater_than_sign")
        text = flat(app)
        assert "from Mon 26 Oct 00:00 CET" in text
        assert "Sat 24 Oct 08:00" not in text.replace("next Charlie Diaz Sat 24 Oct 08:00", "")
        await pilot.press(*["greater_than_sign"] * 9)
        text = flat(app)
        assert "nothing is known beyond this week" in text and "from Mon 16 Nov 00:00 CET" in text
        await pilot.press(*["less_than_sign"] * 4)
        assert "from now" in flat(app)


async def test_the_cursor_stays_on_its_turn_when_the_schedule_is_told_anew() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press(*["down"] * 4)
        before = app.first.rows.cursor_key  # type: ignore[attr-defined]
        app.answers[ScheduleWanted] = schedule_of(*SHIFTS[1:])
        app.first.facts_changed()  # type: ignore[attr-defined]
        await pilot.pause()
        assert app.first.rows.cursor_key == before  # type: ignore[attr-defined]
        assert "who Bob Chen" in flat(app)


async def test_nothing_known_and_hostile_names_at_every_size() -> None:
    facts = replace(sample_facts(), on_call=())
    empty = app_of(shift(at(2026, 1, 1, 9), at(2026, 1, 2, 9), BOB), board=sample_board(facts, now=NOW))
    async with empty.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "no configured source tells of shifts in this time" in flat(empty)
    people = [Person(id=f"P{n}", name=name, contact=name) for n, name in enumerate(HOSTILE)]
    hostile = app_of(
        *(
            shift(at(2026, 10, 19 + n, 9), at(2026, 10, 20 + n, 9), one, team=one.name, schedule=one.name)
            for n, one in enumerate(people, 5)
        )
    )
    async with hostile.run_test(size=(120, 36)) as pilot:
        for size in ((120, 36), (80, 24), (60, 20), (40, 8), (20, 5), (1, 1), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.press("j", "greater_than_sign", "less_than_sign")
            lines = screen_lines(hostile)
            assert len(lines) == size[1] and all(width(line) <= size[0] for line in lines)
        assert "[@click=app.quit]x[/]" in screen_text(hostile)


async def test_an_empty_directory_is_no_trouble() -> None:
    found = look_ahead(SHIFTS, {"pager": Directory()}, now=NOW, until=NOW + timedelta(days=3))
    app = ScreenApp(ScheduleScreen(), BOARD, answers={ScheduleWanted: found})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Bob Chen" in flat(app)
