"""By what incidents are suggested, and what a person decided of one."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_tui.model.common import Severity
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRules:
    """How much has to come together, and how closely, for an incident to be suggested."""

    enabled: bool = True
    threshold: int = 3
    """A critical alert and a log spike count 2, a warning and a user's report 1: so much makes a suggestion."""
    window: timedelta = timedelta(minutes=15)
    """What began further apart is not joined."""
    labels: tuple[str, ...] = ("instance", "host", "node", "pod")
    """Labels whose equal value joins, beside the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissal:
    """A suggested incident that a person does not want to see again, as it was when that was decided."""

    id: str
    """Of the suggestion."""
    at: datetime
    title: str
    severity: Severity
    """What was guessed."""
    kinds: tuple[str, ...]
    """Words of the kinds of its members (:class:`~oncall_tui.policy.suggest.SignalKind`)."""
    keys: tuple[str, ...]
    """Its members, by the keys of their alert groups."""
    by: str | None = None
    """The seat's user."""
    declared: bool = False
    """It was not waved away: an incident was declared from it."""
