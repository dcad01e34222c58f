"""Messages: posted once, found again by the outbox key that each carries, changed.

A long one is cut into parts; the further parts stand in the thread of the first. A part that was lost, or that Slack
would not take yet, is posted when the action is sent again; those that are there are not posted twice.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import msgspec

from oncall_tui.channels.slack.api import Data, SlackApi
from oncall_tui.channels.slack.mrkdwn import escape, from_markdown, split
from oncall_tui.channels.slack.rooms import ID, Rooms
from oncall_tui.clock import Clock
from oncall_tui.model import OutboxRow
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, Outcome, Refused, Sent

MAX_TEXT = 4000
"""Slack advises it for a message and refuses a change that is longer."""
EVENT = "oncall_tui_message"
_ID = re.compile(rf"({ID.pattern})/(\d{{1,12}}\.\d{{1,6}})", re.ASCII)
_PAGE = 200
_MAX_PAGES = 10
_LOOK_BACK = timedelta(minutes=10)
"""Before the key press: more than two clocks differ after their difference was taken into account."""
_BETWEEN_PARTS_S = 1.0
"""Slack takes about one message a second for each room."""


class Messages:
    """The messages of one workspace."""

    def __init__(self, api: SlackApi, rooms: Rooms, default_room: str | None, clock: Clock) -> None:
        self._api = api
        self._rooms = rooms
        self._default = default_room
        self._clock = clock

    async def post(self, row: OutboxRow, since: datetime) -> Sent:
        """Post the message, or what is not there yet of it. ``since``: the key press, by Slack's clock.

        Raises:
            Refused: there is no room to post into, or Slack says no.
        """
        room_id = await self._room(row)
        texts = parts_of(row)
        posted = await self._earlier(row, room_id, since) if row.attempts > 1 and len(texts) > 1 else {}
        for number, text in enumerate(texts, 1):
            if number in posted:
                continue
            if posted:
                await self._clock.sleep(_BETWEEN_PARTS_S)
            thread = {"thread_ts": posted[1]} if number > 1 else {}
            try:
                posted[number] = await self._post(room_id, text, mark(row, number, len(texts)), thread)
            except Refused as error:
                if not posted:
                    raise
                words = f"{len(posted)} of {len(texts)} parts are posted, then: {error}"
                raise Refused(words, status=error.status, code=error.code) from None
        text = "" if len(texts) == 1 else f"in {len(texts)} parts, the further ones in the thread of the first"
        return Sent(text=text, native_ref=f"{room_id}/{posted[1]}")

    async def _post(self, room_id: str, text: str, metadata: Any, thread: dict[str, str]) -> str:
        data = await self._api.write(
            "chat.postMessage",
            channel=room_id,
            text=text,
            metadata=_json(metadata),
            parse="none",
            unfurl_links="false",
            unfurl_media="false",
            **thread,
        )
        ts = fields.text(data, "ts", limit=40)
        if ts is None:
            raise BadAnswer("Slack took the message and tells no ts", maybe_applied=True)
        return ts

    async def confirm_post(self, row: OutboxRow, since: datetime) -> Confirmation:
        """Whether the message is there, whole. ``since``: the key press, by Slack's clock."""
        room_id, wanted = await self._room(row), len(parts_of(row))
        found = await self._posted(row, room_id, since)
        if len(found) == wanted:
            return Confirmation(outcome=Outcome.APPLIED, native_ref=f"{room_id}/{found[1]}")
        text = f"{len(found)} of {wanted} parts are there" if found else ""
        return Confirmation(outcome=Outcome.NOT_APPLIED, text=text)

    async def update(self, row: OutboxRow) -> Sent:
        """Change a message of ours. Raises Refused where it is too long or not a message's id."""
        room_id, ts = message_id(row)
        text = escape(str(row.params["text"]))
        if len(text) > MAX_TEXT:
            raise Refused(f"Slack takes no more than {MAX_TEXT} characters when a message is changed")
        await self._api.write(
            "chat.update", channel=room_id, ts=ts, text=text, metadata=_json(mark(row, 1, 1)), parse="none"
        )
        return Sent(native_ref=f"{room_id}/{ts}")

    async def confirm_update(self, row: OutboxRow, since: datetime) -> Confirmation:
        """Whether the latest change of the message is this one."""
        room_id, ts = message_id(row)
        page = await self._one(room_id, ts)
        message = next((one for one in fields.rows(page, "messages") if fields.text(one, "ts") == ts), None)
        if message is None:
            return Confirmation(outcome=Outcome.NOT_APPLIED, text="the message is not there")
        if _mark_of(message) == (row.key, 1):
            return Confirmation(outcome=Outcome.APPLIED)
        edited_at = fields.unix(message, "edited", "ts")
        if edited_at is not None and edited_at > since:
            return Confirmation(outcome=Outcome.SUPERSEDED, text="it was changed again since")
        return Confirmation(outcome=Outcome.NOT_APPLIED)

    # -- looking -----------------------------------------------------------------------------------------------------

    async def _one(self, room_id: str, ts: str) -> Data:
        """The page of history that holds one message only, or nothing."""
        return await self._api.read(
            "conversations.history",
            channel=room_id,
            oldest=ts,
            latest=ts,
            inclusive=True,
            limit=1,
            include_all_metadata=True,
        )

    async def _room(self, row: OutboxRow) -> str:
        room = row.params.get("room") or self._default
        if not room:
            raise Refused("into which room? none is given, and the config names none (room)")
        return await self._rooms.id_of(str(room))

    async def _earlier(self, row: OutboxRow, room_id: str, since: datetime) -> dict[int, str]:
        """What an earlier attempt has posted."""
        try:
            return await self._posted(row, room_id, since)
        except Refused as error:
            if row.forced:
                return {}  # a person says: send it
            words = f"part of it may be posted already, and cannot be looked for: {error}"
            raise Refused(words, status=error.status, code=error.code) from None

    async def _posted(self, row: OutboxRow, room_id: str, since: datetime) -> dict[int, str]:
        """The parts that are there: number to ``ts``.

        Raises:
            Refused: the token may not read the room, or more was written since than is looked through.
        """
        found = await self._first(row, room_id, since)
        if 1 in found and len(parts_of(row)) > 1:
            pages = self._api.pages(
                "conversations.replies",
                _MAX_PAGES,
                channel=room_id,
                ts=found[1],
                limit=_PAGE,
                include_all_metadata=True,
            )
            async for page in pages:
                found |= _ours(page, row.key)
        return found

    async def _first(self, row: OutboxRow, room_id: str, since: datetime) -> dict[int, str]:
        posted_at = _ID.fullmatch(row.native_ref or "")
        if row.answered_at is not None and posted_at is not None:
            return _ours(await self._one(posted_at[1], posted_at[2]), row.key)
        pages = 0
        async for page in self._api.pages(
            "conversations.history",
            _MAX_PAGES,
            channel=room_id,
            oldest=f"{(since - _LOOK_BACK).timestamp():.6f}",
            limit=_PAGE,
            include_all_metadata=True,
        ):
            pages += 1
            if found := _ours(page, row.key):
                return found
        if pages == _MAX_PAGES:
            raise Refused("too much was written there since to look for it", code="too_many")
        return {}


