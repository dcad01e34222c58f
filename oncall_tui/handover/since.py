"""What became of the last handover: its open incidents, its action items, what is muted now and was not (H1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from oncall_tui.handover.handed import Handed, HandedIncident, HandedItem
from oncall_tui.handover.items import HandoverItem
from oncall_tui.model import ActionItem, Incident, Silence, TimelineEntry
from oncall_tui.policy.marks import MarkKind, marks
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """An incident that was open when it was handed over, and how it stands now; ``now`` ``None``: not known here."""

    was: HandedIncident
    now: Incident | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceLast:
    """What changed since the handover of ``user``, whose shift was from ``start`` to ``end``."""

    user: str
    start: datetime
    end: datetime
    accepted_at: datetime | None
    accepted_by: str | None
    became: tuple[Became, ...]
    """Of those that were open then, resolved ones last."""
    new_open: tuple[Incident, ...]
    """Open now, and not in that handover."""
    items_done: tuple[HandedItem, ...]
    items_left: tuple[HandedItem, ...]
    silences_new: tuple[Silence, ...]
    silences_gone: int

    @property
    def resolved(self) -> int:
        """How many of the open ones have ended."""
        return sum(1 for one in self.became if one.now is not None and not one.now.is_open)


def since_last(
    handed: Handed,
    *,
    accepted_at: datetime | None,
    accepted_by: str | None,
    incidents: Sequence[Incident],
    timeline: Iterable[TimelineEntry],
    tickets: Iterable[ActionItem],
    silences: Sequence[Silence],
) -> SinceLast:
    """What became of it, by the facts of now. ``incidents``: the shift's, and all that are open."""
    known = {one.id: one for one in incidents}
    document = handed.document
    became = [Became(was=one, now=known.get(one.id)) for one in document.open]
    became.sort(key=lambda one: (one.now is not None and not one.now.is_open, one.was.severity or 5, one.was.id))
    told = {one.id for one in (*document.open, *document.incidents)}
    done = _done(timeline, tickets)
    finished = tuple(one for one in document.action_items if _is_done(one, done))
    muted = {one.id for one in document.silences}
    active = [one for one in silences if one.state == "active"]
    return SinceLast(
        user=handed.user,
        start=handed.start,
        end=handed.end,
        accepted_at=accepted_at,
        accepted_by=accepted_by,
        became=tuple(became),
        new_open=tuple(one for one in incidents if one.is_open and one.id not in told),
        items_done=finished,
        items_left=tuple(one for one in document.action_items if one not in finished),
        silences_new=tuple(one for one in active if one.id not in muted),
        silences_gone=len(muted - {one.id for one in active}),
    )


def carried_items(since: SinceLast, known: Sequence[HandoverItem]) -> tuple[HandoverItem, ...]:
    """The items of an accepted handover that are left and that nothing else tells of: they are the next seat's now."""
    tickets = {one.ticket.casefold() for one in known if one.ticket}
    texts = {_key(one.text) for one in known}
    return tuple(
        HandoverItem(text=one.text, ticket=one.ticket, owner=one.owner, incident_id=one.incident, url=one.url)
        for one in since.items_left
        if _key(one.text) not in texts and (not one.ticket or one.ticket.casefold() not in tickets)
    )


def _done(timeline: Iterable[TimelineEntry], tickets: Iterable[ActionItem]) -> frozenset[str]:
    words = {_key(part) for mark in marks(timeline) if mark.kind is MarkKind.DONE for part in _parts(mark.text)}
    return frozenset(words | {one.native_id.casefold() for one in tickets if one.done})


def _parts(text: str) -> tuple[str, str]:
    return text, text.partition(" ")[0]


def _is_done(one: HandedItem, done: frozenset[str]) -> bool:
    return _key(one.text) in done or (one.ticket is not None and one.ticket.casefold() in done)


def _key(words: str) -> str:
    return words.casefold().strip(" .:,;")
