"""By key against the simulated systems: triage, phases and noise stand in the pager; alerts without an incident are
judged for themselves; from a group of alerts to everything declared and confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oncall_tui.demo.faults import answer_with
from oncall_tui.demo.wire import json_response
from oncall_tui.desk import Desk
from oncall_tui.policy.declaring import StepState
from oncall_tui.policy.judging import judgement_of
from oncall_tui.policy.marks import MarkKind
from screens.alert_details import AlertDetails
from screens.dashboard import DashboardScreen
from screens.declaration import DeclarationScreen
from screens.dialogs.declare import DeclareDialog
from screens.dialogs.frame import Dialog
from screens.dialogs.noise import NoiseDialog
from screens.dialogs.phase import PhaseDialog
from screens.dialogs.plan import PlanDialog
from screens.dialogs.severity import SeverityDialog
from screens.incident import IncidentScreen
from tests.screens.test_communicate_world import Seat, seat
from tests.support.ui import screen_text


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def incident(one: Seat) -> dict[str, Any]:
    (found,) = [row for row in one.world.state()["incidents"] if f"pager:{row['id']}" == one.id]
    return dict(found)


def notes(one: Seat) -> str:
    return " | ".join(str(note) for note in incident(one)["notes"])


def alone(board: Any) -> Any:
    """A group of alerts that belongs to no incident."""
    return next(row for row in board.alerts if not row.joins and row.source == "alerts")


async def test_what_is_said_by_key_stands_in_the_pager_and_in_the_facts(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        desk: Desk = one.house.desk
        await one.pilot.press("s")
        await one.until(lambda: isinstance(one.app.screen, SeverityDialog), "the severities")
        await one.pilot.press("d", "enter")
        await one.until(lambda: "triage: Sev2, significant degradation" in notes(one), "the reason in the pager")
        await one.until(lambda: incident(one)["priority"] == "P2", "the severity in the pager")
        await one.pilot.press("P")
        await one.until(lambda: isinstance(one.app.screen, PhaseDialog), "the phases")
        await one.pilot.press("4", "enter")
        await one.until(lambda: "phase: investigation" in notes(one), "the phase in the pager")
        await one.pilot.press("f")
        await one.until(lambda: isinstance(one.app.screen, NoiseDialog), "the judgements")
        await one.pilot.press("r")
        await one.until(lambda: notes(one).count("real"), "the judgement in the pager")
        await one.pilot.press("enter")
        await one.until(lambda: isinstance(one.app.screen, IncidentScreen), "its own screen")

        def told() -> bool:
            text = " ".join(screen_text(one.app).split())
            return all(words in text for words in ("phase investigation", "triage Sev2, significant", "judged real"))

        await one.until(told, "phase, triage and judgement among its facts")
        view = await desk.view(one.id)
        assert view is not None
        mark = judgement_of(view.timeline)
        assert mark is not None and mark.kind is MarkKind.REAL


async def test_alerts_without_an_incident_are_judged_and_tell_it(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        dashboard = one.app.screen
        assert isinstance(dashboard, DashboardScreen)
        await one.until(lambda: dashboard.board is not None and dashboard.board.alerts, "alerts")
        row = alone(dashboard.board)
        await one.pilot.press("2")
        await one.until(lambda: dashboard.alerts.put_cursor(row.key), "the group")
        await one.pilot.press("f")
        await one.until(lambda: isinstance(one.app.screen, NoiseDialog), "the judgements")
        await one.pilot.press("tab", *"the limit", "enter")
        await one.until(lambda: "kept for handover and metrics: noise" in screen_text(one.app), "that it is kept")
        await one.pilot.press("enter")
        await one.until(lambda: isinstance(one.app.screen, AlertDetails), "its details")
        await one.until(lambda: "noise: the limit" in screen_text(one.app), "what was said of it")
        (said,) = await one.house.desk.judgements_of(row.key)
        assert (said.kind, said.why, said.seat) == (MarkKind.NOISE, "the limit", "alice@example.com")


async def planned(one: Seat, *keys: str) -> str:
    """From a group of alerts to the plan, by key; gives the group's title."""
    dashboard = one.app.screen
    assert isinstance(dashboard, DashboardScreen)
    await one.until(lambda: dashboard.board is not None and dashboard.board.alerts, "alerts")
    row = alone(dashboard.board)
    await one.pilot.press("2")
    await one.until(lambda: dashboard.alerts.put_cursor(row.key), "the group")
    await one.pilot.press("i")
    await one.until(lambda: isinstance(one.app.screen, DeclareDialog), "the form")
    await one.pilot.press(*keys, "enter")
    await one.until(lambda: isinstance(one.app.screen, PlanDialog) and one.app.screen.whole, "the plan")
    return str(row.key)


async def declared(one: Seat) -> DeclarationScreen:
    """Yes; gives its progress."""
    await one.pilot.press("y")
    await one.until(lambda: isinstance(one.app.screen, DeclarationScreen), "its progress")
    progress = one.app.screen
    assert isinstance(progress, DeclarationScreen)
    return progress


