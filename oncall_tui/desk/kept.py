"""What the seat's own store keeps, asked for and written by whoever sits at the desk: nothing here asks a system."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from oncall_tui.model import (
    AuditLine,
    Dismissal,
    Draft,
    IncidentFacts,
    IncidentHistory,
    OutboxRow,
    Shift,
    ShiftFacts,
    SourceState,
)
from oncall_tui.sources.base import Source
from oncall_tui.store import Store
from oncall_tui.store.history import By, Place

if TYPE_CHECKING:
    from oncall_tui.model.search import Found, Hit, SameKind
    from oncall_tui.policy.checklists import Tick
    from oncall_tui.policy.judging import Judgement


class Kept:
    """A store, as a seat with these sources reads and writes it."""

    def __init__(self, store: Store, sources: Mapping[str, Source]) -> None:
        self._store = store
        self._sources = sources

    def _say_changed(self) -> None:
        """A board may show something else."""

    # -- incidents, alerts, shifts ---------------------------------------------------------------------------------

    async def view(self, incident_id: str) -> IncidentFacts | None:
        """What the store has of one incident."""
        return await self._store.incident(incident_id)

    async def shift_facts(self, start: datetime, end: datetime) -> ShiftFacts:
        """What a handover of that stretch is made of."""
        facts = await self._store.shift_facts(start, end)
        return replace(facts, sources=self._of_configured(facts.sources))

    async def source_states(self) -> tuple[SourceState, ...]:
        """How each configured source fares, in the config's order; one that never answered is among them."""
        return self._of_configured(await self._store.source_states())

    def _of_configured(self, states: Sequence[SourceState]) -> tuple[SourceState, ...]:
        known = {state.name: state for state in states}
        return tuple(known.get(name) or SourceState(name=name, kind=one.kind) for name, one in self._sources.items())

    async def outbox(self) -> tuple[OutboxRow, ...]:
        """Every action, newest last."""
        return await self._store.outbox()

    async def audit(self, limit: int = 200) -> tuple[AuditLine, ...]:
        """The latest audit lines, oldest first."""
        return await self._store.audit(limit)

    async def incident_history(
        self, start: datetime, end: datetime, after: Place | None = None
    ) -> tuple[tuple[IncidentHistory, ...], Place | None]:
        """A page of the incidents that were triggered in the stretch, and where to go on."""
        return await self._store.incident_history(start, end, after=after)

    async def resolved_history(
        self, since: datetime, severities: Collection[int | None]
    ) -> tuple[IncidentHistory, ...]:
        """The latest incidents of these severities that were resolved since then."""
        return await self._store.resolved_history(since, severities)

    async def alerts_fired(
        self, start: datetime, end: datetime, sources: Collection[str], by: By | None = None
    ) -> dict[str | int | None, int]:
        """How often alerts fired in the stretch: by service or severity, or all under ``None``."""
        return await self._store.fired(start, end, sources, by)

    async def history_begins(self) -> tuple[datetime | None, datetime | None]:
        """The oldest incident and the oldest firing of an alert that are kept."""
        return await self._store.history_begins()

    async def shifts(self) -> tuple[Shift, ...]:
        """The shifts that the configured sources last told of."""
        found = await self._store.shifts()
        return tuple(one for name in self._sources for one in found.get(name, ()))

    async def judgements(self, start: datetime, end: datetime) -> tuple[Judgement, ...]:
        """What was said of groups of alerts without an incident in that stretch, oldest first."""
        return await self._store.judgements(start, end)

    async def judgements_of(self, group: str) -> tuple[Judgement, ...]:
        """What was said of one group of alerts (its row's key), oldest first."""
        return await self._store.judgements_of(group)

    async def put_judgement(self, one: Judgement) -> None:
        """Keep what is said of a group of alerts; :func:`oncall_tui.desk.judging.judge_alerts` asks who may."""
        await self._store.put_judgement(one)

    # -- local history and suggestions: see oncall_tui.desk.past ---------------------------------------------------

    async def search(self, text: str, limit: int = 50) -> Found:
        """Texts that the seat has seen."""
        return await self._store.search(text, limit)

    async def text_of(self, hit: Hit) -> tuple[str, str] | None:
        """The title and the whole text of what a search found."""
        return await self._store.text_of(hit)

    async def same_kind(self, incident_id: str) -> SameKind:
        """The earlier incidents of an incident's kind."""
        return await self._store.same_kind(incident_id)

    async def dismiss(self, dismissal: Dismissal) -> None:
        """Remember that a suggested incident is not to be shown."""
        await self._store.dismiss(dismissal)

    async def restore(self, dismissal: Dismissal) -> bool:
        """Take that back; whether it was there."""
        return await self._store.restore(dismissal)

    # -- ticks, drafts and remembered things -----------------------------------------------------------------------

    async def ticks(self, checklist: str, subject: str) -> tuple[Tick, ...]:
        """What was said of a checklist's items about that subject (an incident's id, a shift), the oldest first."""
        return await self._store.ticks(checklist, subject)

    async def tick_subjects(self, checklist: str, since: datetime) -> tuple[str, ...]:
        """Of which subjects something was said since then."""
        return await self._store.tick_subjects(checklist, since)

    async def mitigated_since(self, since: datetime) -> tuple[str, ...]:
        """Incidents on whose timeline a note since then speaks of a mitigation: it may be the mark."""
        return await self._store.mitigated_since(since)

    async def put_tick(self, checklist: str, subject: str, tick: Tick | str) -> None:
        """What is said of an item from now on; an item's id alone: nothing any more."""
        if isinstance(tick, str):
            await self._store.drop_tick(checklist, subject, tick)
        else:
            await self._store.put_tick(checklist, subject, tick)
        self._say_changed()

    async def draft(self, key: str) -> Draft | None:
        """The text that a person has begun."""
        return await self._store.draft(key)

    async def save_draft(self, key: str, text: str) -> None:
        """Keep a text as it is now."""
        await self._store.save_draft(key, text)

    async def drop_draft(self, key: str) -> None:
        """The text was sent or discarded."""
        await self._store.drop_draft(key)

    async def value(self, name: str) -> str | None:
        """A remembered choice."""
        return await self._store.value(name)

    async def value_names(self, prefix: str) -> tuple[str, ...]:
        """The names of remembered choices that begin so."""
        return await self._store.value_names(prefix)

    async def set_value(self, name: str, text: str) -> None:
        """Remember a choice."""
        await self._store.set_value(name, text)

    async def drop_value(self, name: str) -> None:
        """Forget it."""
        await self._store.drop_value(name)

    async def put_audit(self, line: AuditLine) -> None:
        """Write what was done here and is no action on its way."""
        await self._store.record(line)
