"""Declaring, the first step: title, service, the short form; what is typed survives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall_tui.model import Draft
from screens.declaring import NEW, Typed, origin_of, read_typed, write_typed
from screens.dialogs.declare import DeclareDialog
from screens.dialogs.frame import Dialog
from screens.requests import Answer, DraftDropped, DraftSaved, DraftWanted
from tests.screens.dialog_bench import SIZES, assert_whole, bench, words
from tests.support.ui import HOSTILE, NOW, ScreenApp, incident, sample_board, with_incidents

BOARD = sample_board()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def draft(typed: Typed, key: str = NEW) -> dict[type[DraftWanted], Draft]:
    return {DraftWanted: Draft(key=key, text=write_typed(typed), updated_at=NOW)}


async def filled(*keys: str, row: object = None, answers: object = None) -> tuple[ScreenApp, str]:
    """The form after these keys, and what stands in it."""
    app = bench(DeclareDialog(origin_of(row), BOARD), answers=answers)  # type: ignore[arg-type]  # rows of the board
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
        await pilot.pause()
        return app, words(app)


def given(app: ScreenApp) -> tuple[Typed, int, str]:
    (answer,) = app.results
    assert isinstance(answer, Answer)
    return answer.params["typed"], answer.params["severity"], answer.params["note"]


async def test_by_hand_everything_is_typed() -> None:
    app, _ = await filled(*"Carts are lost", "tab", *"pay", "tab", "d", "enter")
    typed, severity, note = given(app)
    assert (typed.title, typed.service, typed.answers) == ("Carts are lost", "payments", frozenset("d"))
    assert (severity, note) == (2, "triage: Sev2, significant degradation")


async def test_from_alerts_only_the_answer_is_missing() -> None:
    row = next(row for row in BOARD.alerts if row.name == "DiskWillFill")
    app, _ = await filled("m", "enter", row=row)
    typed, severity, _ = given(app)
    assert (typed.title, typed.service, severity) == ("DiskWillFill", "storage", 3)


async def test_on_an_incident_of_the_pager_it_is_the_response_that_runs() -> None:
    app, text = await filled(row=BOARD.incident("pager:Q1"))
    assert "Run the response" in text and "Checkout returns 503" in text
    assert "Sev1 Critical, as the pager has it" in text
    app, _ = await filled("enter", row=BOARD.incident("pager:Q1"))
    assert given(app)[1:] == (1, ""), "what it has is no answer of this person"
    app, _ = await filled("d", "enter", row=BOARD.incident("pager:Q1"))
    assert given(app)[1:] == (2, "triage: Sev2, significant degradation")


async def test_what_is_under_the_cursor_can_be_left_for_another_trouble() -> None:
    app, text = await filled("ctrl+n", *"Carts", row=BOARD.incident("pager:Q1"))
    assert "Declare an incident" in text and "Title Carts" in text and "Checkout" not in text
    assert [one.key for one in app.asked(DraftWanted)] == ["declare:pager:Q1", NEW]
    assert {one.key for one in app.asked(DraftSaved)} == {NEW}


async def test_more_may_be_said_and_need_not() -> None:
    app, _ = await filled(
        "o", "tab", "tab", *"since 14:00", "tab", *"No payments", "tab", *"Bob", "enter", row=BOARD.incident("pager:Q1")
    )
    typed = given(app)[0]
    assert (typed.text, typed.impact, typed.commander) == ("since 14:00", "No payments", "Bob")


async def test_nothing_that_is_missing_is_made_up() -> None:
    app, text = await filled("enter")
    assert "the title is empty" in text
    app, text = await filled("x", "enter")
    assert "how bad is it?" in text and not app.results


async def test_a_severity_without_answers_is_taken_and_no_reason_made_up() -> None:
    app, _ = await filled("x", "tab", "tab", "2", "enter")
    assert given(app)[1:] == (2, "")


async def test_the_answers_are_overruled_only_with_a_reason() -> None:
    app, text = await filled("x", "tab", "tab", "d", "1", "enter")
    assert "the form gives Sev2: say why it is Sev1" in text and not app.results
    app, _ = await filled("x", "tab", "tab", "d", "1", "enter", *"all of EU", "enter")
    assert given(app)[1:] == (1, "triage: Sev1, overruled: all of EU (the form gives Sev2: significant degradation)")
    # Another answer takes the choice back; the number that the answers give is no other one.
    app, _ = await filled("x", "tab", "tab", "d", "1", "o", "enter")
    assert given(app)[1:] == (1, "triage: Sev1, total outage")
    app, _ = await filled("x", "tab", "tab", "d", "2", "enter")
    assert given(app)[1:] == (2, "triage: Sev2, significant degradation")


# -- drafts ----------------------------------------------------------------------------------------------------


async def test_what_is_typed_is_kept_as_it_is_typed() -> None:
    app, _ = await filled(*"Ca", "tab", "tab", "d", "escape")
    assert app.results == [None]
    kept = [read_typed(one.text) for one in app.asked(DraftSaved)]
    assert {one.key for one in app.asked(DraftSaved)} == {NEW}
    assert [one.title for one in kept if one is not None][:2] == ["C", "Ca"]
    assert kept[-1] == Typed(title="Ca", answers=frozenset("d"))


async def test_a_kept_form_comes_back_whole() -> None:
    before = Typed(
        title="Carts are lost",
        service="payments",
        answers=frozenset("dr"),
        severity=1,
        why="all of EU",
        text="since the deployment",
        impact="Some payments are slow",
        commander="Bob Chen",
        off=frozenset({"page"}),
        words={"message": "We look into it."},
    )
    app, text = await filled(answers=draft(before))
    assert "Carts are lost" in text and "[d significant degradation]" in text and "all of EU" in text
    app, _ = await filled("enter", answers=draft(before))
    assert given(app)[0] == before, "also what was changed in the plan"
    assert not app.asked(DraftSaved), "nothing was typed"


async def test_what_was_typed_before_the_draft_came_is_not_written_over() -> None:
    app, _ = await filled("backspace", "backspace", row=BOARD.incident("pager:Q1"))
    assert app.asked(DraftWanted)[0].key == "declare:pager:Q1"
    assert not app.asked(DraftDropped)


def test_a_draft_that_cannot_be_read_is_none_and_a_hostile_one_is_cleaned() -> None:
    for text in ("", "{", "[]", "null", '"x"', "[" * 100_000):
        assert read_typed(text) is None
    odd = '{"title": 5, "severity": true, "off": "page", "words": {"a": 1, "b": "\\u001b[2Jx"}, "answers": ["d"]}'
    read = read_typed(odd)
    assert read is not None
    assert (read.title, read.severity, read.off, read.answers) == ("", None, frozenset(), frozenset())
    assert "\x1b" not in read.words["b"] and set(read.words) == {"b"}
    for title in HOSTILE:
        typed = Typed(title=title, words={"m": f"{title}\n{title}"})
        back = read_typed(write_typed(typed))
        assert back is not None and back.title == title


# -- sizes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_whole_at_every_size(size: tuple[int, int]) -> None:
    for title in ("Checkout returns 503", HOSTILE[-1]):
        row = sample_board(with_incidents(replace(incident("Q1"), title=title))).incident("pager:Q1")
        app = bench(DeclareDialog(origin_of(row), BOARD))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for keys in ((), ("d",), ("1",)):
                await pilot.press(*keys)
                await pilot.pause()
                assert_whole(app)
