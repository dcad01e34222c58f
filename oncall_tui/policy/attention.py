"""For which pages the seat is rung, and when (W8). Pure: ``now`` is an argument."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from oncall_tui.records import dataclass

UNKNOWN_SEVERITY = 2
"""An incident without a known severity counts as Sev2, here as everywhere."""
NOTHING = 0
"""In place of a severity: none of them rings."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A stretch of each night in local wall time, ``"22:00-07:00"``; it may go over midnight."""

    start: time
    end: time

    pattern = r"^\d{1,2}:\d\d-\d{1,2}:\d\d$"

    @classmethod
    def from_text(cls, text: str) -> QuietHours:
        """``"22:00-07:00"``. Raises ValueError."""
        match = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*", text, re.ASCII)
        if match is None:
            raise ValueError('quiet hours such as "22:00-07:00"')
        first, second, third, fourth = map(int, match.groups())
        if first > 23 or third > 23 or second > 59 or fourth > 59:
            raise ValueError('hours from "00:00" to "23:59"')
        if (first, second) == (third, fourth):
            raise ValueError("they end when they begin: for no quiet at all leave them out")
        return cls(time(first, second), time(third, fourth))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def hold(self, wall: time) -> bool:
        """Whether that time of the day is in them; the end is not."""
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionRules:
    """What rings. A severity means: this one and every graver one; :data:`NOTHING`: none."""

    mine: int = 4
    teams: int = NOTHING
    """Of incidents that are my teams' and not mine."""
    quiet: QuietHours | None = None
    in_quiet: int = 2
    """What still rings in the quiet hours. What does not is rung for when they end, if it still waits."""
    again: timedelta | None = None
    """A page that nobody has acknowledged rings anew so often."""
    zone: tzinfo = UTC
    """Of the quiet hours."""

    def is_quiet(self, now: datetime) -> bool:
        """Whether these are quiet hours."""
        return self.quiet is not None and self.quiet.hold(now.astimezone(self.zone).time())

    def rings(self, severity: int | None, *, mine: bool, quiet: bool) -> bool:
        """Whether a triggered incident of mine, or else of my teams, rings."""
        grave = severity or UNKNOWN_SEVERITY
        return grave <= (self.mine if mine else self.teams) and (not quiet or grave <= self.in_quiet)

    def times(self, since: datetime, now: datetime) -> int:
        """How often a page that waits since then has come round again."""
        if self.again is None or now <= since:
            return 0
        return (now - since) // self.again
