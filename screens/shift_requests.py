"""What the screens of a shift ask of the app: the schedule, checklists, handovers of others."""

from __future__ import annotations

from datetime import datetime

from oncall_tui.handover import Beside, Handed, Handover, HandoverIncident, Kept, Origin
from oncall_tui.handover.sheet import Sheet
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


class BesideWanted(ShiftQuestion[Beside]):
    """What a handover of that stretch is made of besides its facts."""

    def __init__(self, start: datetime, end: datetime) -> None:
        super().__init__()
        self.start = start
        self.end = end


class HandoverKept(ShiftQuestion[None]):
    """Keep what was just handed over, for whoever sits here next."""

    def __init__(self, handover: Handover, origin: Origin) -> None:
        super().__init__()
        self.handover = handover
        self.origin = origin


class EditsKept(ShiftQuestion[None]):
    """Remember what the seat added to the handover ``name``, as :func:`~oncall_tui.handover.encode_edits` writes it."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.name = name
        self.text = text


class PreviousWanted(ShiftQuestion[Kept | None]):
    """The handover before this shift, where one is kept."""


class HandedFileWanted(ShiftQuestion[Handed]):
    """The handover in a file."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path


class AcceptWanted(ShiftQuestion[str]):
    """Accept a handover; the answer is one line. ``receipt``: a channel's name, ``notes`` or ``none``."""

    def __init__(self, handed: Handed, receipt: str) -> None:
        super().__init__()
        self.handed = handed
        self.receipt = receipt


class ForgottenWanted(ShiftQuestion[tuple[HandoverIncident, ...]]):
    """What is acknowledged and silent for hours, the longest silent first."""


class ChecklistNames(ShiftQuestion[tuple[str, ...]]):
    """The lists of a shift, in their order."""


class SheetWanted(ShiftQuestion[Sheet]):
    """A list as it stands; nobody is asked for it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class ProbesWanted(ShiftQuestion[None]):
    """Ask every source and channel whether it is reachable and authorised; the next sheet says what they answered."""


class ShiftItemTicked(ShiftQuestion[None]):
    """An item is done, or is not."""

    def __init__(self, name: str, item: str, *, done: bool) -> None:
        super().__init__()
        self.name = name
        self.item = item
        self.done = done
