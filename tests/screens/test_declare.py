"""Declaring by key: the plan is shown and changed, one key declares, its steps are watched and done again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events

from oncall_tui.board import Board
from oncall_tui.model import OutboxState, Verb
from oncall_tui.policy.declaring import Declaration, Plan, Skipped, Standing, Step, StepState, Wish
from oncall_tui.text import width
from screens.dashboard import DashboardScreen
from screens.declaration import DeclarationScreen
from screens.declaring import Origin, Typed, origin_of, read_typed
from screens.dialogs.declare import DeclareDialog
from screens.dialogs.frame import Dialog
from screens.dialogs.plan import PlanDialog
from screens.dialogs.words import WordsDialog
from screens.incident import IncidentScreen
from screens.lead_requests import DeclarationsWanted, DeclareWanted, PlanWanted, StepRetried
from screens.requests import Answer, DraftSaved, DraftWanted, EditorWanted, ScreenRequested
from tests.screens.dialog_bench import SIZES, bench, words
from tests.support.hand import until
from tests.support.ui import HOSTILE, ScreenApp, ago, outbox_row, sample_board, screen_lines, screen_text

TEXT = "INCIDENT {incident} - Sev2\n\nTitle: Carts are lost\nChannel: {room}\n{link}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def step(step_id: str, does: str, **fields: Any) -> Step:
    given: dict[str, Any] = {"verb": Verb.MESSAGE, "to": "war-room", "rule": f"Sev2 · {step_id}"}
    return Step(id=step_id, does=does, **(given | fields))


def the_plan(title: str = "Carts are lost") -> Plan:
    return Plan(
        wish=Wish(title=title, severity=2, service="payments"),
        steps=(
            step("incident", "make the incident", to="pager"),
            step("room", "make the room #inc-{incident}", needs=("incident",), verb=Verb.ROOM),
            step("message-room", "the first words, into the room", needs=("room",), params={"text": TEXT}),
            step(
                "message-team",
                "tell the team",
                needs=("incident",),
                whom=("#incidents", "{room}"),
                params={"text": f"{title}: we look into it."},
            ),
        ),
        skipped=(Skipped(id="publication", why="customers notice nothing"),),
        by_hand=("open the bridge: +49 30 1",),
    )


TYPED = Typed(title="Carts are lost", service="payments")


async def planned(*keys: str, answers: dict[Any, Any] | None = None, typed: Typed | None = None) -> tuple[Any, str]:
    """The plan's dialog after these keys, and what stands there."""
    wanted = PlanWanted(Origin(), typed or TYPED, 2, "")
    app = bench(PlanDialog(wanted, sample_board()), answers={PlanWanted: the_plan(), **(answers or {})})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        return app, words(app)


def plan_of(app: ScreenApp) -> Plan:
    (answer,) = app.results
    assert isinstance(answer, Answer)
    plan = answer.params["plan"]
    assert isinstance(plan, Plan)
    return plan


# -- the plan --------------------------------------------------------------------------------------------------


async def test_every_step_is_shown_and_what_is_not_done_with_why() -> None:
    app, text = await planned()
    for line in (
        "Sev2",
        "Carts are lost",
        "payments, 4 steps",
        "[x] make the incident pager",
        "[x] make the room #inc-(number) war-room",
        "not publication: customers notice nothing",
        "open the bridge: +49 30 1",
        "nothing has been sent",
    ):
        assert line in text, line
    assert not app.asked(DeclareWanted)


async def test_the_step_under_the_cursor_tells_whom_why_and_in_which_words() -> None:
    _, text = await planned("down", "down", "down")
    assert "reaches #incidents, (room)" in text and "by Sev2 · message-team" in text
    assert "Carts are lost: we look into it." in text


async def test_one_key_declares_and_enter_does_not() -> None:
    app, text = await planned("enter")
    assert not app.results and "y declares" in text
    app, _ = await planned("y")
    assert plan_of(app) == the_plan()


