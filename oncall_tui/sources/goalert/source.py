"""GoAlert as a source: what a poll brings, one alert read whole, actions sent and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from oncall_tui.clock import iso
from oncall_tui.model import (
    HealthCheck,
    HealthStatus,
    Incident,
    IncidentDetail,
    OutboxRow,
    Person,
    Snapshot,
    TimelineEntry,
    Verb,
    join_id,
    split_id,
)
from oncall_tui.sources import fields, identity
from oncall_tui.sources import overriding as standing_in
from oncall_tui.sources.access import Parts
from oncall_tui.sources.base import (
    BadAnswer,
    Capability,
    Confirmation,
    HistoryPage,
    Known,
    NotFound,
    Outcome,
    Probe,
    Sent,
    SourceContext,
    SourceError,
)
from oncall_tui.sources.goalert import acting, declaring, documents, overriding
from oncall_tui.sources.goalert.api import Api, Listing, Row
from oncall_tui.sources.goalert.decoding import Decoder, Event, alert_id, events
from oncall_tui.sources.goalert.furniture import Furniture
from oncall_tui.sources.goalert.options import Options

_OPEN = ["StatusUnacknowledged", "StatusAcknowledged"]
FIRST_LOOK_BACK = timedelta(hours=24)
"""Closed alerts read on the first poll: what a shift's handover speaks of."""
OVERLAP = timedelta(minutes=2)
MAX_LOGS = 8
"""Alerts whose log is read in one poll; the others' turn is the next."""
EVENTS = 100
"""Lines of a log that are read; the server refuses more than 149."""
_READS = frozenset(
    {
        Capability.INCIDENTS,
        Capability.TIMELINE,
        Capability.HEALTH,
        Capability.ON_CALL,
        Capability.SCHEDULES,
        Capability.ESCALATION,
    }
)


