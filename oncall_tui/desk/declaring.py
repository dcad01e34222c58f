"""Declaring an incident as the desk has it: what a form begins with, the plan that is shown before anything leaves,
what is stored when a person says yes, how each step stands, and one step again. See
:mod:`oncall_tui.policy.declaring`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from oncall_tui.board import AlertRow, Board
from oncall_tui.config.lead_rules import communication
from oncall_tui.config.shift_rules import roles
from oncall_tui.desk.acting import new_key
from oncall_tui.desk.casting import Cast, cast
from oncall_tui.desk.params import checked
from oncall_tui.desk.parts import pause
from oncall_tui.desk.resuming import told_of, with_incident
from oncall_tui.desk.settings import ActRefused
from oncall_tui.documents.messages import initial_message, publication
from oncall_tui.model import Directory, Incident, IncidentState, Ref, Verb
from oncall_tui.policy.declaring import (
    INCIDENT,
    LINK,
    NUMBER,
    PLACE,
    ROOM_ID,
    ROOM_NAME,
    TROUBLED,
    Declaration,
    Declared,
    Plan,
    Step,
    StepState,
    Wish,
    filled,
    stands,
)
from oncall_tui.policy.publication import INVESTIGATING, Story, Wanted
from oncall_tui.policy.response import Ground, Parts, Words, plan
from oncall_tui.policy.severity import UNKNOWN_COUNTS_AS
from oncall_tui.text import MAX_TITLE, clean, clean_block

if TYPE_CHECKING:
    from datetime import datetime

    from oncall_tui.desk import Desk

COMPONENTS_S = 3.0
"""So long a status page is asked for its components before a plan is made without them."""
_TEXT_LIMIT = 4000
_LOOK_S = 0.5


# -- what the form begins with -----------------------------------------------------------------------------------


def pagers(desk: Desk, board: Board) -> tuple[str, ...]:
    """The sources that take new incidents, the one that the config names first."""
    able = [name for name, words in board.capabilities.items() if Verb.DECLARE.value in words]
    named = desk.settings.rules.declare.pager
    return tuple(sorted(able, key=lambda name: name != named))


def wish_from(board: Board, origin: str | None) -> Wish:
    """The first values of a form.

    Args:
        origin: the id of an incident, of an alert, of a suggestion, or the key of a group of alerts; ``None``: by hand.

    Raises:
        ActRefused: nothing of that id is on the board.
    """
    if origin is None:
        return Wish(title="", severity=UNKNOWN_COUNTS_AS)
    row = board.incident(origin)
    if row is not None:
        return _of_incident(row.incident)
    suggestion = board.suggestion(origin)
    if suggestion is not None:
        lines = [f"- {one.signal.name}: {one.signal.summary}".rstrip(": ") for one in suggestion.members]
        return Wish(
            title=suggestion.title,
            severity=suggestion.severity,
            service=suggestion.service,
            text="\n".join(lines),
            alerts=suggestion.alert_ids,
        )
    group = board.alert(origin) or next((one for one in board.alerts if origin in one.ids), None)
    if group is None:
        raise ActRefused(f"nothing with the id {clean(origin, 80)} is on the board")
    return _of_alerts(group)


def _of_incident(incident: Incident) -> Wish:
    return Wish(
        title=incident.title,
        severity=incident.severity or UNKNOWN_COUNTS_AS,
        service=incident.service.name if incident.service is not None else None,
        incident=incident.id,
        pager=incident.source,
    )


def _of_alerts(group: AlertRow) -> Wish:
    lines = [
        f"{group.name} ({group.source}), {group.count}x",
        group.summary or "",
        group.url or "",
        group.runbook or "",
    ]
    return Wish(
        title=group.summary or group.name,
        severity=group.severity or UNKNOWN_COUNTS_AS,
        service=group.service,
        text="\n".join(line for line in lines if line),
        alerts=tuple(group.ids[:20]),
    )


# -- the plan ----------------------------------------------------------------------------------------------------


async def plan_declaration(desk: Desk, board: Board, wish: Wish) -> Plan:
    """What declaring would do: every step with whom, where, its words filled in as far as they are known, and the rule
    that asks for it; what is left out, and why. Stores and sends nothing. A status page is asked for its components,
    for :data:`COMPONENTS_S` at most.

    Raises:
        ActRefused: no title, no system that takes new incidents, no such service or commander, an incident that is
            not there any more.
    """
    wish = _cleaned(wish)
    incident = await _incident(desk, wish)
    pager = incident.source if incident is not None else _pager(desk, board, wish)
    directory = board.directories.get(pager) or Directory()
    rules = desk.settings.rules
    service = incident.service if incident is not None else _service(directory, wish, pager)
    own = cast(
        board,
        roles(rules),
        wish,
        pager=pager,
        service=service.name if service is not None else wish.service,
        incident=incident,
        configured=rules.declare.commander.get(f"sev{wish.severity}"),
    )
    if own.commander is None and wish.commander is not None:
        raise ActRefused(own.known_by)
    ground = Ground(
        rule=board.policy.rule(wish.severity),
        communication=communication(rules),
        parts=_parts(desk),
        channels=board.channels,
        pager=pager,
        takes=_takes(board, pager, incident),
        words=_words(desk, board, wish, incident, service, own),
        service=service,
        policy=_policy(directory, wish, own, pager) if incident is None and service is None else None,
        commander=own.commander,
        known_by=own.known_by,
        asked=own.asked,
        incident=incident,
        components=await _components(desk, board, wish),
    )
    made = plan(wish, ground)
    return _with_known(made, told_of(incident)) if incident is not None else made


def _cleaned(wish: Wish) -> Wish:
    title = clean(wish.title, MAX_TITLE)
    if not title:
        raise ActRefused("the incident needs a title")
    if wish.severity not in (1, 2, 3, 4):
        raise ActRefused("a severity is 1 to 4")
    return replace(
        wish,
        title=title,
        text=clean_block(wish.text, _TEXT_LIMIT),
        customer_impact=clean(wish.customer_impact, MAX_TITLE),
        note=clean_block(wish.note, _TEXT_LIMIT),
    )


async def _incident(desk: Desk, wish: Wish) -> Incident | None:
    if wish.incident is None:
        return None
    view = await desk.view(wish.incident)
    if view is None:
        raise ActRefused(f"nothing is known of {clean(wish.incident, 80)}")
    if not view.incident.is_open:
        raise ActRefused(f"{wish.incident} is resolved: reopen it, or declare a new one")
    return view.incident


def _pager(desk: Desk, board: Board, wish: Wish) -> str:
    able = pagers(desk, board)
    if wish.pager is None and able:
        return able[0]
    if wish.pager in able:
        return wish.pager
    named = [wish.pager] if wish.pager is not None else list(board.capabilities)
    reasons = [f"{name}: {why}" for name in named if (why := board.lacks.get(name, {}).get(Verb.DECLARE.value))]
    if wish.pager is not None:
        raise ActRefused(" ".join(reasons) or f"{clean(wish.pager, 40)} takes no new incidents")
    told = f" ({'; '.join(reasons)})" if reasons else ""
    raise ActRefused(f"no configured system takes new incidents{told}")


def _service(directory: Directory, wish: Wish, pager: str) -> Ref | None:
    """The pager's service that is meant; ``None``: it knows of none."""
    if not directory.services:
        return None
    names = ", ".join(one.name for one in directory.services[:12])
    if wish.service is None:
        if len(directory.services) == 1:
            return directory.services[0]
        raise ActRefused(f"which service of {pager}? one of: {names}")
    return _named(directory.services, wish.service) or _refuse(f"{pager} has no service {wish.service!r}: {names}")