def states(progress: DeclarationScreen) -> dict[str, StepState]:
    found = progress.shown
    return {step.step.id: step.state for step in found.steps} if found is not None else {}


async def test_a_step_that_is_refused_leaves_the_others_and_goes_again_by_key(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.world.planned.next(
            answer_with(json_response({"ok": False, "error": "is_archived"})), prefix="slack", matching=is_a_post
        )
        await planned(one, "d")
        progress = await declared(one)
        await one.until(lambda: states(progress).get("message-room") is StepState.REFUSED, "the refusal")
        await one.until(
            lambda: {state for name, state in states(progress).items() if name != "message-room"} == {StepState.DONE},
            "the others",
        )
        assert "1 need you" in screen_text(one.app)
        progress.steps.put_cursor("message-room")
        await one.pilot.press("r")
        await one.until(lambda: states(progress).get("message-room") is StepState.DONE, "the second time")
        found = progress.shown.step("room") if progress.shown is not None else None
        assert found is not None and found.row is not None
        (room,) = [room for room in one.system("slack")["rooms"] if room["id"] == found.row.native_ref]
        assert len([message for message in room["messages"] if "INCIDENT" in message["text"]]) == 1


def is_a_post(request: Any) -> bool:
    """What posts the first words."""
    return request.path.endswith("chat.postMessage") and b"INCIDENT" in request.body


async def test_what_was_typed_and_changed_survives_leaving(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        key = await planned(one, "d", "tab", "tab", *"since noon")
        dialog = one.app.screen
        assert isinstance(dialog, PlanDialog)
        dialog.choices.put_cursor("room")
        await one.pilot.press("space", "escape")
        await one.until(lambda: isinstance(one.app.screen, DeclareDialog), "the form again")
        await one.pilot.press("escape")
        await one.until(lambda: isinstance(one.app.screen, DashboardScreen), "the dashboard")
        assert await one.house.desk.draft(f"declare:{key}") is not None
        await planned(one)
        again = one.app.screen
        assert isinstance(again, PlanDialog) and again.plan is not None
        assert again.plan.step("room") is None and again.plan.wish.severity == 2
        assert "since noon" in again.plan.wish.text
        progress = await declared(one)
        await one.until(lambda: set(states(progress).values()) == {StepState.DONE}, "every step")
        assert "room" not in states(progress)
        assert await one.house.desk.draft(f"declare:{key}") is None, "it is said"


async def test_from_alerts_to_everything_declared_and_confirmed(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        dashboard = one.app.screen
        assert isinstance(dashboard, DashboardScreen)
        await one.until(lambda: dashboard.board is not None and dashboard.board.alerts, "alerts")
        row = alone(dashboard.board)
        await one.pilot.press("2")
        await one.until(lambda: dashboard.alerts.put_cursor(row.key), "the group")
        before = {found["id"] for found in one.world.state()["incidents"]}
        await one.pilot.press("i")
        await one.until(lambda: isinstance(one.app.screen, DeclareDialog), "the form")
        await one.pilot.press("d", "tab", "tab", "tab", *"Backups are late", "enter")
        await one.until(lambda: isinstance(one.app.screen, PlanDialog) and one.app.screen.whole, "the plan")
        plan = one.app.screen.plan  # type: ignore[attr-defined]  # it is the plan's dialog
        wanted = {"incident", "note", "commander", "room", "message-room", "message-team", "publication"}
        assert wanted <= {step.id for step in plan.steps}, (plan.steps, plan.skipped)
        assert {found["id"] for found in one.world.state()["incidents"]} == before, "nothing has been sent"
        await one.pilot.press("y")
        await one.until(lambda: isinstance(one.app.screen, DeclarationScreen), "its progress")
        progress = one.app.screen
        assert isinstance(progress, DeclarationScreen)

        def confirmed() -> bool:
            found = progress.shown
            return found is not None and all(step.state is StepState.DONE for step in found.steps)

        await one.until(confirmed, "every step confirmed")
        (made,) = [found for found in one.world.state()["incidents"] if found["id"] not in before]
        assert made["priority"] == "P2"
        assert "triage: Sev2, significant degradation" in str(made["notes"])
        rooms = {room["name"]: room for room in one.system("slack")["rooms"]}
        room = rooms[f"inc-{made['number']}"]
        assert any(f"#{made['number']}" in message["text"] for message in room["messages"]), room
        published = [page for page in one.system("statuspage")["incidents"] if page["name"] == made["title"]]
        assert len(published) == 1 and published[0]["status"] == "investigating"
        # Asked for again, there is one of each.
        await one.pilot.press("escape")
        await one.until(lambda: dashboard.incidents.put_cursor(f"pager:{made['id']}"), "the new incident")
        await one.pilot.press("1", "i")
        await one.until(lambda: isinstance(one.app.screen, DeclarationScreen), "its progress again")
