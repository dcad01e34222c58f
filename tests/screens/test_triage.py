"""The severity dialog's short form: a letter each, the severity it gives, overruled only with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.model import Verb
from screens.dashboard import DashboardScreen
from screens.dialogs.frame import Dialog
from screens.lead_requests import OrdersRequested
from screens.requests import ActionRequested, Answer
from tests.screens.dialog_bench import SIZES, assert_whole, bench, dialog, words
from tests.support.ui import CAPABILITIES, ScreenApp, incident, sample_board, screen_text, with_incidents


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


async def pressed(*keys: str, board: Board | None = None, size: tuple[int, int] = (80, 24)) -> tuple[ScreenApp, str]:
    """The dialog after these keys, and what stands in it."""
    app = bench(dialog("severity", board))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
        await pilot.pause()
        return app, words(app)


def answer(app: ScreenApp) -> Answer:
    (one,) = app.results
    assert isinstance(one, Answer)
    return one


@pytest.mark.parametrize(
    ("letters", "severity", "reason"),
    [
        ("o", 1, "total outage"),
        ("b", 1, "security breach"),
        ("mb", 1, "security breach"),
        ("d", 2, "significant degradation"),
        ("r", 2, "revenue is affected"),
        ("mr", 2, "revenue is affected"),
        ("m", 3, "minor degradation"),
        ("n", 4, "no impact on users, no security breach, no revenue affected"),
        # One impact at a time; "none" is none of all; a letter again takes it back.
        ("od", 2, "significant degradation"),
        ("obrn", 4, "no impact on users, no security breach, no revenue affected"),
        ("nm", 3, "minor degradation"),
        ("mbb", 3, "minor degradation"),
    ],
)
async def test_the_answers_give_the_seeds_severity(letters: str, severity: int, reason: str) -> None:
    board = sample_board(with_incidents(incident("Q1", severity=None)))
    app, text = await pressed(*letters, board=board)
    assert f"gives Sev{severity}: {reason}" in text
    app, _ = await pressed(*letters, "enter", board=board)
    assert answer(app) == Answer(params={"severity": severity}, note=f"triage: Sev{severity}, {reason}")


async def test_who_presses_a_digit_is_as_fast_as_ever() -> None:
    app, _ = await pressed("3", "enter")
    assert answer(app) == Answer(params={"severity": 3})


async def test_letters_that_were_taken_back_ask_for_nothing() -> None:
    app, _ = await pressed("d", "d", "2", "enter")
    assert answer(app) == Answer(params={"severity": 2})


async def test_it_is_overruled_only_with_a_reason() -> None:
    app, text = await pressed("d", "1")
    assert "gives Sev2: why another one?" in text
    app, text = await pressed("d", "1", "enter")
    assert not app.results and "the form gives Sev2: say why it is Sev1" in text
    app, _ = await pressed("d", "4", "enter", *"only test users", "enter")
    assert answer(app) == Answer(
        params={"severity": 4},
        note="triage: Sev4, overruled: only test users (the form gives Sev2: significant degradation)",
    )


async def test_a_reason_can_be_typed_at_once_and_its_letters_answer_nothing() -> None:
    app, _ = await pressed("m", "2", "tab", *"bond", "enter")
    assert answer(app).note == "triage: Sev2, overruled: bond (the form gives Sev3: minor degradation)"


async def test_a_severity_that_it_has_already_is_only_reasoned() -> None:
    app, _ = await pressed("o", "enter")
    assert answer(app) == Answer(params={}, note="triage: Sev1, total outage")
    app, text = await pressed("1", "enter")
    assert not app.results and "it is Sev1 already" in text


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_whole_at_every_size_also_when_overruled(size: tuple[int, int]) -> None:
    for keys in ((), ("d",), ("d", "1")):
        app, text = await pressed(*keys, size=size)
        assert "SEV4" in text and "leave" in text if size[1] > 12 else "SEV4" in text
        if size[1] > 12:
            app = bench(dialog("severity"))
            async with app.run_test(size=size) as pilot:
                await pilot.press(*keys)
                await pilot.pause()
                assert_whole(app)


# -- from the key to what is asked of the desk -----------------------------------------------------------------


def without_severity(**settings: Any) -> Board:
    told = {**CAPABILITIES, "pager": CAPABILITIES["pager"] - {"severity"}}
    return sample_board(capabilities=told, **settings)


async def ordered(board: Board, *keys: str) -> tuple[ScreenApp, str]:
    """The dashboard after these keys, pressed on Q1, and what stands there."""
    screen = DashboardScreen()
    app = ScreenApp(screen, board)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.incidents.put_cursor("pager:Q1")
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        return app, screen_text(app)


async def test_severity_and_reason_go_out_together() -> None:
    app, _ = await ordered(sample_board(), "s", "d", "enter")
    (request,) = app.asked(OrdersRequested)
    assert [(one.verb, one.target.id, dict(one.params)) for one in request.orders] == [
        (Verb.SEVERITY, "pager:Q1", {"severity": 2}),
        (Verb.NOTE, "pager:Q1", {"text": "triage: Sev2, significant degradation", "at": None, "kind": None}),
    ]
    assert request.orders[0].target.seen is not None, "pinned to what was seen"
    app, _ = await ordered(sample_board(), "s", "2", "enter")
    assert not app.asked(OrdersRequested)
    (plain,) = app.asked(ActionRequested)
    assert plain.params == {"severity": 2}


async def test_several_are_triaged_at_once() -> None:
    app, _ = await ordered(sample_board(), "asterisk", "s", "m", "enter")
    (request,) = app.asked(OrdersRequested)
    shown = sorted({one.target.id for one in request.orders})
    assert len(shown) > 1
    assert sorted((one.target.id, one.verb) for one in request.orders) == sorted(
        (one, verb) for one in shown for verb in (Verb.SEVERITY, Verb.NOTE)
    )


async def test_where_the_pager_takes_no_severity_only_the_note_goes_and_it_is_said() -> None:
    screen = DashboardScreen()
    app = ScreenApp(screen, without_severity())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.incidents.put_cursor("pager:Q1")
        await pilot.press("s")
        await pilot.pause()
        assert "pager (pagerduty) cannot set the severity: it goes on the timeline" in words(app)
        await pilot.press("2", "enter")
        await pilot.pause()
        assert "answer the form" in words(app) and not app.asked(ActionRequested)
        await pilot.press("d", "enter")
        await pilot.pause()
    (request,) = app.asked(OrdersRequested)
    assert [(one.verb, one.params["text"]) for one in request.orders] == [
        (Verb.NOTE, "triage: Sev2, significant degradation")
    ]


async def test_a_system_without_notes_either_has_no_triage() -> None:
    told = {**CAPABILITIES, "pager": CAPABILITIES["pager"] - {"severity", "note"}}
    app, text = await ordered(sample_board(capabilities=told), "s")
    assert not app.asked(OrdersRequested)
    assert "cannot set the severity" in text


async def test_a_read_only_seat_triages_nothing() -> None:
    app, text = await ordered(sample_board(read_only=True), "s")
    assert not app.asked(OrdersRequested) and not app.asked(ActionRequested)
    assert "read-only" in text


async def test_an_incident_that_changed_while_it_was_asked_is_left_alone() -> None:
    screen = DashboardScreen()
    app = ScreenApp(screen, sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.incidents.put_cursor("pager:Q1")
        await pilot.press("s", "d")
        await pilot.pause()
        one = incident("Q1", escalation_level=2)
        app.show(sample_board(with_incidents(one)))
        await pilot.press("enter")
        await pilot.pause()
        assert "changed since the key" in screen_text(app)
    assert not app.asked(OrdersRequested)