class GoAlert:
    """One GoAlert server, as its GraphQL API shows it."""

    kind: ClassVar[str] = "goalert"
    lacks: ClassVar[Mapping[Verb, str]] = acting.LACKS
    capabilities: frozenset[Capability] = _READS | {
        Capability.ACKNOWLEDGE,
        Capability.RESOLVE,
        Capability.ESCALATE,
        Capability.OVERRIDE,
        Capability.DECLARE,
    }

    history_window = timedelta(days=1)

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._wanted = options.user or context.seat.user
        self._api = Api(options, context)
        self._decoder = Decoder(context.name, options)
        self._furniture = Furniture(self._api, context.name, context.clock)
        self._closed_since: datetime | None = None
        """From when on, by the server's clock, closed alerts were not read."""
        self._read: dict[str, str] = {}
        """In which form each alert's log was last read."""

    # -- poll --------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Read what is watched, once.

        Raises:
            SourceError: the open alerts did not come: then the rest must not look like a success.
        """
        now = self._clock.now()
        parts = Parts()
        opened = await self._alerts({"filterByStatus": _OPEN, "sort": "statusID"})
        parts.succeeded()
        if opened.note:
            parts.problems.append(f"incidents: {opened.note}")
        await self._furniture.refresh()
        since = self._since(known)
        closed = await parts.take(
            "closed alerts",
            self._alerts(
                {"filterByStatus": ["StatusClosed"], "notClosedBefore": iso(since), "sort": "dateID"}, pages=5
            ),
        )
        self._closed_since = since if closed is None else None
        if closed is not None and closed.note:
            parts.problems.append(f"closed alerts: {closed.note}")
        rows, lost = _by_number([*opened.rows, *(closed.rows if closed is not None else ())])
        if lost:
            parts.problems.append(f"incidents: {lost} without a usable number are not shown")
        logs = await self._logs(rows, known, parts)
        incidents: dict[str, Incident] = {}
        timeline: list[TimelineEntry] = []
        for number, row in rows.items():
            log = events(logs[number]) if number in logs else None
            incidents[number] = self._one(row, log, known.incidents.get(number))
            if log is not None:
                timeline += self._decoder.timeline(row, log, incidents[number])
        health = await parts.take("health", self._health(now))
        on_call, shifts, directory = self._furniture.on_call(), self._furniture.shifts(), self._furniture.directory()
        self._furniture.told()
        return Snapshot(
            source=self.name,
            taken_at=now,
            incidents=tuple(incidents.values()),
            incidents_complete=opened.note is None and not lost,
            health=health,
            on_call=on_call,
            shifts=shifts,
            timeline=tuple(timeline),
            directory=directory,
            problems=(*parts.problems, *self._furniture.problems),
            failed=self._furniture.failed | ({Capability.HEALTH.value} if health is None else frozenset()),
            clock_skew=self._api.client.clock_skew,
        )

    def _since(self, known: Known) -> datetime:
        there = self._furniture.now
        if known.last_success is None:
            return there - FIRST_LOOK_BACK
        since = min(known.last_success + (self._api.client.clock_skew or timedelta()), there) - OVERLAP
        return min(since, self._closed_since or since)

    async def _alerts(self, given: Mapping[str, object], pages: int = 50) -> Listing:
        more = {"favoritesOnly": True, "includeNotified": True} if self._options.favorites_only else {}
        return await self._api.listing(documents.ALERTS, "alerts", {**given, **more}, max_pages=pages)

    async def _logs(self, rows: Mapping[str, Row], known: Known, parts: Parts) -> dict[str, Row]:
        """The logs of open alerts before those of closed ones; of new ones before those of changed ones."""
        self._read = {number: stamp for number, stamp in self._read.items() if number in rows}
        due = [number for number, row in rows.items() if self._read.get(number) != _stamp(row)]
        due.sort(key=lambda number: (_is_closed(rows[number]), number in known.incidents, number in self._read))
        found = {}
        for number in due[:MAX_LOGS]:
            row = await parts.take(f"log of {number}", self._alert(number))
            if row is None:
                break  # what goes wrong with one goes wrong with the next
            found[number] = row
            self._read[number] = _stamp(rows[number])
        return found

    async def _alert(self, number: str) -> Row:
        """One alert with its log. Raises NotFound and other SourceErrors."""
        if not (number.isascii() and number.isdigit() and len(number) <= 9):
            raise NotFound(f"GoAlert has no alert {number[:40]}", status=404)
        data = await self._api.query(documents.ALERT, id=int(number), limit=EVENTS)
        if "alert" in data and data["alert"] is None:
            raise NotFound(f"GoAlert does not find alert {number}", status=404)
        row = fields.obj(data, "alert")
        if alert_id(row) != number:
            raise BadAnswer(f"{self._api.client.host} answers with another alert than {number}")
        return row

    def _one(self, row: Row, log: list[Event] | None, known: Incident | None) -> Incident:
        found = self._decoder.incident(row, self._furniture.roster, log, known, self._furniture.now)
        assert found is not None, "rows without a number are lost before"
        return found

    async def _health(self, now: datetime) -> tuple[HealthCheck, ...]:
        status, detail = HealthStatus.OK, None
        answer = await self._api.client.request("GET", "/health", want_json=False, accept=(500, 503))
        if answer.status >= 500:
            status = HealthStatus.DOWN
            detail = fields.text({"v": answer.text}, "v", limit=200) or f"answers {answer.status}"
        check = HealthCheck(
            id=join_id(self.name, "health"),
            source=self.name,
            name="GoAlert",
            status=status,
            checked_at=now,
            value=round(answer.latency_ms, 1),
            unit="ms",
            detail=detail,
            url=self._options.shown_url,
        )
        return (check,)

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        """Alerts of long ago with their logs, a call each: GoAlert is the team's own. A stretch is one page. Raises
        SourceError."""
        await self._furniture.refresh()
        listed = await self._alerts(
            {
                "filterByStatus": ["StatusClosed"],
                "notCreatedBefore": iso(start),
                "createdBefore": iso(end),
                "sort": "dateID",
            }
        )
        rows, lost = _by_number(listed.rows)
        found: list[IncidentDetail] = []
        for number, row in rows.items():
            created = fields.instant(row, "createdAt")
            if created is not None and start <= created < end:
                found.append(self._detail(await self._alert(number)))
        notes = [listed.note] if listed.note else []
        notes += [f"{lost} without a usable number are left out"] if lost else []
        return HistoryPage(incidents=tuple(found), notes=tuple(notes))

    # -- one alert ---------------------------------------------------------------------------------------------

    async def read(self, native_id: str) -> IncidentDetail:
        """One alert whole. Raises NotFound and other SourceErrors."""
        row = await self._alert(native_id)
        await self._furniture.ensure()
        return self._detail(row)

    def _detail(self, row: Row) -> IncidentDetail:
        log = events(row)
        incident = self._one(row, log, None)
        return IncidentDetail(incident=incident, timeline=tuple(self._decoder.timeline(row, log, incident)))

    # -- actions -----------------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For an escalation: the log's escalations, so that the last one is not taken for the next; for an override:
        the ids of those that say the same already. Raises SourceError."""
        if row.verb is Verb.OVERRIDE:
            return standing_in.equal_ones(await overriding.there(self._api, row), row)
        if row.verb is not Verb.ESCALATE:
            return ()
        return acting.escalations(events(await self._alert(split_id(row.target)[1])))

    async def send(self, row: OutboxRow) -> Sent:
        """Send the action once. Raises Refused with GoAlert's reason, Unsupported, other SourceErrors."""
        number = split_id(row.target)[1]
        match row.verb:
            case Verb.OVERRIDE:
                self._furniture.outdate_duties()
                return await overriding.create(self._api, self._furniture, row)
            case Verb.DECLARE:
                return await declaring.create(self._api, self._furniture, self._options, row)
            case Verb.ACKNOWLEDGE | Verb.RESOLVE:
                return await acting.set_status(self._api, self._furniture, number, row.verb)
            case Verb.ESCALATE:
                level = acting.wanted_level(row)
                return await acting.escalate(self._api, self._furniture, await self._alert(number), level)
        raise acting.unsupported(row.verb)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read back whether it has taken effect. Raises SourceError."""
        if row.verb is Verb.OVERRIDE:
            self._furniture.outdate_duties()
            return standing_in.judge(await overriding.there(self._api, row), row)
        if row.verb is Verb.DECLARE:
            return await self._declared(row)
        try:
            raw = await self._alert(split_id(row.target)[1])
        except NotFound:
            return Confirmation(outcome=Outcome.UNKNOWN, text="GoAlert does not find the alert any more")
        me = await self._furniture.me()
        await self._furniture.ensure()
        detail = self._detail(raw)
        since = (row.sent_at or row.created_at) + (self._api.client.clock_skew or timedelta()) - acting.TOLERANCE
        found = acting.judge(row, detail.incident, events(raw), me, self._furniture.roster, since)
        return replace(found, detail=detail)

    async def _declared(self, row: OutboxRow) -> Confirmation:
        """Whether the alert of that key is there."""
        since = row.created_at + (self._api.client.clock_skew or timedelta()) - OVERLAP
        number = row.native_ref or await declaring.find(self._api, row, since)
        if number is None:
            return Confirmation(outcome=Outcome.NOT_APPLIED)
        return Confirmation(outcome=Outcome.APPLIED, native_ref=number, detail=await self.read(number))

    # -- the rest ----------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """For ``check``: whether signing in works, as whom, what can be done."""
        user: Person | None = None
        error: SourceError | None = None
        notes: list[str] = []
        try:
            await self._api.listing(documents.ALERTS, "alerts", {"filterByStatus": _OPEN}, max_pages=1)
            user = await self._furniture.me()
        except SourceError as caught:
            error = caught
        if error is None and user is None:
            notes.append("the token is no user's: nothing is mine, and no action can be done")
        elif user is not None and self._wanted and identity.match([user], self._wanted) is None:
            notes.append(f"the session is that of {user.name}, not of {self._wanted}: actions are done in that name")
        able = self.capabilities if user is not None else _READS
        skew = self._api.client.clock_skew
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=self._api.client.latency_ms,
            user=user,
            can=() if error else tuple(sorted(capability.value for capability in able)),
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            notes=tuple(notes),
        )

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._api.aclose()


def _by_number(rows: list[Row]) -> tuple[dict[str, Row], int]:
    """The alerts by number, and how many cannot be told apart or have none. An alert that was closed between both
    lists is in both: the later counts."""
    found: dict[str, Row] = {}
    lost = 0
    for row in rows:
        number = alert_id(row)
        if number is None or (number in found and fields.walk(found[number], "id") != fields.walk(row, "id")):
            lost += 1
        else:
            found[number] = row
    return found, lost


def _is_closed(row: Row) -> bool:
    return fields.text(row, "status") == "StatusClosed"


def _stamp(row: Row) -> str:
    parts = (fields.text(row, "status"), fields.text(row, "state", "lastEscalation"), fields.text(row, "noiseReason"))
    return " ".join(str(part) for part in parts)
