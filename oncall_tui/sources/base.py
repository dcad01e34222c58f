"""What a source is: one module a system, which turns its API into the model and the model's actions into its calls.

A source knows HTTP and its system, nothing of SQLite or Textual. It states its capabilities; nobody asks
what kind it is. Errors leave it as :class:`SourceError` only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from oncall_tui.clock import Clock
from oncall_tui.config.secret import mask_read
from oncall_tui.model import Incident, IncidentDetail, OutboxRow, Person, Snapshot, Verb
from oncall_tui.records import dataclass

if TYPE_CHECKING:
    from oncall_tui.model.ranges import LinesFound, OwnQuery, RangeQuery, SeriesFound

_FOR_ACTION: ContextVar[bool] = ContextVar("for_action", default=False)


@contextlib.contextmanager
def for_action() -> Iterator[None]:
    """What is read within it is read for an action: it waits behind no poll, and may use what of the system's rate
    limit is kept for actions (K5)."""
    token = _FOR_ACTION.set(True)
    try:
        yield
    finally:
        _FOR_ACTION.reset(token)


def is_for_action() -> bool:
    """Whether the caller stands within :func:`for_action`."""
    return _FOR_ACTION.get()


_FOR_HISTORY: ContextVar[bool] = ContextVar("for_history", default=False)


@contextlib.contextmanager
def for_history() -> Iterator[None]:
    """What is read within it is read of the past: it leaves half of a system's rate limit to polls and actions."""
    token = _FOR_HISTORY.set(True)
    try:
        yield
    finally:
        _FOR_HISTORY.reset(token)


def is_for_history() -> bool:
    """Whether the caller stands within :func:`for_history`."""
    return _FOR_HISTORY.get()


class Capability(StrEnum):
    """What a source can serve or do. The verbs' words are capabilities too (see :func:`can`)."""

    INCIDENTS = "incidents"
    TIMELINE = "timeline"
    ALERTS = "alerts"
    LOG_SPIKES = "log_spikes"
    """What it tells as alerts are spikes in logs."""
    USER_REPORTS = "user_reports"
    """What it tells as alerts are users' reports."""
    HEALTH = "health"
    ON_CALL = "on_call"
    SCHEDULES = "schedules"
    SILENCES = "silences"
    ESCALATION = "escalation"
    """Knows escalation policies with the people on each level."""
    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    ESCALATE = "escalate"
    REASSIGN = "reassign"
    SNOOZE = "snooze"
    NOTE = "note"
    SEVERITY = "severity"
    MERGE = "merge"
    RESPONDERS = "responders"
    TITLE = "title"
    SILENCE = "silence"
    EXPIRE_SILENCE = "expire_silence"
    CHANGES = "changes"
    ACTION_ITEMS = "action_items"
    ROOM = "room"
    TOPIC = "topic"
    MESSAGE = "message"
    UPDATE_MESSAGE = "update_message"
    PUBLISH = "publish"
    PUBLISH_UPDATE = "publish_update"
    TICKET = "ticket"
    TICK = "tick"
    OVERRIDE = "override"
    DECLARE = "declare"


def lacks_of(receiver: Receiver) -> dict[str, str]:
    """Verb's word -> why the receiver does not take it, one line; for those of which it says more than that its API has
    no call for it. A receiver may tell so in ``lacks``, a map of verbs to lines."""
    told: Mapping[Verb, str] = getattr(receiver, "lacks", {})
    return {verb.value: line for verb, line in told.items() if not can(receiver.capabilities, verb)}


def can(capabilities: frozenset[Capability], verb: Verb) -> bool:
    """Whether a source with these capabilities takes this verb."""
    return Capability(verb.value) in capabilities


class SourceError(Exception):
    """Why a source did not answer as it should. ``str()`` is one clean line without a secret.

    Attributes:
        kind: the class's word, for the store and the screen.
        retry_after: seconds that the system asks to wait, 0 to 900, or ``None``.
        maybe_applied: the request may have reached the system: for an action, the outcome is not known.
    """

    kind: ClassVar[str] = "error"

    def __init__(self, message: str, *, retry_after: float | None = None, maybe_applied: bool = False) -> None:
        super().__init__(mask_read(message))
        self.retry_after = retry_after
        self.maybe_applied = maybe_applied


class Unreachable(SourceError):
    """No connection: name, refused, TLS, proxy. Nothing was sent."""

    kind = "unreachable"


class TimedOut(SourceError):
    """The total deadline passed."""

    kind = "timeout"


class Dropped(SourceError):
    """The connection broke before a whole answer."""

    kind = "dropped"


class AuthFailed(SourceError):
    """401 or 403: polling stops until the token changes. Attributes: ``status``, 0 where nothing was sent."""

    kind = "auth"

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class RateLimited(SourceError):
    """429 (or the system's own form of it). Not applied."""

    kind = "rate_limited"


class ServerFailed(SourceError):
    """5xx."""

    kind = "server"


class BadAnswer(SourceError):
    """Not the JSON we know: HTML, too large, too deep, wrong root, a redirect, a foreign next link."""

    kind = "bad_answer"


