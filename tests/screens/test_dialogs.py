"""What every dialog promises: it fits, leaves on esc, shows outside text as text, and nothing falls through to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events

from oncall_tui.actions import ACTIONS, BY_ID, Ask, Scope, reserved_keys
from oncall_tui.model import Directory
from screens.dialogs import dialog_for, frame
from screens.dialogs.confirm import QuestionDialog
from screens.dialogs.frame import Dialog, shares
from tests.screens.dialog_bench import DIALOGS, SIZES, assert_whole, bench, crowd, dialog, params, targets_of, words
from tests.support.make import grouped
from tests.support.ui import (
    HOSTILE,
    ScreenApp,
    incident,
    sample_alerts,
    sample_board,
    sample_facts,
    screen_text,
    silence,
    with_incidents,
)

CONFIRMS = {
    "resolve": "y",
    "unacknowledge": "y",
    "reopen": "y",
    "escalate": "enter",
    "snooze": "enter",
    "reassign": "enter",
    "merge": "enter",
}
"""Dialogs that are ready to be confirmed as they open, and the key."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
@pytest.mark.parametrize("action_id", [one for one in DIALOGS if one not in ("unacknowledge", "reopen")])
async def test_fits_with_a_huge_title_and_many_people(action_id: str, size: tuple[int, int]) -> None:
    facts = with_incidents(
        incident("Q1", title="word " * 99), *(incident(f"Q{n}", title=f"Other {n}") for n in range(2, 40))
    )
    board = sample_board(replace(facts, directories={"pager": crowd(400)}))
    app = bench(dialog(action_id, board))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert_whole(app)


@pytest.mark.parametrize("action_id", DIALOGS)
@pytest.mark.parametrize("size", [(20, 6), (1, 1)])
async def test_survives_a_screen_that_is_too_small(action_id: str, size: tuple[int, int]) -> None:
    app = bench(dialog(action_id))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("escape")
    assert app.results == [None]


