"""What is left to do, from notes and from ticket systems: each thing once, with its ticket's state. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from oncall_tui.model import ActionItem, TimelineEntry
from oncall_tui.policy.marks import NotedItem, item, marks
from oncall_tui.policy.writeup import noted_items
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverItem:
    """One action item that is not done."""

    text: str
    ticket: str | None = None
    """Its key: ``OPS-12``."""
    owner: str | None = None
    due: date | None = None
    """A day of the owner's calendar."""
    is_overdue: bool = False
    state: str | None = None
    """Its ticket system's own word; ``None``: no ticket of it is known."""
    incident_id: str | None = None
    source: str | None = None
    """The ticket system that says so."""
    url: str | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """What there is to know that its text does not say, in short."""
        due = f"due {self.due}" if self.due and self.due.isoformat() not in self.text else None
        overdue = "OVERDUE" if self.is_overdue else None
        named = (self.ticket, self.owner, due, overdue, self.state, self.incident_id)
        return tuple(word for word in named if word and word not in self.text)


def open_items(
    timeline: Iterable[TimelineEntry], added: Iterable[str], tickets: Iterable[ActionItem], today: date
) -> tuple[HandoverItem, ...]:
    """Those of notes and of the seat's own lines (``added``), then the open tickets that none of them names: overdue
    ones first, then by due date. What its ticket system or a later note says is done is left out."""
    known = {one.native_id.casefold(): one for one in tickets}
    noted = [one for one, is_done in noted_items(marks(timeline)) if not is_done]
    found: list[HandoverItem] = []
    named: set[str] = set()
    for one in (*noted, *(item(text) for text in added)):
        ticket = known.get(one.ticket.casefold()) if one.ticket else None
        if ticket is not None:
            named.add(ticket.id)
            if ticket.done:
                continue
        found.append(_noted(one, ticket, today))
    left = [_ticket(one, today) for one in known.values() if not one.done and one.id not in named]
    left.sort(key=lambda one: (not one.is_overdue, one.due or date.max, one.ticket or ""))
    return (*found, *left)


def _noted(one: NotedItem, ticket: ActionItem | None, today: date) -> HandoverItem:
    if ticket is None:
        return HandoverItem(
            text=one.text,
            ticket=one.ticket,
            owner=one.owner,
            due=one.due,
            is_overdue=one.due is not None and one.due < today,
            incident_id=one.incident_id,
        )
    due = ticket.due or one.due
    return HandoverItem(
        text=one.text,
        ticket=ticket.native_id,
        owner=ticket.owner.name if ticket.owner is not None else one.owner,
        due=due,
        is_overdue=due is not None and due < today,
        state=ticket.state,
        incident_id=one.incident_id or ticket.incident_id,
        source=ticket.source,
        url=ticket.url,
    )


def _ticket(one: ActionItem, today: date) -> HandoverItem:
    return HandoverItem(
        text=one.title,
        ticket=one.native_id,
        owner=one.owner.name if one.owner is not None else None,
        due=one.due,
        is_overdue=one.due is not None and one.due < today,
        state=one.state,
        incident_id=one.incident_id,
        source=one.source,
        url=one.url,
    )
