"""Actions as calls of the public API. One call an action, sent once, in the name of the seat's user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import iso, parse_instant
from oncall_tui.model import NoteKind, OutboxRow, Verb, split_id
from oncall_tui.sources import fields, notes
from oncall_tui.sources.base import BadAnswer, Refused, Sent, Unsupported
from oncall_tui.sources.http import segment
from oncall_tui.sources.splunk_oncall import reading
from oncall_tui.sources.splunk_oncall.api import PUBLIC, Api
from oncall_tui.sources.splunk_oncall.furniture import Furniture


class Actor:
    """Sends the actions of one source."""

    def __init__(self, api: Api, furniture: Furniture) -> None:
        self._api = api
        self._furniture = furniture

    async def send(self, row: OutboxRow) -> Sent:
        """Send it once.

        Raises:
            Refused: the organisation says no, or nobody is there to act as or to give it to.
            Unsupported: not an action of Splunk On-Call's.
            SourceError: ``maybe_applied`` where it may have taken effect.
        """
        number = split_id(row.target)[1]
        match row.verb:
            case Verb.ACKNOWLEDGE:
                return await self._set("ack", number, None)
            case Verb.RESOLVE:
                return await self._set("resolve", number, row.params.get("resolution"))
            case Verb.ESCALATE:
                return await self._reroute(number, await self._escalation(number, row.params))
            case Verb.REASSIGN:
                return await self._reroute(number, [_user(user) for user in row.params["people"]])
            case Verb.NOTE:
                return await self._note(number, row)
        raise Unsupported(f"Splunk On-Call cannot {row.verb.value.replace('_', ' ')}: its API has no call for it")

    async def _set(self, word: str, number: str, message: str | None) -> Sent:
        me = await self._furniture.acting()
        body = {"userName": me.id, "incidentNames": [number], **({"message": message} if message else {})}
        data = await self._api.write("PATCH", f"{PUBLIC}/incidents/{word}", body)
        return Sent(text=_judged(data, "results", "cmdAccepted", number))

    async def _escalation(self, number: str, params: Mapping[str, Any]) -> list[Mapping[str, str]]:
        if "person" in params:
            return [_user(params["person"])]
        if "policy" in params:
            return [{"type": "EscalationPolicy", "slug": params["policy"]}]
        if "level" not in params:
            raise Unsupported("escalate to what? a level, a person or a policy")
        policy = reading.policy_of(await reading.incident(self._api, number))
        users = await self._furniture.on_level(policy, params["level"]) if policy is not None else ()
        if not users:
            raise Refused(f"nobody is known to be on level {params['level']} there: choose a person or a policy")
        return [_user(user) for user in users]

    async def _reroute(self, number: str, targets: list[Mapping[str, str]]) -> Sent:
        me = await self._furniture.acting()
        reroute = {"incidentNumber": number, "targets": targets, "addTargets": False}
        data = await self._api.write("POST", f"{PUBLIC}/incidents/reroute", {"userName": me.id, "reroutes": [reroute]})
        return Sent(text=_judged(data, "statuses", "success", number))

    async def _note(self, number: str, row: OutboxRow) -> Sent:
        me = await self._furniture.acting()
        name = note_name(row)
        value = {"text": note_content(row), "author": me.id, "at": iso(row.created_at)}
        body = {"name": name, "display_name": f"{me.name}: note", "json_value": value}
        await self._api.write("POST", f"{PUBLIC}/incidents/{segment(number)}/notes", body)
        return Sent(native_ref=name)


def note_name(row: OutboxRow) -> str:
    """What the note is called there: ours alone, and the same at each attempt."""
    return f"oncall-tui-{row.key}"


def note_content(row: OutboxRow) -> str:
    """The note as it is stored there, the same at each attempt."""
    at, kind = row.params.get("at"), row.params.get("kind")
    moment = parse_instant(at) if at else None
    return notes.encode(row.params["text"], at=moment, kind=NoteKind(kind) if kind else None, now=row.created_at)


def _user(user: str) -> Mapping[str, str]:
    return {"type": "User", "slug": user}


def _judged(data: Any, key: str, flag: str, number: str) -> str:
    """What the answer says of this incident: 200 is told also where nothing was done.

    Raises:
        Refused: it was not done; the organisation's reason.
        BadAnswer: the answer says nothing of it.
    """
    for item in fields.rows(data, key):
        if fields.native_id(item, "incidentNumber") != number:
            continue
        told = [
            fields.text(item, "message"),
            *(fields.text(one, "message") for one in fields.rows(item, "targetStatus")),
        ]
        message = "; ".join(dict.fromkeys(text for text in told if text))
        match fields.boolean(item, flag):
            case True:
                return message
            case False:
                raise Refused(message or "Splunk On-Call did not accept it")
    raise BadAnswer("Splunk On-Call does not say what became of it", maybe_applied=True)
