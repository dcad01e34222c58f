"""What each metric means (seed, "On-Call and Incident Metrics"). docs/metrics.md says the same: a test reads both."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from oncall_tui.records import dataclass

RECURS_WITHIN = timedelta(days=30)
"""An incident recurs when one of its kind was triggered within so long before it."""
ONE_INTERRUPTION = timedelta(minutes=5)
"""Pages that come within so long of the first of them interrupt once."""

Unit = Literal["seconds", "count", "per shift", "ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One metric. ``id`` is the seed's own."""

    id: str
    title: str
    unit: Unit
    meaning: str
    """How it is measured, for people who compare it with another tool's."""


def _one(metric: str, title: str, unit: Unit, meaning: str) -> Definition:
    return Definition(id=metric, title=title, unit=unit, meaning=meaning)


DEFINITIONS: tuple[Definition, ...] = (
    _one(
        "incident_detection_time",
        "Time to detect",
        "seconds",
        "From the first sign of the problem to the trigger of the incident, median. The first sign is the earliest of "
        "a back-dated note `began` and the first firing of its alerts; where neither is known the incident is "
        "left out.",
    ),
    _one(
        "incident_acknowledgement_time",
        "Time to acknowledge",
        "seconds",
        "From the trigger to the first acknowledgement, median. An incident that nobody acknowledged is left out.",
    ),
    _one(
        "on_call_response_time",
        "Time to respond",
        "seconds",
        "From the trigger to the first sign of somebody at work, median: a note, a status update or the mark "
        "`phase: response`, before the resolution. An incident without any is left out.",
    ),
    _one(
        "incident_mitigation_time",
        "Time to mitigate",
        "seconds",
        "From the trigger to the first note marked `mitigated` or `mitigation deployed`, median. An incident without "
        "one is left out.",
    ),
    _one(
        "incident_resolution_time",
        "Time to resolve",
        "seconds",
        "From the trigger to the resolution by its system's word, median. An incident that is open is left out.",
    ),
    _one(
        "incident_count_by_severity",
        "Incidents",
        "count",
        "Incidents triggered in the period, by the severity that they have now. One that was merged into another is "
        "not counted, here and everywhere below.",
    ),
    _one(
        "on_call_alerts_per_shift",
        "Alerts per shift",
        "per shift",
        "Firings of alerts in the period, divided by its shifts. Counted at the monitors; where no monitor is "
        "configured, at the pagers.",
    ),
    _one(
        "false_positive_rate",
        "False positives",
        "ratio",
        "Incidents whose latest judgement on the timeline is `noise`, `false positive` or `false alarm`, among all "
        "that were triggered in the period. One that nobody judged counts as real. Groups of alerts that belong to no "
        "incident and were judged as noise are told beside it (`alerts`); they are in no rate.",
    ),
    _one(
        "on_call_interruptions",
        "Interruptions per shift",
        "per shift",
        "Times that somebody was torn away, divided by the period's shifts: pages, where all within 5 minutes of the "
        "first count once. A page is a trigger, or an incident that comes back: acknowledgement run out or taken back, "
        "reopened.",
    ),
    _one(
        "after_hours_pages",
        "After-hours pages",
        "count",
        "Pages outside the business hours of the team's calendar: before or after its hours, on a day off, on a "
        "holiday.",
    ),
    _one(
        "weekend_incidents",
        "Weekend incidents",
        "count",
        "Incidents triggered on a day of the week on which the team does not work, by the team's calendar. A holiday "
        "is no weekend.",
    ),
    _one(
        "postmortems_completed",
        "Post-mortems done",
        "count",
        "Incidents triggered in the period with a note marked `post-mortem: …` or `post-mortem done`, among those that "
        "are resolved and whose severity asks for one.",
    ),
    _one(
        "action_items_completed",
        "Action items done",
        "count",
        "Notes marked `action: …` on incidents of the period that are done, among all of them: a note `done: …` names "
        "the item by ticket or by words, or its ticket's system says so. An item's ticket is the one that it names, or "
        "that a note `ticket: …` says it has become.",
    ),
    _one(
        "recurring_incidents",
        "Recurring incidents",
        "count",
        "Incidents of the period before which another of the same kind was triggered, within 30 days: one service, and "
        "titles that differ in nothing but numbers and ids.",
    ),
)