def _policy(directory: Directory, wish: Wish, own: Cast, pager: str) -> Ref | None:
    """The escalation policy that is paged where the pager's incidents are of no service; ``None``: it knows of none."""
    policies = tuple(Ref(id=one.id, name=one.name) for one in directory.policies)
    if not policies:
        return None
    found = _named(policies, wish.service) if wish.service is not None else None
    if found is not None:
        return found
    held = (
        {row.policy.id for row in own.team.rows if row.policy is not None and row.source == pager} if own.team else ()
    )
    return next((one for one in policies if one.id in held), policies[0])


def _named(some: tuple[Ref, ...], word: str) -> Ref | None:
    wanted = word.casefold()
    exact = [one for one in some if wanted in (one.id.casefold(), one.name.casefold())]
    alike = exact or [one for one in some if one.name.casefold().startswith(wanted)]
    return alike[0] if len(alike) == 1 else None


def _refuse(line: str) -> Any:
    raise ActRefused(clean(line, 300))


def _takes(board: Board, pager: str, incident: Incident | None) -> frozenset[str]:
    able = board.capabilities.get(pager, frozenset())
    return able if incident is None or incident.takes is None else able & frozenset(incident.takes)


def _parts(desk: Desk) -> Parts:
    given = desk.settings.rules.declare
    return Parts(
        room=given.room,
        team=given.team,
        stakeholders=given.stakeholders,
        status_page=given.status_page,
        tickets=given.tickets,
        page=frozenset(given.page),
    )


