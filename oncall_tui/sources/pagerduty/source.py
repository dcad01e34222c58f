"""PagerDuty as a source: what a poll brings, one incident read whole, actions sent and read back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from oncall_tui.model import (
    Incident,
    IncidentDetail,
    IncidentState,
    OutboxRow,
    Snapshot,
    TimelineEntry,
    Verb,
    split_id,
)
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
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
)
from oncall_tui.sources.pagerduty import overrides, reading
from oncall_tui.sources.pagerduty.acting import Actor
from oncall_tui.sources.pagerduty.changes import ChangeReader
from oncall_tui.sources.pagerduty.confirming import STEPS, Evidence, equal_notes, judge, sent_since
from oncall_tui.sources.pagerduty.declaring import Declarer
from oncall_tui.sources.pagerduty.decoding import Decoder, LogLine
from oncall_tui.sources.pagerduty.fired import Fired
from oncall_tui.sources.pagerduty.furniture import Furniture
from oncall_tui.sources.pagerduty.options import Options
from oncall_tui.sources.pagerduty.paging import Row, server_now
from oncall_tui.sources.pagerduty.probing import probe
from oncall_tui.sources.pagerduty.reading import Changes, Closed, Detail
from oncall_tui.sources.pagerduty.seat import Me


@dataclass(slots=True)
class _Gathered:
    """What one poll read of incidents, before it is put together."""

    rows: list[Row]
    complete: bool
    closed: Closed
    log: list[LogLine]
    details: dict[str, Detail]


class PagerDuty:
    """One PagerDuty account, as its REST API v2 shows it."""

    kind: ClassVar[str] = "pagerduty"
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.INCIDENTS,
            Capability.TIMELINE,
            Capability.ALERTS,
            Capability.CHANGES,
            Capability.ON_CALL,
            Capability.SCHEDULES,
            Capability.ESCALATION,
            Capability.ACKNOWLEDGE,
            Capability.UNACKNOWLEDGE,
            Capability.RESOLVE,
            Capability.REOPEN,
            Capability.ESCALATE,
            Capability.REASSIGN,
            Capability.SNOOZE,
            Capability.NOTE,
            Capability.SEVERITY,
            Capability.MERGE,
            Capability.RESPONDERS,
            Capability.TITLE,
            Capability.OVERRIDE,
            Capability.DECLARE,
        }
    )

    history_window = timedelta(days=1)
    """PagerDuty lists 10,000 at most, and six months."""

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._clock = context.clock
        self._client = options.client(context)
        self._words = options.severities()
        self._decoder = Decoder(context.name, self._words)
        self._me = Me(self._client, options.user or context.seat.user)
        self._furniture = Furniture(self._client, context.name, context.seat.teams)
        self._actor = Actor(self._client, context.name, self._me, self._furniture, self._words, context.clock)
        self._declarer = Declarer(self._client, self._me, self._furniture, self._words, context.clock)
        self._changes = Changes()
        self._works = ChangeReader(self._client, context.name)
        self._fired = Fired(self._decoder)
        self._polled = False

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
        there = server_now(self._client, now)
        if opened.note:
            parts.problems.append(f"incidents: {opened.note}")
        ids = {native_id for row in opened.rows if (native_id := fields.native_id(row, "id"))}
        closed, log, *_ = await asyncio.gather(
            parts.take("resolved incidents", reading.closed_incidents(self._client, known, ids, there)),
            parts.take("log", reading.account_log(self._client, self._log_since(known, there))),
            self._furniture.refresh(now),
            self._works.refresh(now),
        )
        if closed is not None and closed.note:
            parts.problems.append(f"resolved incidents: {closed.note}")
        if log is not None and log[1]:
            parts.problems.append(f"log: {log[1]}")
        lines = log[0] if log is not None else []
        fresh = self._changes.fresh(lines)
        rows = [*opened.rows, *(closed.rows if closed is not None else ())]
        details = await self._read_details(rows, known, parts)
        whole = opened.note is None and closed is not None and not closed.unsure
        gathered = _Gathered(rows, whole, closed or Closed(), lines, details)
        incidents = self._incidents(gathered, known, there)
        missed = len(rows) + len(gathered.closed.gone) - len(incidents)
        if missed:
            parts.problems.append(f"incidents: {missed} without a usable id are not shown")
        if gathered.closed.unsure:
            parts.problems.append(
                f"incidents: {len(gathered.closed.unsure)} not in the list of open ones, not yet asked for"
            )
        on_call, shifts, directory = self._furniture.on_call(now), self._furniture.shifts(), None
        if self._furniture.directory(None) is not None:
            await parts.take("the seat's user", self._me.find())
            directory = self._furniture.directory(self._me.person)
        self._furniture.told()
        self._polled = True
        return Snapshot(
            source=self.name,
            taken_at=now,
            incidents=tuple(incidents.values()),
            incidents_complete=gathered.complete and not missed,
            alerts=self._fired.update(fresh, incidents, known.incidents, there),
            on_call=on_call,
            shifts=shifts,
            changes=self._works.changes(self._furniture.service_names),
            timeline=tuple(self._timeline(gathered, incidents)),
            directory=directory,
            problems=(*parts.problems, *self._furniture.problems, *self._works.problems),
            failed=self._furniture.failed.union(
                [Capability.ALERTS.value] if log is None else (),
                [Capability.CHANGES.value] if self._works.has_failed else (),
            ),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    def _log_since(self, known: Known, now: datetime) -> datetime:
        since = min(known.since or now, now)
        if known.since is None or not self._polled:
            since = min(since, now - reading.ALERT_WINDOW)  # alerts of the last hour are told anew by each process
        return max(since, now - reading.LOG_LOOK_BACK) - reading.OVERLAP

    async def _read_details(self, rows: Sequence[Row], known: Known, parts: Parts) -> dict[str, Detail]:
        chosen = self._changes.next(rows, known)
        by_id = {fields.native_id(row, "id"): row for row in rows}
        read = await asyncio.gather(
            *(parts.take(f"log of {native_id}", reading.detail(self._client, native_id)) for native_id in chosen)
        )
        found = {}
        for native_id, detail in zip(chosen, read, strict=True):
            if detail is not None:
                found[native_id] = detail
                self._changes.done(by_id[native_id])
        return found

    def _incidents(self, gathered: _Gathered, known: Known, now: datetime) -> dict[str, Incident]:
        by_incident: dict[str, list[LogLine]] = {}
        for line in gathered.log:
            by_incident.setdefault(line.incident_id, []).append(line)
        found: dict[str, Incident] = {}
        for row in gathered.rows:
            native_id = fields.native_id(row, "id") or ""
            detail = gathered.details.get(native_id)
            lines = detail.lines if detail is not None else by_incident.get(native_id, [])
            held = known.incidents.get(native_id)
            incident = self._decoder.incident(row, self._furniture.roster, lines, held, now)
            if incident is not None:
                found[incident.native_id] = incident
        for native_id in gathered.closed.gone:
            found[native_id] = replace(known.incidents[native_id], state=IncidentState.UNKNOWN)
        return found

    def _timeline(self, gathered: _Gathered, incidents: Mapping[str, Incident]) -> list[TimelineEntry]:
        firsts = {fields.native_id(row, "id"): _first_trigger(row) for row in gathered.rows}
        entries: dict[str, TimelineEntry] = {}
        for native_id, incident in incidents.items():
            detail = gathered.details.get(native_id)
            lines = [line for line in gathered.log if line.incident_id == native_id]
            told = [*self._decoder.timeline(lines, (), incident, firsts.get(native_id))]
            if detail is not None:
                told += self._decoder.timeline(detail.lines, detail.notes, incident, firsts.get(native_id))
            entries |= {entry.id: entry for entry in told}
        return list(entries.values())

    # -- one incident ------------------------------------------------------------------------------------------

    async def read(self, native_id: str) -> IncidentDetail:
        """One incident whole. Raises NotFound and other SourceErrors."""
        now = self._clock.now()
        row = await reading.incident_row(self._client, native_id)
        detail, alert_rows, _ = await asyncio.gather(
            reading.detail(self._client, native_id),
            reading.incident_alerts(self._client, native_id),
            self._furniture.ensure(now),
        )
        incident = self._one(row, native_id, detail.lines, now)
        return IncidentDetail(
            incident=incident,
            timeline=tuple(self._decoder.timeline(detail.lines, detail.notes, incident, _first_trigger(row))),
            alerts=tuple(self._decoder.alerts(alert_rows, incident)),
        )

    def _one(self, row: Row, native_id: str, lines: list[LogLine], now: datetime) -> Incident:
        incident = self._decoder.incident(row, self._furniture.roster, lines, None, now)
        if incident is None or incident.native_id != native_id:
            raise BadAnswer("PagerDuty answers with another incident than the one that was asked for")
        return incident

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        """Incidents of long ago; a stretch is one page. Raises SourceError."""
        from oncall_tui.sources.pagerduty import history as past  # no poll needs it

        now = self._clock.now()
        await self._furniture.ensure(now)
        there = server_now(self._client, now)
        return await past.history(self._client, self._decoder, self._furniture.roster, start, end, there)

    # -- actions -----------------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For a note and an override: the ids of those that say the same already; for an escalation: of the log's
        escalations and assignments, so that the last one is not taken for the next. Raises SourceError."""
        native_id = split_id(row.target)[1]
        match row.verb:
            case Verb.OVERRIDE:
                return await overrides.equal_ones(self._client, row)
            case Verb.NOTE:
                me, found = await asyncio.gather(self._me.find(), reading.incident_notes(self._client, native_id))
                return equal_notes(row, found, me)
            case Verb.ESCALATE:
                lines = await reading.incident_log(self._client, native_id)
                return tuple(line.id for line in lines if line.kind in STEPS)
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Send the action once. Raises Refused with PagerDuty's code, Unsupported, other SourceErrors."""
        if row.verb is Verb.OVERRIDE:
            self._furniture.outdate_duties()
            return await overrides.create(self._client, row)
        if row.verb is Verb.DECLARE:
            return await self._declarer.create(row)
        return await self._actor.send(row)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read back whether it has taken effect. Raises SourceError."""
        if row.verb is Verb.OVERRIDE:
            self._furniture.outdate_duties()
            return await overrides.judge(self._client, row)
        if row.verb is Verb.DECLARE:
            return await self._declared(row)
        native_id = split_id(row.target)[1]
        now = self._clock.now()
        try:
            raw = await reading.incident_row(self._client, native_id)
        except NotFound:
            return Confirmation(outcome=Outcome.UNKNOWN, text="PagerDuty does not find the incident any more")
        detail, me, _ = await asyncio.gather(
            reading.detail(self._client, native_id), self._me.find(), self._furniture.ensure(now)
        )
        priorities = await self._furniture.known_priorities(now) if row.verb is Verb.SEVERITY else ()
        incident = self._one(raw, native_id, detail.lines, now)
        found = judge(
            Evidence(
                row=row,
                raw=raw,
                incident=incident,
                lines=detail.lines,
                notes=detail.notes,
                me=me,
                since=sent_since(row, self._client.clock_skew),
                priorities=priorities,
                words=self._words,
            )
        )
        timeline = tuple(self._decoder.timeline(detail.lines, detail.notes, incident, _first_trigger(raw)))
        return replace(found, detail=IncidentDetail(incident=incident, timeline=timeline))

    async def _declared(self, row: OutboxRow) -> Confirmation:
        """Whether the incident of that key is there."""
        found = await self._declarer.find(row)
        native_id = fields.native_id(found, "id") if found is not None else None
        if native_id is None:
            return Confirmation(outcome=Outcome.NOT_APPLIED)
        return Confirmation(outcome=Outcome.APPLIED, native_ref=native_id, detail=await self.read(native_id))

    # -- the rest ----------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """For ``check``: whether the key works, as whom, what the account can."""
        return await probe(self._client, self._me, self._furniture, self.capabilities, self._clock)

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()


def _first_trigger(row: Row) -> str | None:
    return fields.native_id(row, "first_trigger_log_entry", "id")
