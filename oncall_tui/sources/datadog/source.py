"""Datadog as a source: what a poll brings, which parts this account and these keys have, actions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, TypeVar

from oncall_tui.model import (
    Alert,
    Directory,
    HealthCheck,
    Incident,
    IncidentDetail,
    OnCall,
    OutboxRow,
    Person,
    Silence,
    Snapshot,
    Verb,
)
from oncall_tui.records import dataclass
from oncall_tui.sources import fields, identity
from oncall_tui.sources.access import Parts
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Confirmation,
    HistoryPage,
    Known,
    Outcome,
    Probe,
    RateLimited,
    Sent,
    SourceContext,
    SourceError,
    Unsupported,
    can,
)
from oncall_tui.sources.datadog import api, declaring
from oncall_tui.sources.datadog.api import Listing
from oncall_tui.sources.datadog.downtimes import Downtime, Silencing, read_all
from oncall_tui.sources.datadog.hour import WHOLE_EVERY, LastHour
from oncall_tui.sources.datadog.incidents import Decoder, Incidents
from oncall_tui.sources.datadog.monitors import Reader, is_group
from oncall_tui.sources.datadog.oncall import Duties
from oncall_tui.sources.datadog.options import Options

if TYPE_CHECKING:
    from oncall_tui.model.ranges import RangeQuery, SeriesFound

MONITORS, GROUPS = "/api/v1/monitor/search", "/api/v1/monitor/groups/search"
DUTIES_EVERY = timedelta(minutes=1)
TOLD_LATE = timedelta(minutes=1)
"""An event this young may be of what the searches do not tell yet: they came before it, and follow by some seconds."""

_OVER = "state:(resolved OR completed)"
INCIDENT_VERBS = (Verb.RESOLVE, Verb.SEVERITY, Verb.TITLE, Verb.REASSIGN)
_CAN: Mapping[str, frozenset[Capability]] = {
    "monitors": frozenset({Capability.ALERTS, Capability.HEALTH}),
    "downtimes": frozenset({Capability.SILENCES, Capability.SILENCE, Capability.EXPIRE_SILENCE}),
    "incidents": frozenset(
        {Capability.INCIDENTS, Capability.DECLARE, *(Capability(verb.value) for verb in INCIDENT_VERBS)}
    ),
    "on call": frozenset({Capability.ON_CALL}),
}
_NEEDS: Mapping[str, str] = {
    "monitors": "monitors_read",
    "events": "events_read",
    "downtimes": "monitors_downtime",
    "incidents": "incident_read (and incident_write for actions)",
    "on call": "on_call_read and teams_read",
    "users": "user_access_read",
}
"""Permissions of the application key's owner."""
_LISTS: Mapping[str, frozenset[str]] = {
    "monitors": frozenset({Capability.ALERTS.value, Capability.HEALTH.value}),
    "downtimes": frozenset({Capability.SILENCES.value}),
    "incidents": frozenset({Capability.INCIDENTS.value}),
    "on call": frozenset({Capability.ON_CALL.value}),
}
"""What is older than the poll where a part did not come."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Denial:
    """A part that these keys have no permission for, and when it is asked for again."""

    words: str
    until: datetime


@dataclass(slots=True)
class _Round:
    """One poll: its parts, and the capabilities' words of those that did not come."""

    parts: Parts = field(default_factory=Parts)
    failed: set[str] = field(default_factory=set)
    events_whole: bool = True

    def note(self, part: str, note: str | None) -> bool:
        """Tell why a list is not whole; whether it is."""
        if note is not None:
            self.parts.problems.append(f"{part}: {note}")
        return note is None


