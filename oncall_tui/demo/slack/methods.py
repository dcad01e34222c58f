"""The methods of the simulated workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from oncall_tui.demo.slack.workspace import Message, Refusal, Room, Workspace

_TIER_2, _TIER_3, _SPECIAL = 20, 50, 300
_READ = ("channels:read", "groups:read")
_HISTORY = ("channels:history", "groups:history")


class Call:
    """One call of a method by the app's own user.

    Attributes:
        written: what it changed, for who counts.
    """

    def __init__(
        self,
        space: Workspace,
        method: str,
        arguments: Mapping[str, Any],
        now: datetime,
        scopes: Sequence[str],
        page_size: int,
    ) -> None:
        self.space = space
        self.now = now
        self.me = space.bot
        self.scopes = scopes
        self.written: dict[str, Any] | None = None
        self._method = method
        self._arguments = arguments
        self._page_size = page_size

    def text(self, name: str, default: str = "") -> str:
        """An argument as text."""
        value = self._arguments.get(name, default)
        return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)

    def yes(self, name: str) -> bool:
        """An argument that is true or false."""
        return self.text(name) in ("true", "1")

    def needed(self, name: str) -> str:
        """An argument that must be there."""
        value = self.text(name)
        if not value:
            raise Refusal(
                "invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]}
            )
        return value

    def room(self, *, member: bool = False, alive: bool = False) -> Room:
        """The room that is meant by ``channel``."""
        wanted = self.needed("channel")
        room = self.space.rooms.get(wanted)
        if room is None and self._method == "chat.postMessage":
            room = next((one for one in self.space.rooms.values() if one.name == wanted.removeprefix("#")), None)
        if room is None or (room.is_private and self.me not in room.members):
            raise Refusal("channel_not_found")
        if alive and room.is_archived:
            raise Refusal("is_archived")
        if member and self.me not in room.members:
            raise Refusal("not_in_channel")
        return room

    def page(self, rows: Sequence[Any], key: str) -> dict[str, Any]:
        """One page of ``rows``, as ``limit`` and ``cursor`` ask."""
        try:
            start = int(self.text("cursor", "0").removeprefix("after-") or 0)
            size = min(int(self.text("limit", "100")), self._page_size)
        except ValueError:
            raise Refusal("invalid_cursor") from None
        end = start + max(1, size)
        following = f"after-{end}" if end < len(rows) else ""
        return {
            key: list(rows[start:end]),
            "has_more": bool(following),
            "response_metadata": {"next_cursor": following},
        }

    def wrote(self, action: str, target: str) -> None:
        """Note a change."""
        self.written = {"action": action, "target": target}


def _auth_test(call: Call) -> dict[str, Any]:
    space = call.space
    return {
        "url": "https://example.slack.com/",
        "team": "Example Company",
        "user": "oncall",
        "team_id": space.team_id,
        "user_id": space.bot,
        "bot_id": "B0DEMO",
    }


def _create(call: Call) -> dict[str, Any]:
    private = call.yes("is_private")
    needed = "groups:write" if private else "channels:manage"
    if needed not in call.scopes:
        raise Refusal("missing_scope", needed=needed, provided=",".join(call.scopes))
    room = call.space.create(call.text("name"), call.me, call.now, private=private)
    call.wrote("room", room.id)
    return {"channel": room.told(call.me)}


def _join(call: Call) -> dict[str, Any]:
    room = call.room(alive=True)
    if call.me in room.members:
        warning = "already_in_channel"
        return {"channel": room.told(call.me), "warning": warning, "response_metadata": {"warnings": [warning]}}
    room.members.append(call.me)
    return {"channel": room.told(call.me)}


def _invite(call: Call) -> dict[str, Any]:
    room = call.room(member=True, alive=True)
    users = call.needed("users").split(",")
    if any(user not in (call.me, *call.space.users.values()) for user in users):
        raise Refusal("user_not_found")
    fresh = [user for user in users if user not in room.members]
    if call.me in users:
        raise Refusal("cant_invite_self")
    if not fresh:
        raise Refusal("already_in_channel")
    room.members += fresh
    return {"channel": room.told(call.me)}


def _set_topic(call: Call) -> dict[str, Any]:
    room = call.room(member=True, alive=True)
    call.space.set_topic(room, call.me, call.text("topic"), call.now)
    call.wrote("topic", room.id)
    return {"channel": room.told(call.me)}


def _info(call: Call) -> dict[str, Any]:
    return {"channel": call.room().told(call.me)}


def _visible(call: Call) -> list[Room]:
    kinds = call.text("types", "public_channel").split(",")
    if "private_channel" in kinds and "groups:read" not in call.scopes:
        raise Refusal("missing_scope", needed="groups:read", provided=",".join(call.scopes))
    return [
        room
        for room in call.space.rooms.values()
        if ("private_channel" in kinds and call.me in room.members if room.is_private else "public_channel" in kinds)
        and not (call.yes("exclude_archived") and room.is_archived)
    ]


def _list(call: Call) -> dict[str, Any]:
    return call.page([room.told(call.me) for room in _visible(call)], "channels")


def _mine(call: Call) -> dict[str, Any]:
    return call.page([room.told(call.me) for room in _visible(call) if call.me in room.members], "channels")


def _told(call: Call, messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [message.told(metadata=call.yes("include_all_metadata")) for message in messages]


def _history(call: Call) -> dict[str, Any]:
    room = call.room(member=True)
    oldest, latest = float(call.text("oldest", "0")), float(call.text("latest", "99999999999"))
    edge = call.yes("inclusive")
    found = [
        message
        for message in reversed(room.messages)
        if message.thread_ts is None
        and (oldest < float(message.ts) < latest or (edge and float(message.ts) in (oldest, latest)))
    ]
    return call.page(_told(call, found), "messages")


def _replies(call: Call) -> dict[str, Any]:
    room, ts = call.room(member=True), call.needed("ts")
    found = [message for message in room.messages if ts in (message.ts, message.thread_ts)]
    if not found:
        raise Refusal("thread_not_found")
    return call.page(_told(call, found), "messages")


def _metadata(call: Call) -> dict[str, Any] | None:
    given = call.text("metadata")
    if not given:
        return None
    try:
        data = msgspec.json.decode(given)
    except msgspec.DecodeError:
        raise Refusal("invalid_metadata_format") from None
    if not isinstance(data, dict) or "event_type" not in data or not isinstance(data.get("event_payload"), dict):
        raise Refusal("invalid_metadata_schema")
    return data


def _post(call: Call) -> dict[str, Any]:
    room = call.room(alive=True)
    if call.me not in room.members and "chat:write.public" not in call.scopes:
        raise Refusal("not_in_channel")
    text = call.text("text")
    if not text:
        raise Refusal("no_text")
    thread = call.text("thread_ts") or None
    message = call.space.post(
        room, call.me, text[:40_000], call.now.timestamp(), metadata=_metadata(call), thread_ts=thread
    )
    call.wrote("message", f"{room.id}/{message.ts}")
    return {"channel": room.id, "ts": message.ts, "message": message.told(metadata=False)}


def _update(call: Call) -> dict[str, Any]:
    room, ts = call.room(), call.needed("ts")
    if room.is_archived:
        raise Refusal("is_inactive")
    message = next((one for one in room.messages if one.ts == ts), None)
    if message is None:
        raise Refusal("message_not_found")
    if message.user != call.me:
        raise Refusal("cant_update_message")
    text = call.text("text")
    if not text:
        raise Refusal("no_text")
    if len(text) > 4000:
        raise Refusal("msg_too_long")
    message.text, message.edited_at = text, f"{call.now.timestamp():.6f}"
    message.metadata = _metadata(call) or message.metadata
    call.wrote("update_message", f"{room.id}/{ts}")
    return {"channel": room.id, "ts": ts, "text": text, "message": message.told(metadata=False)}


def _by_mail(call: Call) -> dict[str, Any]:
    mail = call.needed("email")
    user = call.space.user_of(mail)
    if user is None:
        raise Refusal("users_not_found")
    return {"user": {"id": user, "team_id": call.space.team_id, "name": mail.partition("@")[0], "deleted": False}}


@dataclass(frozen=True, slots=True)
class Method:
    """One method: how often a minute, which scopes (any one of them), what it answers."""

    a_minute: int
    scopes: tuple[str, ...]
    answer: Callable[[Call], dict[str, Any]]


_TOPIC = ("channels:manage", "channels:write.topic", "groups:write", "groups:write.topic")

METHODS: Mapping[str, Method] = {
    "auth.test": Method(_SPECIAL, (), _auth_test),
    "conversations.create": Method(_TIER_2, ("channels:manage", "groups:write"), _create),
    "conversations.setTopic": Method(_TIER_2, _TOPIC, _set_topic),
    "conversations.invite": Method(_TIER_3, ("channels:manage", "channels:write.invites", "groups:write"), _invite),
    "conversations.join": Method(_TIER_3, ("channels:join",), _join),
    "conversations.list": Method(_TIER_2, _READ, _list),
    "conversations.info": Method(_TIER_3, _READ, _info),
    "conversations.history": Method(_TIER_3, _HISTORY, _history),
    "conversations.replies": Method(_TIER_3, _HISTORY, _replies),
    "users.conversations": Method(_TIER_3, _READ, _mine),
    "users.lookupByEmail": Method(_TIER_3, ("users:read.email",), _by_mail),
    "chat.postMessage": Method(_SPECIAL, ("chat:write",), _post),
    "chat.update": Method(_TIER_3, ("chat:write",), _update),
}