def _words(desk: Desk, board: Board, wish: Wish, incident: Incident | None, service: Ref | None, own: Cast) -> Words:
    """The texts, out of the seed's templates."""
    now = desk.clock.now()
    draft = Incident(
        id=f"local:{NUMBER}",
        source="local",
        native_id=NUMBER,
        title=wish.title,
        state=IncidentState.TRIGGERED,
        created_at=incident.created_at if incident is not None else now,
        severity=wish.severity,
        service=service or (Ref(id=wish.service, name=wish.service) if wish.service else None),
        assignees=(own.commander,) if own.commander is not None else (),
        url=LINK,
    )
    begun = Wanted(status=INVESTIGATING, since=draft.created_at, why="")
    story = Story(wanted=begun, impact=wish.customer_impact)
    promised = communication(desk.settings.rules).promised
    return Words(
        message=initial_message(draft, board.policy, board.zone, room=PLACE),
        publication=publication(draft, board.policy, board.zone, story, promised=promised, now=now),
        topic=f"{wish.title}  {LINK}",
    )


async def _components(desk: Desk, board: Board, wish: Wish) -> tuple[str, ...]:
    named = desk.settings.rules.declare.status_page
    able = [one.name for one in board.channels if one.can(Verb.PUBLISH) and named in (None, one.name)]
    if not able or not wish.customer_impact:
        return ()
    try:
        async with asyncio.timeout(COMPONENTS_S):
            return await desk.components(able[0])
    except (ActRefused, TimeoutError):
        return ()


def _with_known(made: Plan, words: dict[str, str]) -> Plan:
    """The plan for an incident that is there, with its number and link in the texts."""

    def told(text: str) -> str:
        for mark, word in words.items():
            text = text.replace(mark, word) if word else text
        return text

    def known(step: Step) -> Step:
        params = {name: told(value) if isinstance(value, str) else value for name, value in step.params.items()}
        return replace(step, does=told(step.does), whom=tuple(map(told, step.whom)), params=params)

    return replace(made, steps=tuple(map(known, made.steps)))


# -- yes ---------------------------------------------------------------------------------------------------------


async def declare(desk: Desk, plan: Plan) -> Declaration:
    """Store a plan that a person has said yes to; when this returns it is on the disk, and goes step by step from then
    on, in whichever process sends.

    Raises:
        ActRefused: a read-only seat, nothing to do, a step whose parameters cannot be.
        StoreError: it could not be stored: nothing will be sent.
    """
    _check_may_act(desk)
    if not plan.steps:
        raise ActRefused("nothing is left to do")
    for step in plan.steps:
        try:
            checked(step.verb, filled(step.params, _ANYTHING))
        except ActRefused as error:
            raise ActRefused(f"{step.id}: {error}") from None
    now = desk.clock.now()
    declared = Declared(
        id=new_key(),
        plan=plan,
        seat=desk.settings.board.user or "seat",
        at=now,
        asked_at=now,
        incident=plan.incident,
    )
    await desk.declared.put(declared)
    desk.look()
    return stands(declared, (), now, desk.settings.resend_for)


_ANYTHING = {NUMBER: "#1", LINK: "https://example.com/1", PLACE: "#inc-1", ROOM_NAME: "inc-1", ROOM_ID: "C1"}


def _check_may_act(desk: Desk) -> None:
    if desk.settings.read_only:
        raise ActRefused("this seat is read-only: nothing is declared from here")


