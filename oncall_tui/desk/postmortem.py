"""The post-mortem of an incident as the desk has it: the store's facts under the team's rules, what a person made of
them, its action items as tickets, and which post-mortems are owed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from oncall_tui.clock import iso, parse_instant
from oncall_tui.desk.settings import ActRefused
from oncall_tui.model import IncidentFacts, OutboxRow, OutboxState, Person, Verb
from oncall_tui.policy.marks import MarkKind, marks
from oncall_tui.policy.writeup import OwedPostMortem, owed_postmortems, ticket_note
from oncall_tui.postmortem import (
    LABEL,
    PostMortem,
    StandingItem,
    Written,
    draft,
    owner_of,
    text_name,
    ticket_title,
    to_markdown,
    why_no_ticket,
)
from oncall_tui.text import clean, clean_block

if TYPE_CHECKING:
    from oncall_tui.desk import Desk

MAX_TEXT = 200_000
"""Characters of a post-mortem that a person wrote."""
MAX_TEMPLATE = 100_000
OWED_FOR = timedelta(days=60)
"""So long after the resolution a post-mortem that nobody wrote is asked for; the metrics count it on."""
_LOST = (OutboxState.REFUSED, OutboxState.CANCELLED)


class TemplateFault(Exception):
    """The team's own template cannot be read or filled: one line that names the setting."""


async def draft_postmortem(desk: Desk, incident_id: str) -> PostMortem | None:
    """The draft as it writes itself now; ``None`` where the store has no such incident."""
    facts = await desk.view(incident_id)
    return await _draft(desk, facts) if facts is not None else None


async def _draft(desk: Desk, facts: IncidentFacts) -> PostMortem:
    rules = desk.settings.board
    now, known = desk.clock.now(), await _known(desk, facts)
    return draft(facts, policy=rules.policy, calendar=rules.calendar, now=now, zone=rules.zone, known=known)


async def _known(desk: Desk, facts: IncidentFacts) -> tuple[Person, ...]:
    """Whom the incident's system knows, the seat under what it is called here; nobody is asked for while no note of
    ours waits."""
    if not any(row.verb is Verb.NOTE and row.state is not OutboxState.CONFIRMED for row in facts.outbox):
        return ()
    directory = (await desk.board()).directories.get(facts.incident.source)
    if directory is None:
        return ()
    me = (replace(directory.me, contact=desk.settings.board.user),) if directory.me is not None else ()
    return (*me, *directory.people)


async def written_postmortem(desk: Desk, incident_id: str) -> Written | None:
    """The post-mortem as it stands: rewritten by a person, else as it writes itself in the team's template or the
    built-in one; ``None``: no such incident.

    Raises:
        TemplateFault: the team's own template is wrong.
        StoreError: the store cannot be read.
    """
    facts = await desk.view(incident_id)
    if facts is None:
        return None
    document = await _draft(desk, facts)
    text, at = _decoded(await desk.value(text_name(incident_id)))
    if text is None:
        own = await asyncio.to_thread(team_template, desk.settings.rules.postmortem.template)
        text = drafted_text(document, desk, own)
    return Written(document=document, text=text, edited_at=at)


