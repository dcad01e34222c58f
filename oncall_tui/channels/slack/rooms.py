"""Channels of a workspace: their names, finding them, making the incident's, its topic."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import datetime, timedelta

from oncall_tui.channels.slack.api import Data, SlackApi
from oncall_tui.channels.slack.options import Options
from oncall_tui.model import OutboxRow, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, NotFound, Outcome, Refused, Sent, SourceError

MAX_NAME = 80
MAX_TOPIC = 250
PAGE = 999
"""The most that a page of a list may hold."""
MAX_PAGES = 25
ID = re.compile(r"[CGDZ][A-Z0-9]{6,20}", re.ASCII)
"""Channel names have no upper case, so an id is none."""
_TOLERANCE = timedelta(seconds=2)
"""``last_set`` is in whole seconds."""


class Rooms:
    """The rooms of one workspace."""

    def __init__(self, api: SlackApi, options: Options) -> None:
        self._api = api
        self._options = options
        self._ids: dict[str, str] = {}

    async def id_of(self, room: str) -> str:
        """The id of the room that is named by its id or name.

        Raises:
            NotFound: no room that the token sees has that name.
        """
        if ID.fullmatch(room):
            return room
        name = room.removeprefix("#")
        if name not in self._ids:
            found = await self.find(name)
            if found is None:
                raise NotFound(f"no room is named #{name} (as far as the token sees)", status=404)
            self._ids[name] = _id(found)
        return self._ids[name]

    async def info(self, room_id: str) -> Data:
        """The room as it is now. Raises NotFound."""
        return fields.obj(await self._api.read("conversations.info", channel=room_id), "channel")

    async def find(self, name: str) -> Data | None:
        """The room of that name, archived or not: of those that the app is in first, then of all that it sees.

        Raises:
            Refused: the token may not list rooms, or there are too many.
        """
        if self._api.scopes is None:
            await self._api.ask("auth.test")  # asking for private rooms without the scope for them is refused
        kinds = "public_channel" if self._api.lacks("groups:read") else "public_channel,private_channel"
        for method in ("users.conversations", "conversations.list"):
            pages = 0
            async for page in self._api.pages(method, MAX_PAGES, types=kinds, exclude_archived=False, limit=PAGE):
                pages += 1
                for room in fields.rows(page, "channels"):
                    if fields.text(room, "name") == name and fields.native_id(room, "id"):
                        return room
            if pages == MAX_PAGES:
                raise Refused(f"there are too many rooms to look for #{name}: name its id", code="too_many")
        return None

    async def make(self, row: OutboxRow) -> Sent:
        """The incident's room, made or found again, with its topic and those who are invited into each.

        Raises:
            Refused: the name is that of an archived room or of one that the token does not see, or Slack says no.
        """
        name = room_name(row)
        notes = [f"#{name}"]
        try:
            made = await self._api.write(
                "conversations.create", name=name, is_private="true" if self._options.private else "false"
            )
            room = fields.obj(made, "channel")
        except Refused as error:
            if error.code != "name_taken":
                raise
            room = await self._reuse(name, notes)
        room_id = _id(room)
        for step in (self._set_topic(room_id, row), self._invite(room_id)):
            note = await step
            notes += [note] if note else []
        return Sent(text=", ".join(notes), native_ref=room_id)

    async def _reuse(self, name: str, notes: list[str]) -> Data:
        room = await self.find(name)
        if room is None:
            raise Refused(f"#{name} is taken by a room that the token cannot see", code="name_taken")
        if fields.boolean(room, "is_archived"):
            raise Refused(f"#{name} is there and archived: unarchive it in Slack", code="is_archived")
        notes.append("it was there")
        if not fields.boolean(room, "is_member"):
            try:
                await self._api.write("conversations.join", channel=_id(room))
            except SourceError as error:
                notes.append(f"not joined: {error}")
        return room

    async def _set_topic(self, room_id: str, row: OutboxRow) -> str:
        if not row.params.get("topic"):
            return ""
        try:
            await self._api.write("conversations.setTopic", channel=room_id, topic=topic_of(row))
        except SourceError as error:
            return f"topic not set: {error}"  # the room is there, which is what counts
        return ""

    async def _invite(self, room_id: str) -> str:
        if not self._options.invite:
            return ""
        try:
            people = [await self._user(one) for one in self._options.invite]
            await self._api.write("conversations.invite", channel=room_id, users=",".join(people), force="true")
        except SourceError as error:
            there = isinstance(error, Refused) and error.code in ("already_in_channel", "cant_invite_self")
            return "" if there else f"not all are invited: {error}"
        return ""

    async def _user(self, one: str) -> str:
        if "@" not in one:
            return one
        try:
            found = await self._api.read("users.lookupByEmail", email=one)
        except NotFound as error:
            raise Refused(f"{one}: {error}", code=error.code) from None
        user = fields.native_id(found, "user", "id")
        if user is None:
            raise BadAnswer(f"Slack knows {one} and tells no id")
        return user

    async def confirm_made(self, row: OutboxRow) -> Confirmation:
        """Whether the incident's room is there."""
        if row.answered_at is not None and row.native_ref is not None:
            room: Data | None = await self.info(row.native_ref)
        else:
            room = await self.find(room_name(row))
        if room is None:
            return Confirmation(outcome=Outcome.NOT_APPLIED)
        if fields.boolean(room, "is_archived"):
            return Confirmation(outcome=Outcome.UNKNOWN, text=f"#{fields.text(room, 'name')} is archived")
        return Confirmation(outcome=Outcome.APPLIED, native_ref=_id(room))

    async def set_topic(self, row: OutboxRow) -> Sent:
        """The topic of a room. Slack sets it again without harm."""
        room_id = await self.id_of(str(row.params["room"]))
        await self._api.write("conversations.setTopic", channel=room_id, topic=topic_of(row))
        return Sent(native_ref=room_id)

    async def confirm_topic(self, row: OutboxRow, since: datetime, me: str | None) -> Confirmation:
        """Whether the room has that topic, or had it until somebody set another. ``since``: by Slack's clock."""
        room = await self.info(await self.id_of(str(row.params["room"])))
        if plain_topic(fields.text(room, "topic", "value") or "") == plain_topic(topic_of(row)):
            return Confirmation(outcome=Outcome.APPLIED)
        set_at = fields.unix(room, "topic", "last_set")
        if set_at is None or set_at < since - _TOLERANCE:
            return Confirmation(outcome=Outcome.NOT_APPLIED)
        if me is not None and fields.native_id(room, "topic", "creator") == me:
            # Slack rewrites what it is given (emoji, links). It took ours, and what stands there is ours.
            took = row.answered_at is not None
            return Confirmation(outcome=Outcome.APPLIED if took else Outcome.NOT_APPLIED)
        return Confirmation(outcome=Outcome.SUPERSEDED, text="somebody has set another topic since")


