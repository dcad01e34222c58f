"""Actions as the calls of Jira Service Management Operations. Whoever has the token is who does them.

All but a note are taken with 202, and what became of them is asked for by the request's id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Mapping as MappingOf
from datetime import timedelta
from typing import Any

from oncall_tui.clock import Clock, iso
from oncall_tui.model import OutboxRow, Severity, Verb, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import Refused, Sent, SourceError, Unsupported
from oncall_tui.sources.declaring import dedup_key
from oncall_tui.sources.genie import asked
from oncall_tui.sources.genie.api import Responder, server_now
from oncall_tui.sources.genie.confirming import closing_words, note_content
from oncall_tui.sources.genie.roster import Roster
from oncall_tui.sources.http import Answer, HttpClient, segment

NOTE_ATTEMPTS = 3
"""A close waits for the note with its words no longer than that."""
NOTE_SETTLES_S = 4.0
"""A note whose answer was lost is looked for so long afterwards: what is not there then has not arrived."""

Write = Callable[[str, str, Any], Awaitable[Answer]]
"""Sends method, path below the site's operations, and body (``None``: none)."""


class Actor:
    """Sends the actions of one source."""

    def __init__(self, client: HttpClient, write: Write, severities: MappingOf[str, Severity], clock: Clock) -> None:
        self._client = client
        self._write = write
        self._severities = severities
        self._clock = clock

    async def send(
        self, row: OutboxRow, roster: Roster, responders: Sequence[Responder], *, noted: bool = False
    ) -> Sent:
        """Send it once.

        Args:
            responders: the alert's, where the action is an escalation to a level.
            noted: the words of a close are there already.

        Raises:
            Refused: the system says no at once, or what it would refuse later is plain already.
            Unsupported: not an action of this system's, or parameters that it cannot take.
            SourceError: ``maybe_applied`` where it may have been taken.
        """
        way = f"/alerts/{segment(split_id(row.target)[1])}"
        params = row.params
        match row.verb:
            case Verb.ACKNOWLEDGE | Verb.UNACKNOWLEDGE:
                return await self._queued("POST", f"{way}/{row.verb.value}", None)
            case Verb.RESOLVE:
                return await self._close(way, row, None if noted else closing_words(row))
            case Verb.SNOOZE:
                until = server_now(self._client, self._clock.now()) + timedelta(seconds=params["seconds"])
                return await self._queued("POST", f"{way}/snooze", {"endTime": iso(until)})
            case Verb.NOTE:
                answer = await self._write("POST", f"{way}/notes", {"note": note_content(row)})
                return Sent(native_ref=fields.native_id(answer.data, "id"))
            case Verb.REASSIGN:
                return await self._queued("POST", f"{way}/assign", {"accountId": asked.only_one(params["people"])})
            case Verb.ESCALATE:
                return await self._escalate(way, row, roster, responders)
            case Verb.RESPONDERS:
                return await self._ask(way, params["people"], params.get("names") or params["people"])
            case Verb.SEVERITY:
                wanted = asked.priority(params["severity"], self._severities)
                return await self._queued("PATCH", f"{way}/priority", {"priority": wanted})
            case Verb.TITLE:
                return await self._queued("PATCH", f"{way}/message", {"message": asked.message(params["title"])})
        raise Unsupported(f"Jira Service Management cannot {row.verb.value.replace('_', ' ')}")

    async def declare(self, row: OutboxRow) -> Sent:
        """Make an alert under an alias of ours. Raises Refused, and SourceError with ``maybe_applied``."""
        body = {**asked.page(row.params, self._severities), "alias": dedup_key(row)}
        if row.params.get("service_name"):
            body["extraProperties"] = {"service": row.params["service_name"]}
        return await self._queued("POST", "/alerts", body)

    async def _close(self, way: str, row: OutboxRow, words: str | None) -> Sent:
        """Closing takes no words there: they become a note before it, so that a close whose answer is lost has lost no
        words. A note that is refused, or comes to nothing again and again, holds up no close."""
        failure = ""
        if words is not None:
            try:
                await self._write("POST", f"{way}/notes", {"note": words})
            except Refused as error:
                failure = f"closed; its words could not be noted: {error}"
            except SourceError as error:
                if not error.maybe_applied:
                    raise
                if row.attempts < NOTE_ATTEMPTS:
                    error.retry_after = max(error.retry_after or 0.0, NOTE_SETTLES_S)
                    raise
                failure = f"closed; its words could not be noted: {error}"
        sent = await self._queued("POST", f"{way}/close", None)
        return Sent(text=failure, native_ref=sent.native_ref)

    async def _escalate(self, way: str, row: OutboxRow, roster: Roster, responders: Sequence[Responder]) -> Sent:
        if "policy" in row.params:
            return await self._queued("POST", f"{way}/escalate", {"escalationId": row.params["policy"]})
        if "person" in row.params:
            return await self._queued("POST", f"{way}/responders", {"id": row.params["person"], "type": "user"})
        step = asked.step_of(row.params.get("level"), roster, responders)
        return await self._queued("POST", f"{way}/responders", {"id": step.id, "type": step.kind})

    async def _ask(self, way: str, people: Sequence[str], names: Sequence[str]) -> Sent:
        sent: list[str] = []
        for person in people:
            try:
                one = await self._queued("POST", f"{way}/responders", {"id": person, "type": "user"})
            except SourceError as error:
                raise asked.partly(error, names, len(sent)) from None
            sent.append(one.native_ref or "")
        return Sent(native_ref=",".join(filter(None, sent)) or None)

    async def _queued(self, method: str, path: str, body: Any) -> Sent:
        answer = await self._write(method, path, body)
        return Sent(native_ref=fields.native_id(answer.data, "requestId"))