async def test_a_step_that_is_left_out_takes_along_what_needs_it() -> None:
    app, text = await planned("down", "space")
    assert "[ ] make the room #inc-(number)" in text
    assert "[ ] the first words, into the room" in text
    assert "payments, 2 steps" in text
    app, text = await planned("down", "space", "down", "space")
    assert "it needs the step room, which is left out" in text
    app, _ = await planned("down", "space", "y")
    assert [one.id for one in plan_of(app).steps] == ["incident", "message-team"]
    app, _ = await planned("down", "space", "space", "y")
    assert plan_of(app) == the_plan(), "taken in again"


async def test_the_incident_itself_cannot_be_left_out() -> None:
    _, text = await planned("space")
    assert "without the incident there is nothing to declare" in text
    _, text = await planned("e")
    assert "that step has no words" in text


async def test_words_are_changed_in_place() -> None:
    app, text = await planned("down", "down", "down", "e", *" Now.", "enter")
    assert "(your words)" in text
    app, _ = await planned("down", "down", "down", "e", *" Now.", "enter", "y")
    found = plan_of(app).step("message-team")
    assert found is not None and found.text == "Carts are lost: we look into it. Now."


async def test_words_are_changed_in_the_editor_and_what_is_filled_in_stays_so() -> None:
    app, _ = await planned("down", "down", "e", "ctrl+o", "enter", "y", answers={EditorWanted: f"{TEXT}\nMore."})
    assert [one.text for one in app.asked(EditorWanted)] == [TEXT]
    found = plan_of(app).step("message-room")
    assert found is not None and found.text == f"{TEXT}\nMore."