class Datadog:
    """One Datadog organisation, as its APIs v1 and v2 show it to these keys."""

    kind: ClassVar[str] = "datadog"

    history_window = timedelta(days=732)
    """All of it at once: the search takes no dates."""

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._wanted_user = options.user or context.seat.user
        self._client = options.client(context)
        self._decoder = Decoder(context.name, options)
        self._incidents = Incidents(self._client, self._decoder)
        self._silencing = Silencing(self._client, context.name, self._now)
        self._duties = Duties(
            self._client,
            context.name,
            [(team,) for team in options.on_call] or context.seat.called or [(team,) for team in context.seat.teams],
        )
        self._denied: dict[str, _Denial] = {}
        self._read_at: dict[str, datetime] = {}
        self._searched_at = self._now()
        self._hour = LastHour(self._client, options.events)
        self._muting: list[Downtime] = []

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What is configured, less what these keys turned out to have no permission for."""
        parts = ["monitors", "downtimes"]
        parts += ["incidents"] if self._options.incidents else []
        parts += ["on call"] if self._duties.wanted else []
        return frozenset().union(*(_CAN[part] for part in parts if part not in self._denied))

    def _now(self) -> datetime:
        """The present by Datadog's clock."""
        return self._clock.now() + (self._client.clock_skew or timedelta())

    # -- poll --------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Monitors, downtimes, events, incidents, on-call, users: each may fail for itself.

        Raises:
            SourceError: nothing came, or Datadog is not there.
        """
        run = _Round()
        found = await self._take("monitors", run, self._search)
        silences = await self._silences(run)
        if self._options.events:
            note = await self._take("events", run, lambda: self._hour.read(self._now()))
            run.events_whole = run.note("events", note or None)
        incidents, whole = await self._read_incidents(run)
        on_call = await self._read_duties(run)
        directory = await self._read_users(run)
        run.parts.settle()
        alerts, alerts_whole, health = self._judge(run, found)
        return Snapshot(
            source=self.name,
            taken_at=self._clock.now(),
            incidents=incidents,
            incidents_complete=whole,
            alerts=alerts,
            alerts_complete=alerts_whole,
            health=health,
            on_call=on_call,
            silences=silences,
            directory=directory,
            problems=tuple(run.parts.problems),
            failed=frozenset(run.failed),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    async def _take(self, part: str, run: _Round, call: Callable[[], Awaitable[T]]) -> T | None:
        """The answer of ``call``, or ``None`` and a problem. A part without permission is no capability until it is
        asked for again; the monitors always are, so that keys which can do nothing are found out."""
        denial = self._denied.get(part)
        if denial is not None and part != "monitors" and self._clock.now() < denial.until:
            run.parts.problems.append(f"{part}: {denial.words}")
            return None
        answer = await run.parts.take(part, self._permitted(part, run, call))
        if answer is None and part not in self._denied:
            run.failed |= _LISTS.get(part, frozenset())
        return answer

    async def _permitted(self, part: str, run: _Round, call: Callable[[], Awaitable[T]]) -> T:
        try:
            answer = await call()
        except AuthFailed as error:
            if error.status != 403:
                raise
            told = AuthFailed(f"{error}; the application key's owner needs {_NEEDS[part]}", status=403)
            self._denied[part] = _Denial(str(told), self._clock.now() + WHOLE_EVERY)
            raise told from None
        except RateLimited:
            run.parts.reached()  # each endpoint has a limit of its own: the others are asked
            raise
        self._denied.pop(part, None)
        return answer

    def _is_due(self, part: str, every: timedelta) -> bool:
        read_at = self._read_at.get(part)
        return read_at is None or self._clock.now() - read_at >= every

    async def _search(self) -> tuple[Listing, Listing]:
        self._searched_at = self._now()
        monitors = await api.searched(self._client, MONITORS, "monitors", self._options.monitors)
        groups = await api.searched(self._client, GROUPS, "groups", self._groups_query())
        return api.named(self._client, MONITORS, monitors), groups

    def _groups_query(self) -> str:
        words = " OR ".join(f'"{state}"' if " " in state else state for state in self._options.states)
        return f"{self._options.monitors} group_status:({words})".strip()

    async def _silences(self, run: _Round) -> tuple[Silence, ...] | None:
        listing = await self._take("downtimes", run, self._silencing.standing)
        if listing is None:
            return None
        run.note("downtimes", listing.note)
        # Kept: what was muted when the list came last is not shown as firing because it does not come once.
        self._muting = read_all(self.name, listing, self._now())
        return tuple(one.silence for one in self._muting)

    def _judge(
        self, run: _Round, found: tuple[Listing, Listing] | None
    ) -> tuple[tuple[Alert, ...] | None, bool, tuple[HealthCheck, ...] | None]:
        """Alerts, whether these are all, and health."""
        if found is None:
            return None, False, None
        listed, groups = found
        spoilt = sum(not is_group(row) for row in groups.rows)
        whole = run.note("groups", f"{spoilt} cannot be read" if spoilt else groups.note)
        whole &= run.note("monitors", listed.note)
        reader = Reader(self.name, self._options, self._now())
        monitors = reader.monitors(listed.rows)
        alerts = reader.firing(groups.rows, monitors, self._muting)
        for key, episode in reader.episodes(self._hour.rows, monitors).items():
            if key in alerts:
                count = max(1, episode.count)
                alerts[key] = replace(alerts[key], count=count, summary=episode.message or alerts[key].summary)
            else:
                among = episode.monitor is not None and episode.monitor.id in monitors
                settled = episode.last_at < self._searched_at - TOLD_LATE
                alerts[key] = reader.past(key, episode, known_over=whole and among and settled)
        return tuple(alerts.values()), whole and run.events_whole, reader.health(monitors, groups.rows)

    async def _read_incidents(self, run: _Round) -> tuple[tuple[Incident, ...] | None, bool]:
        query = self._options.incidents
        if not query:
            return None, False
        listing = await self._take("incidents", run, lambda: api.incidents(self._client, query))
        if listing is None:
            return None, False
        whole = run.note("incidents", listing.note)
        users = api.people(listing.included)
        read = (self._decoder.incident(row, users, self._now()) for row in listing.rows)
        found = {one.id: one for one in read if one is not None}
        missed = len(listing.rows) - len(found)
        whole &= run.note("incidents", f"{missed} without a usable id are not shown" if missed else None)
        return tuple(found.values()), whole

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        """Incidents of long ago, with what their own times tell. The search takes no dates: it is gone through from the
        newest on until ``start``. Raises SourceError."""
        if not self._options.incidents:
            return HistoryPage(incidents=(), notes=("incidents are left out by the config",))
        place = int(after) if after is not None and after.isdecimal() else 0
        listing, more = await api.incidents_page(self._client, _OVER, place)
        users, now = api.people(listing.included), self._now()
        read = [(row, self._decoder.incident(row, users, now)) for row in listing.rows]
        details = [
            IncidentDetail(incident=one, timeline=self._decoder.timeline(row, one, users))
            for row, one in read
            if one is not None and start <= one.created_at < end
        ]
        older = any(one is not None and one.created_at < start for _, one in read)
        following = str(place + len(listing.rows)) if more and not older else None
        return HistoryPage(incidents=tuple(details), after=following)

    async def _read_duties(self, run: _Round) -> tuple[OnCall, ...] | None:
        if not self._duties.wanted:
            return None
        duties = None
        if self._is_due("on call", DUTIES_EVERY):
            duties = await self._take("on call", run, self._duties.read)
            if duties is not None:
                self._read_at["on call"] = self._clock.now()
        run.parts.problems.extend(self._duties.problems)
        return duties

    async def _read_users(self, run: _Round) -> Directory | None:
        """Whom an incident can be given to."""
        if not self._options.incidents or not self._is_due("users", WHOLE_EVERY):
            return None
        listing = await self._take("users", run, self._users)
        if listing is None:
            return None
        run.note("users", listing.note)
        self._read_at["users"] = self._clock.now()
        people = tuple(sorted(api.people(listing.rows).values(), key=lambda one: one.name))
        return Directory(people=people, me=self._me(people))

    async def _users(self) -> Listing:
        return await api.numbered_list(self._client, "/api/v2/users", [("filter[status]", "Active")])

    def _me(self, people: tuple[Person, ...]) -> Person | None:
        return identity.match(people, self._wanted_user)

    async def series(self, query: RangeQuery) -> SeriesFound:
        """The series of a metrics query over a stretch of time. Raises SourceError."""
        from oncall_tui.sources.datadog.series import read_series

        return await read_series(self._client, query)

    # -- one incident, actions ---------------------------------------------------------------------------------

    async def read(self, native_id: str) -> IncidentDetail:
        """One incident. Raises NotFound and other SourceErrors."""
        return await self._incidents.read(native_id, self._now())

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For a downtime: ids of those that mute the same for the same reason already; for a new incident: of those
        that are called so."""
        if row.verb is Verb.DECLARE:
            return tuple(await declaring.alike(self._client, row))
        return await self._silencing.equal_ones(row) if row.verb is Verb.SILENCE else ()

    async def send(self, row: OutboxRow) -> Sent:
        """Make or cancel a downtime, or make or change an incident."""
        match row.verb:
            case Verb.DECLARE if can(self.capabilities, row.verb):
                return await declaring.create(self._client, self._options, row)
            case Verb.SILENCE:
                return await self._silencing.make(row)
            case Verb.EXPIRE_SILENCE:
                return await self._silencing.end(row)
        if row.verb in INCIDENT_VERBS:
            return await self._incidents.send(row)
        raise Unsupported(f"{self.name} (Datadog) cannot {row.verb.value}")

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read the downtime or the incident back."""
        match row.verb:
            case Verb.DECLARE:
                return await self._declared(row)
            case Verb.SILENCE:
                return await self._silencing.confirm_made(row)
            case Verb.EXPIRE_SILENCE:
                return await self._silencing.confirm_ended(row)
        if row.verb in INCIDENT_VERBS:
            return await self._incidents.confirm(row, self._now())
        raise Unsupported(f"{self.name} (Datadog) cannot {row.verb.value}")

    async def _declared(self, row: OutboxRow) -> Confirmation:
        """Whether the incident is there: by its id where that was told, else among those that are new."""
        native_id = row.native_ref
        if native_id is None:
            found = await declaring.find(self._client, row, self._now())
            if found.outcome is not Outcome.APPLIED or found.native_ref is None:
                return found
            native_id = found.native_ref
        return Confirmation(outcome=Outcome.APPLIED, native_ref=native_id, detail=await self.read(native_id))

    # -- check -------------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """Both keys, each permission by itself, the seat's user. Never raises SourceError."""
        notes: list[str] = []
        user: Person | None = None
        error: SourceError | None = None
        try:
            answer = await self._client.get("/api/v1/validate", meter="validate")
            if fields.boolean(answer.data, "valid") is not True:
                raise BadAnswer(f"{self._client.host} does not say that the API key is valid: is this Datadog?")
            await self._probe_app_key()
        except SourceError as caught:
            error = caught
        latency = self._client.latency_ms
        if error is None:
            self._denied.clear()
            user = await self._probe_parts(notes)
        budget, skew = self._client.budget, self._client.clock_skew
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=latency,
            version="v1, v2",
            user=user,
            can=() if error else tuple(sorted(one.value for one in self.capabilities)),
            rate_limit=budget.limit if budget else None,
            rate_remaining=budget.remaining if budget else None,
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            notes=tuple(notes),
        )

    async def _probe_app_key(self) -> None:
        try:
            answer = await self._client.get(MONITORS, [("per_page", 1)], meter=MONITORS)
        except AuthFailed as error:
            words = f"{error}: the API key is good, so it is the application key, or its owner lacks monitors_read"
            raise AuthFailed(words, status=error.status) from None
        if not fields.is_list(answer.data, "monitors"):
            raise BadAnswer(f"{self._client.host} answers without monitors: is this Datadog?")

    async def _probe_parts(self, notes: list[str]) -> Person | None:
        run = _Round()
        run.parts.reached()
        await self._silences(run)
        if self._options.events:
            await self._take("events", run, lambda: self._hour.read(self._now()))
        await self._read_incidents(run)
        self._read_at.clear()
        await self._read_duties(run)
        directory = await self._read_users(run)
        notes += run.parts.problems
        if directory is not None and directory.me is None:
            notes.append(f"the organisation has no user {self._wanted_user or '(none is configured)'}: nothing is mine")
        if not self._duties.wanted:
            notes.append("no team is configured (seat.teams, or on_call): nobody is shown on call")
        return directory.me if directory else None

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()
