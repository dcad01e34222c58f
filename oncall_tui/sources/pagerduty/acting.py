"""Actions as PagerDuty's calls. One call an action, sent once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oncall_tui.clock import Clock, parse_instant
from oncall_tui.model import NoteKind, OutboxRow, Ref, Severity, Verb, split_id
from oncall_tui.sources import fields, notes
from oncall_tui.sources.base import (
    AuthFailed,
    NotFound,
    RateLimited,
    Refused,
    Sent,
    SourceError,
    TimedOut,
    Unsupported,
)
from oncall_tui.sources.http import Answer, HttpClient, segment
from oncall_tui.sources.pagerduty.furniture import Furniture
from oncall_tui.sources.pagerduty.options import SeverityWords
from oncall_tui.sources.pagerduty.seat import Me

MAX_SNOOZE_S = 604_800

_WORDS: Mapping[int, str] = {
    1001: "it is resolved already",
    1002: "it is acknowledged already",
    1003: "it does not take that state",
    1005: "somebody changed it meanwhile: look again",
    1006: "it cannot be escalated to there",
    1007: "it cannot be given to that person",
    1011: "it cannot be given to somebody else",
    1012: "it is not acknowledged",
    1013: "a snooze is from 1 second to 7 days",
    1015: "nobody is on call there",
    1019: "it is merged into another already",
    1020: "the account has no such priority",
    2014: "the account lacks the ability for that",
}


class Actor:
    """Sends the actions of one source."""

    def __init__(
        self, client: HttpClient, source: str, me: Me, furniture: Furniture, words: SeverityWords, clock: Clock
    ) -> None:
        self._client = client
        self._source = source
        self._me = me
        self._furniture = furniture
        self._words = words
        self._clock = clock

    async def send(self, row: OutboxRow) -> Sent:
        """Send it once.

        Raises:
            Refused: PagerDuty's own code is in ``code``.
            Unsupported: not an action of PagerDuty's, or parameters that it cannot take.
            SourceError: ``maybe_applied`` where it may have taken effect.
        """
        native_id = split_id(row.target)[1]
        match row.verb:
            case Verb.ACKNOWLEDGE:
                return await self._put(native_id, {"status": "acknowledged"})
            case Verb.UNACKNOWLEDGE | Verb.REOPEN:
                return await self._put(native_id, {"status": "triggered"})
            case Verb.RESOLVE:
                resolution = row.params.get("resolution")
                return await self._put(
                    native_id, {"status": "resolved", **({"resolution": resolution} if resolution else {})}
                )
            case Verb.ESCALATE:
                return await self._put(native_id, escalation(row))
            case Verb.REASSIGN:
                return await self._put(native_id, {"assignments": [_assignment(one) for one in row.params["people"]]})
            case Verb.SEVERITY:
                return await self._set_severity(native_id, row.params["severity"])
            case Verb.TITLE:
                return await self._put(native_id, {"title": row.params["title"]})
            case Verb.SNOOZE:
                return await self._snooze(native_id, row.params["seconds"])
            case Verb.NOTE:
                return await self._note(native_id, row)
            case Verb.MERGE:
                return await self._merge(native_id, self._own(row.params["into"]))
            case Verb.RESPONDERS:
                return await self._ask(native_id, row)
        raise Unsupported(f"PagerDuty cannot {row.verb.value.replace('_', ' ')}")

    def _own(self, full_id: str) -> str:
        source, native_id = split_id(full_id)
        if source != self._source:
            raise Unsupported(f"{full_id} is not in {self._source}: incidents merge within one system")
        return native_id

    async def _put(self, native_id: str, values: Mapping[str, Any], text: str = "") -> Sent:
        # The list's form of the call: only there does the published description know PagerDuty's refusals.
        item = {"id": native_id, "type": "incident_reference", **values}
        await self._call("PUT", "/incidents", {"incidents": [item]}, native_id)
        return Sent(text=text)

    async def _snooze(self, native_id: str, seconds: int) -> Sent:
        if not 1 <= seconds <= MAX_SNOOZE_S:
            raise Refused(_WORDS[1013], code=1013)
        await self._call("POST", f"/incidents/{segment(native_id)}/snooze", {"duration": seconds}, native_id)
        return Sent()

    async def _note(self, native_id: str, row: OutboxRow) -> Sent:
        body = {"note": {"content": note_content(row)}}
        answer = await self._call("POST", f"/incidents/{segment(native_id)}/notes", body, native_id)
        return Sent(native_ref=fields.native_id(answer.data, "note", "id"))

    async def _merge(self, native_id: str, into: str) -> Sent:
        body = {"source_incidents": [{"id": native_id, "type": "incident_reference"}]}
        await self._call("PUT", f"/incidents/{segment(into)}/merge", body, native_id)
        return Sent()

    async def _ask(self, native_id: str, row: OutboxRow) -> Sent:
        me = await self._me.acting()
        targets = [
            {"responder_request_target": {"id": person, "type": "user_reference"}} for person in row.params["people"]
        ]
        body = {
            "requester_id": me.id,
            "message": row.params.get("message") or "",
            "responder_request_targets": targets,
        }
        await self._call("POST", f"/incidents/{segment(native_id)}/responder_requests", body, native_id)
        return Sent()

    async def _set_severity(self, native_id: str, severity: Severity) -> Sent:
        priorities = await self._furniture.known_priorities(self._clock.now())
        if not priorities:
            urgency = urgency_for(severity)
            text = f"the account has no priorities: urgency {urgency} stands for Sev{severity}"
            return await self._put(native_id, {"urgency": urgency}, text)
        chosen = priority_for(severity, priorities, self._words)
        if chosen is None:
            names = ", ".join(priority.name for priority in priorities[:6])
            raise Refused(f"no priority of the account means Sev{severity} ({names}): see severity: in the config")
        return await self._put(native_id, {"priority": {"id": chosen.id, "type": "priority_reference"}})

    async def _call(self, method: str, path: str, body: Any, native_id: str) -> Answer:
        me = await self._me.acting()
        try:
            return await self._client.request(method, path, json=body, headers={"From": me.contact or ""})
        except SourceError as error:
            raise clear(error, native_id) from None


def clear(error: SourceError, native_id: str) -> SourceError:
    """PagerDuty's refusal in words that say what stands there and what to do."""
    if isinstance(error, AuthFailed) and error.status == 403:
        return Refused(f"the key may not do that: {error}", status=403)
    if not isinstance(error, Refused) or isinstance(error, NotFound):
        return error
    message = str(error)
    if error.code == 2020:
        return RateLimited(message, retry_after=60.0)
    if error.code == 2016:
        return TimedOut(f"PagerDuty did not finish in time ({message})", maybe_applied=True)
    if error.code == 2001 and native_id in message and "not found" in message.lower():
        return NotFound(message, status=error.status, code=error.code)
    words = _WORDS.get(error.code) if isinstance(error.code, int) else None
    if words is None:
        return error
    return Refused(f"{words} (PagerDuty {error.code})", status=error.status, code=error.code)


