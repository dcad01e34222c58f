"""Actions as OnCall's calls. One call an action, sent once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from oncall_tui.clock import Clock, parse_instant
from oncall_tui.model import NoteKind, OutboxRow, Person, Verb, split_id
from oncall_tui.sources import fields, notes
from oncall_tui.sources.base import AuthFailed, BadAnswer, Refused, Sent, SourceError, Unsupported
from oncall_tui.sources.grafana_oncall.api import Api
from oncall_tui.sources.grafana_oncall.furniture import Furniture
from oncall_tui.sources.http import Answer, segment

_CALLS: Mapping[Verb, str] = {
    Verb.ACKNOWLEDGE: "acknowledge",
    Verb.UNACKNOWLEDGE: "unacknowledge",
    Verb.RESOLVE: "resolve",
    Verb.REOPEN: "unresolve",
}


class Actor:
    """Sends the actions of one source. ``important``: whom an escalation pages are paged by their rules for that."""

    def __init__(self, api: Api, furniture: Furniture, clock: Clock, *, important: bool) -> None:
        self._api = api
        self._furniture = furniture
        self._clock = clock
        self._important = important

    async def send(self, row: OutboxRow) -> Sent:
        """Send it once.

        Raises:
            Refused: OnCall said no, or the token may not; the message is its reason.
            Unsupported: not an action of OnCall's, or parameters that it cannot take.
            SourceError: ``maybe_applied`` where it may have taken effect.
        """
        native_id = split_id(row.target)[1]
        match row.verb:
            case Verb.RESOLVE if row.params.get("resolution"):
                raise Unsupported("OnCall takes no text with a resolution: write it as a note")
            case Verb.ACKNOWLEDGE | Verb.UNACKNOWLEDGE | Verb.RESOLVE | Verb.REOPEN:
                await self._call(f"/alert_groups/{segment(native_id)}/{_CALLS[row.verb]}/")
                return Sent()
            case Verb.SNOOZE:
                await self._call(f"/alert_groups/{segment(native_id)}/silence/", {"delay": int(row.params["seconds"])})
                return Sent()
            case Verb.NOTE:
                body = {"alert_group_id": native_id, "text": note_content(row)}
                answer = await self._call("/resolution_notes/", body)
                return Sent(native_ref=fields.native_id(answer.data, "id"))
            case Verb.ESCALATE:
                return await self._page(native_id, await self._whom(row))
            case Verb.RESPONDERS:
                if row.params.get("message"):
                    raise Unsupported("OnCall takes no message with it: write it as a note")
                await self._furniture.ensure(self._clock.now(), "people")
                roster = self._furniture.roster
                return await self._page(native_id, [roster.person(one) for one in row.params["people"]])
        raise Unsupported(f"Grafana OnCall cannot {row.verb.value.replace('_', ' ')}")

    async def _whom(self, row: OutboxRow) -> list[Person]:
        """Whom an escalation pages: the API pages people, not levels, so those who hold the level now."""
        params = row.params
        if "person" in params:
            return [Person(id=params["person"], name=params.get("person_name") or params["person"])]
        now = self._clock.now()
        await self._furniture.ensure(now, "people", "teams", "routes", "escalation chains")
        error = await self._furniture.take("schedules", now)  # who holds it now, not a minute ago
        if error is not None:
            raise error
        if "policy" in params:
            chain_id, level = params["policy"], 1
        elif "level" in params:
            chain_id, level = await self._chain_of(split_id(row.target)[1]), params["level"]
        else:
            raise Unsupported("escalate to what? a level, a person or a chain")
        chain = self._furniture.roster.chains.get(chain_id)
        if chain is None:
            raise Refused("OnCall does not say which escalation chain that is: page a person instead")
        people = self._furniture.roster.on_level(chain.id, level)
        if not people:
            raise Refused(f"nobody is to be paged on level {level} of {chain.name}: page a person instead")
        return list(people)

    async def _chain_of(self, native_id: str) -> str:
        group = await self._api.one("alert_groups", native_id)
        return self._furniture.roster.routes.get(fields.native_id(group, "route_id") or "", "")

    async def _page(self, native_id: str, people: Iterable[Person]) -> Sent:
        listed = list(people)
        users = [{"id": person.id, "important": self._important} for person in listed]
        answer = await self._call("/escalation/", {"alert_group_id": native_id, "users": users})
        if fields.native_id(answer.data, "id") != native_id:
            # Nothing else in the API shows who was paged: the group as the answer is the only proof.
            raise BadAnswer("OnCall answers without the alert group that people were paged for", maybe_applied=True)
        return Sent(text=f"paged {', '.join(person.name for person in listed)}")

    async def _call(self, path: str, body: Any = None) -> Answer:
        try:
            return await self._api.post(path, body)
        except SourceError as error:
            raise clear(error) from None


def clear(error: SourceError) -> SourceError:
    """403 on a write is a refusal of that action, not a token that is no good."""
    if isinstance(error, AuthFailed) and error.status == 403:
        return Refused(f"the token may not do that: {error}", status=403)
    return error


def note_content(row: OutboxRow) -> str:
    """The note as it is stored there, the same at each attempt."""
    at, kind = row.params.get("at"), row.params.get("kind")
    return notes.encode(row.params["text"], at=_moment(at), kind=NoteKind(kind) if kind else None, now=row.created_at)


def _moment(word: str | None) -> datetime | None:
    return parse_instant(word) if word else None