def room_name(row: OutboxRow) -> str:
    """The name by Slack's rules: lower-case letters, digits, ``-`` and ``_``, at most 80, some letter or digit."""
    for wanted in (str(row.params["name"]), f"inc-{split_id(row.target)[1]}", f"inc-{row.key}"):
        plain = unicodedata.normalize("NFKD", wanted.casefold()).encode("ascii", "ignore").decode()
        name = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:MAX_NAME].rstrip("-_")
        if name:
            return name
    return "incident"


def topic_of(row: OutboxRow) -> str:
    """The topic as it is sent: one line within Slack's limit. It has no escapes, so what could be taken for a mention
    or a link is written with other signs."""
    text = str(row.params["topic"]).replace("<", "‹").replace(">", "›")
    return text if len(text) <= MAX_TOPIC else text[: MAX_TOPIC - 1] + "…"


def plain_topic(text: str) -> str:
    """A topic as it reads, whatever Slack has made of its links and signs."""
    text = re.sub(r"<([^<>|]+)\|([^<>]+)>", r"\2", text)
    text = re.sub(r"<([^<>|]+)>", r"\1", text)
    return " ".join(html.unescape(text).split())


def _id(room: Data) -> str:
    found = fields.native_id(room, "id")
    if found is None:
        raise BadAnswer("Slack tells of a room without an id", maybe_applied=True)
    return found
