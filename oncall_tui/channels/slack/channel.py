"""One Slack workspace, by a token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from oncall_tui.channels.slack.api import SlackApi
from oncall_tui.channels.slack.messages import Messages
from oncall_tui.channels.slack.options import Options
from oncall_tui.channels.slack.rooms import Rooms
from oncall_tui.model import OutboxRow, Person, Verb
from oncall_tui.sources import fields
from oncall_tui.sources.base import (
    Capability,
    Confirmation,
    Outcome,
    Probe,
    Reach,
    Refused,
    Sent,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.text import clean

_NEEDS: Mapping[Capability, tuple[str, ...]] = {
    Capability.MESSAGE: ("chat:write",),
    Capability.UPDATE_MESSAGE: ("chat:write",),
}
_PUBLIC: Mapping[Capability, tuple[str, ...]] = {
    Capability.ROOM: ("channels:manage", "channels:write"),
    Capability.TOPIC: ("channels:manage", "channels:write.topic", "channels:write"),
}
_PRIVATE: Mapping[Capability, tuple[str, ...]] = {
    Capability.ROOM: ("groups:write",),
    Capability.TOPIC: ("groups:write", "groups:write.topic"),
}
"""Any one of these scopes will do; the first is the bot's."""


class Slack:
    """A channel that makes rooms, sets topics, posts and changes messages."""

    kind: ClassVar[str] = "slack"

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self._options = options
        self.reach = Reach(place=clean(options.room or "", 80), named_by="room")
        self._client = options.client(context)
        self._api = SlackApi(self._client)
        self._rooms = Rooms(self._api, options)
        self._messages = Messages(self._api, self._rooms, options.room, context.clock)
        self._needs = {**_NEEDS, **(_PRIVATE if options.private else _PUBLIC)}
        self._me: str | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All four verbs, without those whose scope the token is known to lack."""
        return frozenset(capability for capability, scopes in self._needs.items() if not self._api.lacks(*scopes))

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing: what is ours carries its key."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Send it. A room and a message may take several calls, each sent once."""
        match row.verb:
            case Verb.ROOM:
                return await self._rooms.make(row)
            case Verb.TOPIC:
                return await self._rooms.set_topic(row)
            case Verb.MESSAGE:
                return await self._messages.post(row, self._earliest(row))
            case Verb.UPDATE_MESSAGE:
                return await self._messages.update(row)
        raise Unsupported(f"Slack cannot {row.verb.value.replace('_', ' ')}")

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read it back. Where the token may not read, Slack's own answer stands."""
        try:
            return await self._confirm(row)
        except Refused as error:
            if row.answered_at is not None:
                return Confirmation(outcome=Outcome.APPLIED, text=f"Slack took it; not read back: {error}")
            return Confirmation(outcome=Outcome.UNKNOWN, text=f"it cannot be looked for: {error}")

    async def _confirm(self, row: OutboxRow) -> Confirmation:
        if self._me is None:
            await self._who()  # and how far Slack's clock is from ours
        match row.verb:
            case Verb.ROOM:
                return await self._rooms.confirm_made(row)
            case Verb.TOPIC:
                return await self._rooms.confirm_topic(row, self._there(row.sent_at or row.created_at), self._me)
            case Verb.MESSAGE:
                return await self._messages.confirm_post(row, self._earliest(row))
            case Verb.UPDATE_MESSAGE:
                return await self._messages.confirm_update(row, self._there(row.sent_at or row.created_at))
        return Confirmation(outcome=Outcome.UNKNOWN)

    def _earliest(self, row: OutboxRow) -> datetime:
        """From when on what was posted may be ours, by Slack's clock. A clock that is ahead makes it no later: one
        wrong ``Date`` must not hide what is there."""
        return row.created_at + min(self._client.clock_skew or timedelta(), timedelta())

    def _there(self, moment: datetime) -> datetime:
        """A moment of ours by Slack's clock."""
        return moment + (self._client.clock_skew or timedelta())

    async def _who(self) -> tuple[Person | None, str | None]:
        told = await self._api.ask("auth.test")
        self._me = fields.native_id(told, "user_id")
        name = fields.text(told, "user") or self._me
        person = Person(id=self._me, name=name) if self._me and name else None
        return person, fields.text(told, "team")

    async def probe(self) -> Probe:
        """Whether the token works, in which workspace, which scopes it lacks, whether the room is there."""
        notes: list[str] = []
        error: SourceError | None = None
        person: Person | None = None
        try:
            person, team = await self._who()
            notes += [f"in the workspace {team}"] if team else []
            notes += self._missing()
            if self._options.room is not None:
                notes += await self._look_at_room(self._options.room)
        except SourceError as caught:
            error = caught
        skew = self._client.clock_skew
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=self._client.latency_ms,
            user=person,
            can=() if error else tuple(sorted(capability.value for capability in self.capabilities)),
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            notes=tuple(notes),
        )

    def _missing(self) -> list[str]:
        kind = "groups" if self._options.private else "channels"
        wanted = {f"{name.value.replace('_', ' ')} needs": scopes for name, scopes in self._needs.items()}
        wanted["finding a room by its name needs"] = (f"{kind}:read",)
        wanted["reading back a message needs"] = (f"{kind}:history",)
        wanted["joining a room that is there needs"] = ("channels:join", "channels:write")
        if self._options.invite:
            wanted["inviting needs"] = (*self._needs[Capability.ROOM], f"{kind}:write.invites")
            if any("@" in one for one in self._options.invite):
                wanted["inviting by mail address needs"] = ("users:read.email",)
        return [
            f"missing scope: {what} {' or '.join(scopes)}"
            for what, scopes in wanted.items()
            if self._api.lacks(*scopes)
        ]

    async def _look_at_room(self, room: str) -> list[str]:
        try:
            found = await self._rooms.info(await self._rooms.id_of(room))
        except Refused as error:
            return [f"room {room}: {error}"]
        if fields.boolean(found, "is_archived"):
            return [f"room {room} is archived: nothing can be posted there"]
        if not fields.boolean(found, "is_member"):
            return [f"the app is not in {room}: invite it there, or what is posted cannot be read back"]
        return []

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()