async def test_esc_in_the_words_changes_nothing_and_empty_words_are_refused() -> None:
    app, _ = await planned("down", "down", "down", "e", *" No.", "escape", "y")
    assert plan_of(app) == the_plan()
    app = bench(WordsDialog("x", "a", sample_board()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("backspace", "enter")
        await pilot.pause()
        assert not app.results and "no words are left" in words(app)


async def test_what_is_changed_is_kept_and_comes_back() -> None:
    app, _ = await planned("down", "space", "down", "down", "e", *"!", "enter", "escape")
    assert app.results == [None]
    kept = read_typed(app.asked(DraftSaved)[-1].text)
    assert kept is not None
    assert (kept.off, dict(kept.words)) == (frozenset({"room"}), {"message-team": "Carts are lost: we look into it.!"})
    assert kept.title == "Carts are lost", "with what was typed in the form"
    app, _ = await planned("y", typed=kept)
    assert [one.id for one in plan_of(app).steps] == ["incident", "message-team"]
    assert plan_of(app).steps[-1].text.endswith("!")


async def test_a_plan_that_cannot_be_made_says_why() -> None:
    class Refusing(ScreenApp):
        async def _on_message(self, message: Any) -> None:
            if isinstance(message, PlanWanted):
                from screens.requests import QuestionFailed

                message.fail(
                    QuestionFailed("pager has no service 'x': " + ", ".join(f"service {n}" for n in range(20)))
                )
                return
            await super()._on_message(message)

    app = Refusing(PlanDialog(PlanWanted(Origin(), TYPED, 2, ""), sample_board()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert "pager has no service 'x': service 0," in words(app) and "service 19" in words(app), "all of it"
        await pilot.press("y")
        await pilot.pause()
        assert not app.results and "esc leads back" in words(app)


async def test_a_large_terminal_shows_every_step() -> None:
    steps = tuple(step(f"message-{number}", f"tell room number {number}") for number in range(18))
    wanted = PlanWanted(Origin(), TYPED, 2, "")
    app = bench(PlanDialog(wanted, sample_board()), answers={PlanWanted: replace(the_plan(), steps=steps)})
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert all(one.does in words(app) for one in steps), "none is cut off while there is room"
        assert "esc back" in words(app)


@pytest.mark.parametrize("size", SIZES)
async def test_the_plan_is_whole_at_every_size(size: tuple[int, int]) -> None:
    for title in ("Carts are lost", *HOSTILE[-2:]):
        wanted = PlanWanted(Origin(), Typed(title=title), 2, "")
        app = bench(PlanDialog(wanted, sample_board()), answers={PlanWanted: the_plan(title)})
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.pause()
            lines = screen_text(app)
            assert "make the incident" in lines
            if size[1] > 12:
                for keys in ((), ("down", "down")):
                    await pilot.press(*keys)
                    await pilot.pause()
                    frame = words(app)
                    assert "esc back" in frame, frame


# -- from the key to the declaration ---------------------------------------------------------------------------


def standing(*states: StepState, plan: Plan | None = None, **fields: Any) -> Declaration:
    steps = (plan or the_plan()).steps
    told = {
        StepState.WAITING: "waits for incident",
        StepState.REFUSED: "403: not in this workspace",
        StepState.UNKNOWN: "the answer was lost",
        StepState.HELD: "it waited too long to go unasked",
    }
    given: dict[str, Any] = {
        "id": "abcd",
        "title": "Carts are lost",
        "severity": 2,
        "seat": "alice@example.com",
        "at": ago(minutes=2),
        "incident": "pager:Q9",
        "steps": tuple(
            Standing(step=one, state=state, why=told.get(state, "")) for one, state in zip(steps, states, strict=True)
        ),
        "skipped": the_plan().skipped,
        "by_hand": the_plan().by_hand,
    }
    return Declaration(**(given | fields))


DONE = standing(*[StepState.DONE] * 4)


async def declared(*keys: str, on: str = "", board: Board | None = None, **answers: Any) -> ScreenApp:
    """The dashboard after these keys, pressed on that incident or row of alerts."""
    board = board or sample_board()
    screen = DashboardScreen()
    given = {PlanWanted: the_plan(), DeclareWanted: DONE, DeclarationsWanted: answers.get("there", ())}
    app = ScreenApp(screen, board, answers=given)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        if on.startswith("pager:"):
            screen.incidents.put_cursor(on)
        elif on:
            await pilot.press("2")
            assert screen.alerts.put_cursor(next(row.key for row in board.alerts if row.name == on))
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            await pilot.pause()
        app.words = screen_text(app)  # type: ignore[attr-defined]  # what stood there at the end
    return app


async def test_from_alerts_to_the_progress_by_key() -> None:
    app = await declared("i", "d", "enter", "y", on="DiskWillFill")
    (wanted,) = app.asked(PlanWanted)
    row = next(row for row in sample_board().alerts if row.name == "DiskWillFill")
    assert (wanted.origin.key, wanted.typed.title, wanted.typed.service) == (row.key, "DiskWillFill", "storage")
    assert (wanted.severity, wanted.note) == (2, "triage: Sev2, significant degradation")
    (going,) = app.asked(DeclareWanted)
    assert (going.plan, going.draft_key) == (the_plan(), f"declare:{row.key}")
    assert [(one.name, one.target) for one in app.asked(ScreenRequested)] == [("declarations", "abcd")]


async def test_an_incident_of_the_pager_has_its_response_run_and_only_once() -> None:
    app = await declared("i", "enter", "y", on="pager:Q1")
    (wanted,) = app.asked(PlanWanted)
    assert (wanted.origin.key, wanted.severity, wanted.note) == ("pager:Q1", 1, "")
    again = await declared("i", on="pager:Q1", there=(replace(DONE, incident="pager:Q1"),))
    assert not isinstance(again.screen_stack[-1] if again.screen_stack else None, DeclareDialog)
    assert [(one.name, one.target) for one in again.asked(ScreenRequested)] == [("declarations", "pager:Q1")]


async def test_a_key_from_before_the_forms_parts_waits_for_them() -> None:
    app = ScreenApp(DashboardScreen(), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        dialog = DeclareDialog(Origin(title="Carts are lost"), sample_board())
        app.push_screen(dialog)
        dialog._forward_event(events.Key("d", "d"))  # as the app does, before any part is there
        await until(pilot, lambda: "the answers give Sev2" in screen_text(app), "the answer of d")
        assert isinstance(app.screen, DeclareDialog)


async def test_with_nothing_under_the_cursor_it_is_typed_by_hand() -> None:
    app = await declared("4", "i", *"Carts", "tab", "tab", "3", "enter", "y")
    (wanted,) = app.asked(PlanWanted)
    assert (wanted.origin.key, wanted.typed.title, wanted.severity) == (None, "Carts", 3)


async def test_esc_in_the_plan_leads_back_to_the_form_and_esc_there_out() -> None:
    app = await declared("i", "d", "enter", "escape", on="DiskWillFill")
    assert "show the plan" in app.words  # type: ignore[attr-defined]  # set above
    app = await declared("i", "d", "enter", "escape", "escape", on="DiskWillFill")
    assert "what was typed is kept" in app.words  # type: ignore[attr-defined]  # set above
    assert not app.asked(DeclareWanted)


async def test_a_read_only_seat_declares_nothing() -> None:
    for on in ("DiskWillFill", "pager:Q1", ""):
        app = await declared("i", on=on, board=sample_board(read_only=True))
        assert "read-only seat: nothing is sent" in app.words  # type: ignore[attr-defined]  # set above
        assert not app.asked(PlanWanted)


async def test_from_the_palette_and_the_incidents_own_screen() -> None:
    app = ScreenApp(IncidentScreen("pager:Q1"), sample_board(), answers={DeclarationsWanted: ()})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("colon", *"declare an", "enter")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, DeclareDialog)
        assert "Checkout returns 503" in words(app)


def test_what_an_incident_can_be_declared_from() -> None:
    board = sample_board()
    assert origin_of(board.incidents[0]).incident is board.incidents[0]
    check = next(row for row in board.health if row.check.name == "p99")
    assert (origin_of(check).title, origin_of(check).service) == ("p99: degraded", "gateway")
    long = replace(board.alerts[0], summary="x" * 5000)
    assert len(origin_of(long).title) <= 1024 and origin_of(long).title.startswith(f"{long.name}: x")
    assert origin_of(None) == origin_of(object()) == Origin()


# -- its progress ----------------------------------------------------------------------------------------------


async def watched(*keys: str, one: Declaration | None = None, size: tuple[int, int] = (80, 24), **how: Any) -> Any:
    """The progress after these keys."""
    found = one or standing(StepState.DONE, StepState.REFUSED, StepState.WAITING, StepState.UNKNOWN)
    board = how.get("board") or sample_board()
    app = ScreenApp(DeclarationScreen(how.get("target")), board, answers={DeclarationsWanted: how.get("all", (found,))})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        app.lines = screen_lines(app)  # type: ignore[attr-defined]
        app.words = " ".join(screen_text(app).split())  # type: ignore[attr-defined]  # what stood there at the end
    return app


async def test_each_step_tells_how_it_stands_and_why() -> None:
    text = (await watched(size=(120, 36))).words
    for line in (
        "SEV2 Carts are lost",
        "alice@example.com · 14:40",
        "1 of 4 confirmed · 2 need you",
        "refused make the room #inc-(number)",
        "403: not in this workspace",
        "waits for incident",
        "unknown tell the team",
        "not publication: customers notice nothing",
        "by hand open the bridge",
    ):
        assert line in text, line


async def test_the_step_under_the_cursor_is_told_in_full() -> None:
    row = outbox_row(
        Verb.MESSAGE,
        source="war-room",
        params={"text": "INCIDENT #7 - Sev2"},
        state=OutboxState.UNKNOWN,
        sent_at=ago(minutes=1),
        attempts=3,
    )
    found = standing(StepState.DONE, StepState.DONE, StepState.DONE, StepState.UNKNOWN)
    found = replace(found, steps=(*found.steps[:3], replace(found.steps[3], row=row)))
    text = (await watched("down", "down", "down", one=found, size=(120, 36))).words
    assert "INCIDENT #7 - Sev2" in text and "14:41, 3 times" in text and "reaches #incidents, (room)" in text


async def test_a_step_that_failed_goes_again_by_key_and_no_other() -> None:
    app = await watched("down", "r")
    assert [(one.declaration, one.step) for one in app.asked(StepRetried)] == [("abcd", "room")]
    app = await watched("down", "down", "down", "r")
    assert [one.step for one in app.asked(StepRetried)] == ["message-team"]
    for keys, said in (
        (("r",), "nothing to do again: make the incident is confirmed"),
        (("down", "down", "r"), "waits"),
    ):
        app = await watched(*keys)
        assert not app.asked(StepRetried) and said in app.words


async def test_a_read_only_seat_does_none_again() -> None:
    app = await watched("down", "r", board=sample_board(read_only=True))
    assert not app.asked(StepRetried) and "read-only seat" in app.words


async def test_it_opens_its_incident_once_there_is_one() -> None:
    app = await watched("enter")
    assert [(one.name, one.target) for one in app.asked(ScreenRequested)] == [("incident", "pager:Q9")]
    app = await watched("enter", one=standing(*[StepState.WAITING] * 4, incident=None))
    assert "the pager has no incident yet" in app.words and not app.asked(ScreenRequested)


async def test_the_latest_is_shown_the_others_by_tab_and_one_by_its_incident() -> None:
    older = replace(DONE, id="efgh", title="Search is slow", incident="pager:Q7")
    both = (DONE, older)
    assert "Carts are lost" in (await watched(all=both)).words
    assert "Search is slow" in (await watched("tab", all=both)).words
    assert "Carts are lost" in (await watched("tab", "tab", all=both)).words
    assert "Search is slow" in (await watched(all=both, target="pager:Q7")).words
    assert "there is no other declaration" in (await watched("tab")).words
    assert "nothing was declared from here yet" in (await watched(all=())).words


async def test_it_follows_what_the_store_says() -> None:
    app = ScreenApp(
        DeclarationScreen("abcd"),
        sample_board(),
        answers={DeclarationsWanted: (standing(*[StepState.WAITING] * 4, incident=None),)},
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert "0 of 4 confirmed" in screen_text(app)
        app.answers[DeclarationsWanted] = (DONE,)
        screen = app.screen
        assert isinstance(screen, DeclarationScreen)
        screen.facts_changed()
        await pilot.pause()
        await pilot.pause()
        assert "4 of 4 confirmed" in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 12), (40, 8)])
async def test_hostile_words_break_no_line(size: tuple[int, int]) -> None:
    for title in HOSTILE:
        plan = the_plan(title)
        found = standing(*[StepState.REFUSED] * 4, plan=plan, title=title, by_hand=(title,))
        found = replace(found, steps=tuple(replace(one, why=title * 3) for one in found.steps))
        app = await watched("down", "down", one=found, size=size)
        if size[1] > 8:
            assert "refused" in app.words
        assert all(width(line) <= size[0] for line in app.lines)
        assert title.split()[0] in app.words or size[0] < 80, app.words


async def test_the_draft_of_a_form_is_asked_for_by_its_origin() -> None:
    app = await declared("i", on="DiskWillFill")
    row = next(row for row in sample_board().alerts if row.name == "DiskWillFill")
    assert [one.key for one in app.asked(DraftWanted)] == [f"declare:{row.key}"]


# -- as it is drawn --------------------------------------------------------------------------------------------


def as_drawn(name: str, app: ScreenApp, size: tuple[int, int]) -> None:
    """What stands there is the golden of that name."""
    shown = screen_text(app) + "\n"
    path = Path(__file__).parent / "goldens" / f"{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get("ONCALL_TUI_GOLDENS"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_plan_and_the_progress_as_they_are_drawn(size: tuple[int, int]) -> None:
    wanted = PlanWanted(Origin(), replace(TYPED, off=frozenset({"room"})), 2, "")
    app = bench(PlanDialog(wanted, sample_board()), answers={PlanWanted: the_plan()})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        await pilot.press("down", "down", "down")
        await pilot.pause()
        as_drawn("declare-plan", app, size)
    one = standing(StepState.DONE, StepState.REFUSED, StepState.WAITING, StepState.UNKNOWN)
    app = ScreenApp(DeclarationScreen(), sample_board(), answers={DeclarationsWanted: (one,)})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        await pilot.press("down")
        await pilot.pause()
        as_drawn("declare-progress", app, size)
