"""From a key to a request: pinned to what was under the cursor at the press, whatever the board becomes (A0)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.model import AlertState, IncidentState
from screens.dashboard import DashboardScreen
from screens.reading import ReadingScreen
from screens.requests import (
    ActionRequested,
    CopyRequested,
    QuitRequested,
    RefreshRequested,
    RepaintRequested,
    ScreenRequested,
    UndoRequested,
    ValueKept,
)
from tests.support import ui
from tests.support.make import grouped
from tests.support.ui import BOB, ScreenApp, incident, sample_board, sample_facts, screen_lines, screen_text

SIZE = (120, 36)


@pytest.fixture(autouse=True)
def quick_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dialog takes no answer in its first moments; tests have no time to wait for it."""
    monkeypatch.setattr("screens.dialogs.frame.Dialog.HOLD_S", 0.0)


def app_of(board: Board | None = None, scope: str = "all", **settings: Any) -> ScreenApp:
    return ScreenApp(DashboardScreen(scope=scope), board or sample_board(**settings))


def dashboard(app: ScreenApp) -> DashboardScreen:
    assert isinstance(app.first, DashboardScreen)
    return app.first


def strip(app: ScreenApp) -> str:
    return screen_lines(app)[-2].strip()


def changed(**fields: Any) -> Board:
    """The sketch's board with the first incident (Q2, under the cursor) changed."""
    incidents = tuple(replace(one, **fields) if one.native_id == "Q2" else one for one in sample_facts().incidents)
    return sample_board(replace(sample_facts(), incidents=incidents))


def without(native: str) -> Board:
    return sample_board(
        replace(sample_facts(), incidents=tuple(one for one in sample_facts().incidents if one.native_id != native))
    )


def reordered() -> Board:
    """Two new pages more urgent than everything: all rows move down."""
    new = tuple(
        incident(f"N{number}", title=f"new page {number}", created_at=ui.ago(minutes=40)) for number in range(2)
    )
    return sample_board(replace(sample_facts(), incidents=(*new, *sample_facts().incidents)))


# -- pinned at the press ---------------------------------------------------------------------------------------


async def test_acknowledge_goes_out_at_once_pinned_to_the_row_under_the_cursor() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "a")
        await pilot.pause()
        (request,) = app.asked(ActionRequested)
        (target,) = request.targets
        assert (request.action_id, target.id, request.params) == ("acknowledge", "pager:Q1", {})
        assert target.title == "Checkout returns 503" and target.service == "payments"
        assert target.seen == sample_facts().incidents[0].version


async def test_rows_that_move_between_look_and_key_do_not_change_the_target() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j")
        app.show(reordered())
        await pilot.press("a")
        await pilot.pause()
        assert [request.targets[0].id for request in app.asked(ActionRequested)] == ["pager:Q1"]


async def test_a_row_that_vanished_between_look_and_key_is_refused_and_named() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j")
        app.show(without("Q1"))
        await pilot.press("a")
        await pilot.pause()
        assert app.asked(ActionRequested) == []
        assert strip(app) == "gone from under the cursor: Checkout returns 503; move to choose another"
        await pilot.press("k", "k", "a")
        await pilot.pause()
        assert len(app.asked(ActionRequested)) == 1, "moving the cursor chooses anew"


async def test_rows_that_move_while_the_question_is_open_do_not_change_the_target() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("r")
        await pilot.pause()
        assert "P99 latency > 5000 ms, EU" in screen_text(app)
        app.show(reordered())
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        (request,) = app.asked(ActionRequested)
        assert [target.id for target in request.targets] == ["pager:Q2"]
        assert request.targets[0].seen == sample_facts().incidents[1].version


