"""What Opsgenie tells, and what is asked of it. Reads heed the throttle that its answers announce."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from oncall_tui.clock import Clock, iso
from oncall_tui.model import HealthCheck, OutboxRow, Person, Severity, Verb, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Known,
    NotFound,
    RateLimited,
    Refused,
    Sent,
    SourceError,
    is_for_action,
)
from oncall_tui.sources.genie import asked as asked_for
from oncall_tui.sources.genie.api import (
    Detail,
    Done,
    Inspection,
    LogRow,
    NoteRow,
    Page,
    Reading,
    created_between,
    created_since,
    is_due,
    server_now,
)
from oncall_tui.sources.genie.decoding import page_id, standing
from oncall_tui.sources.genie.paging import Listing, Pager, Params, Row
from oncall_tui.sources.genie.roster import Policy, Roster, Schedule, Stretch
from oncall_tui.sources.http import Answer, HttpClient, segment
from oncall_tui.sources.identity import match, zones
from oncall_tui.sources.opsgenie import decoding
from oncall_tui.sources.opsgenie.acting import Actor
from oncall_tui.sources.opsgenie.decoding import INCIDENT
from oncall_tui.sources.overriding import Standing

ENDS = datetime(2027, 4, 5, tzinfo=UTC)
"""When the API stops answering, by Atlassian's announcement."""
WARN_FROM = datetime(2027, 1, 1, tzinfo=UTC)
FULL = timedelta(minutes=5)
"""Between two readings of all that is open; in between only what was updated is read."""
OVERLAP = timedelta(minutes=2)
LOOK_BACK = timedelta(hours=24)
"""What was updated so long ago is read at the start: a shift's handover speaks of it."""
NO_INCIDENTS = timedelta(minutes=30)
"""Until incidents are asked for again where plan or key has none."""
MAX_LOOK_UPS = 10
"""Incidents that left the list of open ones and are asked for one by one, in one poll."""
WEEKS = 3
"""A week of them is behind: see ``BACK`` of the furniture."""

_CONFIGURATION = "the right Configuration access"
_CONFIGURED = ("teams", "schedules", "escalations", "users", "heartbeats")
_PAGER = Pager(key="data", size="limit", more=("paging", "next"))


