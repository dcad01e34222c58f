"""How what a system tells now meets what it told before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from oncall_tui.model import (
    HealthCheck,
    HealthSample,
    Incident,
    IncidentState,
    SourceState,
)

HISTORY = 24
"""Samples kept of each health check."""
_SKEW = timedelta(hours=1)
_BIG_SKEW_S = 60.0
_LONGEST_POLL = timedelta(minutes=2)
"""What was read farther ahead than that tells of a clock that was put back."""

# Known only when an incident is read whole, and true for as long as it lives.
_LASTING = ("number", "url", "runbook", "bridge", "alert_count", "mergeable", "escalation_policy", "service", "urgency")


def merge_incident(old: Incident | None, new: Incident, told_at: datetime) -> Incident:
    """The incident as it stands after ``new`` was told.

    An older state never replaces a newer one (by the system's own ``updated_at``). What only a whole reading brings
    is kept where a list leaves it out, for as long as it can still be true. A deadline that is told no more is none.
    """
    if old is None:
        return replace(new, first_acknowledged_at=_earliest(new.first_acknowledged_at, new.acknowledged_at))
    if _is_older(new, old, told_at):
        return old
    kept = {name: getattr(old, name) for name in _LASTING if getattr(new, name) is None}
    kept |= {name: getattr(old, name) for name in ("keys", "links") if not getattr(new, name)}
    same_hands = new.state is old.state and new.assignees == old.assignees
    if same_hands:
        for name in ("escalation_level", "acknowledged_at", "resolved_at", "resolved_by"):
            if getattr(new, name) is None:
                kept[name] = getattr(old, name)
        if not new.acknowledged_by:
            kept["acknowledged_by"] = old.acknowledged_by
    first = _earliest(old.first_acknowledged_at, new.first_acknowledged_at, new.acknowledged_at)
    return replace(new, **kept, first_acknowledged_at=first)


def was_read_since(old: Incident, listed: Incident, read_at: datetime | None, began_at: datetime) -> bool:
    """Whether ``old`` was read whole since the poll that ``listed`` comes from began, so that the list may be the older
    one. The next poll tells. The system's own times, where it tells them, know better."""
    if read_at is None or not timedelta() < read_at - began_at <= _LONGEST_POLL:
        return False
    if old.updated_at is None or listed.updated_at is None:
        return True
    return listed.updated_at <= old.updated_at


def _is_older(new: Incident, old: Incident, told_at: datetime) -> bool:
    if new.updated_at is None or old.updated_at is None:
        return False
    # A time far in the future is a broken clock's: it must not freeze the incident for ever.
    return new.updated_at < old.updated_at <= told_at + _SKEW


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def went_back(old: Incident | None, new: Incident) -> bool:
    """Whether it has gone back to triggered by itself: a page that must be acknowledged anew."""
    return (
        old is not None
        and new.state is IncidentState.TRIGGERED
        and old.state in (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED, IncidentState.RESOLVED)
    )


def add_sample(samples: Sequence[HealthSample], check: HealthCheck) -> tuple[HealthSample, ...]:
    """The check's history with its latest result; the same result told twice is one sample."""
    if samples and check.checked_at <= samples[-1].at:
        return tuple(samples)
    sample = HealthSample(at=check.checked_at, value=check.value, status=check.status)
    return (*samples[-(HISTORY - 1) :], sample)


def shows_the_same(one: Sequence[HealthSample], other: Sequence[HealthSample]) -> bool:
    """Whether two histories draw the same line: the times are not drawn."""
    return [(sample.value, sample.status) for sample in one] == [(sample.value, sample.status) for sample in other]


def state_shows_the_same(old: SourceState | None, new: SourceState) -> bool:
    """Whether a board draws both the same: of a source that is well it shows that, not when it last answered."""
    if old is None:
        return False
    now = new.last_attempt
    if now is not None and old.is_stale(now) != new.is_stale(now):
        return False
    return _drawn(old) == _drawn(new)


def _drawn(state: SourceState) -> tuple[object, ...]:
    unwell = state.error is not None or bool(state.problems) or state.stopped
    skew = state.clock_skew_s if abs(state.clock_skew_s or 0) >= _BIG_SKEW_S else None
    return (
        state.kind,
        state.serves,
        state.error,
        state.error_kind,
        state.failures,
        state.problems,
        state.behind,
        state.stopped,
        state.poll_s,
        round(skew / _BIG_SKEW_S) if skew is not None else None,
        (state.last_success, state.next_try) if unwell else None,
    )
