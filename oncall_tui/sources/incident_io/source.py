"""incident.io as a source: what a poll brings, one incident or page read whole, actions sent and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from oncall_tui.model import (
    Alert,
    Incident,
    IncidentDetail,
    IncidentState,
    OutboxRow,
    Person,
    Snapshot,
    TimelineEntry,
    Verb,
    join_id,
    split_id,
)
from oncall_tui.sources import fields, identity
from oncall_tui.sources.access import Parts
from oncall_tui.sources.base import (
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
from oncall_tui.sources.incident_io import acting, declaring, reading
from oncall_tui.sources.incident_io.acting import EDITOR, LACKS, PAGER, Actor, Evidence, page_key, wanted_severity
from oncall_tui.sources.incident_io.decoding import EXPIRED_FOR, PAGE, Decoder, Update, related, resolution
from oncall_tui.sources.incident_io.furniture import Furniture
from oncall_tui.sources.incident_io.options import Options
from oncall_tui.sources.incident_io.paging import Row
from oncall_tui.sources.incident_io.reading import Rows

FIRST_LOOK_BACK = timedelta(hours=24)
"""Ended incidents read on the first poll: what a shift's handover speaks of."""
ENDED_EVERY = timedelta(minutes=5)
MAX_UPDATES = 8
"""Incidents whose updates are read in one poll; the others' turn is the next."""
_READS = frozenset(
    {
        Capability.INCIDENTS,
        Capability.TIMELINE,
        Capability.ALERTS,
        Capability.ON_CALL,
        Capability.SCHEDULES,
        Capability.ESCALATION,
    }
)
_EDITS = frozenset({Capability.SEVERITY, Capability.TITLE})


@dataclass(slots=True)
class _Gathered:
    """What one poll read, before it is put together. ``by_incident``: the pages of each incident, as far as
    read: those that are going, and those that were over lately."""

    opened: Rows
    pages: Rows | None
    by_incident: Mapping[str, list[Row]] = field(default_factory=dict)
    ended: dict[str, Row] = field(default_factory=dict)
    over: dict[str, Row] = field(default_factory=dict)


