"""The metrics' screen: periods, cuts and plots by keys at both sizes, without colour, in ASCII, without history."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.metrics import DEFINITIONS, By, Measured, Report, Span, drawn, measure, plan, report, stretch
from oncall_tui.model import EntryKind, HistoryProgress, IncidentHistory, IncidentState, Ref, TimelineEntry
from oncall_tui.policy import Calendar, SeverityPolicy
from oncall_tui.text import width
from screens.dialogs.frame import Dialog
from screens.history_requests import BackfillStarted, BackfillStopped, BackfillWanted, MetricsWanted
from screens.metrics import MetricsScreen
from screens.requests import FileWanted, Question, QuestionFailed
from tests.support.hand import opened, until
from tests.support.ui import ALICE, BOB, HOSTILE, NOW, ScreenApp, ago, incident, sample_board, screen_lines, screen_text

GOLDENS = Path(__file__).parent / "goldens"
BOARD = sample_board()
CALENDAR = Calendar()
SHIFT = timedelta(hours=12)
ANCHOR = NOW.replace(hour=8, minute=0, second=0, microsecond=0)
FILE = Path("/tmp/metrics.csv")


def measured(number: int, hours: float, **fields: Any) -> Measured:
    """One incident of so many hours ago, acknowledged and resolved after a while."""
    at = ago(hours=hours)
    given: dict[str, Any] = {
        "created_at": at,
        "state": IncidentState.RESOLVED,
        "first_acknowledged_at": at + timedelta(minutes=2 + number % 5),
        "resolved_at": at + timedelta(minutes=20 + 7 * (number % 9)),
        "acknowledged_by": (ALICE if number % 3 else BOB,),
        "severity": 1 + number % 4,
        "title": f"Trouble {number % 7}",
    }
    one = incident(f"Q{number}", **(given | fields))
    notes = (
        TimelineEntry(id=f"pager:n{number}", incident_id=one.id, at=at, kind=EntryKind.NOTE, text="noise: flapping"),
    )
    found = measure(
        IncidentHistory(incident=one, timeline=notes if number % 11 == 0 else ()), SeverityPolicy(), CALENDAR
    )
    assert found is not None
    return found


def days(count: int) -> list[Measured]:
    """Incidents of two months, more of them in the last days."""
    die = random.Random(7)
    return [measured(number, 1440 * die.random() ** 1.7) for number in range(count)]


def reports(these: list[Measured], span: Span, back: int, by: By, **more: Any) -> tuple[Report, Report]:
    """As the app answers."""
    given: dict[str, Any] = {"now": NOW, "zone": CALENDAR.zone, "shift": SHIFT, "anchor": ANCHOR}
    more.setdefault("kept_since", NOW - timedelta(days=400))
    more.setdefault("alerts_since", NOW - timedelta(days=90))

    def made(since: datetime, until: datetime, cut: By) -> Report:
        wanted = plan(since, until, by=cut, zone=CALENDAR.zone, shift=SHIFT, anchor=ANCHOR)
        fired = {(period, None): 40 for period in (wanted.period, wanted.before, *wanted.parts)}
        ordered = sorted(these, key=lambda one: one.at)
        return report(wanted, ordered, fired, calendar=CALENDAR, now=NOW, **more)

    since, until, each = drawn(span, back, **given)
    return made(*stretch(span, back, **given), by), made(since, until, each)


class MetricsApp(ScreenApp):
    """Answers as the app does, from these incidents."""

    def __init__(self, these: list[Measured], more: dict[str, Any] | None = None, **given: Any) -> None:
        super().__init__(MetricsScreen(), given.pop("board", BOARD), answers={FileWanted: FILE}, **given)
        self.these = these
        self.more = more or {}
        self.refused: str | None = None
        self.progress: tuple[HistoryProgress, ...] = ()
        self.waiting: list[BackfillWanted] = []

    def tell(self, *progress: HistoryProgress) -> None:
        """The reading of the history has moved."""
        self.progress = progress
        for question in self.waiting:
            question.tell(progress)
        self.waiting.clear()

    async def _on_message(self, message: Any) -> None:
        if isinstance(message, MetricsWanted):
            if self.refused:
                message.fail(QuestionFailed(self.refused))
            else:
                message.tell(reports(self.these, message.span, message.back, message.by, **self.more))
        elif isinstance(message, BackfillStarted):
            message.fail(QuestionFailed(self.refused)) if self.refused else message.tell(self.progress)
        elif isinstance(message, BackfillWanted):
            if message.wait:
                # Answered once it moves: kept from the answer that is given at once.
                self.waiting.append(message)
                self.requests.append(message)
                return
            message.tell(self.progress)
        await super()._on_message(message)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


async def settle(app: ScreenApp, pilot: Any) -> None:
    """Until plotext is there and the figures are drawn."""
    await app.workers.wait_for_complete()
    await pilot.pause()


async def shown(pilot: Any, words: str) -> None:
    """Until they stand on the screen."""
    await until(pilot, lambda: words in flat(pilot.app), words)


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize("name", ["figures", "plot", "groups"])
async def test_goldens(name: str, size: tuple[int, int]) -> None:
    app = MetricsApp(days(160))
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        keys = {"figures": ["3"], "plot": ["3", "p", "p"], "groups": ["3", "b", "b"]}[name]
        for key in keys:
            await pilot.press(key)
            await settle(app, pilot)
        shown = screen_text(app) + "\n"
    path = GOLDENS / f"metrics-{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get("ONCALL_TUI_GOLDENS"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


async def test_every_metric_stands_there_with_what_has_become_of_it() -> None:
    app = MetricsApp(days(160))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await settle(app, pilot)
        text = screen_text(app)
        assert all(one.title in text for one in DEFINITIONS)
        assert " worse" in text and " better" in text, "told in words, not by colour"
        assert "▲" in text and "▼" in text
        assert "2026-10-25 00:00 to 11-23 14:42 UTC" in text


async def test_keys_go_through_shift_week_and_month_and_back_in_time() -> None:
    app = MetricsApp(days(160))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        for key, words in (
            ("1", "2026-11-23 08:00 to 14:42 UTC"),
            ("less_than_sign", "2026-11-22 20:00 to 11-23 08:00 UTC"),
            ("3", "2026-10-25 00:00 to 11-23 14:42 UTC"),
            ("2", "2026-11-17 00:00 to 11-23 14:42 UTC"),
            ("less_than_sign", "2026-11-10 00:00 to 11-17 00:00 UTC"),
            ("less_than_sign", "2026-11-03 00:00 to 11-10 00:00 UTC"),
        ):
            await pilot.press(key)
            await settle(app, pilot)
            assert words in flat(app)
        assert "2 back" in flat(app)
        await pilot.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        await settle(app, pilot)
        assert "this is now" in flat(app) and "2026-11-17 00:00 to 11-23 14:42" in flat(app)
        asked = [(one.span, one.back) for one in app.asked(MetricsWanted)]
        assert asked[:5] == [("week", 0), ("shift", 0), ("shift", 1), ("month", 0), ("week", 0)]


async def test_what_is_chosen_is_told_without_colour() -> None:
    app = MetricsApp(days(160))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert "[Metrics] Plot By severity" in flat(app) and "Shift [7 days] 30 days" in flat(app)
        await pilot.press("p", "3")
        await settle(app, pilot)
        assert "Metrics [Plot] By severity" in flat(app) and "Shift 7 days [30 days]" in flat(app)


@pytest.mark.parametrize(
    ("cells", "keys", "strip"),
    [
        (70, ("3",), " Shift   7 days  [30 days]"),
        (60, ("1",), "[Shift]  7d   30d "),
        (60, ("3", "less_than_sign", "less_than_sign"), " Shift   7d  [30d] 2 back"),
        (50, ("3",), "[30 days]"),
        (40, ("3", "less_than_sign"), "[30 days] 1 back"),
        (40, (), "[7 days]"),
    ],
)
async def test_which_stretch_it_is_is_never_cut(cells: int, keys: tuple[str, ...], strip: str) -> None:
    app = MetricsApp(days(160))
    async with app.run_test(size=(cells, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press(*keys)
        await settle(app, pilot)
        top = screen_lines(app)[1]
        assert strip in top and "…" not in top.partition(strip)[2], top


async def test_every_cut_is_shown_by_its_key() -> None:
    app = MetricsApp(days(160))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        for by, row in (
            ("service", "payments"),
            ("person", "Alice Martin"),
            ("shift", "2026-11-23 08:00"),
            ("day", "2026-11-22"),
            ("week", "2026-11-16"),
            ("month", "2026-11"),
            ("severity", "Sev3"),
        ):
            await pilot.press("b")
            await settle(app, pilot)
            assert f"By {by}" in screen_text(app) and row in screen_text(app)


async def test_plots_go_over_the_days_or_over_shifts() -> None:
    app = MetricsApp(days(160))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("p")
        await settle(app, pilot)
        text = screen_text(app)
        assert "Incidents by day" in text and "█" in text and "11-17" in text and "11-23" in text
        await pilot.press("p")
        await settle(app, pilot)
        assert "Time to acknowledge (minutes) by day" in flat(app)
        await pilot.press("1")
        await settle(app, pilot)
        assert "Time to acknowledge (minutes) by shift" in flat(app) and "23 08:00" in flat(app)


async def test_in_ascii_there_is_nothing_but_ascii() -> None:
    app = MetricsApp(days(160), ascii_signs=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("3", "p")
        await settle(app, pilot)
        body = "\n".join(screen_lines(app)[1:21])
        assert body.isascii() and "####" in body and "+--" in body
        await pilot.press("tab", "tab")
        await settle(app, pilot)
        assert "\n".join(screen_lines(app)[1:21]).isascii()
        assert "^ " in screen_text(app) and "v " in screen_text(app)


@pytest.mark.parametrize("theme", ["mono", "ansi16"])
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 8), (39, 7)])
async def test_every_theme_and_size_is_drawn(theme: str, size: tuple[int, int]) -> None:
    app = MetricsApp(days(40), theme=theme)
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        for key in ("p", "b", "tab", "1", "3"):
            await pilot.press(key)
            await settle(app, pilot)
        assert all(width(line) <= size[0] for line in screen_lines(app))


async def test_without_history_nothing_is_made_up() -> None:
    app = MetricsApp([], {"kept_since": None, "alerts_since": None})
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(app, pilot)
        text = flat(app)
        assert "no incident is kept yet" in text
        assert "nothing in this period nor in the one before" in text and "nothing is kept of this time" in text
        assert "Time to resolve - -" in text and "worse" not in text and "better" not in text


async def test_days_of_which_nothing_is_kept_are_told_from_quiet_ones() -> None:
    app = MetricsApp(days(30), {"kept_since": ago(days=2), "alerts_since": ago(days=2)})
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(app, pilot)
        text = flat(app)
        assert "kept: incidents since 2026-11-21, alerts since 2026-11-21" in text
        assert "nothing is kept before 2026-11-21" in text and "11-17" in text


async def test_hostile_names_stay_in_their_cells() -> None:
    hostile = [
        measured(
            number, 3 + number, service=Ref(id=f"S{number}", name=name), acknowledged_by=(replace(BOB, name=name),)
        )
        for number, name in enumerate((*HOSTILE, "=cmd|'/c calc'!A1", "x" * 500))
    ]
    app = MetricsApp(hostile)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        for key in ("b", "b"):
            await pilot.press(key)
            await settle(app, pilot)
            assert "[ERROR] db" in screen_text(app)
            assert all(width(line) <= 80 for line in screen_lines(app))


async def test_export_writes_what_is_shown_as_the_command_line_does() -> None:
    from oncall_tui.metrics import to_csv, to_json

    app = MetricsApp(days(60))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("3", "b")
        await settle(app, pilot)
        await pilot.press("w")
        await opened(pilot)
        await pilot.press("enter")
        await settle(app, pilot)
        await pilot.press("w")
        await opened(pilot)
        await pilot.press("tab", "enter")
        await settle(app, pilot)
        first, second = app.asked(FileWanted)
        wanted, _ = reports(app.these, "month", 0, "service")
        assert first.text == to_csv(wanted) and first.name == "metrics-month-2026-11-23-by-service.csv"
        assert json.loads(second.text) == to_json(wanted) and second.name.endswith(".json")
        assert "written: /tmp/metrics.csv" in flat(app)


async def test_a_store_that_cannot_be_read_is_said_and_what_was_there_stays() -> None:
    app = MetricsApp(days(60))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        app.refused = "the disk is full"
        await pilot.press("R")
        await settle(app, pilot)
        assert "the disk is full" in flat(app) and "Time to resolve" in flat(app)


async def test_it_is_worked_out_anew_once_a_minute_at_most() -> None:
    app = MetricsApp(days(10))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        screen = app.first
        assert isinstance(screen, MetricsScreen)
        for _ in range(5):
            screen.facts_changed()
        await settle(app, pilot)
        assert len(app.asked(MetricsWanted)) == 1
        app.show(sample_board(now=NOW + timedelta(minutes=1)))
        await settle(app, pilot)
        assert len(app.asked(MetricsWanted)) == 2
        assert isinstance(app.asked(MetricsWanted)[0], Question)


def read(stage: Any, days: float, **fields: Any) -> HistoryProgress:
    """So many of ninety days are read."""
    given: dict[str, Any] = {
        "source": "pager",
        "kind": "pagerduty",
        "since": ago(days=90),
        "until": NOW,
        "incidents": 321,
    }
    return HistoryProgress(**(given | {"stage": stage, "read_to": ago(days=days)} | fields))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_history_is_read_by_key_followed_and_stopped(size: tuple[int, int]) -> None:
    app = MetricsApp(days(60))
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        await pilot.press("B")
        await opened(pilot)
        assert "Read the pagers' history?" in flat(app) and "90 days" in flat(app)
        app.progress = (read("waiting", 0),)
        await pilot.press("y")
        await until(pilot, lambda: app.asked(BackfillStarted), "it is begun")
        assert [one.days for one in app.asked(BackfillStarted)] == [90]
        app.tell(read("reading", 45))
        await shown(pilot, "50 %, 321 incidents")
        assert "history pager" in flat(app)
        assert "██" in screen_text(app) and "░░" in screen_text(app)
        app.tell(read("pausing", 45, note="waits 60 s (rate limit)"))
        await shown(pilot, "50 %, waits 60 s (rate limit) B stops")
        await pilot.press("B")
        await until(pilot, lambda: app.asked(BackfillStopped), "it is stopped")
        assert len(app.asked(BackfillStopped)) == 1 and len(app.asked(BackfillStarted)) == 1
        figures = len(app.asked(MetricsWanted))
        app.tell(read("done", 90))
        await settle(app, pilot)
        assert "history pager" not in flat(app) and len(app.asked(MetricsWanted)) == figures + 1


async def test_a_reading_that_goes_on_is_shown_to_who_comes_later_and_a_failure_is_said() -> None:
    app = MetricsApp(days(60))
    app.progress = (read("reading", 9),)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "10 %, 321 incidents")
        app.tell(read("failed", 9, note="the token is refused"))
        await settle(app, pilot)
        assert "history of pager: the token is refused" in flat(app)
        app.refused = "no configured source can be asked for its history"
        await pilot.press("B")
        await opened(pilot)
        await pilot.press("y")
        await settle(app, pilot)
        assert "no configured source can be asked" in flat(app)


async def test_without_plotext_the_figures_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise OSError("kernel.so: cannot open shared object file")

    monkeypatch.setattr("screens.metrics._import_plots", gone)
    app = MetricsApp(days(60))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(app, pilot)
        assert "plotext cannot be loaded" in flat(app) and "Time to resolve" in flat(app)


def test_nothing_of_it_is_on_the_way_to_the_dashboard() -> None:
    wanted = "import sys, oncall_tui.cli.dashboard, oncall_tui.app.face, screens.dashboard; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", wanted], capture_output=True, text=True, check=True)
    there = set(done.stdout.split())
    assert there.isdisjoint({"plotext", "oncall_tui.metrics", "screens.metrics", "screens.history_requests"})
