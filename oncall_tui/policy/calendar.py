"""The team's working time: business hours, days and holidays. Pure; wall time in the calendar's own zone."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """``hours`` from ``opens`` to ``closes`` (local wall time) on ``weekdays`` (Monday 0), not on ``holidays``."""

    zone: tzinfo = UTC
    opens: time = time(9)
    closes: time = time(18)
    weekdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = field(default_factory=frozenset)

    def is_business_day(self, day: date) -> bool:
        """Whether people work on that local day."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def is_business_time(self, moment: datetime) -> bool:
        """Whether ``moment`` lies in business hours."""
        local = moment.astimezone(self.zone)
        return self.is_business_day(local.date()) and self.opens <= local.time() < self.closes

    def end_of_business_day(self, moment: datetime) -> datetime:
        """The end (UTC) of the first business day that has working time left at or after ``moment``."""
        local = moment.astimezone(self.zone)
        day = local.date()
        if not self.is_business_day(day) or local.time() >= self.closes:
            day = self._next_business_day(day)
        return datetime.combine(day, self.closes, tzinfo=self.zone).astimezone(UTC)

    def after_business_days(self, moment: datetime, days: int) -> datetime:
        """The end (UTC) of the business day that is ``days`` business days after the day of ``moment``; a day off
        counts as the business day before it."""
        day = moment.astimezone(self.zone).date()
        for _ in range(days):
            day = self._next_business_day(day)
        return datetime.combine(day, self.closes, tzinfo=self.zone).astimezone(UTC)

    def _next_business_day(self, day: date) -> date:
        # A calendar without a working day in two years is taken as one without days off.
        for ahead in range(1, 732):
            candidate = day + timedelta(days=ahead)
            if self.is_business_day(candidate):
                return candidate
        return day + timedelta(days=1)