def drafted_text(document: PostMortem, desk: Desk, template: str | None) -> str:
    """The draft in the team's template, or the built-in one.

    Raises:
        TemplateFault: the team's own template is wrong.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return to_markdown(document, desk.settings.board.zone, template)
    except (TemplateError, TypeError, AttributeError, ValueError, ArithmeticError, LookupError) as error:
        if template is None:
            raise
        # What a template does with what it is given is its author's: told to them, no crash of ours.
        where = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
        raise TemplateFault(f"policy.postmortem.template{where}: {clean(error, 200)}") from None


def team_template(name: str | None) -> str | None:
    """The text of the team's own template, ``None`` where none is configured.

    Raises:
        TemplateFault: it cannot be read.
    """
    if name is None:
        return None
    try:
        with Path(name).expanduser().open(encoding="utf-8") as file:
            text = file.read(MAX_TEMPLATE + 1)
    except (OSError, ValueError, RuntimeError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise TemplateFault(f"policy.postmortem.template: {clean(name, 120)}: {clean(words, 120)}") from None
    if len(text) > MAX_TEMPLATE:
        raise TemplateFault(f"policy.postmortem.template: {clean(name, 120)}: longer than {MAX_TEMPLATE} characters")
    return text


async def keep_text(desk: Desk, incident_id: str, text: str) -> None:
    """Remember the post-mortem as a person rewrote it.

    Raises:
        ActRefused: the seat is read-only, or it is empty.
        StoreError: it could not be stored.
    """
    _check_may_write(desk)
    text = clean_block(text, MAX_TEXT).strip("\n")
    if not text.strip():
        raise ActRefused("an empty text is not taken; the post-mortem is as it was")
    raw = msgspec.json.encode({"text": text + "\n", "at": iso(desk.clock.now())}).decode()
    await desk.set_value(text_name(incident_id), raw)


async def drop_text(desk: Desk, incident_id: str) -> None:
    """Back to the draft that writes itself.

    Raises:
        ActRefused: the seat is read-only.
        StoreError: it could not be stored.
    """
    _check_may_write(desk)
    await desk.set_value(text_name(incident_id), "")
    await desk.drop_draft(text_name(incident_id))


def _check_may_write(desk: Desk) -> None:
    if desk.settings.read_only:
        raise ActRefused("this seat is read-only: the post-mortem is not rewritten from here")


def _decoded(raw: str | None) -> tuple[str | None, datetime | None]:
    if not raw:
        return None, None
    try:
        found: Mapping[str, str] = msgspec.json.decode(raw, type=dict[str, str])
        return found["text"], parse_instant(found["at"])
    except (msgspec.DecodeError, KeyError, ValueError):
        return None, None


# -- action items as tickets -------------------------------------------------------------------------------------------


def _ticket_params(document: PostMortem, one: StandingItem, owner: str | None, zone: tzinfo) -> dict[str, Any]:
    incident = document.incident
    which = f"#{incident.number}" if incident.number else incident.id
    lines = [
        f"Action item from the post-mortem of {which}: {incident.title}",
        f"Triggered {document.life.triggered.astimezone(zone):%Y-%m-%d %H:%M %Z}",
        *([incident.url] if incident.url else []),
    ]
    return {
        "title": ticket_title(one.noted),
        "text": "\n".join(lines),
        "owner": owner,
        "due": one.due.isoformat() if one.due else None,
        "labels": [LABEL],
    }


async def make_ticket(desk: Desk, incident_id: str, key: str, channel: str, *, undo: bool = True) -> OutboxRow:
    """Have the channel make a ticket of the action item (its :attr:`~oncall_tui.postmortem.StandingItem.key`), once.

    Raises:
        ActRefused: there is no such item, it is done, or it has a ticket: which one.
        StoreError: it could not be stored.
    """
    facts = await desk.view(incident_id)
    if facts is None:
        raise ActRefused(f"nothing with the id {clean(incident_id, 80)} is known here")
    document = await _draft(desk, facts)
    one = next((item for item in document.standing if item.key == key), None)
    if one is None:
        raise ActRefused("gone since the key: no such action item is noted any more")
    why = why_no_ticket(one)
    if why is not None:
        raise ActRefused(why)
    directories = (await desk.board()).directories
    params = _ticket_params(document, one, owner_of(one.owner, directories.values()), desk.settings.board.zone)
    return await desk.tell(
        Verb.TICKET, channel, about=incident_id, params=params, title=document.incident.title, undo=undo
    )


async def tell_tickets(desk: Desk, incident_id: str) -> tuple[OutboxRow, ...]:
    """Write on the timeline which tickets the action items have become, where it does not stand there yet. Each is
    told once, whoever asks and however often: the note is looked for on the timeline and in the outbox.

    Raises:
        StoreError: it could not be stored.
    """
    facts = await desk.view(incident_id)
    if facts is None or desk.settings.read_only:
        return ()
    found = marks(facts.timeline)
    told = {mark.text.partition(" ")[0].casefold() for mark in found if mark.kind is MarkKind.TICKET}
    told |= {word.casefold() for word in _noted_tickets(facts.outbox)}
    rows: list[OutboxRow] = []
    for one in (await _draft(desk, facts)).standing:
        key = one.row.native_ref if one.row is not None and one.row.state is OutboxState.CONFIRMED else None
        if key is None or key.casefold() in told or one.noted.ticket is not None:
            continue
        note = {"text": ticket_note(one.noted, clean(key, 60)), "at": None, "kind": None}
        try:
            rows.append(
                await desk.act(Verb.NOTE, incident_id, params=note, seen=None, title=facts.incident.title, undo=False)
            )
        except ActRefused:
            break  # this pager takes no notes: the ticket's own label tells whose it is
    return tuple(rows)


def _noted_tickets(outbox: Iterable[OutboxRow]) -> set[str]:
    texts = [str(row.params.get("text", "")) for row in outbox if row.verb is Verb.NOTE and row.state not in _LOST]
    return {text.split(" ")[1] for text in texts if text.startswith("ticket: ") and len(text.split(" ")) > 1}


# -- what is owed ------------------------------------------------------------------------------------------------------


async def owed(desk: Desk) -> tuple[OwedPostMortem, ...]:
    """The post-mortems that are owed and not written, what is due first, first."""
    rules, now = desk.settings.board, desk.clock.now()
    severities = [one for one in (1, 2, 3, 4, None) if rules.policy.rule(one).postmortem_days is not None]
    found = await desk.resolved_history(now - OWED_FOR, severities)
    return owed_postmortems(found, rules.policy, rules.calendar, now)
