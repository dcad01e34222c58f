"""What one of the two systems tells, in terms of both, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from oncall_tui.model import EntryKind, HealthCheck, IncidentState, OutboxRow, Person, Ref
from oncall_tui.sources.base import Capability, Known, Sent
from oncall_tui.sources.genie.paging import Params, Row
from oncall_tui.sources.genie.roster import Policy, Roster, Schedule, Stretch
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.overriding import Standing

PRIORITIES = tuple(Ref(id=name, name=name) for name in ("P1", "P2", "P3", "P4", "P5"))
"""Most severe first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Who is asked to look: ``kind`` is ``user``, ``team``, ``escalation`` or ``schedule``."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as its system tells it: an alert, or an incident of Opsgenie's. Times are aware UTC, texts clean."""

    native_id: str
    title: str
    state: IncidentState
    created_at: datetime | None
    updated_at: datetime | None = None
    number: str | None = None
    priority: str | None = None
    owner: str | None = None
    """Whom it is assigned to, by the word that the system has for people: an address, an id, or a name."""
    responders: tuple[Responder, ...] = ()
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    wakes_at: datetime | None = None
    count: int | None = None
    """How often it has occurred; ``None``: it is nothing that a monitor counts."""
    last_at: datetime | None = None
    service: str | None = None
    key: str | None = None
    """Its alias: by what whoever raised it calls the trouble."""
    url: str | None = None
    """Where it came from: what its sender gave."""
    runbook: str | None = None
    takes: tuple[str, ...] | None = None
    """As :attr:`~oncall_tui.model.Incident.takes`."""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line of a page's log. ``id`` is unique in its page."""

    id: str
    at: datetime
    kind: EntryKind
    text: str
    author: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """One note as it is stored there. ``id`` is unique in its page."""

    id: str
    at: datetime
    content: str
    author: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One page read whole."""

    page: Page
    log: tuple[LogRow, ...] = ()
    notes: tuple[NoteRow, ...] = ()
    tells_notes: bool = True
    """``False``: it may have notes, which this API does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The pages that one poll read. ``whole``: every open one is among them."""

    pages: tuple[Page, ...]
    whole: bool
    problems: tuple[str, ...] = ()
    failed: frozenset[str] = frozenset()
    """As :attr:`oncall_tui.model.Snapshot.failed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a write that was taken."""

    success: bool
    text: str
    page: str | None = None
    """Native id of the page that it was about, where the system tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What ``check`` found out about the key. ``missing``: what this key cannot serve or do."""

    version: str | None = None
    missing: frozenset[Capability] = frozenset()
    notes: tuple[str, ...] = ()


class Api(Protocol):
    """One of the two systems. Every method raises :class:`~oncall_tui.sources.base.SourceError` only."""

    system: str
    """What people call it."""
    client: HttpClient
    """What budget, latency and clock skew are taken from."""
    zones: Mapping[str, str]
    """Person's id -> IANA time zone, of those whom :meth:`people` has told."""

    async def pages(self, known: Known, now: datetime) -> Reading:
        """The pages: all open ones, or those that changed. Raises where the alerts did not come."""
        ...

    async def past(self, start: datetime, end: datetime) -> tuple[tuple[Page, ...], str | None]:
        """Those that were created from ``start`` up to ``end`` and are closed; and a line where that is not all."""
        ...

    async def detail(self, native_id: str) -> Detail:
        """One page whole. Raises NotFound."""
        ...

    async def page(self, native_id: str) -> Page:
        """One page without log and notes. Raises NotFound."""
        ...

    async def log(self, native_id: str) -> tuple[LogRow, ...]:
        """Its log."""
        ...

    async def notes(self, native_id: str) -> tuple[NoteRow, ...]:
        """Its notes."""
        ...

    async def me(self, word: str | None) -> Person | None:
        """The account's user whom ``word`` (mail, name or id) names; with ``None``, or where the key is a person's
        own, that person."""
        ...

    async def people(self, roster: Roster) -> tuple[Mapping[str, Person], str | None]:
        """People by id: all of the account, or those whom ``roster`` names where the system lists none; and a line
        where something of them is missing."""
        ...

    async def teams(self) -> Mapping[str, str]:
        """Names of teams by id."""
        ...

    async def policies(self, roster: Roster) -> Sequence[Policy]:
        """All escalations."""
        ...

    async def schedules(self, roster: Roster) -> Sequence[Schedule]:
        """All schedules that are enabled."""
        ...

    async def on_calls(self, schedules: Sequence[Schedule]) -> Mapping[str, tuple[Person, ...]]:
        """Schedule id -> who is on call now."""
        ...

    async def timeline(self, schedule: Schedule, since: datetime) -> Sequence[Stretch]:
        """Who holds the schedule in the weeks from ``since`` (by the system's clock)."""
        ...

    async def health(self, now: datetime) -> tuple[HealthCheck, ...]:
        """What the system itself watches; empty where it watches nothing."""
        ...

    async def send(self, row: OutboxRow, me: Person | None, roster: Roster) -> Sent:
        """Send an action. ``native_ref`` is what :meth:`outcome` asks by, or the id of what was made."""
        ...

    async def declare(self, row: OutboxRow, me: Person | None) -> Sent:
        """Make a page under an alias of ours: while it is open there is no second one. ``native_ref`` is what
        :meth:`outcome` asks by."""
        ...

    async def by_alias(self, alias: str) -> str | None:
        """Native id of the page of that alias; ``None`` where none is open."""
        ...

    async def rows_since(self, since: datetime) -> Sequence[Row]:
        """Alerts that were made since then (by the system's clock), open or not, the first ones first."""
        ...

    async def override(self, row: OutboxRow) -> Sent:
        """Let somebody stand in on a schedule. ``native_ref`` is the override's id."""
        ...

    async def overrides(self, row: OutboxRow) -> Sequence[Standing]:
        """Those of the row's schedule that are there, under way or to come."""
        ...

    async def outcome(self, row: OutboxRow) -> tuple[Done | None, ...]:
        """What became of the requests that :meth:`send` was given: ``None`` for one that has not been done yet;
        empty where the answer to the request was its outcome, or where no answer came."""
        ...

    async def inspect(self) -> Inspection:
        """Ask for each part once. Raises where not even alerts may be read."""
        ...

    def ends(self, now: datetime) -> str | None:
        """A warning that the API ends soon."""
        ...

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        ...


def created_between(start: datetime, end: datetime) -> str:
    """The query for what was created in that stretch and is closed. Its times are Unix milliseconds."""
    first, last = (int(at.timestamp() * 1000) for at in (start, end))
    return f"status: closed AND createdAt > {first - 1} AND createdAt < {last}"


def created_since(since: datetime) -> Params:
    """What is asked for all that was created since then, the oldest first."""
    return [("query", f"createdAt > {int(since.timestamp() * 1000)}"), ("sort", "createdAt"), ("order", "asc")]


def server_now(client: HttpClient, now: datetime) -> datetime:
    """What the system's clock shows."""
    return now + (client.clock_skew or timedelta())


def is_due(read_at: datetime | None, last_success: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether a slow reading is due: it was never made, is old, or was made in a poll that came to nothing in the
    end, so that nobody has kept it."""
    return read_at is None or last_success is None or last_success < read_at or now >= read_at + every