@pytest.mark.parametrize("action_id", [*DIALOGS, "silence"])
async def test_fits_and_goes_on_fitting(action_id: str) -> None:
    app = bench(dialog(action_id))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_whole(app)
        for size in ((40, 12), (120, 36), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert_whole(app)


@pytest.mark.parametrize("action_id", [*DIALOGS, "silence"])
async def test_esc_leaves_without_an_answer(action_id: str) -> None:
    app = bench(dialog(action_id))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await pilot.pause()
        assert app.results == [None]


@pytest.mark.parametrize("title", HOSTILE[2::2])
@pytest.mark.parametrize("action_id", ["resolve", "escalate", "note", "merge"])
async def test_outside_text_is_text(action_id: str, title: str) -> None:
    other = incident("Q2", title=title)
    app = bench(dialog(action_id, sample_board(with_incidents(incident("Q1", title=title), other))))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert title.split(" ")[0] in screen_text(app)
        await pilot.click(offset=(60, 18))
        assert app.results == []


@pytest.mark.parametrize(("action_id", "key"), CONFIRMS.items())
async def test_a_key_held_down_confirms_nothing(action_id: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(frame, "monotonic", lambda: now[0])
    app = bench(dialog(action_id))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for _ in range(8):  # a key that repeats every 33 ms never comes to rest
            now[0] += 0.033
            await pilot.press(key)
        assert app.results == []
        now[0] += 0.2
        await pilot.press(key)
        await pilot.pause()
        assert len(app.results) == 1 and app.results[0] is not None


@pytest.mark.parametrize("action_id", [*DIALOGS, "silence"])
@pytest.mark.usefixtures("quick")
async def test_a_paste_confirms_nothing(action_id: str) -> None:
    app = bench(dialog(action_id))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.screen.post_message(events.Paste("y\ny\n"))
        (app.focused or app.screen).post_message(events.Paste("yes\ny\n"))
        await pilot.pause()
        assert app.results == []


@pytest.mark.parametrize("theme", ["light", "colour-blind", "ansi16", "mono"])
@pytest.mark.parametrize("action_id", ["escalate", "note", "silence"])
async def test_every_theme_draws_it(action_id: str, theme: str) -> None:
    app = bench(dialog(action_id), theme=theme)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_whole(app)


async def test_its_frame_is_ascii_where_the_signs_are() -> None:
    app = bench(dialog("resolve"), ascii_signs=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        frame_lines = [line for line in screen_text(app).split("\n") if line.strip()]
        assert frame_lines[0].strip().startswith("+-")
        assert frame_lines[-1].strip().startswith("+-")


def test_every_action_that_asks_has_a_dialog() -> None:
    board = sample_board(replace(sample_facts(), silences=(silence(),)))
    for action in ACTIONS:
        if action.verb is not None and action.scope is Scope.INCIDENT:
            found = dialog_for(action, targets_of(board), board)
            assert (found is None) == (action.ask is Ask.NOTHING), action.id


def test_no_dialog_binds_a_key_of_the_terminal() -> None:
    for action_id in [*DIALOGS, "silence"]:
        own = [one for one in type(dialog(action_id)).__mro__ if one.__module__.startswith("screens.")]
        bound = {key for one in own for binding in one.__dict__.get("BINDINGS", ()) for key in binding.key.split(",")}
        assert bound and not bound & reserved_keys(), action_id


def test_shares_give_way_in_order_and_never_below_the_least() -> None:
    assert shares([(5, 1), (8, 2), (1, 1)], 20) == [5, 8, 1]
    assert shares([(5, 1), (8, 2), (1, 1)], 12) == [3, 8, 1]
    assert shares([(5, 1), (8, 2), (1, 1)], 6) == [1, 4, 1]
    assert shares([(5, 1), (8, 2), (1, 1)], 1) == [1, 2, 1]
    assert shares([(3, 0), (2, 2)], 2) == [0, 2]


# -- confirm ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
async def test_resolve_names_what_it_ends_and_that_nobody_is_woken() -> None:
    app = bench(dialog("resolve"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = words(app)
        for told in ("Resolve?", "SEV1", "Checkout returns 503", "pager:Q1", "#1234", "payments", "Alice Martin (you)"):
            assert told in text
        assert "Nobody is woken" in text and "never acknowledged" in text and "not yours" not in text
        await pilot.press("y")
    assert params(app) == {"resolution": None}


@pytest.mark.parametrize("key", ["n", "q", "escape"])
@pytest.mark.usefixtures("quick")
async def test_resolve_is_left_by(key: str) -> None:
    app = bench(dialog("resolve"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()
    assert app.results == [None]


@pytest.mark.parametrize("key", ["enter", "space", "r", "a", "tab", "x"])
@pytest.mark.usefixtures("quick")
async def test_no_other_key_resolves(key: str) -> None:
    app = bench(dialog("resolve"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert app.results == []


async def test_resolving_somebody_elses_says_whose_it_is() -> None:
    app = bench(dialog("resolve", sample_board(), "pager:Q4"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "It is not yours, with Bob Chen." in words(app)


async def test_reopening_says_who_is_paged() -> None:
    app = bench(dialog("reopen"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "pages Alice Martin (you) <alice@example.com>" in words(app)


async def test_unacknowledging_an_unassigned_one_names_those_on_its_level() -> None:
    facts = with_incidents(incident("Q1", assignees=(), escalation_level=2))
    app = bench(dialog("unacknowledge", sample_board(facts)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "the pager pages Bob Chen" in words(app)


@pytest.mark.parametrize("size", SIZES)
async def test_several_are_counted_and_listed(size: tuple[int, int]) -> None:
    facts = with_incidents(*(incident(f"Q{number}", title=f"Number {number}") for number in range(30)))
    app = bench(dialog("resolve", sample_board(facts), *(f"pager:Q{number}" for number in range(30))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = words(app)
        assert_whole(app)
        assert "Resolve: 30 incidents?" in text and "Number 0" in text
        shown = text.count("Number ")
        assert shown == 30 or f"and {30 - shown} more" in text
        assert "resolve all 30" in text


async def test_ending_a_silence_tells_what_it_holds_back() -> None:
    board = sample_board(
        replace(
            sample_facts(),
            groups=grouped((replace(sample_alerts()[2], silenced_by=("alerts:s1",)),)),
            silences=(silence(),),
        )
    )
    app = bench(dialog("expire_silence", board))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = words(app)
        assert 'alertname="DiskWillFill": until 16:42, by alice: resize under way' in text
        assert "may page" in text


async def test_a_directory_that_knows_nobody_is_said() -> None:
    board = sample_board(replace(sample_facts(), directories={"pager": Directory()}))
    app = bench(dialog("reassign", board))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "pager tells no people" in words(app)


async def test_the_app_below_is_untouched_by_keys_meant_for_a_dialog() -> None:
    board = sample_board()
    from screens.dashboard import DashboardScreen

    app = ScreenApp(DashboardScreen(), board)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("r", "x", "a", "e", "escape")
        await pilot.pause()
        assert not [one for one in app.requests if one.__class__.__name__ in ("ActionRequested", "ScreenRequested")]


def test_dialog_for_needs_a_target() -> None:
    assert dialog_for(BY_ID["resolve"], (), sample_board()) is None


@pytest.mark.usefixtures("quick")
async def test_a_question_with_many_lines_says_how_many_it_leaves_out() -> None:
    text = [f"somebody is on it already: incident {number}" for number in range(60)]
    app = bench(QuestionDialog("Acknowledge 60 incidents?", text, "acknowledge anyway", sample_board()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_whole(app)
        shown = words(app).count("somebody")
        assert 10 < shown < 60 and f"and {60 - shown} lines more" in words(app)
        await pilot.press("y")
    assert params(app) == {}
