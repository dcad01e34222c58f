"""A pager kept on paper: incidents, acknowledge, resolve, note. What ``docs/third-parties.md`` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from oncall_tui.config.options import SourceOptions, opt
from oncall_tui.config.secret import Secret
from oncall_tui.model import (
    EntryKind,
    Incident,
    IncidentDetail,
    IncidentState,
    OutboxRow,
    Person,
    Ref,
    Snapshot,
    TimelineEntry,
    Verb,
    join_id,
    split_id,
)
from oncall_tui.sources import fields
from oncall_tui.sources.base import (
    BadAnswer,
    Capability,
    Confirmation,
    Known,
    Outcome,
    Probe,
    Sent,
    Source,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.sources.http import HttpClient, check_base_url, segment

_STATES = {"open": IncidentState.TRIGGERED, "taken": IncidentState.ACKNOWLEDGED, "over": IncidentState.RESOLVED}
_TO = {Verb.ACKNOWLEDGE: "taken", Verb.RESOLVE: "over"}


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions):
    """One desk of paper."""

    base_url: str = opt(help="its address")
    token: Secret = opt(help="its key")

    def __post_init__(self) -> None:
        try:
            check_base_url(self.base_url)
        except ValueError as error:
            raise ValueError(f"base_url: {error}") from None


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    assert isinstance(options, Options)
    return PaperPager(options, context)


class PaperPager:
    """Pages on paper."""

    kind: ClassVar[str] = "paperpager"
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.INCIDENTS,
            Capability.TIMELINE,
            Capability.ACKNOWLEDGE,
            Capability.RESOLVE,
            Capability.NOTE,
        }
    )

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval: timedelta = options.poll
        self._clock = context.clock
        self._token = options.token
        self._client = HttpClient(
            options.base_url, clock=context.clock, headers=self._headers, transport=context.transport
        )

    async def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {await self._token.read()}"}

    async def poll(self, known: Known) -> Snapshot:
        """All pages that are not put away."""
        answer = await self._client.get("/pages")
        if not fields.is_list(answer.data, "pages"):
            raise BadAnswer("the pager answers with no list of pages")
        listed = answer.data["pages"]
        found = {one.id: one for one in map(self._incident, fields.rows(answer.data, "pages")) if one is not None}
        unusable = sum(not isinstance(row, dict) or self._incident(row) is None for row in listed)
        return Snapshot(
            source=self.name,
            taken_at=self._clock.now(),
            incidents=tuple(found.values()),
            incidents_complete=not unusable,
            problems=(f"{unusable} pages cannot be read",) if unusable else (),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    def _incident(self, row: Mapping[str, Any]) -> Incident | None:
        # Its keys are texts: a number would be another thing that happens to print alike.
        native_id = fields.native_id(row, "key") if isinstance(row.get("key"), str) else None
        if native_id is None:
            return None
        created = fields.instant(row, "at") or self._clock.now()
        holder = fields.text(row, "holder")
        service = fields.text(row, "service")
        return Incident(
            id=join_id(self.name, native_id),
            source=self.name,
            native_id=native_id,
            title=fields.text(row, "title") or "(no title)",
            state=_STATES.get(fields.text(row, "state") or "", IncidentState.UNKNOWN),
            created_at=created,
            service=Ref(id=service, name=service) if service else None,
            assignees=(Person(id=holder, name=holder),) if holder else (),
        )

    async def read(self, native_id: str) -> IncidentDetail:
        """One page with its notes."""
        answer = await self._client.get(f"/pages/{segment(native_id)}")
        incident = self._incident(fields.obj(answer.data))
        if incident is None or incident.native_id != native_id:
            raise BadAnswer("the pager answers with another page")
        entries = (self._entry(row, incident) for row in fields.rows(answer.data, "notes"))
        timeline = {entry.id: entry for entry in entries if entry is not None}
        return IncidentDetail(incident=incident, timeline=tuple(timeline.values()))

    def _entry(self, row: Mapping[str, Any], incident: Incident) -> TimelineEntry | None:
        note_id, text = fields.native_id(row, "key"), fields.block(row, "text")
        if note_id is None or text is None:
            return None
        return TimelineEntry(
            id=join_id(self.name, note_id),
            incident_id=incident.id,
            at=fields.instant(row, "at") or self._clock.now(),
            kind=EntryKind.NOTE,
            text=text,
            author=fields.text(row, "by"),
            origin=self.name,
        )

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Of a note: those that say the same already."""
        if row.verb is not Verb.NOTE:
            return ()
        return self._equal(row, await self.read(split_id(row.target)[1]))

    def _equal(self, row: OutboxRow, detail: IncidentDetail) -> tuple[str, ...]:
        return tuple(entry.id for entry in detail.timeline if entry.text == row.params["text"])

    async def send(self, row: OutboxRow) -> Sent:
        """Move the page, or write on it."""
        path = f"/pages/{segment(split_id(row.target)[1])}"
        if row.verb in _TO:
            await self._client.request("PUT", f"{path}/state", json={"state": _TO[row.verb], "by": row.seat})
        elif row.verb is Verb.NOTE:
            await self._client.request("POST", f"{path}/notes", json={"text": row.params["text"], "by": row.seat})
        else:
            raise Unsupported(f"{self.name} cannot {row.verb.value}")
        return Sent()

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Look at the page."""
        detail = await self.read(split_id(row.target)[1])
        if row.verb is Verb.NOTE:
            done = bool(set(self._equal(row, detail)) - set(row.baseline))
        else:
            done = detail.incident.state is _STATES[_TO[row.verb]]
        return Confirmation(outcome=Outcome.APPLIED if done else Outcome.NOT_APPLIED, detail=detail)

    async def probe(self) -> Probe:
        """Whether the pages can be read."""
        try:
            taken = await self.poll(Known())
        except SourceError as error:
            return Probe(ok=False, error=str(error), error_kind=error.kind)
        return Probe(ok=True, latency_ms=self._client.latency_ms, notes=taken.problems)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
