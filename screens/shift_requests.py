"""What the screens of a shift ask of the app: the schedule, checklists, handovers of others."""

from __future__ import annotations

from oncall_tui.schedule import Schedule
from oncall_tui.schedule.duties import TeamDuties
from screens.requests import ShiftQuestion


class RolesWanted(ShiftQuestion[tuple[TeamDuties, ...]]):
    """Roles and escalation paths of every team."""


class ScheduleWanted(ShiftQuestion[Schedule]):
    """The rotations from now on, for so many days."""

    def __init__(self, days: int) -> None:
        super().__init__()
        self.days = days
