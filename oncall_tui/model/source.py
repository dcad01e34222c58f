"""What sources bring, and how they fare."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime, timedelta

from oncall_tui.model.incident import Incident, TimelineEntry
from oncall_tui.model.monitoring import Alert, Change, HealthCheck, Silence
from oncall_tui.model.rota import Directory, OnCall, Shift
from oncall_tui.model.work import ActionItem
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What is left of a system's rate limit, by its own headers."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one poll of one source brought. A part that the source does not serve, or that failed, is ``None``:
    the store then keeps what it has. ``*_complete`` says that absence from the part means something."""

    source: str
    taken_at: datetime
    incidents: tuple[Incident, ...] | None = None
    incidents_complete: bool = False
    """All *open* incidents that the token may see are in ``incidents`` (recently resolved ones may be too)."""
    alerts: tuple[Alert, ...] | None = None
    alerts_complete: bool = False
    """All active alerts are in ``alerts``: one that is absent has ended."""
    health: tuple[HealthCheck, ...] | None = None
    on_call: tuple[OnCall, ...] | None = None
    shifts: tuple[Shift, ...] | None = None
    silences: tuple[Silence, ...] | None = None
    changes: tuple[Change, ...] | None = None
    """Deployments and maintenance, past and planned, within the window that the source reads."""
    action_items: tuple[ActionItem, ...] | None = None
    """All open ones that the configured query finds, and those done lately."""
    timeline: tuple[TimelineEntry, ...] = ()
    directory: Directory | None = None
    problems: tuple[str, ...] = ()
    """One clean line for each part that failed while others came."""
    failed: frozenset[str] = frozenset()
    """Capabilities' words (``alerts``, ``on_call`` …) whose part was due and did not come: the store's is older."""
    budget: Budget | None = None
    clock_skew: timedelta | None = None
    """The server's clock minus ours, by its ``Date`` header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDetail:
    """One incident read whole: its facts, its timeline, its alerts."""

    incident: Incident
    timeline: tuple[TimelineEntry, ...] = ()
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How one source fares: a fact like any other."""

    name: str
    kind: str
    serves: frozenset[str] = frozenset()
    """Its capabilities' words (``incidents``, ``alerts``, ``health``, ``on_call`` …)."""
    last_success: datetime | None = None
    last_attempt: datetime | None = None
    error: str | None = None
    """One clean line, ``None`` when the last attempt succeeded."""
    error_kind: str | None = None
    """``unreachable``, ``timeout``, ``auth``, ``rate_limited``, ``bad_answer``, ``server``, ``refused`` …"""
    failures: int = 0
    """In a row."""
    next_try: datetime | None = None
    poll_s: float = 30.0
    """The interval of its polls in seconds; three of them missed and its facts are stale."""
    latency_ms: float | None = None
    problems: tuple[str, ...] = ()
    budget: Budget | None = None
    clock_skew_s: float | None = None
    stopped: bool = False
    """Not polled any more until its token changes or a person asks (401, 403)."""
    behind: dict[str, datetime | None] = field(default_factory=dict)
    """Capability's word -> when that part last came, where it did not come with the last success; ``None``: never."""

    def of_part(self, word: str) -> SourceState:
        """As it fares in the part that this capability's word names: its last success is that part's."""
        return replace(self, last_success=self.behind[word]) if word in self.behind else self

    def is_stale(self, now: datetime) -> bool:
        """No success within three polls (or none at all). One that lies ahead by as much tells of a clock that was
        put back, not of a fresh answer."""
        return self.last_success is None or abs((now - self.last_success).total_seconds()) > 3 * self.poll_s + 1
