"""Alerts, health checks, silences."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from oncall_tui.model.common import Ids, Severity
from oncall_tui.records import dataclass


class AlertState(StrEnum):
    """Where an alert stands (W12): ``ended`` by absence from a complete list, ``resolved`` by the system's word."""

    FIRING = "firing"
    SILENCED = "silenced"
    ENDED = "ended"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What a monitor says is wrong."""

    id: str
    source: str
    native_id: str
    name: str
    state: AlertState
    first_at: datetime
    last_at: datetime
    severity_word: str | None = None
    """The label's own word: ``critical``, ``warning``, ``info``, ``page`` …"""
    severity: Severity | None = None
    service: str | None = None
    summary: str | None = None
    count: int = 1
    """How often it fired in the window that the source reports."""
    group_key: str = ""
    """Alerts of one source with the same key are drawn as one row; ``""`` groups by name and service."""
    labels: dict[str, str] = field(default_factory=dict)
    incident_id: str | None = None
    """Full id of the incident it belongs to, where the system says so; else joined by the store's facts."""
    silenced_by: tuple[str, ...] = ()
    ended_at: datetime | None = None
    url: str | None = None
    runbook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """Alerts of one source that are drawn as one row, worked out where the alerts are: the row needs no other one than
    its first. Members are those that still fire before those that have ended, the latest first."""

    source: str
    key: str
    """Unique among the source's groups."""
    head: Alert
    """The first member."""
    ids: Ids
    """Full ids of all members."""
    severity: Severity | None
    """The worst of them."""
    first_at: datetime
    last_at: datetime
    count: int
    """How often they fired in the window, all together."""
    labels: tuple[tuple[str, str], ...] = ()
    """Labels that all members share, sorted."""
    where: str = ""
    """What tells the members apart, in short (instance, region), or the service."""
    pages: tuple[tuple[str, str], ...] = ()
    """(full id of an incident, name of an alert that its system says belongs to it), in the members' order."""
    is_paged: bool = False
    """Of every member its system says which incident it belongs to."""
    refs: tuple[tuple[str, str], ...] = ()
    """By what members may name incidents: (``""``, native id of a member that is some incident's dedup key), (a
    configured label, its value); sorted, the first few of each."""
    silenced_by: tuple[str, ...] = ()
    """Full ids of the silences of any of them, sorted."""
    runbook: str | None = None


class HealthStatus(StrEnum):
    """What a check says."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    """No data: a state of its own, never ``ok``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """The latest result of one check. ``detail`` says why where it is not ok (one line)."""

    id: str
    source: str
    name: str
    status: HealthStatus
    checked_at: datetime
    service: str | None = None
    value: float | None = None
    unit: str | None = None
    detail: str | None = None
    url: str | None = None


class ChangeKind(StrEnum):
    """What was or will be changed (W13)."""

    DEPLOYMENT = "deployment"
    MAINTENANCE = "maintenance"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that was deployed or is worked on: what a person looks for first when it breaks."""

    id: str
    source: str
    native_id: str
    title: str
    at: datetime
    """When it began or begins."""
    until: datetime | None = None
    """When it ended or ends; ``None``: a moment, or it is not known."""
    kind: ChangeKind = ChangeKind.OTHER
    service: str | None = None
    author: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSample:
    """One point of a check's history."""

    at: datetime
    value: float | None
    status: HealthStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What is muted in a monitor, by whom, why, until when."""

    id: str
    source: str
    native_id: str
    matchers: tuple[str, ...]
    """Each as its system writes it: ``alertname="HighLatency"``."""
    created_by: str
    comment: str
    starts_at: datetime
    ends_at: datetime
    state: str
    """``active``, ``pending`` or ``expired``."""
