"""The action items of one incident as they stand: noted, made into a ticket, done or overdue. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from oncall_tui.model import ActionItem, Directory, OutboxRow, OutboxState, Verb
from oncall_tui.policy.marks import Mark, NotedItem
from oncall_tui.policy.writeup import noted_items
from oncall_tui.records import dataclass

LABEL = "post-mortem"
"""Of every ticket that is made of an action item."""
_GONE = (OutboxState.REFUSED, OutboxState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingItem:
    """One action item. What its ticket's system says of owner and due date counts more than what was noted."""

    noted: NotedItem
    done: bool
    ticket: ActionItem | None = None
    """As its system has it, where a configured source reads it."""
    row: OutboxRow | None = None
    """Of the ticket that is being made, or was made and is not on the timeline yet."""
    owner: str | None = None
    due: date | None = None
    """A day of the owner's calendar."""
    is_overdue: bool = False

    @property
    def key(self) -> str:
        """What tells it from the incident's other items: its words."""
        return self.noted.task.casefold()

    @property
    def ticket_key(self) -> str | None:
        """``OPS-12``, as soon as it is known."""
        return self.noted.ticket or (self.row.native_ref if self.row is not None else None)

    @property
    def state(self) -> str:
        """In a word or two: its ticket's own state, or how far its ticket is."""
        if self.ticket is not None:
            return self.ticket.state
        if self.done:
            return "done"
        if self.ticket_key is not None:
            return "ticket"
        if self.row is not None:
            return "ticket on its way" if self.row.pending else "ticket: outcome unknown"
        return "no ticket"


def standing_items(
    found: Sequence[Mark], tickets: Iterable[ActionItem], outbox: Sequence[OutboxRow], today: date
) -> tuple[StandingItem, ...]:
    """The items in the order in which they were noted, each once.

    Args:
        found: the marks of the incident's timeline.
        tickets: what ticket systems tell of.
        outbox: the incident's actions.
        today: by whose calendar due dates are past.
    """
    known = {one.native_id.casefold(): one for one in tickets}
    standing: dict[str, StandingItem] = {}
    for noted, done in noted_items(found, {key for key, one in known.items() if one.done}):
        row = ticket_row(noted, outbox)
        name = noted.ticket or (row.native_ref if row is not None else None)
        ticket = known.get(name.casefold()) if name else None
        done = done or (ticket is not None and ticket.done)
        due = (ticket.due if ticket is not None else None) or noted.due
        one = StandingItem(
            noted=noted,
            done=done,
            ticket=ticket,
            row=row,
            owner=ticket.owner.name if ticket is not None and ticket.owner is not None else noted.owner,
            due=due,
            is_overdue=not done and due is not None and due < today,
        )
        # The same words noted twice are one thing to do.
        if one.key not in standing or (one.ticket_key and not standing[one.key].ticket_key):
            standing[one.key] = one
    return tuple(standing.values())


def ticket_row(noted: NotedItem, outbox: Iterable[OutboxRow]) -> OutboxRow | None:
    """The action that makes, or has made, this item's ticket; one that was refused or dropped makes none."""
    rows = [
        row
        for row in outbox
        if row.verb is Verb.TICKET
        and row.target == noted.incident_id
        and row.state not in _GONE
        and str(row.params.get("title", "")).casefold() == ticket_title(noted).casefold()
    ]
    return max(rows, key=lambda row: row.created_at, default=None)


def ticket_title(noted: NotedItem) -> str:
    """What its ticket is called: the task, as long as a ticket's title may be."""
    return noted.task if len(noted.task) <= 250 else f"{noted.task[:249]}…"


def why_no_ticket(one: StandingItem) -> str | None:
    """Why no ticket is made of it; ``None``: one can be."""
    if one.ticket_key is not None:
        return f"it has a ticket already: {one.ticket_key}"
    if one.done:
        return "it is done: no ticket is made of it"
    if one.row is not None and one.row.pending:
        return f"its ticket is on its way (outbox {one.row.key[:8]})"
    if one.row is not None:
        return f"what became of its ticket is not known (outbox {one.row.key[:8]}): look there, then retry or drop it"
    return None


def owner_of(name: str | None, directories: Iterable[Directory]) -> str | None:
    """Whom a ticket is given to: the mail address of the one person known by that name, else the name."""
    if not name:
        return None
    folded = name.casefold()
    people = {person.contact or "" for one in directories for person in one.people if _is(folded, person.name)}
    people.discard("")
    return people.pop() if len(people) == 1 else name


def _is(folded: str, name: str) -> bool:
    whole = name.casefold()
    return whole == folded or whole.partition(" ")[0] == folded