class IncidentIo:
    """One incident.io account, as its public API shows it."""

    kind: ClassVar[str] = "incident-io"
    lacks: ClassVar[Mapping[Verb, str]] = LACKS

    history_window = timedelta(days=2)

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._client = options.client(context)
        self._decoder = Decoder(context.name, options)
        self._furniture = Furniture(self._client, context.name, options.user or context.seat.user, context.clock)
        self._actor = Actor(self._client, self._furniture, options)
        self._pages: dict[str, Row] = {}
        """The pages that were going when they were last read."""
        self._expired: dict[str, Row] = {}
        """The pages that nobody answered, of the last day."""
        self._open: frozenset[str] = frozenset()
        """The incidents and pages that were open at the last poll."""
        self._ended_due: datetime | None = None
        self._read: dict[str, str] = {}
        """In which form each incident's updates were last read."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the key's roles allow; all of it until they are known."""
        able = set(_READS)
        if self._furniture.may(EDITOR):
            able |= _EDITS | {Capability.RESOLVE}
        if self._furniture.may(PAGER):
            able |= {Capability.ESCALATE, Capability.RESOLVE}
        if self._furniture.may(declaring.CREATOR):
            able |= {Capability.DECLARE}
        return frozenset(able)

    # -- poll --------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Read what is watched, once.

        Raises:
            SourceError: the open incidents did not come: then the rest must not look like a success.
        """
        now = self._clock.now()
        parts = Parts()
        opened = await reading.open_incidents(self._client)
        parts.succeeded()
        pages = await parts.take("pages", reading.going_pages(self._client))
        if pages is not None:
            self._pages = pages.by_id
        await self._furniture.refresh()
        gathered = _Gathered(opened, pages)
        still_open = frozenset((*opened.by_id, *self._pages))
        if self._open - still_open:
            self._ended_due = None  # something has just ended: how, is told by the lists of what has
        self._open = still_open
        await self._take_ended(gathered, known, parts, now)
        gathered.by_incident = _by_incident({**self._pages, **gathered.over})
        alerts = await parts.take("alerts", reading.firing_alerts(self._client))
        for what, rows in (("incidents", opened), ("pages", pages), ("alerts", alerts)):
            if rows is not None and not rows.whole:
                note = rows.note or f"{rows.lost} without an id of their own are not shown"
                parts.problems.append(f"{what}: {note}")
        incidents = {**self._incidents(gathered, known), **self._page_incidents(gathered, known)}
        timeline = await self._timeline(gathered, incidents, known, parts)
        on_call, shifts, directory = self._furniture.on_call(), self._furniture.shifts(), self._furniture.directory()
        self._furniture.told()
        return Snapshot(
            source=self.name,
            taken_at=now,
            incidents=tuple(incidents.values()),
            incidents_complete=opened.whole and pages is not None and pages.whole,
            alerts=self._alerts(alerts, gathered) if alerts is not None else None,
            alerts_complete=alerts is not None and alerts.whole,
            on_call=on_call,
            shifts=shifts,
            timeline=tuple(timeline),
            directory=directory,
            problems=(*parts.problems, *self._furniture.problems),
            failed=self._furniture.failed
            | ({Capability.ALERTS.value} if alerts is None else frozenset())
            | ({Capability.INCIDENTS.value} if pages is None else frozenset()),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        """Incidents of long ago with their updates and pages, two calls each. A stretch is one page. Raises
        SourceError."""
        await self._furniture.refresh()
        listed = await reading.incidents_between(self._client, start.date(), end.date())
        found: list[IncidentDetail] = []
        for native_id, row in listed.by_id.items():
            created = fields.instant(row, "created_at")
            if created is None or not start <= created < end:
                continue
            updates = await reading.updates_of(self._client, native_id)
            pages = await reading.pages_of(self._client, native_id)
            incident = self._decoder.incident(row, self._furniture.roster, pages, None, self._furniture.now)
            if incident is not None:
                timeline = tuple(self._decoder.timeline(updates, pages, incident))
                found.append(IncidentDetail(incident=self._able(incident), timeline=timeline))
        return HistoryPage(incidents=tuple(found), notes=(listed.note,) if listed.note else ())

    async def _take_ended(self, gathered: _Gathered, known: Known, parts: Parts, now: datetime) -> None:
        """What has ended: on the first poll, when something has left the lists, and every few minutes: the API filters
        by days only."""
        if self._ended_due is not None and now < self._ended_due:
            return
        skew = self._client.clock_skew or timedelta()
        since = (known.last_success or now - FIRST_LOOK_BACK) + skew
        since = min(since, now - timedelta(hours=1) + skew)
        ended = await parts.take("ended incidents", reading.ended_incidents(self._client, since))
        # Pages for as long as one that nobody answered stays in sight, whatever day it is, here or there.
        answered_since = min(since, self._furniture.earlier_now - EXPIRED_FOR)
        over = await parts.take("ended pages", reading.ended_pages(self._client, answered_since))
        if ended is not None:
            gathered.ended = ended.by_id
        if over is not None:
            gathered.over = over.by_id
            told = over.by_id if over.whole else {**self._expired, **over.by_id}
            self._expired = {key: row for key, row in told.items() if fields.text(row, "status") == "expired"}
        for what, rows in (("ended incidents", ended), ("ended pages", over)):
            if rows is not None and rows.note is not None:
                parts.problems.append(f"{what}: {rows.note}")
        if ended is not None and over is not None:
            self._ended_due = now + ENDED_EVERY

    def _incidents(self, gathered: _Gathered, known: Known) -> dict[str, Incident]:
        found = {}
        for native_id, row in {**gathered.ended, **gathered.opened.by_id}.items():
            pages = gathered.by_incident.get(native_id, [])
            incident = self._decoder.incident(
                row, self._furniture.roster, pages, known.incidents.get(native_id), self._furniture.now
            )
            if incident is not None:
                found[native_id] = self._able(incident)
        return found

    def _able(self, incident: Incident) -> Incident:
        """With the verbs that the key's roles allow on it, where they are fewer than the source's."""
        if incident.native_id.startswith(PAGE):
            return incident if self._furniture.may(PAGER) else replace(incident, takes=())
        return incident if self._furniture.may(EDITOR) else replace(incident, takes=(Verb.ESCALATE.value,))

    def _page_incidents(self, gathered: _Gathered, known: Known) -> dict[str, Incident]:
        """Pages that belong to no open incident; one that came to belong to one is merged into it."""
        found = {}
        going = gathered.pages.by_id if gathered.pages is not None else {}
        for escalation, row in {**self._expired, **gathered.over, **going}.items():
            native_id = PAGE + escalation
            held = known.incidents.get(native_id)
            page = self._decoder.page(row, self._furniture.roster, held, self._furniture.earlier_now)
            if page is None:
                continue
            home = next((incident for incident in related(row) if incident in gathered.opened.by_id), None)
            if home is None and (escalation in going or not related(row)):
                found[native_id] = self._able(page)
            elif home is not None and held is not None and held.is_open:
                found[native_id] = self._merged(page, home)
        return found

    def _merged(self, page: Incident, home: str) -> Incident:
        return replace(
            page,
            state=IncidentState.RESOLVED,
            resolved_at=page.updated_at,
            assignees=(),
            merged_into=join_id(self.name, home),
        )

    def _alerts(self, rows: Rows, gathered: _Gathered) -> tuple[Alert, ...]:
        belongs: dict[str, str] = {}
        for escalation, page in self._pages.items():
            homes = [incident for incident in related(page) if incident in gathered.opened.by_id]
            for item in fields.rows(page, "related_alerts"):
                alert = fields.native_id(item, "id")
                if alert is not None:
                    belongs[alert] = homes[0] if homes else PAGE + escalation
        now = self._furniture.now
        found = (self._decoder.alert(row, belongs, now) for row in rows.by_id.values())
        return tuple(alert for alert in found if alert is not None)

    async def _timeline(
        self, gathered: _Gathered, incidents: Mapping[str, Incident], known: Known, parts: Parts
    ) -> list[TimelineEntry]:
        """Events of pages, and the updates of new and changed incidents, open ones first, a few a poll."""
        entries: dict[str, TimelineEntry] = {}
        for native_id, incident in incidents.items():
            pages = gathered.by_incident.get(native_id, [])
            if native_id.startswith(PAGE):
                escalation = native_id.removeprefix(PAGE)
                pages = [
                    self._pages.get(escalation) or gathered.over.get(escalation) or self._expired.get(escalation) or {}
                ]
            for page in pages:
                entries |= {entry.id: entry for entry in self._decoder.events(page, incident)}
        self._read = {key: stamp for key, stamp in self._read.items() if key in incidents or key in known.incidents}
        due = [
            incident
            for native_id, incident in incidents.items()
            if not native_id.startswith(PAGE) and self._read.get(native_id) != str(incident.updated_at)
        ]
        due.sort(key=lambda incident: (not incident.is_open, incident.native_id in known.incidents))
        for incident in due[:MAX_UPDATES]:
            what = f"updates of {incident.number or incident.native_id}"
            found = await parts.take(what, reading.updates_of(self._client, incident.native_id))
            if found is None:
                break  # what goes wrong with one goes wrong with the next
            self._read[incident.native_id] = str(incident.updated_at)
            entries |= {entry.id: entry for entry in self._decoder.timeline(found, (), incident)}
        return list(entries.values())

    # -- one incident ------------------------------------------------------------------------------------------

    async def read(self, native_id: str) -> IncidentDetail:
        """One incident or page whole. Raises NotFound and other SourceErrors."""
        detail, _, _ = await self._whole(native_id)
        return detail

    async def _whole(self, native_id: str) -> tuple[IncidentDetail, Row, list[Update]]:
        if native_id.startswith(PAGE):
            return await self._whole_page(native_id)
        row = await reading.incident(self._client, native_id)
        pages = await reading.pages_of(self._client, native_id)
        found = await reading.updates_of(self._client, native_id)
        await self._furniture.ensure_all()
        incident = self._decoder.incident(row, self._furniture.roster, pages, None, self._furniture.now)
        assert incident is not None, "it has the id that it was asked for by"
        ending = resolution(found)
        if not incident.is_open and ending is not None:
            incident = replace(incident, resolved_at=ending.at, resolved_by=ending.by)
        timeline = tuple(self._decoder.timeline(found, pages, incident))
        return IncidentDetail(incident=self._able(incident), timeline=timeline), row, found

    async def _whole_page(self, native_id: str) -> tuple[IncidentDetail, Row, list[Update]]:
        row = await reading.page(self._client, native_id.removeprefix(PAGE))
        await self._furniture.ensure_all()
        page = self._decoder.page(row, self._furniture.roster, None, self._furniture.earlier_now)
        assert page is not None, "it has the id that it was asked for by"
        for item in fields.rows(row, "related_incidents"):
            home = fields.native_id(item, "id")
            if home is not None and fields.text(item, "status_category") in ("triage", "active", "paused"):
                page = self._merged(page, home)
                break
        return IncidentDetail(incident=self._able(page), timeline=tuple(self._decoder.events(row, page))), row, []

    # -- actions -----------------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For a new incident: those of that name; nothing else: a page has a key of its own. Raises SourceError."""
        return tuple(await declaring.alike(self._client, row)) if row.verb is Verb.DECLARE else ()

    async def send(self, row: OutboxRow) -> Sent:
        """Send the action once. Raises Refused with incident.io's reason, Unsupported, other SourceErrors."""
        if row.verb is Verb.DECLARE:
            return await declaring.create(self._client, self._furniture, self._options, row)
        return await self._actor.send(row)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read back whether it has taken effect. Raises SourceError."""
        if row.verb is Verb.DECLARE:
            return await self._declared(row)
        try:
            detail, raw, found = await self._whole(split_id(row.target)[1])
        except NotFound:
            return Confirmation(outcome=Outcome.UNKNOWN, text="incident.io does not find it any more")
        skew = self._client.clock_skew or timedelta()
        made = severity = None
        if row.verb is Verb.ESCALATE:
            pressed = row.created_at + skew - acting.TOLERANCE
            made = await reading.paged_with(self._client, page_key(row), pressed)
        elif row.verb is Verb.SEVERITY:
            severity = await wanted_severity(self._furniture, self._options, row.params["severity"])
        elif row.verb is Verb.RESOLVE:
            await self._furniture.ensure("the key")
        evidence = Evidence(
            row=row,
            raw=raw,
            incident=detail.incident,
            updates=found,
            key_name=self._furniture.key_name,
            since=(row.sent_at or row.created_at) + skew - acting.TOLERANCE,
            made=made,
            severity=severity,
        )
        return replace(acting.judge(evidence), detail=detail)

    async def _declared(self, row: OutboxRow) -> Confirmation:
        """Whether the incident is there, and its page."""
        since = row.created_at + (self._client.clock_skew or timedelta()) - acting.TOLERANCE
        native_id = await declaring.find(self._client, row, since)
        if native_id is None:
            return Confirmation(outcome=Outcome.NOT_APPLIED)
        return Confirmation(outcome=Outcome.APPLIED, native_ref=native_id, detail=await self.read(native_id))

    # -- the rest ----------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """For ``check``: whether the key works, which roles it has, whom the seat is."""
        user: Person | None = None
        error: SourceError | None = None
        notes: list[str] = []
        try:
            await self._furniture.ensure("the key")
            user = await self._furniture.me()
        except SourceError as caught:
            error = caught
        if error is None:
            lacking = (
                ("viewer", "View data", "incidents, pages and alerts cannot be read"),
                (EDITOR, "Edit incidents", "no severity, title or status can be set"),
                (PAGER, "Create and manage escalations", "nobody can be paged"),
                (declaring.CREATOR, "Create incidents", "no incident can be declared"),
            )
            notes += [
                f"the key lacks the role {role} ({title}): {what}"
                for role, title, what in lacking
                if not self._furniture.may(role)
            ]
            if user is None:
                notes.append(f"{identity.not_found(self._client.host, self._furniture.wanted)}: nothing is mine")
        budget, skew = self._client.budget, self._client.clock_skew
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=self._client.latency_ms,
            user=user,
            can=() if error else tuple(sorted(capability.value for capability in self.capabilities)),
            rate_limit=budget.limit if budget else None,
            rate_remaining=budget.remaining if budget else None,
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            notes=tuple(notes),
        )

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()


def _by_incident(pages: Mapping[str, Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for page in pages.values():
        for incident in related(page):
            found.setdefault(incident, []).append(page)
    return found