class OpsgenieApi:
    """One account's API.

    Args:
        source: prefix of ids.
        wanted: who the seat is: whose name actions carry where the account's user is not known.
    """

    system = "Opsgenie"

    def __init__(
        self,
        client: HttpClient,
        source: str,
        wanted: str | None,
        severities: Mapping[str, Severity],
        clock: Clock,
    ) -> None:
        self.client = client
        self.zones: Mapping[str, str] = {}
        self._source = source
        self._clock = clock
        self._actor = Actor(client, wanted, severities, clock)
        self._full_at: datetime | None = None
        self._cut: str | None = None
        """Why the last reading of all that is open is not whole."""
        self._no_incidents_until: datetime | None = None
        self._throttled: dict[str, datetime] = {}

    async def _get(self, path: str, params: Params = ()) -> Answer:
        """One read. Raises RateLimited before it is sent where Opsgenie throttles this domain and no action waits."""
        domain, now = path.split("/")[2], self._clock.now()
        until = self._throttled.get(domain)
        if until is not None and until > now and not is_for_action():
            left = (until - now).total_seconds()
            raise RateLimited(
                f"{self.client.host} throttles {domain}: what is left is kept for actions", retry_after=left
            )
        try:
            answer = await self.client.get(path, params)
        except AuthFailed as error:
            if error.status == 403 and domain in _CONFIGURED:
                raise AuthFailed(f"{error}; the key needs {_CONFIGURATION}", status=403) from None
            raise
        if answer.headers.get("x-ratelimit-state", "").upper() == "THROTTLED":
            period = fields.integer(answer.headers, "x-ratelimit-period-in-sec")
            self._throttled[domain] = now + timedelta(seconds=min(max(period or 60, 1), 900))
        else:
            self._throttled.pop(domain, None)
        return answer

    async def _one(self, path: str, params: Params = ()) -> Row:
        answer = await self._get(path, params)
        found = fields.obj(answer.data, "data")
        if not found:
            raise BadAnswer(f"{self.client.host} answers {path} without data")
        return found

    async def _rows(self, path: str, params: Params = ()) -> list[Row]:
        """A list that has no pages."""
        answer = await self._get(path, params)
        if not fields.is_list(answer.data, "data"):
            raise BadAnswer(f"{self.client.host} answers {path} without data")
        return list(fields.rows(answer.data, "data"))

    # -- pages -------------------------------------------------------------------------------------------------

    async def pages(self, known: Known, now: datetime) -> Reading:
        """What was updated since the last success, and every five minutes all that is open."""
        there = server_now(self.client, now)
        since = there - LOOK_BACK
        if self._full_at is not None and known.last_success is not None:
            since = max(since, known.last_success + (there - now) - OVERLAP)
        updated = await self._updated(since)
        full = updated.note is not None or is_due(self._full_at, known.last_success, FULL, now)
        problems = []
        rows = updated.rows
        whole = full
        if full:
            opened = await _PAGER.whole(
                self._get, "/v2/alerts", [("query", "status: open"), ("sort", "createdAt"), ("order", "desc")]
            )
            self._cut, self._full_at = opened.note, now
            rows = [*updated.rows, *opened.rows]
        if self._cut:
            problems.append(f"open alerts: {self._cut}")
        there = server_now(self.client, now)
        found = {page.native_id: page for row in rows if (page := decoding.alert_page(row, there)) is not None}
        failed: frozenset[str] = frozenset()
        try:
            incident_rows = await self._incidents(known, full, now)
        except SourceError as error:
            problems.append(f"incidents: {error}")
            failed, whole, incident_rows = frozenset({Capability.INCIDENTS.value}), False, []
        if incident_rows is None:  # plan or key has none: what was there before is not asked for one by one
            whole = whole and not _open_incidents(known)
            incident_rows = []
        found |= {page.native_id: page for row in incident_rows if (page := decoding.incident_page(row)) is not None}
        missed = sum(page_id(row) is None for row in (*rows, *incident_rows))
        if missed:
            problems.append(f"alerts: {missed} without a usable id are not shown")
        return Reading(
            pages=tuple(found.values()),
            whole=whole and not missed and self._cut is None,
            problems=tuple(problems),
            failed=failed,
        )

    async def _updated(self, since: datetime) -> Listing:
        def is_old(row: Row) -> bool:
            updated = fields.instant(row, "updatedAt")
            return updated is not None and updated < since

        params: Params = [("sort", "updatedAt"), ("order", "desc")]
        return await _PAGER.whole(self._get, "/v2/alerts", params, max_pages=20, enough=is_old)

    async def _incidents(self, known: Known, full: bool, now: datetime) -> list[Row] | None:
        """Open ones, and at a full reading those of the last day; ``None`` where plan or key has none."""
        if self._no_incidents_until is not None and now < self._no_incidents_until:
            return None
        queries = ["status: open"]
        if full:
            since = server_now(self.client, now) - LOOK_BACK
            queries.append(f"createdAt > {int(since.timestamp() * 1000)}")
        rows: list[Row] = []
        try:
            for query in queries:
                found = await _PAGER.whole(self._get, "/v1/incidents/", [("query", query)], max_pages=10)
                rows += found.rows
                if found.note:
                    raise BadAnswer(found.note)
        except (AuthFailed, Refused) as error:
            if error.status not in (402, 403):
                raise
            self._no_incidents_until = now + NO_INCIDENTS
            return None
        listed = {INCIDENT + one for row in rows if (one := page_id(row)) is not None}
        vanished = [one for one in _open_incidents(known) if one not in listed]
        for native_id in vanished[:MAX_LOOK_UPS]:  # between full readings nobody else asks for what was closed
            try:
                rows.append(await self._incident_row(native_id))
            except NotFound:
                continue
        return rows

    async def _incident_row(self, native_id: str) -> Row:
        way = f"/v1/incidents/{segment(native_id.removeprefix(INCIDENT))}"
        return await self._one(way, [("identifierType", "id")])

    async def past(self, start: datetime, end: datetime) -> tuple[tuple[Page, ...], str | None]:
        """Alerts of long ago; incidents, which every plan lists otherwise, are left out."""
        params: Params = [("query", created_between(start, end)), ("sort", "createdAt"), ("order", "asc")]
        found = await _PAGER.whole(self._get, "/v2/alerts", params)
        there = server_now(self.client, self._clock.now())
        return tuple(page for row in found.rows if (page := decoding.alert_page(row, there)) is not None), found.note

    async def page(self, native_id: str) -> Page:
        """One alert or incident. Raises NotFound."""
        if native_id.startswith(INCIDENT):
            found = decoding.incident_page(await self._incident_row(native_id))
        else:
            row = await self._one(f"/v2/alerts/{segment(native_id)}", [("identifierType", "id")])
            found = decoding.alert_page(row, server_now(self.client, self._clock.now()))
        if found is None or found.native_id != native_id:
            raise BadAnswer(f"{self.client.host} answers with another page than the one asked for")
        return found

    async def detail(self, native_id: str) -> Detail:
        """One alert with its log and notes; an incident has neither in this API. Raises NotFound."""
        page = await self.page(native_id)
        if native_id.startswith(INCIDENT):
            return Detail(page=page, tells_notes=False)
        return Detail(page=page, log=await self.log(native_id), notes=await self.notes(native_id))

    async def log(self, native_id: str) -> tuple[LogRow, ...]:
        """The latest thousand lines of an alert's log."""
        rows = await self._following(f"/v2/alerts/{segment(native_id)}/logs")
        return tuple({line.id: line for row in rows if (line := decoding.log_row(row)) is not None}.values())

    async def notes(self, native_id: str) -> tuple[NoteRow, ...]:
        """The latest thousand notes of an alert."""
        rows = await self._following(f"/v2/alerts/{segment(native_id)}/notes")
        return tuple({note.id: note for row in rows if (note := decoding.note_row(row)) is not None}.values())

    async def _following(self, path: str) -> list[Row]:
        """A list that goes on from the last row's own ``offset``."""

        async def get(way: str, params: Params) -> Answer:
            direction: Params = [("direction", "next")] if any(name == "offset" for name, _ in params) else []
            return await self._get(way, [("identifierType", "id"), ("order", "desc"), *direction, *params])

        def last(data: Row) -> str | None:
            rows = list(fields.rows(data, "data"))
            return fields.native_id(rows[-1], "offset") if rows else None

        return await _PAGER.cursor(get, path, "offset", last)

    # -- people and schedules ----------------------------------------------------------------------------------

    async def me(self, word: str | None) -> Person | None:
        """A key belongs to nobody: the user is found by mail address or id, or by the whole name. Where the key may
        not read users an address is enough, for alerts name people by it."""
        if word is None:
            return None
        try:
            if " " not in word:
                try:
                    row = await self._one(f"/v2/users/{segment(word)}")
                    return next(iter(decoding.people([row]).values()), None)
                except NotFound:
                    if "@" in word:
                        return None
            everybody = (await self.people(Roster()))[0].values()
        except AuthFailed as error:
            if error.status != 403:
                raise
            return Person(id=word, name=word, contact=word) if "@" in word else None
        return match(everybody, word)

    async def people(self, roster: Roster) -> tuple[Mapping[str, Person], str | None]:
        """All users."""
        found = await _PAGER.whole(self._get, "/v2/users")
        self.zones = zones(found.rows, "timeZone")
        return decoding.people(found.rows), found.note

    async def teams(self) -> Mapping[str, str]:
        """All teams."""
        return decoding.names(await self._rows("/v2/teams"))

    async def policies(self, roster: Roster) -> Sequence[Policy]:
        """All escalations."""
        rows = await self._rows("/v2/escalations")
        return [found for row in rows if (found := decoding.policy(row)) is not None]

    async def schedules(self, roster: Roster) -> Sequence[Schedule]:
        """All schedules that are on."""
        rows = await self._rows("/v2/schedules")
        return [found for row in rows if (found := decoding.schedule(row)) is not None]

    async def on_calls(self, schedules: Sequence[Schedule]) -> Mapping[str, tuple[Person, ...]]:
        """Who is on call now, for all schedules in one call."""
        rows = await self._rows("/v2/schedules/on-calls", [("flat", False)])
        return {
            schedule_id: decoding.participants(fields.rows(row, "onCallParticipants"))
            for row in rows
            if (schedule_id := fields.native_id(row, "_parent", "id")) is not None
        }

    async def timeline(self, schedule: Schedule, since: datetime) -> Sequence[Stretch]:
        """Who holds a schedule in the next weeks."""
        way = f"/v2/schedules/{segment(schedule.id)}/timeline"
        window: Params = [("interval", WEEKS), ("intervalUnit", "weeks"), ("date", iso(since))]
        return decoding.stretches(await self._one(way, [("identifierType", "id"), *window]))

    async def health(self, now: datetime) -> tuple[HealthCheck, ...]:
        """The heartbeats that are on."""
        answer = await self._get("/v2/heartbeats")
        if not fields.is_list(answer.data, "data", "heartbeats"):
            raise BadAnswer(f"{self.client.host} answers /v2/heartbeats without heartbeats")
        rows = list(fields.rows(answer.data, "data", "heartbeats"))
        if rows and all(fields.text(row, "name") is None for row in rows):
            raise BadAnswer(f"{self.client.host} answers with heartbeats without names")
        found = [check for row in rows if (check := decoding.heartbeat(row, self._source, now)) is not None]
        return tuple({check.id: check for check in found}.values())

    # -- actions -----------------------------------------------------------------------------------------------

    async def send(self, row: OutboxRow, me: Person | None, roster: Roster) -> Sent:
        """Send an action; ``native_ref`` is its request's id (several, with commas, where it took several calls)."""
        by_level = row.verb is Verb.ESCALATE and "level" in row.params
        asked = (await self.page(split_id(row.target)[1])).responders if by_level else ()
        return await self._actor.send(row, me, roster, asked)

    async def declare(self, row: OutboxRow, me: Person | None) -> Sent:
        """Make an alert; ``native_ref`` is its request's id."""
        return await self._actor.declare(row, me)

    async def by_alias(self, alias: str) -> str | None:
        """The id of the open alert of that alias."""
        try:
            row = await self._one(f"/v2/alerts/{segment(alias)}", [("identifierType", "alias")])
        except NotFound:
            return None
        return page_id(row) if fields.text(row, "alias") == alias else None

    async def rows_since(self, since: datetime) -> Sequence[Row]:
        """Alerts that were made since then, the first thousand."""
        return (await _PAGER.whole(self._get, "/v2/alerts", created_since(since), max_pages=10)).rows

    async def override(self, row: OutboxRow) -> Sent:
        """Let somebody stand in on a schedule, under an alias of ours: the same one is never made twice."""
        body = asked_for.stand_in(row, "user")
        try:
            answer = await self.client.request("POST", _overrides(row), params=[_BY_ID], json=body)
        except AuthFailed as error:
            if error.status == 403:
                raise Refused(f"the key may not do that (it needs {_CONFIGURATION}): {error}", status=403) from None
            raise
        return Sent(native_ref=fields.native_id(answer.data, "data", "alias"))

    async def overrides(self, row: OutboxRow) -> Sequence[Standing]:
        """Those of the row's schedule."""
        rows = await self._rows(_overrides(row), [_BY_ID])
        return [found for one in rows if (found := standing(one, "user")) is not None]

    async def outcome(self, row: OutboxRow) -> tuple[Done | None, ...]:
        """What became of its requests: 404 until Opsgenie has done them."""
        kind = "v1/incidents" if split_id(row.target)[1].startswith(INCIDENT) else "v2/alerts"
        found: list[Done | None] = []
        for request_id in (row.native_ref or "").split(",") if row.native_ref else ():
            try:
                told = await self._one(f"/{kind}/requests/{segment(request_id)}")
            except NotFound:
                found.append(None)
                continue
            found.append(done(told))
        return tuple(found)

    # -- check -------------------------------------------------------------------------------------------------

    async def inspect(self) -> Inspection:
        """One call for each part. Alerts must come."""
        await self._rows("/v2/alerts", [("limit", 1)])
        notes, missing = [], set[Capability]()
        asked: tuple[tuple[str, Params, str, frozenset[Capability]], ...] = (
            ("/v2/schedules", (), "no on-call", _ROTA),
            ("/v2/escalations", (), "no escalations", frozenset({Capability.ESCALATION})),
            ("/v2/heartbeats", (), "no heartbeats", frozenset({Capability.HEALTH})),
            (
                "/v1/incidents/",
                [("query", "status: open"), ("limit", 1)],
                "no incidents besides alerts (not in this plan, or the key may not read them)",
                frozenset(),
            ),
        )
        for path, params, words, lost in asked:
            try:
                await self._get(path, params)
            except (AuthFailed, Refused) as error:
                notes.append(f"{words}: {error}")
                missing |= lost
        notes.append("whether the key may act (Create and update) shows at the first action")
        return Inspection(missing=frozenset(missing), notes=tuple(notes))

    def ends(self, now: datetime) -> str | None:
        """From the year of its end on."""
        if now < WARN_FROM:
            return None
        return f"Opsgenie's API ends on {ENDS:%Y-%m-%d}: see docs/sources/moving-from-opsgenie.md"

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self.client.aclose()


def _open_incidents(known: Known) -> list[str]:
    return [one for one, incident in known.incidents.items() if one.startswith(INCIDENT) and incident.is_open]


_ROTA = frozenset({Capability.ON_CALL, Capability.SCHEDULES})


_BY_ID = ("scheduleIdentifierType", "id")


def _overrides(row: OutboxRow) -> str:
    return f"/v2/schedules/{segment(split_id(row.target)[1])}/overrides"


def done(row: Row) -> Done | None:
    """What a request's status says; ``None`` where it says neither yes nor no."""
    success = fields.boolean(row, "isSuccess")
    if success is None:
        success = fields.boolean(row, "success")
    if success is None:
        return None
    text = f"Opsgenie: {fields.text(row, 'status') or 'it was not done'}"
    return Done(success=success, text=text, page=fields.native_id(row, "alertId"))
