"""The action commands: the same actions as the keys, through the same outbox."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import field
from typing import Any

from oncall_tui.board import AlertRow
from oncall_tui.cli import exits
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import iso, parse_moment, zone_named
from oncall_tui.desk import ActRefused
from oncall_tui.model import Directory, Incident, OutboxRow, OutboxState, Person, Verb, Version, split_id
from oncall_tui.records import dataclass
from oncall_tui.store import StoreError
from oncall_tui.text import MAX_TITLE, clean, clean_block, clip, paint_safe

_TITLE = 50
"""Cells of a target's title in a line that says what was meant or done."""
NOTE_LIMIT = 10_000
"""Characters of a note."""

VERBS = {
    "ack": Verb.ACKNOWLEDGE,
    "resolve": Verb.RESOLVE,
    "escalate": Verb.ESCALATE,
    "note": Verb.NOTE,
    "snooze": Verb.SNOOZE,
    "assign": Verb.REASSIGN,
    "severity": Verb.SEVERITY,
    "merge": Verb.MERGE,
    "responders": Verb.RESPONDERS,
    "title": Verb.TITLE,
    "silence": Verb.SILENCE,
    "unack": Verb.UNACKNOWLEDGE,
    "reopen": Verb.REOPEN,
    "unsilence": Verb.EXPIRE_SILENCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One action as the command line wants it."""

    target: str
    title: str
    seen: Version | None = None
    params: dict[str, Any] = field(default_factory=dict)


def act(args: Namespace) -> int:
    """Any of the action commands."""
    return asyncio.run(_act(args))


async def _act(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=True, read_only=args.read_only) as house:
        tell_notices(house)
        await house.desk.start(poll=False)
        verb = VERBS[args.command]
        names = list(dict.fromkeys(args.ids)) if hasattr(args, "ids") else [args.id]
        found = [(name, await resolve_target(house, name)) for name in names]
        titles = {target: await _title(house, target) for name, target in found if name != target}
        targets = list(dict.fromkeys(target for _, target in found))
        if verb is Verb.EXPIRE_SILENCE:
            targets = await _silences_of(house, targets)
        codes = await asyncio.gather(*(_one(house, verb, one, args, titles.get(one, "")) for one in targets))
    return exits.worst(codes)


async def _one(house: House, verb: Verb, target: str, args: Namespace, title: str) -> int:
    async def press() -> OutboxRow:
        if verb is Verb.SILENCE:
            order = await _silence(house, target, args)
        elif verb is Verb.EXPIRE_SILENCE:
            order = await _silenced(house, target)
        else:
            order = await _order(house, verb, target, args)
        return await house.desk.act(
            verb, order.target, params=order.params, seen=order.seen, title=order.title, undo=False
        )

    return await pressed(house, target, press, args.timeout, title)


async def pressed(
    house: House, target: str, press: Callable[[], Awaitable[OutboxRow]], timeout_s: float, title: str = ""
) -> int:
    """Store an action, which ``press`` does, and wait for its end: one line and the exit code. ``title``: as of
    :func:`tell`."""
    try:
        row = await press()
        row = await house.desk.wait(row.key, timeout_s)
        if house.store.in_memory and row.pending:
            return await _give_up(house, row)
    except ActRefused as error:
        sys.stderr.write(f"oncall-tui: {paint_safe(target)}: {paint_safe(str(error))}\n")
        return exits.REFUSED
    except StoreError as error:
        # Nothing was stored, so nothing will be sent: a refusal, never a queued action.
        sys.stderr.write(f"oncall-tui: {paint_safe(target)}: not queued: {paint_safe(str(error))}\n")
        return exits.REFUSED
    tell(row, title)
    return exits.of_row(row)


async def _give_up(house: House, row: OutboxRow) -> int:
    """What is pending in memory ends with this process: to call it queued would be a promise that nobody keeps."""
    words, code = "sent, and nobody is left to read the answer", exits.UNKNOWN
    if row.state is OutboxState.QUEUED:
        with contextlib.suppress(ActRefused):  # it has left in this very moment
            await house.desk.cancel(row.key)
            words, code = "not sent, and not kept", exits.REFUSED
    told = clean(f"{row.verb.value} {words}: {row.answer or 'no answer yet'}", 400)
    sys.stderr.write(f"oncall-tui: {paint_safe(row.target)}: {told}\n")
    return code


def tell(row: OutboxRow, title: str = "") -> None:
    """One line for an action: on stdout, or on stderr where it was refused or its outcome is unknown.

    Args:
        title: what the target is called, where it was named by less than its id.
    """
    called = f" ({clip(title, _TITLE)})" if title else ""
    words = f"{row.target}{called} {row.verb.value} {row.state.value}"
    if row.pending:
        words += f" (key {row.key})"
    reason = row.held or row.answer
    line = paint_safe(clean(f"{words}: {reason}" if reason else words, 400))
    stream = sys.stderr if exits.of_row(row) in (exits.REFUSED, exits.UNKNOWN) else sys.stdout
    stream.write(line + "\n")
    stream.flush()


# -- which target ----------------------------------------------------------------------------------------------


async def resolve_id(house: House, name: str, *, cached: bool = False) -> str:
    """The full id that ``name`` means; of an unknown one the sources are asked, unless ``cached``.

    Raises:
        UsageError: no such id, or several.
    """
    found = await house.store.find_ids(name)
    if not found and not cached:
        if _is_full_id(house, name):
            return name
        await house.desk.poll_once()
        found = await house.store.find_ids(name)
    if not found:
        raise exits.UsageError(f"no incident or alert has the id {clean(name, 80)!r}: 'oncall-tui now' lists them")
    if len(found) > 1 and name not in found:
        raise exits.UsageError(f"{clean(name, 80)!r} could be {', '.join(found[:5])}: give more of it")
    return name if name in found else found[0]


async def resolve_target(house: House, name: str) -> str:
    """The full id of what is to be acted on. Where ``name`` is only its end, a line on stderr says before anything is
    done which one was meant. Raises UsageError: no such id, or several."""
    target = await resolve_id(house, name)
    if target != name:
        title = await _title(house, target)
        told = clean(f"{clean(name, 80)!r} is {target}{f': {clip(title, _TITLE)}' if title else ''}", 400)
        sys.stderr.write(f"oncall-tui: {paint_safe(told)}\n")
        sys.stderr.flush()
    return target


async def _title(house: House, target: str) -> str:
    """What an incident or alert is called; empty where neither is known by that id."""
    seen = await house.store.incident_seen(target)
    if seen is not None:
        return seen[0].title
    alert = await house.store.alert(target)
    return alert.name if alert is not None else ""


def _is_full_id(house: House, name: str) -> bool:
    try:
        source, _ = split_id(name)
    except ValueError:
        return False
    return any(one.name == source for one in house.sources)


# -- what exactly ----------------------------------------------------------------------------------------------


async def _order(house: House, verb: Verb, target: str, args: Namespace) -> Order:
    problem = await house.desk.read(target)
    view = await house.desk.view(target)
    if view is None:
        raise ActRefused(problem or f"no such incident: {target}")
    incident = view.incident
    params = await _params(house, verb, incident, args)
    return Order(target=target, title=incident.title, seen=incident.version, params=params)


async def _params(house: House, verb: Verb, incident: Incident, args: Namespace) -> dict[str, Any]:
    match verb:
        case Verb.ESCALATE:
            return await _escalation(house, incident, args)
        case Verb.NOTE:
            return _note(house, args)
        case Verb.SNOOZE:
            return {"seconds": int(args.duration.total_seconds())}
        case Verb.REASSIGN:
            person = await _person(house, incident.source, args.user)
            return {"people": [person.id], "names": [person.name]}
        case Verb.SEVERITY:
            return {"severity": args.severity}
        case Verb.MERGE:
            return {"into": await resolve_target(house, args.into)}
        case Verb.RESPONDERS:
            people = [await _person(house, incident.source, user) for user in args.users]
            message = clean(args.message)
            return {"people": [one.id for one in people], "names": [one.name for one in people], "message": message}
        case Verb.TITLE:
            title = clean(args.text, MAX_TITLE)
            if not title:
                raise exits.UsageError("an empty title")
            return {"title": title}
    return {}


async def _escalation(house: House, incident: Incident, args: Namespace) -> dict[str, Any]:
    if args.to is not None:
        person = await _person(house, incident.source, args.to)
        return {"person": person.id, "person_name": person.name}
    if args.policy is not None:
        directory = await _directory(house, incident.source)
        wanted = args.policy.casefold()
        for policy in directory.policies:
            if wanted in (policy.name.casefold(), policy.id.casefold()):
                return {"policy": policy.id, "policy_name": policy.name}
        names = ", ".join(policy.name for policy in directory.policies) or "none"
        raise exits.UsageError(f"no policy {clean(args.policy, 60)!r} in {incident.source}; known: {names}")
    if args.level is not None:
        return {"level": args.level}
    if incident.escalation_level is None:
        raise exits.UsageError(f"{incident.id}: its level is not known; say which with --level")
    return {"level": incident.escalation_level + 1}


def text_given(words: str, what: str) -> str:
    """A text as it was given, ``-`` for standard input.

    Args:
        what: its name in the refusal: ``note``.

    Raises:
        UsageError: it is empty, or too long.
    """
    text = sys.stdin.read(NOTE_LIMIT * 4) if words == "-" else words
    if not text.strip():
        raise exits.UsageError(f"an empty {what}")
    if len(text) > NOTE_LIMIT:
        raise exits.UsageError(f"a {what} of over {NOTE_LIMIT} characters")
    return clean_block(text)


def _note(house: House, args: Namespace) -> dict[str, Any]:
    return {"text": text_given(args.text, "note"), "at": moment_given(house, args.at), "kind": args.kind}


def moment_given(house: House, given: str | None) -> str | None:
    """When it happened, as ISO 8601, from ``--at``; ``None``: now.

    Raises:
        UsageError: not a time, or one that lies ahead.
    """
    if given is None:
        return None
    try:
        moment = parse_moment(given, now=house.clock.now(), zone=zone_named(house.config.seat.time_zone))
    except ValueError as error:
        raise exits.UsageError(str(error)) from None
    if moment > house.clock.now():
        raise exits.UsageError(f"--at {clean(given, 40)} lies ahead")
    return iso(moment)


async def _silence(house: House, target: str, args: Namespace) -> Order:
    row = next((row for row in (await house.desk.board()).alerts if target in row.ids), None)
    alert = await house.store.alert(target)
    if alert is None:
        raise ActRefused(f"no such alert: {target}")
    reason = clean(args.reason)
    if not reason:
        raise exits.UsageError("an empty reason")
    # What 'now' lists is a group by its first alert: what its members share is what is muted.
    labels = dict(row.labels) if row is not None and row.labels else alert.labels
    params = {"seconds": int(args.duration.total_seconds()), "reason": reason, "labels": labels}
    return Order(target=target, title=alert.name, params=params)


async def _silences_of(house: House, targets: Sequence[str]) -> list[str]:
    """Silences as they are, of an alert those that mute it; what is not silenced as far as is known is asked for anew.

    Raises:
        Failure: the alert is not silenced.
    """
    rows = await _rows_by_alert(house)
    if any(target in rows and not rows[target].silences for target in targets):
        await house.desk.poll_once()  # it may be a moment old, as of this seat's own command
        rows = await _rows_by_alert(house)
    found: list[str] = []
    for target in targets:
        if target in rows and not rows[target].silences:
            raise exits.Failure(f"not silenced: {rows[target].name}", exits.REFUSED)
        found += [one.id for one in rows[target].silences] if target in rows else [target]
    return list(dict.fromkeys(found))


async def _rows_by_alert(house: House) -> dict[str, AlertRow]:
    return {one: row for row in (await house.desk.board()).alerts for one in row.ids}


async def _silenced(house: House, target: str) -> Order:
    board = await house.desk.board()
    if target not in {one.id for one in board.silences}:
        raise ActRefused(f"no such silence: {target}")
    muted = next((row.name for row in board.alerts if target in {one.id for one in row.silences}), target)
    return Order(target=target, title=muted)


# -- who -------------------------------------------------------------------------------------------------------


async def _directory(house: House, source: str) -> Directory:
    found = (await house.desk.board()).directories.get(source)
    if found is None:
        await house.desk.poll_once()
        found = (await house.desk.board()).directories.get(source)
    if found is None:
        raise ActRefused(f"{source} has not told who its people are")
    return found


async def _person(house: House, source: str, name: str) -> Person:
    directory = await _directory(house, source)
    if name == "me":
        if directory.me is None:
            raise exits.UsageError(f"who you are in {source} is not known: set seat.user")
        return directory.me
    return pick_person(directory.people, name)


def pick_person(people: Iterable[Person], name: str) -> Person:
    """The one whose id, mail, name, or part of the name it is.

    Raises:
        UsageError: nobody, or several; or no name at all.
    """
    wanted = name.strip().casefold()
    if not wanted:
        raise exits.UsageError("a person has to be named: by mail address, id or name")
    everybody = tuple(people)
    exact = [one for one in everybody if wanted in (one.id.casefold(), (one.contact or "").casefold())]
    named = [one for one in everybody if wanted == one.name.casefold()]
    partly = [one for one in everybody if wanted in one.name.casefold()]
    for found in (exact, named, partly):
        if len(found) == 1:
            return found[0]
        if found:
            could = ", ".join(f"{one.name} <{one.contact or one.id}>" for one in found[:5])
            raise exits.UsageError(f"{clean(name, 60)!r} could be {could}: say the mail address or id")
    raise exits.UsageError(f"nobody is called {clean(name, 60)!r} there")
