"""All that a screen may show: frozen, compared by value. An equal board draws nothing.

Nothing here ticks: ages and countdowns are drawn from :attr:`Board.minute`, the present cut to the minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING

from oncall_tui.board.channels import ChannelView
from oncall_tui.model import (
    AlertState,
    Change,
    Directory,
    HealthCheck,
    HealthSample,
    Incident,
    OnCall,
    OutboxRow,
    Severity,
    Silence,
)
from oncall_tui.policy import Due, SeverityPolicy
from oncall_tui.records import dataclass

if TYPE_CHECKING:
    from oncall_tui.policy.suggest import Suggestion  # made only where there is something to suggest


class PaneName(StrEnum):
    """The four panes."""

    INCIDENTS = "incidents"
    ALERTS = "alerts"
    HEALTH = "health"
    ON_CALL = "on_call"


class SourceStatus(StrEnum):
    """How a source is drawn: ``●`` ok, ``◐`` late, ``✗`` down, ``?`` no answer yet."""

    OK = "ok"
    LATE = "late"
    DOWN = "down"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """One source in the header and in the list of sources."""

    name: str
    kind: str
    status: SourceStatus
    last_success: datetime | None
    error: str | None = None
    error_kind: str | None = None
    next_try: datetime | None = None
    stopped: bool = False
    problems: tuple[str, ...] = ()
    serves: frozenset[str] = frozenset()
    clock_skew_s: float | None = None
    """Only where it is a minute or more."""
    failures: int = 0
    poll_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaneState:
    """What a pane's title tells of its sources: ``stale`` when any of them is, since when and why.

    ``as_of`` is the oldest last success among them (``None``: never); ``missing`` names sources that have not
    answered once: an empty pane is then not "all quiet".
    """

    stale: bool = False
    as_of: datetime | None = None
    reason: str | None = None
    missing: tuple[str, ...] = ()
    served: bool = True
    """At least one configured source serves this pane."""
    counting: bool = False
    """What it shows is still being counted: it has no rows yet."""
    unread: int = 0
    """So many more rows are still being read; they come after those that it has."""


class Relation(StrEnum):
    """Whose an incident is."""

    MINE = "mine"
    """Assigned to the seat, or nobody's but its level is held by the seat."""
    TEAM = "team"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """An incident of another system that is the same trouble; not ``is_sure``: that may be, a hint and no more."""

    id: str
    reason: str
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """An incident that alerts are taken to belong to, and why; not ``is_sure``: by circumstances only."""

    incident_id: str
    title: str
    reason: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One incident as the pane shows it. ``actions`` are its outbox rows: pending ones, and refused or unknown ones
    that nobody has seen off, oldest first."""

    incident: Incident
    due: Due | None
    relation: Relation
    actions: tuple[OutboxRow, ...] = ()
    alert_names: tuple[str, ...] = ()
    also: tuple[Also, ...] = ()
    """Where else the same trouble is paged: sure ones first."""
    maintenance: Change | None = None
    """Its service is in maintenance: which one it is."""
    stale: bool = False

    @property
    def id(self) -> str:
        """The incident's full id: the row's key."""
        return self.incident.id


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One group of alerts: what repeats is one row with a count."""

    key: str
    """``SOURCE|GROUP``: the row's key."""
    source: str
    name: str
    state: AlertState
    severity: Severity | None
    severity_word: str | None
    service: str | None
    where: str
    """What tells the group's members apart, in short (instance, region), or the service."""
    summary: str | None
    first_at: datetime
    last_at: datetime
    count: int
    ids: Sequence[str]
    """Full ids of its alerts, firing ones first."""
    labels: tuple[tuple[str, str], ...] = ()
    """Labels that all members share, sorted."""
    joins: tuple[Join, ...] = ()
    """The incidents that it belongs to, the surest first."""
    silences: tuple[Silence, ...] = ()
    actions: tuple[OutboxRow, ...] = ()
    url: str | None = None
    runbook: str | None = None
    is_paged: bool = False
    """Its system says which incident it belongs to, be that on the board or not."""
    can_silence: bool = False
    stale: bool = False

    @property
    def incident_id(self) -> str | None:
        """The first incident that it belongs to."""
        return self.joins[0].incident_id if self.joins else None

    @property
    def incident_title(self) -> str | None:
        """That incident's title."""
        return self.joins[0].title if self.joins else None

    @property
    def join_reason(self) -> str | None:
        """Why it is taken to belong to that incident."""
        return self.joins[0].reason if self.joins else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """One check with its short history. ``stale``: its source is late, the status is of ``check.checked_at``."""

    check: HealthCheck
    history: tuple[HealthSample, ...] = ()
    maintenance: Change | None = None
    """Its service is in maintenance: which one it is."""
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds one level of a team, and which systems say so."""

    entry: OnCall
    """As the first of them says it."""
    sources: tuple[str, ...]
    mine: bool = False
    """It is the seat."""
    stale: bool = False
    """All of these systems are late."""


MOST_LEVELS = 100
"""Of an escalation path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallTeam:
    """A team's levels, lowest first; several people may hold one level. Systems that call a team the same tell of one
    team: where they do not agree, each holder says who says so."""

    team: str
    rows: tuple[OnCall, ...]
    """Everything that is told, each system's by itself."""
    holders: tuple[Holder, ...]
    """The same, each person once on a level."""
    sources: tuple[str, ...]
    """Which systems tell of it, in the config's order."""
    mine: bool
    """The seat is in this team or on one of its levels."""
    stale: bool = False
    """All of them are late."""

    @property
    def source(self) -> str:
        """Where it is from, in words: ``pager``, ``pager, opsgenie``."""
        return ", ".join(self.sources)

    @property
    def vacant(self) -> tuple[int, ...]:
        """Levels that nobody holds, below one that somebody does: who is paged in turn finds nobody there."""
        held = {holder.entry.level for holder in self.holders}
        return tuple(level for level in range(1, min(max(held, default=0), MOST_LEVELS)) if level not in held)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """Who sits here (S1)."""

    user: str | None
    name: str
    """Short name for the header."""
    role: str | None
    """``primary``, ``secondary``, ``level 3`` …; ``None``: not on call."""
    team: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    next_person: str | None = None
    read_only: bool = False
    my_ids: frozenset[str] = frozenset()
    """``SOURCE:PERSON_ID`` of the seat in each system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The current shift (S1): the seat's on-call entry that covers now, cut into the policy's length; with none the
    last stretch of that length, ``on_call`` false."""

    start: datetime
    end: datetime
    on_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCounts:
    """What the footer says of the outbox."""

    queued: int = 0
    held: int = 0
    failed: int = 0
    """Refused or unknown, not seen off yet."""
    sender: str | None = None
    """Who sends, when it is not this process: ``host pid 123``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything on the dashboard at :attr:`minute`."""

    minute: datetime
    seat: SeatView
    shift: Shift
    zone: tzinfo = UTC
    """For drawing times of day; the only zone on the board."""
    sources: tuple[SourceView, ...] = ()
    panes: dict[PaneName, PaneState] = field(default_factory=dict)
    incidents: tuple[IncidentRow, ...] = ()
    """Open ones by what needs a hand, then those resolved within the last minutes (so that a row is seen to end)."""
    alerts: tuple[AlertRow, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    """Incidents that may be one, from alerts that belong to none; the worst first."""
    dismissed: tuple[Suggestion, ...] = ()
    """Those that a person does not want to see again, each with which dismissal it is."""
    health: tuple[HealthRow, ...] = ()
    """Worst first."""
    on_call: tuple[OnCallTeam, ...] = ()
    """The seat's teams first."""
    silences: tuple[Silence, ...] = ()
    changes: tuple[Change, ...] = ()
    """From a day ago to a week ahead, the earliest first."""
    directories: dict[str, Directory] = field(default_factory=dict)
    capabilities: dict[str, frozenset[str]] = field(default_factory=dict)
    """Source name -> capability words: which actions it takes."""
    lacks: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Source name -> verb's word -> why it does not take it, where there is more to say."""
    channels: tuple[ChannelView, ...] = ()
    """Where messages can go, in the config's order."""
    policy: SeverityPolicy = field(default_factory=SeverityPolicy)
    """What each severity means here and asks for."""
    outbox: tuple[OutboxRow, ...] = ()
    counts: OutboxCounts = field(default_factory=OutboxCounts)
    banner: str | None = None
    """One line that everything else depends on: disk full, the schema is newer, the clock is off."""

    _by_id: dict[str, IncidentRow] = field(default_factory=dict, init=False, repr=False, compare=False)

    def incident(self, incident_id: str) -> IncidentRow | None:
        """The row of that incident."""
        if not self._by_id:
            self._by_id.update((row.id, row) for row in self.incidents)
        return self._by_id.get(incident_id)

    def alert(self, key: str) -> AlertRow | None:
        """The row of that group."""
        return next((row for row in self.alerts if row.key == key), None)

    def suggestion(self, suggestion_id: str) -> Suggestion | None:
        """The suggested incident of that id, dismissed or not."""
        return next((one for one in (*self.suggestions, *self.dismissed) if one.id == suggestion_id), None)

    def sure_incident(self, row: AlertRow) -> IncidentRow | None:
        """The incident on the board that a group of alerts surely belongs to."""
        sure = (join for join in row.joins if join.is_sure)
        return next((found for join in sure if (found := self.incident(join.incident_id)) is not None), None)

    def joined_to(self, incident_id: str) -> tuple[AlertRow, ...]:
        """The groups of alerts that are taken to belong to that incident."""
        return tuple(row for row in self.alerts if any(join.incident_id == incident_id for join in row.joins))

    def row_of_action(self, key: str) -> OutboxRow | None:
        """The outbox row of that key."""
        return next((row for row in self.outbox if row.key == key), None)
