"""Grafana OnCall as a source: what a poll brings, one alert group read whole, actions sent and read back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from oncall_tui.model import (
    Alert,
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
from oncall_tui.sources.grafana_oncall import declaring, reading
from oncall_tui.sources.grafana_oncall.acting import Actor
from oncall_tui.sources.grafana_oncall.api import Api, Row
from oncall_tui.sources.grafana_oncall.confirming import TOLERANCE, Evidence, equal_notes, judge
from oncall_tui.sources.grafana_oncall.decoding import Decoder, note_rows
from oncall_tui.sources.grafana_oncall.furniture import Furniture
from oncall_tui.sources.grafana_oncall.options import Options
from oncall_tui.sources.grafana_oncall.probing import probe
from oncall_tui.sources.grafana_oncall.seat import Me

SERVES = frozenset(
    {
        Capability.INCIDENTS,
        Capability.TIMELINE,
        Capability.ALERTS,
        Capability.ON_CALL,
        Capability.SCHEDULES,
        Capability.ESCALATION,
    }
)
ACTS = frozenset(
    {
        Capability.ACKNOWLEDGE,
        Capability.UNACKNOWLEDGE,
        Capability.RESOLVE,
        Capability.REOPEN,
        Capability.ESCALATE,
        Capability.RESPONDERS,
        Capability.SNOOZE,
        Capability.NOTE,
        Capability.DECLARE,
    }
)


@dataclass(slots=True)
class _Gathered:
    """What one poll read of alert groups. ``missed`` counts rows without a usable id."""

    rows: list[Row]
    missed: int = 0
    incidents: dict[str, Incident] = field(default_factory=dict)
    by_id: dict[str, Row] = field(default_factory=dict)
    timeline: list[TimelineEntry] = field(default_factory=list)


class GrafanaOnCall:
    """One Grafana OnCall, as its public API v1 shows it."""

    kind: ClassVar[str] = "grafana-oncall"
    lacks: ClassVar[Mapping[Verb, str]] = {
        Verb.OVERRIDE: "Grafana OnCall does not say that its API puts an override on a schedule: make it there"
    }

    history_window = timedelta(days=2)

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._clock = context.clock
        self._api = Api(options.client(context), context.clock)
        self._decoder = Decoder(context.name, options)
        self._me = Me(self._api, options.user or context.seat.user, personal=options.grafana_url is None)
        self._furniture = Furniture(self._api, context.name)
        self._actor = Actor(self._api, self._furniture, context.clock, important=options.important)
        self._turns = reading.Turns()
        self._important = options.important

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Actions only with a person's token who may act: OnCall refuses them to service accounts and observers."""
        return SERVES | ACTS if self._me.acts else SERVES

    # -- poll --------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Read what is watched, once.

        Raises:
            SourceError: the open alert groups did not come: then the rest must not look like a success.
        """
        now = self._clock.now()
        parts = Parts()
        opened = await reading.open_groups(self._api)
        parts.succeeded()
        if opened.note:
            parts.problems.append(f"alert groups: {opened.note}")
        ids = {native_id for row in opened.rows if (native_id := fields.native_id(row, "id"))}
        closed = await parts.take("resolved alert groups", reading.closed_groups(self._api, known, ids))
        await self._furniture.refresh(now)
        await parts.take("the token's owner", self._me.find_owner())
        gathered = _Gathered([*opened.rows, *(closed.rows if closed is not None else ())])
        self._decode(gathered, known)
        if gathered.missed:
            parts.problems.append(f"alert groups: {gathered.missed} without a usable id are not shown")
        await self._read_notes(gathered, parts)
        complete = opened.note is None and closed is not None and not closed.unsure and not gathered.missed
        if closed is not None:
            self._tell_closed(closed, gathered, known, parts)
        on_call, shifts = self._furniture.on_call(), self._furniture.shifts()
        directory = self._furniture.directory(self._me.person(self._furniture.roster))
        self._furniture.told()
        return Snapshot(
            source=self.name,
            taken_at=now,
            incidents=tuple(gathered.incidents.values()),
            incidents_complete=complete,
            alerts=tuple(self._alerts(gathered)),
            alerts_complete=complete,
            on_call=on_call,
            shifts=shifts,
            timeline=tuple({entry.id: entry for entry in gathered.timeline}.values()),
            directory=directory,
            problems=(*parts.problems, *self._furniture.problems),
            failed=self._furniture.failed,
            budget=self._api.budget,
            clock_skew=self._api.client.clock_skew,
        )

    def _decode(self, gathered: _Gathered, known: Known) -> None:
        roster, there = self._furniture.roster, self._api.now()
        for row in gathered.rows:
            held = known.incidents.get(fields.native_id(row, "id") or "")
            incident = self._decoder.incident(row, roster, held, there)
            if incident is None:
                gathered.missed += 1
            else:
                gathered.incidents[incident.native_id] = incident
                gathered.by_id[incident.native_id] = row
                gathered.timeline += self._decoder.timeline(row, incident, roster)

    @staticmethod
    def _tell_closed(closed: reading.Closed, gathered: _Gathered, known: Known, parts: Parts) -> None:
        if closed.note:
            parts.problems.append(f"resolved alert groups: {closed.note}")
        if closed.unsure:
            parts.problems.append(f"alert groups: {len(closed.unsure)} not in the open lists, not yet asked for")
        for native_id in closed.gone:
            gathered.incidents[native_id] = replace(known.incidents[native_id], state=IncidentState.UNKNOWN)

    async def _read_notes(self, gathered: _Gathered, parts: Parts) -> None:
        now = self._clock.now()
        chosen = self._turns.next(gathered.incidents.values(), now)
        read = await asyncio.gather(
            *(parts.take(f"notes of {native_id}", reading.notes_of(self._api, native_id)) for native_id in chosen)
        )
        for native_id, rows in zip(chosen, read, strict=True):
            if rows is not None:
                self._turns.done(gathered.incidents[native_id], now)
                gathered.timeline += self._notes(rows, native_id)

    def _notes(self, rows: Sequence[Row], native_id: str) -> list[TimelineEntry]:
        return [self._decoder.note(note, native_id) for note in note_rows(rows, self._furniture.roster)]

    def _alerts(self, gathered: _Gathered) -> list[Alert]:
        oldest = self._api.now() - reading.LAST_HOUR
        told = (self._decoder.alert(row, gathered.incidents[one]) for one, row in gathered.by_id.items())
        return [
            alert
            for alert in told
            if gathered.incidents[alert.native_id.removesuffix("-alerts")].is_open
            or max(alert.last_at, alert.ended_at or alert.last_at) >= oldest
        ]

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        """Alert groups of long ago: when they were acknowledged and resolved stands in the list; their notes would cost
        a call each, and are left out. A stretch is one page. Raises SourceError."""
        await self._furniture.refresh(self._clock.now())
        listed = await reading.groups_between(self._api, start, end)
        roster, there = self._furniture.roster, self._api.now()
        found: list[IncidentDetail] = []
        for row in listed.rows:
            incident = self._decoder.incident(row, roster, None, there)
            if incident is not None and start <= incident.created_at < end:
                incident = self._decoder.with_acknowledgement(row, incident, roster)
                timeline = tuple(self._decoder.timeline(row, incident, roster))
                found.append(IncidentDetail(incident=incident, timeline=timeline))
        return HistoryPage(incidents=tuple(found), notes=(listed.note,) if listed.note else ())

    # -- one alert group ---------------------------------------------------------------------------------------

    async def read(self, native_id: str) -> IncidentDetail:
        """One alert group whole. Raises NotFound and other SourceErrors."""
        await self._furniture.ensure(self._clock.now(), *_FOR_A_GROUP)
        row = await reading.group(self._api, native_id)
        notes, alerts = await asyncio.gather(
            reading.notes_of(self._api, native_id), reading.alerts_of(self._api, native_id)
        )
        incident = self._one(row, native_id)
        entries = [
            *self._decoder.timeline(row, incident, self._furniture.roster),
            *self._decoder.alert_entries(alerts, incident),
            *self._notes(notes, incident.native_id),
        ]
        return IncidentDetail(
            incident=incident,
            timeline=tuple({entry.id: entry for entry in entries}.values()),
            alerts=(self._decoder.alert(row, incident),),
        )

    def _one(self, row: Row, native_id: str) -> Incident:
        incident = self._decoder.incident(row, self._furniture.roster, None, self._api.now())
        if incident is None or incident.native_id != native_id:
            raise BadAnswer("OnCall answers with another alert group than the one that was asked for")
        return incident

    # -- actions -----------------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For a note: the ids of those that say the same already; for a new group: of those that are called so. Raises
        SourceError."""
        if row.verb is Verb.DECLARE:
            there = await declaring.alike(self._api, row)
            return tuple(native_id for one in there if (native_id := fields.native_id(one, "id")))
        if row.verb is not Verb.NOTE:
            return ()
        owner = await self._me.find_owner()
        found = note_rows(await reading.notes_of(self._api, split_id(row.target)[1]), self._furniture.roster)
        return equal_notes(row, found, owner.person.id if owner else None)

    async def send(self, row: OutboxRow) -> Sent:
        """Send the action once. Raises Refused with OnCall's reason, Unsupported, other SourceErrors."""
        if row.verb is Verb.DECLARE and self._me.acts:
            await self._furniture.ensure(self._clock.now(), "integrations")
            return await declaring.create(self._api, self._furniture.roster, row, important=self._important)
        return await self._actor.send(row)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read back whether it has taken effect. Raises SourceError."""
        if row.verb is Verb.DECLARE:
            return await self._declared(row)
        native_id = split_id(row.target)[1]
        await self._furniture.ensure(self._clock.now(), *_FOR_A_GROUP)
        try:
            raw = await reading.group(self._api, native_id)
        except NotFound:
            return Confirmation(outcome=Outcome.UNKNOWN, text="OnCall does not find the alert group any more")
        owner = await self._me.find_owner()
        notes = await reading.notes_of(self._api, native_id) if row.verb is Verb.NOTE else []
        incident = self._one(raw, native_id)
        found = judge(
            Evidence(
                row=row,
                incident=incident,
                notes=note_rows(notes, self._furniture.roster),
                owner_id=owner.person.id if owner else None,
                since=self._since(row),
                closer_id=fields.native_id(raw, "resolved_by"),
                silenced_at=fields.instant(raw, "silenced_at"),
            )
        )
        timeline = (*self._decoder.timeline(raw, incident, self._furniture.roster), *self._notes(notes, native_id))
        return replace(found, detail=IncidentDetail(incident=incident, timeline=timeline))

    async def _declared(self, row: OutboxRow) -> Confirmation:
        """Whether the group is there: by its id where that was told, else among those that are new."""
        native_id = row.native_ref
        if native_id is None:
            since = self._since(row)
            found = declaring.judge(row, await declaring.alike_since(self._api, row, since), since)
            if found.outcome is not Outcome.APPLIED or found.native_ref is None:
                return found
            native_id = found.native_ref
        return Confirmation(outcome=Outcome.APPLIED, native_ref=native_id, detail=await self.read(native_id))

    def _since(self, row: OutboxRow) -> datetime:
        """By OnCall's clock: from when on it may show the action's effect."""
        return (row.sent_at or row.created_at) + (self._api.client.clock_skew or timedelta()) - TOLERANCE

    # -- the rest ----------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """For ``check``: whether the token works, as whom, what it may."""
        return await probe(self._api, self._me, self._furniture, SERVES, ACTS, self._clock)

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._api.client.aclose()


_FOR_A_GROUP = ("people", "teams", "integrations", "routes", "escalation chains")