@pytest.mark.parametrize(
    ("board", "said"),
    [
        (without("Q2"), "not sent: gone since the key: P99 latency > 5000 ms, EU"),
        (
            changed(state=IncidentState.RESOLVED, resolved_at=ui.NOW),
            "not sent: changed since the key: P99 latency > 5000 ms, EU (triggered to resolved)",
        ),
        (changed(escalation_level=2), "not sent: changed since the key: P99 latency > 5000 ms, EU (now at level 2)"),
        (changed(assignees=(BOB,)), "not sent: changed since the key: P99 latency > 5000 ms, EU (now with Bob Chen)"),
    ],
)
async def test_a_target_that_vanished_or_changed_while_the_question_was_open_is_refused(
    board: Board, said: str
) -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("r")
        await pilot.pause()
        app.show(board)
        await pilot.press("y")
        await pilot.pause()
        assert app.asked(ActionRequested) == []
        assert strip(app) == said


async def test_a_title_that_changed_is_no_reason_to_refuse() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("r")
        await pilot.pause()
        app.show(changed(title="P99 latency, EU and US"))
        await pilot.press("y")
        await pilot.pause()
        assert [request.targets[0].id for request in app.asked(ActionRequested)] == ["pager:Q2"]


async def test_leaving_the_question_does_nothing() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("r")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert app.asked(ActionRequested) == [] and strip(app) == "resolve: left undone"


async def test_an_answer_typed_before_the_question_could_be_read_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.dialogs.frame.Dialog.HOLD_S", 60.0)
    app = app_of(changed(assignees=(BOB,)))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a", "y")
        await pilot.pause()
        assert app.asked(ActionRequested) == [] and app.screen is not app.first


async def test_the_key_that_asked_does_not_answer() -> None:
    """A key held down too long repeats itself."""
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("r", "r", "r", "r")
        await pilot.pause()
        assert app.asked(ActionRequested) == []


# -- guards ----------------------------------------------------------------------------------------------------


async def test_a_page_that_is_not_mine_is_acknowledged_after_one_more_key() -> None:
    board = changed(assignees=(BOB,))
    app = app_of(board)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a")
        await pilot.pause()
        assert "assigned to Bob Chen: P99 latency" in screen_text(app)
        asked = next(line for line in screen_lines(app) if "pager:Q2" in line)  # which it is: as in every prompt
        assert "gateway" in asked
        assert app.asked(ActionRequested) == []
        await pilot.press("y")
        await pilot.pause()
        assert [request.targets[0].id for request in app.asked(ActionRequested)] == ["pager:Q2"]