def parts_of(row: OutboxRow) -> list[str]:
    """What is posted: the text escaped, a handover in Slack's own dialect, in parts of a size that Slack takes."""
    text = str(row.params["text"])
    whole = from_markdown(text) if row.target.startswith("local:handover-") else escape(text)
    return split(whole, MAX_TEXT)


def mark(row: OutboxRow, part: int, parts: int) -> dict[str, Any]:
    """The hidden metadata by which a message is found again."""
    return {"event_type": EVENT, "event_payload": {"key": row.key, "part": part, "parts": parts, "about": row.target}}


def message_id(row: OutboxRow) -> tuple[str, str]:
    """Room and ``ts`` of the message to change. Raises Refused."""
    match = _ID.fullmatch(str(row.params["message"]))
    if match is None:
        raise Refused("not the id of a message in Slack (C0123456789/1503435956.000247)")
    return match[1], match[2]


def _ours(page: Any, key: str) -> dict[int, str]:
    found = {}
    for message in fields.rows(page, "messages"):
        ours, ts = _mark_of(message), fields.text(message, "ts", limit=40)
        if ours is not None and ours[0] == key and ts is not None:
            found[ours[1]] = ts
    return found


def _mark_of(message: Any) -> tuple[str, int] | None:
    metadata = fields.obj(message, "metadata")
    key = fields.text(metadata, "event_payload", "key")
    part = fields.integer(metadata, "event_payload", "part")
    return (key, part) if metadata.get("event_type") == EVENT and key and part else None


def _json(data: Any) -> str:
    return msgspec.json.encode(data).decode()
