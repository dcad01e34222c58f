"""What the pager is asked for: the incident, its severity, who commands, who takes part. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oncall_tui.model import Verb
from oncall_tui.policy.declaring import COMMANDER, INCIDENT, NOTE, PARTICIPANTS, SEVERITY, Skipped, Step, Wish
from oncall_tui.policy.life import Phase, phase_note
from oncall_tui.policy.response_ground import Found, Ground, severities


def incident(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """The incident in the pager, where it is not there yet."""
    if ground.incident is not None:
        return
    named = ground.service.name if ground.service is not None else wish.service or ""
    if ground.policy is not None and named.casefold() in (ground.policy.name.casefold(), ground.policy.id.casefold()):
        named = ""
    places = [one for one in (named, ground.policy.name if ground.policy is not None else "") if one]
    yield Step(
        id=INCIDENT,
        verb=Verb.DECLARE,
        to=ground.pager,
        does=f"make a {ground.name} incident{f' of {places[0]}' if places else ''}: {wish.title}",
        whom=tuple(places),
        rule="declaring: the pager is the system of record",
        params={
            "title": wish.title,
            "text": wish.text,
            "severity": wish.severity,
            "service": ground.service.id if ground.service is not None else None,
            "service_name": named,
            "policy": ground.policy.id if ground.policy is not None else None,
            "policy_name": ground.policy.name if ground.policy is not None else "",
        },
    )


def severity(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """Its severity, where the pager has another."""
    if ground.incident is None or ground.incident.severity == wish.severity:
        return
    if not ground.can(Verb.SEVERITY):
        yield Skipped(id=SEVERITY, why=f"{ground.pager} takes no severity")
        return
    yield Step(
        id=SEVERITY,
        verb=Verb.SEVERITY,
        to=ground.pager,
        does=f"set {ground.name}",
        rule="triage: the severity that was decided on",
        params={"severity": wish.severity},
    )


def note(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """What was decided, on its timeline: that it was declared begins the response (SRO-001, "Response")."""
    if not ground.can(Verb.NOTE):
        yield Skipped(id=NOTE, why=f"{ground.pager} takes no notes")
        return
    begun = phase_note(Phase.RESPONSE, f"declared as {ground.name}")
    text = f"{wish.note}\n{begun}" if wish.note else begun
    yield Step(
        id=NOTE,
        verb=Verb.NOTE,
        to=ground.pager,
        does=f"note: {'; '.join(line for line in text.splitlines() if line)}",
        rule="phases: what was decided is on the timeline, and that the response begins",
        params={"text": text, "at": None, "kind": None},
        needs=ground.needs,
    )


def commander(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """Who commands it, where the severity's row asks for somebody."""
    asks = any("commander" in word.casefold() for word in ground.rule.participants)
    if not asks and wish.commander is None:
        yield Skipped(id=COMMANDER, why=f"{ground.name} asks for no incident commander")
        return
    person = ground.commander
    if person is None:
        yield Skipped(id=COMMANDER, why=ground.known_by or "nobody is known")
        return
    rule = f"{ground.name} · participants: incident commander ({ground.known_by})"
    people: dict[str, Any] = {"people": [person.id], "names": [person.name]}
    if ground.can(Verb.REASSIGN):
        verb, params, does = Verb.REASSIGN, people, f"assign to {person.name}, who commands"
    elif ground.can(Verb.RESPONDERS):
        verb, params = Verb.RESPONDERS, {**people, "message": ""}
        does = f"ask {person.name} to command"
    else:
        yield Skipped(id=COMMANDER, why=f"{ground.pager} cannot assign: tell {person.name}")
        return
    yield Step(
        id=COMMANDER,
        verb=verb,
        to=ground.pager,
        does=does,
        whom=(person.name,),
        rule=rule,
        params=params,
        needs=ground.needs,
    )


def participants(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """Who takes part is paged, at the severities that do."""
    if ground.rule.severity not in ground.parts.page:
        named = severities(ground.parts.page)
        yield Skipped(id=PARTICIPANTS, why=f"{ground.name} pages nobody else{f' ({named} do)' if named else ''}")
        return
    yield from (Skipped(id=f"{PARTICIPANTS}: {one.word}", why=one.why_nobody) for one in ground.asked if one.why_nobody)
    asked = [one for one in ground.asked if one.people]
    told = ", ".join(f"{person.name} ({one.word})" for one in asked for person in one.people)
    rule = f"{ground.name} · participants: {', '.join(ground.rule.participants)}"
    levels = [one.level for one in asked if one.level is not None and one.level > 1]
    if not asked:
        if not any(one.why_nobody for one in ground.asked):
            yield Skipped(id=PARTICIPANTS, why="whom the policy names is there already")
        return
    people = list(dict.fromkeys(person for one in asked for person in one.people))
    if ground.can(Verb.RESPONDERS):
        verb, does = Verb.RESPONDERS, f"page {told}"
        params: dict[str, Any] = {
            "people": [person.id for person in people],
            "names": [person.name for person in people],
            "message": "",  # the page has the incident's title, and not every pager takes words with it
        }
    elif ground.can(Verb.ESCALATE) and levels:
        verb, does, params = Verb.ESCALATE, f"escalate to level {max(levels)}: {told}", {"level": max(levels)}
    else:
        yield Skipped(id=PARTICIPANTS, why=f"{ground.pager} cannot page others: call {told}")
        return
    yield Step(
        id=PARTICIPANTS,
        verb=verb,
        to=ground.pager,
        does=does,
        whom=tuple(person.name for person in people),
        rule=rule,
        params=params,
        needs=ground.needs,
    )