# -- how they stand ----------------------------------------------------------------------------------------------


async def declarations(desk: Desk, limit: int = 20) -> tuple[Declaration, ...]:
    """The latest declarations, newest first, each step as it stands."""
    found = await desk.declared.latest(limit)
    return tuple([await _standing(desk, one, is_over) for one, is_over in found])


async def declaration(desk: Desk, word: str) -> Declaration | None:
    """The declaration of that id, or whose id begins so."""
    found = await desk.declared.named(word)
    return None if found is None else await _standing(desk, *found)


async def declaration_of(desk: Desk, incident_id: str) -> Declaration | None:
    """The latest declaration of that incident, among the last hundred."""
    found = await desk.declared.latest(100)
    for one, is_over in found:
        if one.incident in (incident_id, None):
            standing = await _standing(desk, one, is_over)
            if standing.incident == incident_id:
                return standing
    return None


async def _standing(desk: Desk, declared: Declared, is_over: bool) -> Declaration:
    rows = await desk.declared.rows([declared.key(step.id) for step in declared.plan.steps])
    # The pager may have told of the incident when nobody went on with it any more.
    declared = with_incident(declared, rows)
    now = desk.clock.now()
    unasked = desk.settings.resend_for
    # Nobody goes on with one that is over: what has no action then waits for a person.
    over = replace(declared, asked_at=now - 2 * unasked, asked={}) if is_over else declared
    view = await desk.view(declared.incident) if declared.incident is not None else None
    if view is not None:
        over = replace(over, plan=_with_known(over.plan, told_of(view.incident)))
    return stands(over, rows, now, unasked)


async def wait_for(desk: Desk, declaration_id: str, timeout_s: float) -> Declaration:
    """A declaration when nothing of it moves by itself any more, or as it is after ``timeout_s``; also when another
    process sends it.

    Raises:
        ActRefused: there is none of that id.
    """
    until = desk.clock.now() + timedelta(seconds=timeout_s)
    changed = asyncio.Event()
    end = desk.subscribe(changed.set)
    try:
        while True:
            changed.clear()
            found = await declaration(desk, declaration_id)
            if found is None:
                raise ActRefused(f"no declaration has the id {clean(declaration_id, 40)}")
            left = (until - desk.clock.now()).total_seconds()
            if found.is_over or left <= 0:
                return found
            await pause(desk.clock, min(left, _LOOK_S), changed)
    finally:
        end()


async def retry_step(desk: Desk, declaration_id: str, step_id: str) -> Declaration:
    """One step again: a refused or unknown action is sent anew (what may be there is looked for first), one that waited
    too long goes. The others stay as they are; those that waited for it go on when it is done.

    Raises:
        ActRefused: a read-only seat, no such declaration or step, or nothing to be done again.
        StoreError: it could not be stored.
    """
    _check_may_act(desk)
    found = await desk.declared.named(declaration_id)
    if found is None:
        raise ActRefused(f"no declaration has the id {clean(declaration_id, 40)}")
    standing = await _standing(desk, *found)
    step = standing.step(step_id)
    if step is None:
        known = ", ".join(one.step.id for one in standing.steps)
        raise ActRefused(f"it has no step {clean(step_id, 40)}; there are: {known}")
    if step.state not in TROUBLED:
        raise ActRefused(_NOTHING_TO_RETRY[step.state].format(why=step.why))
    # First that it goes on, then the step: should storing that fail, the step still waits for a person.
    now = desk.clock.now()
    await desk.declared.change(found[0].id, lambda held: (_asked(held, step_id, now), False))
    if step.row is not None:
        await desk.retry(step.row.key)
    desk.look()
    again = await declaration(desk, found[0].id)
    assert again is not None, "it was found"
    return again


def _asked(declared: Declared, step_id: str, now: datetime) -> Declared:
    """A person has said of that step: go. Of the incident's own it means the whole, which waits for it."""
    if step_id == INCIDENT:
        return replace(declared, asked_at=now, asked={})
    return replace(declared, asked={**declared.asked, step_id: now})


_NOTHING_TO_RETRY = {
    StepState.WAITING: "it {why}",
    StepState.PENDING: "it is on its way",
    StepState.DONE: "it is done",
    StepState.DROPPED: "it was cancelled",
}