async def test_the_guard_of_several_names_each_by_id_and_service() -> None:
    long = "P99 latency " * 20
    pages = tuple(incident(native, title=f"{long}{native}", assignees=(BOB,)) for native in ("Q1", "Q2", "Q3"))
    app = app_of(sample_board(ui.with_incidents(*pages)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("asterisk", "a")
        await pilot.pause()
        text = " ".join(screen_text(app).replace("│", " ").split())
        service = pages[0].service
        assert service is not None
        for page in pages:
            assert f"{page.id}, {service.name}: assigned to Bob Chen: P99 latency" in text, page.id
        await pilot.press("y")
        await pilot.pause()
        (request,) = app.asked(ActionRequested)
        assert [target.id for target in request.targets] == [page.id for page in pages]


async def test_a_read_only_seat_and_a_source_that_cannot_are_told_in_one_line() -> None:
    app = app_of(read_only=True)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a")
        await pilot.pause()
        assert strip(app) == "read-only seat: nothing is sent" and "READ-ONLY" in screen_lines(app)[0]
    app = app_of(capabilities={"pager": frozenset({"incidents"})})
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a")
        await pilot.pause()
        assert strip(app) == "pager (pagerduty) cannot acknowledge"
        assert app.asked(ActionRequested) == []


async def test_an_action_of_another_pane_acts_on_nothing() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2", "a", "r", "e")
        await pilot.pause()
        assert app.asked(ActionRequested) == [] and app.screen is app.first
        assert "works in pane 1" in strip(app)


async def test_before_the_first_board_no_key_acts() -> None:
    app = ScreenApp(DashboardScreen())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a", "r", "enter", "y", "o", "space", "asterisk", "slash", "x", "escape", "v")
        await pilot.pause()
        assert app.asked(ActionRequested) == []


async def test_pasted_text_presses_no_key() -> None:
    from textual.events import Paste

    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        app.post_message(Paste("arye"))
        await pilot.pause()
        assert app.asked(ActionRequested) == [] and app.screen is app.first


# -- several ---------------------------------------------------------------------------------------------------


async def test_marked_rows_are_acted_on_each_pinned_and_the_marks_are_spent() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("space", "space")
        await pilot.pause()
        assert "2 selected" in screen_lines(app)[1]
        app.show(reordered())
        await pilot.press("a")
        await pilot.pause()
        (request,) = app.asked(ActionRequested)
        assert [target.id for target in request.targets] == ["pager:Q2", "pager:Q1"]
        assert dashboard(app).incidents.selected == frozenset()


async def test_select_all_marks_what_the_filter_shows() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"sev:2", "enter", "asterisk", "r")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        (request,) = app.asked(ActionRequested)
        assert {target.id for target in request.targets} == {"pager:Q2", "pager:Q3"}


async def test_of_several_the_changed_one_is_left_out_and_named() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("space", "space", "r")
        await pilot.pause()
        app.show(changed(escalation_level=3))
        await pilot.press("y")
        await pilot.pause()
        (request,) = app.asked(ActionRequested)
        assert [target.id for target in request.targets] == ["pager:Q1"]
        assert "not sent: changed since the key: P99" in strip(app)


# -- filter and scope ------------------------------------------------------------------------------------------


async def test_the_filter_works_while_it_is_typed_and_counts_what_it_hides() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"latency")
        await pilot.pause()
        assert screen_lines(app)[-1].strip() == "⏎ Keep  esc As before"
        assert "/latency · 1 needs you · 2 open · 3 hidden" in screen_lines(app)[1]
        await pilot.press("enter")
        await pilot.pause()
        assert strip(app) == "2 shown, 3 hidden; esc shows all"
        await pilot.press("escape")
        await pilot.pause()
        assert "hidden" not in screen_lines(app)[1] and strip(app) == "filter off"


async def test_escape_brings_back_the_filter_that_was_there() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"sev:1", "enter")
        await pilot.press("slash", *"xyz", "escape")
        await pilot.pause()
        assert dashboard(app).sieve.filter_of("incidents").text == "sev:1"
        assert dashboard(app).pane_in_focus is dashboard(app).incidents


async def test_a_filter_that_cannot_be_read_is_said_and_nothing_is_hidden() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"servce:x", "enter")
        await pilot.pause()
        assert "did you mean service:?" in strip(app) and "hidden" not in screen_lines(app)[1]


async def test_letters_in_the_filter_are_no_keys() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"area q", "enter")
        await pilot.pause()
        assert app.asked(ActionRequested) == [] and app.asked(QuitRequested) == []


async def test_nothing_shown_says_how_many_there_are() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"zzzz", "enter", "a")
        await pilot.pause()
        assert "none of 5 shown" in screen_text(app) and app.asked(ActionRequested) == []


async def test_the_scope_goes_round_and_is_remembered() -> None:
    app = app_of(scope="teams")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "4 open · 1 hidden" in screen_lines(app)[1]
        await pilot.press("v")
        await pilot.pause()
        assert strip(app) == "my incidents: 1 hidden"
        await pilot.press("v")
        await pilot.pause()
        assert "5 open" in screen_lines(app)[1] and "hidden" not in screen_lines(app)[1]
        assert [request.text for request in app.asked(ValueKept)] == ["mine", "all"]


async def test_alerts_and_checks_have_filters_of_their_own() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2", "slash", *"disk", "enter", "3", "slash", *"state:down", "enter")
        await pilot.pause()
        text = screen_text(app)
        assert "DiskWillFill" in text and "P99TooHigh" not in text
        assert "payments" in text and "backups" not in text
        assert "5 open" in text, "the incidents are not filtered by them"


