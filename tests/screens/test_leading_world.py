"""By key against the simulated systems: triage, phases and noise stand in the pager; alerts without an incident are
judged for themselves; from a group of alerts to everything declared and confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oncall_tui.desk import Desk
from oncall_tui.policy.judging import judgement_of
from oncall_tui.policy.marks import MarkKind
from screens.alert_details import AlertDetails
from screens.dashboard import DashboardScreen
from screens.dialogs.frame import Dialog
from screens.dialogs.noise import NoiseDialog
from screens.dialogs.phase import PhaseDialog
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
