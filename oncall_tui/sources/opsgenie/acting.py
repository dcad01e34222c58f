"""Actions as Opsgenie's calls. Each answer is 202: what became of it is asked for by its request's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from oncall_tui.clock import Clock, iso
from oncall_tui.model import OutboxRow, Person, Severity, Verb, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import AuthFailed, Refused, Sent, SourceError, Unsupported
from oncall_tui.sources.declaring import dedup_key
from oncall_tui.sources.genie import asked as asked_for
from oncall_tui.sources.genie.api import Responder, server_now
from oncall_tui.sources.genie.confirming import note_content
from oncall_tui.sources.genie.roster import Roster
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.sources.opsgenie.decoding import INCIDENT

Body = Mapping[str, Any]
Params = Sequence[tuple[str, str]]
_BY_ID: Params = [("identifierType", "id")]


class Actor:
    """Sends the actions of one source.

    Args:
        wanted: who acts where the account's user is not known.
    """

    def __init__(
        self, client: HttpClient, wanted: str | None, severities: Mapping[str, Severity], clock: Clock
    ) -> None:
        self._client = client
        self._wanted = wanted
        self._severities = severities
        self._clock = clock

    async def send(self, row: OutboxRow, me: Person | None, roster: Roster, asked: tuple[Responder, ...]) -> Sent:
        """Send it once.

        Args:
            asked: the alert's responders, where the action is an escalation to a level.

        Raises:
            Refused: Opsgenie says no at once, or what it would refuse later is plain already.
            Unsupported: not an action of Opsgenie's, or parameters that it cannot take.
            SourceError: ``maybe_applied`` where it may have been taken.
        """
        native_id = split_id(row.target)[1]
        if native_id.startswith(INCIDENT):
            return await self._to_incident(native_id.removeprefix(INCIDENT), row)
        who = {"source": asked_for.SOURCE, **({"user": user} if (user := self._user(me)) else {})}
        way = f"/v2/alerts/{segment(native_id)}"
        match row.verb:
            case Verb.ACKNOWLEDGE | Verb.UNACKNOWLEDGE:
                return await self._post(f"{way}/{row.verb.value}", who)
            case Verb.RESOLVE:
                resolution = row.params.get("resolution")
                return await self._post(f"{way}/close", {**who, **({"note": resolution} if resolution else {})})
            case Verb.SNOOZE:
                until = server_now(self._client, self._clock.now()) + timedelta(seconds=row.params["seconds"])
                return await self._post(f"{way}/snooze", {**who, "endTime": iso(until)})
            case Verb.NOTE:
                return await self._post(f"{way}/notes", {**who, "note": note_content(row)})
            case Verb.REASSIGN:
                return await self._post(
                    f"{way}/assign", {**who, "owner": _user(asked_for.only_one(row.params["people"]))}
                )
            case Verb.ESCALATE:
                return await self._escalate(way, who, row, roster, asked)
            case Verb.RESPONDERS:
                return await self._ask(way, who, row)
            case Verb.SEVERITY:
                return await self._put(
                    f"{way}/priority", {"priority": asked_for.priority(row.params["severity"], self._severities)}
                )
            case Verb.TITLE:
                return await self._put(f"{way}/message", {"message": asked_for.message(row.params["title"])})
        raise Unsupported(f"Opsgenie cannot {row.verb.value.replace('_', ' ')}")

    async def declare(self, row: OutboxRow, me: Person | None) -> Sent:
        """Make an alert under an alias of ours. Raises Refused, and SourceError with ``maybe_applied``."""
        body = {**asked_for.page(row.params, self._severities), "alias": dedup_key(row)}
        if user := self._user(me):
            body["user"] = user
        if row.params.get("service_name"):
            body["details"] = {"service": row.params["service_name"]}
        return await self._write("POST", "/v2/alerts", body, ())

    async def _to_incident(self, incident_id: str, row: OutboxRow) -> Sent:
        if row.verb is not Verb.RESOLVE:
            raise Unsupported("Opsgenie's API closes an incident and does nothing else to it: act on its alerts")
        resolution = row.params.get("resolution")
        return await self._post(
            f"/v1/incidents/{segment(incident_id)}/close", {"note": resolution} if resolution else {}
        )

    async def _escalate(
        self, way: str, who: Body, row: OutboxRow, roster: Roster, asked: tuple[Responder, ...]
    ) -> Sent:
        if "policy" in row.params:
            target = {"type": "escalation", "id": row.params["policy"]}
            return await self._post(f"{way}/escalate", {**who, "escalation": target})
        if "person" in row.params:
            return await self._post(f"{way}/responders", {**who, "responder": _user(row.params["person"])})
        step = asked_for.step_of(row.params.get("level"), roster, asked)
        return await self._post(f"{way}/responders", {**who, "responder": {"type": step.kind, "id": step.id}})

    async def _ask(self, way: str, who: Body, row: OutboxRow) -> Sent:
        message = row.params.get("message")
        sent = []
        people = row.params["people"]
        for person in people:
            body = {**who, "responder": _user(person), **({"note": message} if message else {})}
            try:
                sent.append((await self._post(f"{way}/responders", body)).native_ref or "")
            except SourceError as error:
                raise asked_for.partly(error, row.params.get("names") or people, len(sent)) from None
        return Sent(native_ref=",".join(filter(None, sent)) or None)

    def _user(self, me: Person | None) -> str | None:
        return (me.contact or me.name) if me is not None else self._wanted

    async def _post(self, path: str, body: Body) -> Sent:
        return await self._write("POST", path, body)

    async def _put(self, path: str, body: Body) -> Sent:
        return await self._write("PUT", path, body)

    async def _write(self, method: str, path: str, body: Body, params: Params = _BY_ID) -> Sent:
        try:
            answer = await self._client.request(method, path, params=params, json=body)
        except AuthFailed as error:
            raise clear(error) from None
        return Sent(native_ref=fields.native_id(answer.data, "requestId"))


def clear(error: AuthFailed) -> SourceError:
    """403 is no wrong key but one that may not do this: it must not wait for another key."""
    if error.status == 403:
        return Refused(f"the key may not do that (it needs Create and update): {error}", status=403)
    return error


def _user(person: str) -> Mapping[str, str]:
    return {"type": "user", "username": person} if "@" in person else {"type": "user", "id": person}
