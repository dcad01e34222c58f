"""The tab Investigation by its keys: what it shows, what it asks, what its keys write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.investigation import Investigation, Query, Result, frame_around, of_lines, of_series
from oncall_tui.model import Change, ChangeKind, EntryKind, IncidentFacts, TimelineEntry, Verb
from oncall_tui.model.ranges import LinesFound, LogLine, Series, SeriesFound
from oncall_tui.text import width
from screens.dialogs.frame import Dialog
from screens.dialogs.line import LineDialog
from screens.dialogs.verdict import VerdictDialog
from screens.incident import IncidentScreen
from screens.investigation_requests import InvestigationWanted
from screens.lead_requests import OrdersRequested
from screens.reading import ReadingScreen
from screens.requests import IncidentWanted, RefreshRequested
from screens.tabs.investigation import InvestigationTab
from tests.support.ui import (
    HOSTILE,
    NOW,
    ScreenApp,
    ago,
    outbox_row,
    sample_board,
    sample_facts,
    screen_lines,
    screen_text,
)

SIZES = ((80, 24), (120, 36), (40, 12))
FRAME = frame_around(ago(minutes=30), None, NOW)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def metric(name: str = "error rate", *values: float, unit: str | None = "%", **labels: str) -> Result:
    given = values or (0.1, 0.2, 12.4, 3.0)
    step = FRAME.length / len(given)
    points = tuple((FRAME.start + step * (n + 1), value) for n, value in enumerate(given))
    query = Query(name=name, kind="metric", text='rate(x{job="payments"}[5m])', source="metrics", unit=unit)
    return of_series(query, SeriesFound(series=(Series(labels=labels, points=points),)), FRAME)


def logs(*texts: str, name: str = "errors", level: str = "error") -> Result:
    lines = tuple(
        LogLine(at=NOW - timedelta(minutes=n), text=text, labels={"level": level}) for n, text in enumerate(texts)
    )
    query = Query(name=name, kind="logs", text='{service_name="payments"}', source="logs")
    return of_lines(query, LinesFound(lines=lines))


LINK = Result(query=Query(name="traces", kind="link", text="https://traces.example.com/search?service=payments"))
BROKEN = Result(
    query=Query(name="pool", kind="metric", text="x", source="metrics"), problem="cannot reach metrics: refused"
)
LINES = tuple(f"waited {n * 7} ms for a connection from pool orders" for n in range(40))


def found(*results: Result, **given: Any) -> Investigation:
    shown = results or (metric(), logs(*LINES, "upstream failed"), LINK, BROKEN)
    return Investigation(
        **{"incident_id": "pager:Q1", "frame": FRAME, "width": 0, "asked_at": NOW, "results": shown, **given}
    )


def said(minutes: float, text: str, author: str = "Bob Chen") -> TimelineEntry:
    return TimelineEntry(
        id=f"pager:n{minutes}", incident_id="pager:Q1", at=ago(minutes=minutes), kind=EntryKind.NOTE, text=text,
        author=author,
    )  # fmt: skip


def app_of(
    answer: Investigation | None = None, *timeline: TimelineEntry, board: Board | None = None, **view: Any
) -> ScreenApp:
    facts = IncidentFacts(incident=sample_facts().incidents[0], timeline=timeline, **view)
    answers = {IncidentWanted: facts, InvestigationWanted: answer if answer is not None else found()}
    return ScreenApp(IncidentScreen("pager:Q1"), board or sample_board(), answers=answers)


async def opened(app: ScreenApp, pilot: Any) -> InvestigationTab:
    await pilot.pause()
    screen = app.first
    assert isinstance(screen, IncidentScreen)
    screen.do_investigation()
    await pilot.pause()
    await pilot.pause()
    tab = next(one for one in screen.tabs if isinstance(one, InvestigationTab))
    assert tab.has_focus
    return tab


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


def rows(tab: InvestigationTab) -> str:
    return " ".join(" ".join("".join(span.text for span in row) for row in tab.rows).split())


def notes(app: ScreenApp) -> list[str]:
    return [order.params["text"] for one in app.asked(OrdersRequested) for order in one.orders]


def on(tab: InvestigationTab, words: str) -> None:
    """Put the cursor on the line that holds these words."""
    number = next(at for at, row in enumerate(tab.rows) if words in "".join(span.text for span in row))
    assert tab.put_cursor(tab._keys[number]), words


# -- what it shows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_curves_with_figures_lines_with_counts_links_and_what_failed(size: tuple[int, int]) -> None:
    change = Change(
        id="pager:c", source="pager", native_id="c", title="payments v2.1", kind=ChangeKind.DEPLOYMENT,
        at=ago(minutes=35),
    )  # fmt: skip
    app = app_of(found(changes=(change,)))
    async with app.run_test(size=size) as pilot:
        tab = await opened(app, pilot)
        text = rows(tab)
        for wanted in (
            "13:42 to 14:42 (1h) from 30m before its first sign",
            "0.1 to 12.4 %, last 3",
            "x40 14:03 to 14:42 error waited ‹…› ms",
            "x1 14:02 error upstream failed",
            "14:07 deployment: payments v2.1 (pager)",
            "traces https://traces",
            "pool ? cannot reach metrics: refused",
        ):
            assert wanted in text, wanted
        assert any(sign in text for sign in "▂▃▄▅▆▇█")
        assert all(len(line) <= size[0] for line in screen_lines(app))


async def test_an_ascii_terminal_has_curves_too() -> None:
    app = ScreenApp(
        IncidentScreen("pager:Q1"), sample_board(), ascii_signs=True,
        answers={IncidentWanted: IncidentFacts(incident=sample_facts().incidents[0]), InvestigationWanted: found()},
    )  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        line = next("".join(span.text for span in row) for row in tab.rows if row and "error rate" in row[0].text)
        assert "#" in line and "█" not in line


async def test_several_series_are_told_apart() -> None:
    frame = FRAME
    many = tuple(
        Series(labels={"job": "payments", "route": route}, points=((frame.start, value), (frame.end, value / 2)))
        for route, value in (("/pay", 9.0), ("/refund", 2.0))
    )
    result = of_series(Query(name="5xx by route", kind="metric", text="q", source="m"), SeriesFound(series=many), frame)
    app = app_of(found(result))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        text = flat(app)
        assert "5xx by route" in text and "/pay" in text and "/refund" in text and "job=" not in text


async def test_empty_answers_say_so() -> None:
    nothing = (
        of_series(Query(name="rate", kind="metric", text="q"), SeriesFound(), FRAME),
        of_lines(Query(name="errors", kind="logs", text="q"), LinesFound()),
    )
    app = app_of(found(*nothing))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert flat(app).count("nothing in this time") == 2


async def test_nothing_configured_says_what_helps() -> None:
    app = app_of(replace(found(), results=(), hint="no query is configured for payments (investigate in the config)"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert "investigate in the config" in flat(app)


@pytest.mark.parametrize("text", HOSTILE)
async def test_outside_text_is_text(text: str) -> None:
    hostile = found(metric(text, job=text), logs(text, text + "!", name=text), replace(BROKEN, problem=text))
    app = app_of(hostile, said(3, f"hypothesis: {text}", text), said(2, f"finding: {text}"))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        for _ in range(12):
            await pilot.press("j")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ReadingScreen)
        assert all(width(line) <= 80 for line in screen_lines(app))
        assert tab.rows


async def test_a_million_lines_are_a_few_rows() -> None:
    many = logs(*(f"kind {chr(97 + n % 26)}{chr(97 + n // 26 % 26)} {n}" for n in range(20_000)))
    app = app_of(found(many))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        assert len(tab.rows) < 30 and "more kinds of lines" in flat(app)


# -- what it asks --------------------------------------------------------------------------------------------------


def wanted(app: ScreenApp) -> list[tuple[int, bool]]:
    return [(one.width, one.anew) for one in app.asked(InvestigationWanted)]


async def test_nothing_is_asked_before_it_is_looked_at_and_then_once() -> None:
    app = app_of()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert wanted(app) == []
        await opened(app, pilot)
        assert wanted(app) == [(0, False)]
        app.show(sample_board(now=NOW + timedelta(minutes=5)))
        app.screen.facts_changed()  # type: ignore[attr-defined]
        await pilot.press("tab", "shift+tab")
        await pilot.pause()
        assert wanted(app) == [(0, False)], "neither time nor news ask the monitors again"


async def test_wider_closer_and_anew() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("plus", "equals_sign", "minus")
        await pilot.press("R")
        await pilot.pause()
        assert wanted(app) == [(0, False), (1, False), (2, False), (1, False), (1, True)]
        assert app.asked(RefreshRequested)
        for _ in range(10):
            await pilot.press("plus")
        assert max(width for width, _ in wanted(app)) == 6 and "as far as it goes" in flat(app)


async def test_what_could_not_be_asked_stays_said() -> None:
    app = app_of()
    app.answers[InvestigationWanted] = None
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert "nothing is known of it" in flat(app)
        await pilot.press("F")
        await pilot.pause()
        assert not notes(app)


# -- what its keys write -------------------------------------------------------------------------------------------


async def test_a_line_is_kept_as_a_finding() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        on(tab, "error rate")
        await pilot.press("F")
        on(tab, "waited")
        await pilot.press("F")
        await pilot.pause()
        assert notes(app) == [
            "finding: error rate up to 12.4 % at 14:27 (least 0.1, last 3)",
            "finding: errors: 40 lines 14:03 to 14:42 error: waited 0 ms for a connection from pool orders",
        ]
        [first, _] = app.asked(OrdersRequested)
        assert first.orders[0].verb is Verb.NOTE and first.orders[0].target.id == "pager:Q1"


async def test_what_says_nothing_is_not_kept() -> None:
    app = app_of(found(), said(3, "hypothesis: dns"))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        on(tab, "dns")
        await pilot.press("F")
        assert "on the timeline already" in flat(app)
        on(tab, "pool  ?")
        await pilot.press("F")
        await pilot.pause()
        assert "nothing to keep" in flat(app) and not notes(app)


async def test_a_hypothesis_is_typed_and_judged() -> None:
    app = app_of(found(), said(3, "hypothesis: the pool is too small"))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        await pilot.press("h")
        await pilot.pause()
        assert isinstance(app.screen, LineDialog)
        await pilot.press(*"dns", "enter")
        await pilot.pause()
        assert notes(app) == ["hypothesis: dns"]
        on(tab, "the pool is too small")
        await pilot.press("v")
        await pilot.pause()
        assert isinstance(app.screen, VerdictDialog) and "the pool is too small" in flat(app)
        await pilot.press("tab", *"40 are free", "enter")
        await pilot.pause()
        assert notes(app)[1:] == ["ruled out: the pool is too small (40 are free)"]


async def heard_of(app: ScreenApp, pilot: Any, text: str) -> None:
    """The note that was just written comes back from the store, on its way."""
    row = outbox_row(Verb.NOTE, params={"text": text, "at": None, "kind": None})
    app.answers[IncidentWanted] = replace(app.answers[IncidentWanted], outbox=(row,))
    app.first.facts_changed()  # type: ignore[attr-defined]
    await pilot.pause()
    await pilot.pause()


async def test_the_cursor_goes_to_a_hypothesis_that_was_just_typed() -> None:
    app = app_of(found(), said(3, "hypothesis: the pool is too small"))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        on(tab, "error rate")
        await pilot.press("h")
        await pilot.pause()
        await pilot.press(*"DNS  is slow", "enter")
        await pilot.pause()
        await heard_of(app, pilot, "hypothesis: DNS is slow")
        await pilot.press("v")
        await pilot.pause()
        assert isinstance(app.screen, VerdictDialog) and "DNS is slow" in flat(app)


async def test_a_cursor_that_was_moved_meanwhile_stays() -> None:
    app = app_of(found(), said(3, "hypothesis: the pool is too small"))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        on(tab, "error rate")
        await pilot.press("h")
        await pilot.pause()
        await pilot.press(*"dns", "enter")
        await pilot.pause()
        await pilot.press("j")
        here = tab.cursor
        await heard_of(app, pilot, "hypothesis: dns")
        assert "H2 dns" in rows(tab) and tab.cursor == here


@pytest.mark.parametrize(("key", "note"), [("c", "confirmed: dns"), ("r", "ruled out: dns"), ("o", "hypothesis: dns")])
async def test_a_verdict_is_one_key(key: str, note: str) -> None:
    app = app_of(found(), said(3, "hypothesis: dns"), said(2, "confirmed: dns"))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        on(tab, "H1 dns")
        await pilot.press("v", key)
        await pilot.pause()
        assert notes(app) == [note]


async def test_a_verdict_needs_a_hypothesis() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        on(tab, "error rate")
        await pilot.press("v")
        await pilot.pause()
        assert app.screen is app.first and "no hypothesis" in flat(app)


async def test_the_root_cause_begins_with_the_hypothesis() -> None:
    app = app_of(found(), said(3, "hypothesis: the pool is too small"))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        on(tab, "the pool")
        await pilot.press("B")
        await pilot.pause()
        await pilot.press(*" since v2", "enter")
        await pilot.pause()
        assert notes(app) == ["root cause: the pool is too small since v2"]
        await pilot.press("B", "escape")
        await pilot.pause()
        assert len(notes(app)) == 1 and "left undone" in flat(app)


async def test_what_was_found_out_is_listed_with_what_has_not_left() -> None:
    waiting = outbox_row(Verb.NOTE, params={"text": "ruled out: dns (it answers)", "at": None, "kind": None})
    app = app_of(
        found(), said(9, "finding: p99 rose"), said(8, "hypothesis: dns"), said(1, "root cause: the pool"),
        outbox=(waiting,),
    )  # fmt: skip
    async with app.run_test(size=(120, 36)) as pilot:
        text = rows(await opened(app, pilot))
        assert "Root cause 14:41 the pool Bob Chen" in text and "Findings 14:33 p99 rose Bob Chen" in text
        assert "✗ H1 dns ruled out it answers alice@example.com 14:42 …" in text


async def test_a_read_only_seat_writes_nothing() -> None:
    board = sample_board()
    board = replace(board, seat=replace(board.seat, read_only=True))
    app = app_of(found(), said(3, "hypothesis: dns"), board=board)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        on(tab, "error rate")
        for key in ("F", "h", "B"):
            await pilot.press(key)
            await pilot.pause()
            assert app.screen is app.first and "read-only" in flat(app), key
        on(tab, "dns")
        await pilot.press("v")
        await pilot.pause()
        assert app.screen is app.first and not notes(app)


async def test_a_line_is_shown_whole() -> None:
    app = app_of(found(), said(3, "hypothesis: dns"))
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await opened(app, pilot)
        for words, told in (
            ("error rate", 'rate(x{job="payments"}[5m])'), ("waited", "newest"), ("pool  ?", "cannot reach"),
            ("traces", "https://traces.example.com"), ("H1 dns", "Bob Chen"),
        ):  # fmt: skip
            on(tab, words)
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, ReadingScreen) and told in flat(app), words
            await pilot.press("escape")
            await pilot.pause()


async def test_its_keys_are_in_footer_palette_and_help() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert "F Keep" in screen_lines(app)[-1]
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.press("G")
        await pilot.pause()
        offered = app.first.offered()  # type: ignore[attr-defined]
        assert {"finding", "hypothesis", "verdict", "root_cause"} <= {action.id for action in offered}