def escalation(row: OutboxRow) -> Mapping[str, Any]:
    """What an escalation sets: a level, a person, or another policy.

    Raises:
        Unsupported: none of them is given.
    """
    if "level" in row.params:
        return {"escalation_level": row.params["level"]}
    if "person" in row.params:
        return {"assignments": [_assignment(row.params["person"])]}
    if "policy" in row.params:
        return {"escalation_policy": {"id": row.params["policy"], "type": "escalation_policy_reference"}}
    raise Unsupported("escalate to what? a level, a person or a policy")


def note_content(row: OutboxRow) -> str:
    """The note as it is stored there, the same at each attempt."""
    at, kind = row.params.get("at"), row.params.get("kind")
    return notes.encode(row.params["text"], at=_moment(at), kind=NoteKind(kind) if kind else None, now=row.created_at)


def priority_for(severity: Severity, priorities: tuple[Ref, ...], words: SeverityWords) -> Ref | None:
    """The first priority whose name means that severity."""
    return next((priority for priority in priorities if words.of(priority.name) == severity), None)


def urgency_for(severity: Severity) -> str:
    """What stands for a severity in an account without priorities."""
    return "high" if severity <= 2 else "low"


def _assignment(user_id: str) -> Mapping[str, Any]:
    return {"assignee": {"id": user_id, "type": "user_reference"}}


def _moment(word: str | None) -> datetime | None:
    return parse_instant(word) if word else None