class Refused(SourceError):
    """The system understood and said no (4xx): its reason is the message. Attributes: ``code`` its own error code."""

    kind = "refused"

    def __init__(self, message: str, *, status: int = 0, code: int | str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class NotFound(Refused):
    """404: the system does not know this id."""

    kind = "not_found"


class Unsupported(SourceError):
    """This source cannot do that; one clear line says so."""

    kind = "unsupported"


class Outcome(StrEnum):
    """What reading back showed of an action."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    SUPERSEDED = "superseded"
    """True already, or by somebody else first."""
    REFUSED = "refused"
    """Taken at first, and refused when the system got to it: ``text`` is its reason."""
    UNKNOWN = "unknown"
    """Cannot be told apart from what others did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The system's answer to a send (2xx)."""

    text: str = ""
    native_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What the system shows after a send. ``detail`` goes to the store as fact; ``text`` names who was first or
    what stands there now."""

    outcome: Outcome
    text: str = ""
    detail: IncidentDetail | None = None
    native_ref: str | None = None
    tells_words: bool = False
    """``text`` says what became of the words that went with a resolution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store already holds of this source, so that a poll asks for what changed only.

    ``incidents``: open (and just resolved) incidents by native id. ``since``: the newest timeline entry held.
    """

    incidents: Mapping[str, Incident] = field(default_factory=dict)
    since: datetime | None = None
    last_success: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What ``check`` tells of a source. Never raises: a failure is in ``error``."""

    ok: bool
    error: str | None = None
    error_kind: str | None = None
    latency_ms: float | None = None
    version: str | None = None
    user: Person | None = None
    can: tuple[str, ...] = ()
    rate_limit: int | None = None
    rate_remaining: int | None = None
    clock_skew_s: float | None = None
    notes: tuple[str, ...] = ()
    """Warnings: seat's user not found, priorities not enabled, token is account-wide …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a channel reaches: what people are shown before they send. A channel that has no attribute ``reach`` of
    this type reaches whom only its options know."""

    place: str = ""
    """Who gets what names nobody: ``#incidents``, mail addresses, a page; one clean line. Empty: it must name one."""
    named_by: Literal["", "room", "to"] = ""
    """Which parameter of a message names others in their place."""
    subject: bool = False
    """A message's ``subject`` is seen."""
    html: bool = False
    """A message's ``html`` is seen."""
    contacts: tuple[str, ...] = ()
    """What a person calls or opens by hand, one clean line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who sits here, as sources need it. ``user`` is the name or mail to match in each system; ``time_zone`` (an
    IANA name) is that of times which are configured without one."""

    user: str | None = None
    teams: tuple[str, ...] = ()
    """Their names, whatever a system calls them."""
    called: tuple[tuple[str, ...], ...] = ()
    """The same, each team with all its names: a system knows one of them, or does not know the team."""
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """What a source is made of besides its own options.

    ``transport`` is handed to httpx as it is (the demo and the tests put a simulator there); ``None`` is the
    real network. It is typed loosely because only :mod:`oncall_tui.sources.http` knows httpx.
    """

    name: str
    seat: Seat
    clock: Clock
    transport: Any = None


class Receiver(Protocol):
    """What takes actions out of the outbox: a source, or a channel, which does nothing else. All methods raise
    :class:`SourceError` only (and let cancellation through)."""

    name: str
    kind: ClassVar[str]

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it serves and can do with this configuration."""
        ...

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Before the first send of an addition: the ids of what is there already and would be mistaken for ours
        (``OutboxRow.baseline``). Other verbs: ``()``."""
        ...

    async def send(self, row: OutboxRow) -> Sent:
        """Send the action once, never retrying by itself. Refused when the system says no, Unsupported when
        this source cannot. "Already so" (e.g. PagerDuty 1001/1002) is Refused with its code; the desk reads back."""
        ...

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read back whether the action has taken effect; never writes."""
        ...

    async def probe(self) -> Probe:
        """For ``check``: reachable, authorised, able to do what."""
        ...

    async def aclose(self) -> None:
        """Close connections. May be called twice."""
        ...


def reach_of(receiver: Receiver) -> Reach:
    """Whom it says that it reaches."""
    found = getattr(receiver, "reach", None)
    return found if isinstance(found, Reach) else Reach()


@runtime_checkable
class HasComponents(Protocol):
    """A channel whose publications can tell the state of components."""

    async def components(self) -> tuple[str, ...]:
        """Their names, as the params of a publication take them. Raises SourceError."""
        ...


@runtime_checkable
class TellsSeries(Protocol):
    """A source that can be asked for values over a stretch of time, when a person wants them; no poll does."""

    async def series(self, query: RangeQuery) -> SeriesFound:
        """The series of one query. Raises SourceError."""
        ...


@runtime_checkable
class TellsLines(Protocol):
    """A source that can be asked for lines of logs, when a person wants them; no poll does."""

    async def lines(self, query: RangeQuery) -> LinesFound:
        """The newest lines of one query. Raises SourceError."""
        ...


@runtime_checkable
class HasQueries(Protocol):
    """A source that knows queries about services: those of its health checks, those of errors."""

    def own_queries(self, services: frozenset[str]) -> tuple[OwnQuery, ...]:
        """What it would ask about a service that has these names here or there; asks nobody."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Some of what was in a stretch of time."""

    incidents: tuple[IncidentDetail, ...]
    """That ended, with what of their timeline came with them; alerts are left out. One that is open may be among them:
    it is the polls' and is not taken."""
    after: str | None = None
    """Where to go on within the stretch; ``None``: that was all of it."""
    notes: tuple[str, ...] = ()
    """One clean line for each thing that is not whole: a log that could not be read, a list that was cut."""


@runtime_checkable
class HasHistory(Protocol):
    """A source that can be asked for incidents of long ago."""

    history_window: timedelta
    """The longest stretch that is asked for at once."""

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        """Incidents that were triggered from ``start`` up to ``end``, behind ``after``; read twice, they are the same.
        Raises SourceError."""
        ...


class Source(Receiver, Protocol):
    """One system that facts come from, and that may take actions."""

    poll_interval: timedelta

    async def poll(self, known: Known) -> Snapshot:
        """Read what is watched, once. Partial failure is told in the snapshot; total failure raises."""
        ...

    async def read(self, native_id: str) -> IncidentDetail:
        """Read one incident whole, fresh from the system. NotFound when the system does not know it."""
        ...
