"""Splunk On-Call as a source: what a poll brings, one incident read whole, actions sent and read back."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from oncall_tui.model import (
    Alert,
    Incident,
    IncidentDetail,
    OutboxRow,
    Person,
    Snapshot,
    TimelineEntry,
    Verb,
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
from oncall_tui.sources.splunk_oncall import declaring, reading
from oncall_tui.sources.splunk_oncall.acting import Actor
from oncall_tui.sources.splunk_oncall.api import LIMIT, PUBLIC, Api
from oncall_tui.sources.splunk_oncall.confirming import TOLERANCE, Evidence, judge, paged
from oncall_tui.sources.splunk_oncall.decoding import Decoder, NoteRow, Row, number_of
from oncall_tui.sources.splunk_oncall.furniture import Furniture
from oncall_tui.sources.splunk_oncall.options import Options

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
_WRITES = frozenset(
    {
        Capability.ACKNOWLEDGE,
        Capability.RESOLVE,
        Capability.ESCALATE,
        Capability.REASSIGN,
        Capability.NOTE,
        Capability.DECLARE,
    }
)


class SplunkOnCall:
    """One Splunk On-Call organisation, as its public API shows it."""

    kind: ClassVar[str] = "splunk-oncall"
    lacks: ClassVar[Mapping[Verb, str]] = {
        Verb.OVERRIDE: "Splunk On-Call takes an override in two steps that cannot be confirmed: make it there"
    }
    capabilities: frozenset[Capability] = _READS | _WRITES

    history_window = timedelta(days=30)

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._clock = context.clock
        self._client = options.client(context)
        self._api = Api(self._client, context.clock)
        self._decoder = Decoder(context.name, options.severities())
        self._furniture = Furniture(
            self._api, context.name, options.user or context.seat.user, context.seat.teams, context.clock
        )
        self._actor = Actor(self._api, self._furniture)
        self._alerts = reading.Alerts(self._api)
        self._notes = reading.Notes(self._api)
        self._history = reading.History(self._api)

    # -- poll --------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Read what is watched, once.

        Raises:
            SourceError: the live list did not come: then the rest must not look like a success.
        """
        now = self._clock.now()
        parts = Parts()
        listing = await reading.live(self._api)
        parts.succeeded()
        if listing.lost:
            parts.problems.append(f"incidents: {listing.lost} without a usable number are not shown")
        await self._furniture.refresh()
        await parts.take("alerts", self._alerts.look_up(listing.rows.values()))
        incidents = {number: self._one(row, known) for number, row in listing.rows.items()}
        still_open = [number for number, incident in incidents.items() if incident.is_open]
        told = await parts.take("notes", self._notes.read(still_open, now))
        past = await self._history.read(now)
        if self._history.problem is not None:
            parts.problems.append(self._history.problem)
        timeline = self._timeline(listing.rows, incidents, told or {})
        for row in past:
            number = number_of(row)
            if number is not None and number not in incidents and not self._one(row, known).is_open:
                incidents[number] = self._one(row, known)
                timeline += self._decoder.timeline(row, (), incidents[number], self._furniture.roster)
        complete = not listing.lost
        on_call, shifts, directory = self._furniture.on_call(), self._furniture.shifts(), self._furniture.directory()
        self._furniture.told()
        return Snapshot(
            source=self.name,
            taken_at=now,
            incidents=tuple(incidents.values()),
            incidents_complete=complete,
            alerts=tuple(self._fired(listing.rows, incidents)),
            alerts_complete=complete,
            on_call=on_call,
            shifts=shifts,
            timeline=tuple({entry.id: entry for entry in timeline}.values()),
            directory=directory,
            problems=(*parts.problems, *self._furniture.problems),
            failed=self._furniture.failed,
            clock_skew=self._client.clock_skew,
        )

    def _one(self, row: Row, known: Known) -> Incident:
        held = known.incidents.get(number_of(row) or "")
        found = self._decoder.incident(row, self._furniture.roster, held, self._alerts.of(row), self._api.now)
        assert found is not None, "rows without a number are lost before"
        return found

    def _timeline(
        self, rows: dict[str, Row], incidents: dict[str, Incident], told: dict[str, list[NoteRow]]
    ) -> list[TimelineEntry]:
        return [
            entry
            for number, row in rows.items()
            for entry in self._decoder.timeline(row, told.get(number, ()), incidents[number], self._furniture.roster)
        ]

    def _fired(self, rows: dict[str, Row], incidents: dict[str, Incident]) -> list[Alert]:
        return [self._decoder.alert(row, incidents[number], self._alerts.of(row)) for number, row in rows.items()]

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        """Incidents of long ago out of the reporting API, a hundred a minute, with their transitions; notes would cost
        a call each, and are left out. Raises SourceError."""
        await self._furniture.refresh()
        place = int(after) if after is not None and after.isdecimal() else 0
        rows = await self._history.between(start, end, place, self._clock.now())
        found: list[IncidentDetail] = []
        for row in rows:
            started = fields.instant(row, "startTime")
            if number_of(row) is None or started is None or not start <= started < end:
                continue
            incident = self._one(row, Known())
            timeline = self._decoder.timeline(row, (), incident, self._furniture.roster)
            found.append(IncidentDetail(incident=incident, timeline=tuple(timeline)))
        more = len(rows) >= reading.PAGE
        return HistoryPage(incidents=tuple(found), after=str(place + reading.PAGE) if more else None)

    # -- one incident ------------------------------------------------------------------------------------------

    async def read(self, native_id: str) -> IncidentDetail:
        """One incident whole. Raises NotFound and other SourceErrors."""
        row = await reading.incident(self._api, native_id)
        await self._furniture.ensure()
        alert = fields.native_id(row, "lastAlertId")
        if alert is not None and self._alerts.of(row) is None:
            with contextlib.suppress(SourceError):  # no action waits for what says more of it
                await self._alerts.one(alert)
        found, _ = await reading.incident_notes(self._api, native_id)
        return self._detail(row, found)

    def _detail(self, row: Row, found: list[NoteRow]) -> IncidentDetail:
        incident = self._one(row, Known())
        timeline = self._decoder.timeline(row, found, incident, self._furniture.roster)
        alert = self._decoder.alert(row, incident, self._alerts.of(row))
        return IncidentDetail(incident=incident, timeline=tuple(timeline), alerts=(alert,))

    # -- actions -----------------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For an escalation: whom the incident has paged already; for a new incident: those that are there. A note has
        a name of its own. Raises SourceError."""
        if row.verb is Verb.DECLARE:
            return await declaring.there(self._api)
        if row.verb is not Verb.ESCALATE:
            return ()
        return paged(await reading.incident(self._api, split_id(row.target)[1]))

    async def send(self, row: OutboxRow) -> Sent:
        """Send the action once. Raises Refused with the organisation's reason, Unsupported, other SourceErrors."""
        if row.verb is Verb.DECLARE:
            return await declaring.create(self._api, self._furniture, row)
        return await self._actor.send(row)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read back whether it has taken effect. Raises SourceError."""
        if row.verb is Verb.DECLARE:
            return await self._declared(row)
        number = split_id(row.target)[1]
        try:
            raw = await reading.incident(self._api, number)
        except NotFound:
            return Confirmation(outcome=Outcome.UNKNOWN, text="Splunk On-Call does not find the incident any more")
        me = await self._furniture.me()
        found: list[NoteRow] = []
        whole = True
        if row.verb is Verb.NOTE:
            found, whole = await reading.incident_notes(self._api, number)
        detail = self._detail(raw, found)
        evidence = Evidence(
            row=row,
            raw=raw,
            incident=detail.incident,
            notes=found,
            all_notes=whole,
            me=me,
            since=(row.sent_at or row.created_at) + (self._api.now - self._clock.now()) - TOLERANCE,
            level=await self._level(row, raw),
        )
        return replace(judge(evidence), detail=detail)

    async def _declared(self, row: OutboxRow) -> Confirmation:
        """Whether the incident is there: by its number where that was told, else among those that are new."""
        number = row.native_ref
        if number is None:
            new = {key: raw for key, raw in (await reading.live(self._api)).rows.items() if key not in row.baseline}
            await self._alerts.look_up(new.values())
            since = (row.sent_at or row.created_at) + (self._api.now - self._clock.now()) - TOLERANCE
            found = [declaring.Candidate(row=raw, incident=self._one(raw, Known())) for raw in new.values()]
            judged = declaring.judge(row, found, await self._furniture.me(), since)
            if judged.outcome is not Outcome.APPLIED or judged.native_ref is None:
                return judged
            number = judged.native_ref
        return Confirmation(outcome=Outcome.APPLIED, native_ref=number, detail=await self.read(number))

    async def _level(self, row: OutboxRow, raw: Row) -> tuple[str, ...]:
        policy = reading.policy_of(raw)
        if row.verb is not Verb.ESCALATE or "level" not in row.params or policy is None:
            return ()
        return await self._furniture.on_level(policy, row.params["level"])

    # -- the rest ----------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """For ``check``: whether id and key work, as whom, what can be done."""
        user: Person | None = None
        error: SourceError | None = None
        try:
            await self._api.rows(f"{PUBLIC}/oncall/current", "teamsOnCall")
            user = await self._furniture.me()
        except SourceError as caught:
            error = caught
        notes = ["whether the key may write is told only by the first action: a read-only one is refused then"]
        if error is None and user is None:
            notes.insert(0, f"{identity.not_found(self._client.host, self._furniture.wanted)}: no action can be done")
        able = _READS if user is None else self.capabilities
        skew = self._client.clock_skew
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=self._client.latency_ms,
            user=user,
            can=() if error else tuple(sorted(capability.value for capability in able)),
            rate_limit=LIMIT,
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            notes=() if error else tuple(notes),
        )

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()