# -- views -----------------------------------------------------------------------------------------------------


async def test_enter_opens_what_is_under_the_cursor() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert [(request.name, request.target) for request in app.asked(ScreenRequested)] == [("incident", "pager:Q2")]
        for pane, told in (("2", "alertname"), ("3", "12.4 %")):
            await pilot.press(pane, "enter")
            await pilot.pause()
            assert isinstance(app.screen, ReadingScreen)
            assert told in screen_text(app)
            await pilot.press("escape")


@pytest.mark.parametrize(
    ("key", "kind"),
    [("u", UndoRequested), ("R", RefreshRequested), ("q", QuitRequested), ("ctrl+l", RepaintRequested)],
)
async def test_keys_that_ask_the_app(key: str, kind: type) -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert len(app.asked(kind)) == 1


@pytest.mark.parametrize(("key", "name"), [("x", "handover"), ("Q", "outbox"), ("L", "sources")])
async def test_keys_that_open_screens(key: str, name: str) -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert [request.name for request in app.asked(ScreenRequested)] == [name]


async def test_copy_takes_the_link_of_the_row_under_the_cursor() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("y")
        await pilot.pause()
        (request,) = app.asked(CopyRequested)
        assert (request.text, request.what) == ("https://example.pagerduty.com/incidents/Q2", "link")


async def test_the_palette_does_what_the_key_does() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "colon", *"ackn")
        await pilot.pause()
        assert "Acknowledge" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert [request.targets[0].id for request in app.asked(ActionRequested)] == ["pager:Q1"]


async def test_the_palette_is_left_without_an_action() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+p", *"res", "escape")
        await pilot.pause()
        assert app.screen is app.first and app.asked(ActionRequested) == []


async def test_help_fits_80x24_and_scrolls() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert "Acknowledge: Say that you are on it" in screen_text(app)
        await pilot.press("G")
        await pilot.pause()
        assert "Quit: Leave" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.first


async def test_a_click_in_the_footer_is_its_key() -> None:
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        at = screen_lines(app)[-1].index("Ack")
        await pilot.click("#footer", offset=(at, 0))
        await pilot.pause()
        assert [request.action_id for request in app.asked(ActionRequested)] == ["acknowledge"]


async def test_hostile_titles_are_clicked_without_consequence() -> None:
    board = sample_board(
        ui.with_incidents(*(incident(f"H{number}", title=title) for number, title in enumerate(ui.HOSTILE)))
    )
    app = app_of(board)
    async with app.run_test(size=SIZE) as pilot:
        for line in range(3, 10):
            await pilot.click("#incidents", offset=(45, line))
        await pilot.pause()
        assert app.is_running and app.requests == []


async def test_a_group_that_is_not_silenced_has_no_key_to_end_a_silence() -> None:
    app = app_of(sample_board(replace(sample_facts(), groups=grouped((ui.alert("Loud"),)), silences=())))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        await pilot.pause()
        assert "S Silence" in screen_lines(app)[-1] and "End silence" not in screen_lines(app)[-1]
        await pilot.press("E")
        await pilot.pause()
        assert "not silenced: Loud" in screen_text(app) and not app.asked(ActionRequested)


async def test_a_silenced_group_offers_to_end_its_silence() -> None:
    facts = replace(
        sample_facts(),
        groups=grouped((ui.alert("Muted", state=AlertState.SILENCED, silenced_by=("alerts:s1",)),)),
        silences=(ui.silence(),),
    )
    app = app_of(sample_board(facts))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        await pilot.pause()
        assert "E End silence" in screen_lines(app)[-1]
        await pilot.press("E")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        (request,) = app.asked(ActionRequested)
        assert (request.action_id, request.targets[0].id) == ("expire_silence", "alerts:s1")
