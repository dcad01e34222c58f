"""The report of a period: its figures beside those of the period before, and the same for each of its groups. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from oncall_tui.metrics.figures import Figures, Sample, figures, recurrences
from oncall_tui.metrics.measured import Measured
from oncall_tui.metrics.periods import BY_TIME, By, Period, Plan
from oncall_tui.metrics.rules import DEFAULT, Rules
from oncall_tui.policy import Calendar
from oncall_tui.policy.judging import Judgement
from oncall_tui.policy.marks import MarkKind
from oncall_tui.records import dataclass

NOBODY = "nobody"
NO_SERVICE = "no service"
NO_SEVERITY = "no severity"

Fired = Mapping[tuple[Period, str | None], int]
"""How often alerts fired: in a period all together (``None``), and of the period and the one before by service or
severity under :attr:`Group.key`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One line of ``--by``. Of shifts, days, weeks and months ``before`` is the one before it in the list."""

    key: str
    figures: Figures
    before: Figures | None
    period: Period | None = None
    """Of a shift, day, week or month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of one period."""

    plan: Plan
    figures: Figures
    before: Figures | None
    """``None``: nothing is kept of that time, which is not the same as nothing having happened."""
    groups: tuple[Group, ...]
    """Severities from 1 on; services and people by their number of incidents; times in their order, from the first of
    which anything is kept."""
    days: tuple[tuple[date, int], ...]
    """Incidents on each local day of the period."""
    kept_since: datetime | None
    """The oldest incident that is kept; ``None``: there is none."""
    alerts_since: datetime | None
    """The oldest firing of an alert that is kept."""
    rules: Rules = DEFAULT
    """By which it was measured."""


def report(
    plan: Plan,
    measured: Sequence[Measured],
    fired: Fired | None,
    *,
    calendar: Calendar,
    now: datetime,
    kept_since: datetime | None = None,
    alerts_since: datetime | None = None,
    judgements: Sequence[Judgement] = (),
    rules: Rules = DEFAULT,
) -> Report:
    """The report.

    Args:
        measured: in the order of their triggers, from :data:`RECURS_WITHIN` before the period before on.
        fired: see :data:`Fired`; a severity or service that is not in it had no alert. ``None``: nobody counts alerts.
        judgements: what was said of alerts without an incident, oldest first.
    """
    work = _Work(measured, fired, judgements, plan.by, calendar, now, alerts_since, rules)
    since = min((at for at in (kept_since, alerts_since) if at is not None), default=None)
    before = plan.before if since is not None and since < plan.before.end else None
    if plan.by in BY_TIME:
        groups = work.by_time([part for part in plan.parts if since is not None and since < part.end])
    else:
        groups = work.by_key(plan.period, before) if plan.by is not None else []
    return Report(
        plan=plan,
        figures=work.all_of(plan.period),
        before=work.all_of(before) if before is not None else None,
        groups=tuple(groups),
        days=_days(plan, measured),
        kept_since=kept_since,
        alerts_since=alerts_since,
        rules=rules,
    )


def group_key(by: By | None, one: Measured) -> str:
    """The group that an incident belongs to."""
    match by:
        case "severity":
            return severity_key(one.severity)
        case "service":
            return one.service or NO_SERVICE
    return one.person or NOBODY


def severity_key(severity: int | None) -> str:
    """``Sev1``; what has none is a group too."""
    return f"Sev{severity}" if severity is not None else NO_SEVERITY


class _Work:
    """What the figures of every period and group are made of."""

    def __init__(
        self,
        measured: Sequence[Measured],
        fired: Fired | None,
        judgements: Sequence[Judgement],
        by: By | None,
        calendar: Calendar,
        now: datetime,
        alerts_since: datetime | None,
        rules: Rules,
    ) -> None:
        self._rules = rules
        self._alerts_since = alerts_since
        self._measured = measured
        self._recurring = recurrences(measured, rules.recurs_within)
        self._all = Sample(measured, self._recurring)
        self._fired = fired
        self._judgements = judgements
        self._by = by
        self._calendar = calendar
        self._now = now

    def all_of(self, period: Period) -> Figures:
        """The figures of everything in a period."""
        return self._figures(self._all, period, self._alerts(period, None), self._noise(period))

    def by_time(self, parts: Sequence[Period]) -> list[Group]:
        """A group for each part of the period."""
        groups: list[Group] = []
        for part in parts:
            before = groups[-1].figures if groups else None
            groups.append(Group(key=part.label, figures=self.all_of(part), before=before, period=part))
        return groups

    def by_key(self, period: Period, before: Period | None) -> list[Group]:
        """A group for each severity, service or person of which there is something in either period."""
        members: dict[str, list[int]] = {}
        for place, one in enumerate(self._measured):
            members.setdefault(group_key(self._by, one), []).append(place)
        for _, key in self._fired or ():
            if key is not None:
                members.setdefault(key, [])
        found = (self._group(key, places, period, before) for key, places in members.items())
        groups = [one for one in found if any(map(_is_something, (one.figures, one.before)))]
        if self._by == "severity":
            return sorted(groups, key=lambda one: (one.key == NO_SEVERITY, one.key))
        return sorted(groups, key=lambda one: (-_incidents(one.figures), one.key))

    def _group(self, key: str, places: Sequence[int], period: Period, before: Period | None) -> Group:
        sample = Sample([self._measured[place] for place in places], [self._recurring[place] for place in places])

        def of(stretch: Period) -> Figures:
            # An alert is nobody's until somebody is paged for it.
            alerts = None if self._by == "person" else self._alerts(stretch, key)
            return self._figures(sample, stretch, alerts, self._noise(stretch, key) if self._by == "service" else 0)

        return Group(key=key, figures=of(period), before=of(before) if before is not None else None)

    def _alerts(self, period: Period, key: str | None) -> int | None:
        if self._fired is None or (self._alerts_since is not None and self._alerts_since >= period.end):
            return None  # nothing is kept of that time, which is not the same as no alert
        return self._fired.get((period, key), 0)

    def _noise(self, period: Period, service: str | None = None) -> int:
        """Groups of alerts without an incident that were last judged as noise in the period."""
        last = {one.group: one for one in self._judgements if period.holds(one.at)}
        return sum(
            one.kind is MarkKind.NOISE and (service is None or (one.service or NO_SERVICE) == service)
            for one in last.values()
        )

    def _figures(self, sample: Sample, period: Period, alerts: int | None, noise: int) -> Figures:
        return figures(
            sample, period, alerts=alerts, noise=noise, calendar=self._calendar, now=self._now, rules=self._rules
        )


def _is_something(found: Figures | None) -> bool:
    return found is not None and bool(_incidents(found) or found["on_call_alerts_per_shift"].value)


def _incidents(found: Figures) -> float:
    return found["incident_count_by_severity"].value or 0


def _days(plan: Plan, measured: Sequence[Measured]) -> tuple[tuple[date, int], ...]:
    first = plan.period.start.astimezone(plan.zone).date()
    last = (plan.period.end - timedelta(microseconds=1)).astimezone(plan.zone).date()
    counts = dict.fromkeys((first + timedelta(days=ahead) for ahead in range((last - first).days + 1)), 0)
    for one in measured:
        if plan.period.holds(one.at):
            counts[one.at.astimezone(plan.zone).date()] += 1
    return tuple(counts.items())
