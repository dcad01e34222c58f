"""What the simulated workspace holds: people, rooms, messages."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oncall_tui.demo import company

_LETTERS = "ABCDEFGHIJKLMNPQRSTUVWXYZ0123456789"


class Refusal(Exception):
    """The method's answer is ``ok: false``. Attributes: ``error`` its word, ``more`` further fields."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass
class Message:
    """One message; ``ts`` is its id in its room."""

    ts: str
    user: str
    text: str
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    edited_at: str | None = None

    def told(self, *, metadata: bool) -> dict[str, Any]:
        """As the API tells it."""
        data: dict[str, Any] = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        if self.thread_ts is not None:
            data["thread_ts"] = self.thread_ts
        if self.edited_at is not None:
            data["edited"] = {"user": self.user, "ts": self.edited_at}
        if metadata and self.metadata is not None:
            data["metadata"] = self.metadata
        return data


@dataclass
class Room:
    """One channel."""

    id: str
    name: str
    created: int
    creator: str
    is_private: bool = False
    is_archived: bool = False
    members: list[str] = field(default_factory=list)
    topic: str = ""
    topic_by: str = ""
    topic_at: int = 0
    messages: list[Message] = field(default_factory=list)

    def told(self, user: str) -> dict[str, Any]:
        """The conversation object, as ``user`` gets it."""
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "created": self.created,
            "creator": self.creator,
            "is_archived": self.is_archived,
            "is_general": self.name == "general",
            "name_normalized": self.name,
            "is_member": user in self.members,
            "topic": {"value": self.topic, "creator": self.topic_by, "last_set": self.topic_at},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }


class Workspace:
    """People and rooms. ``bot`` is the app's own user.

    Args:
        now: when the company's day begins: the rooms were made before.
    """

    def __init__(self, seed: int, now: datetime) -> None:
        self._chance = random.Random(f"{seed}:slack")  # noqa: S311 - a simulation's ids
        self._last_ts = 0.0
        self.team_id = self._id("T")
        self.bot = self._id("U")
        self.users = {person.key: self._id("U") for person in company.EMPLOYEES}
        self.rooms: dict[str, Room] = {}
        then = now.timestamp() - 86_400
        everybody = [self.bot, *self.users.values()]
        for name in ("general", "incidents", "status", "payments", "general-updates"):
            members = everybody if name != "payments" else [self.users["alice"], self.users["bob"]]
            self._add(Room(self._id("C"), name, int(then), self.users["erin"], members=list(members)))
        self._add(Room(self._id("C"), "inc-2026-001", int(then), self.bot, is_archived=True, members=[self.bot]))
        secret = Room(self._id("G"), "hr-private", int(then), self.users["victor"], is_private=True)
        self._add(secret)
        self.post(self.named("incidents"), self.users["alice"], "Good morning, I have the seat today.", then)

    def _id(self, kind: str) -> str:
        return kind + "0" + "".join(self._chance.choice(_LETTERS) for _ in range(9))

    def _add(self, room: Room) -> Room:
        self.rooms[room.id] = room
        return room

    def named(self, name: str) -> Room:
        """The room of that name. Raises KeyError."""
        for room in self.rooms.values():
            if room.name == name:
                return room
        raise KeyError(name)

    def user_of(self, mail: str) -> str | None:
        """The id of the person with that address."""
        key, _, host = mail.partition("@")
        return self.users.get(key) if host == "example.com" else None

    def create(self, name: str, creator: str, now: datetime, *, private: bool) -> Room:
        """A new room. Raises Refusal."""
        if not name:
            raise Refusal("invalid_name_required")
        if len(name) > 80:
            raise Refusal("invalid_name_maxlength")
        if not all(char.isascii() and (char.islower() or char.isdigit() or char in "-_") for char in name):
            raise Refusal("invalid_name_specials")
        if not any(char.isalnum() for char in name):
            raise Refusal("invalid_name_punctuation")
        if any(room.name == name for room in self.rooms.values()):
            raise Refusal("name_taken")
        kind = "G" if private else "C"
        room = Room(self._id(kind), name, int(now.timestamp()), creator, is_private=private, members=[creator])
        return self._add(room)

    def set_topic(self, room: Room, user: str, topic: str, now: datetime) -> None:
        """As Slack stores it: with entities, and ``:fire:`` for the sign."""
        if len(topic) > 250:
            raise Refusal("too_long")
        stored = topic.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        room.topic = stored.replace("🔥", ":fire:")
        room.topic_by, room.topic_at = user, int(now.timestamp())

    def post(
        self,
        room: Room,
        user: str,
        text: str,
        at: float,
        *,
        metadata: dict[str, Any] | None = None,
        thread_ts: str | None = None,
    ) -> Message:
        """A new message; no two have the same ``ts``."""
        self._last_ts = max(at, self._last_ts + 0.000001)
        message = Message(f"{self._last_ts:.6f}", user, text, metadata=metadata, thread_ts=thread_ts)
        room.messages.append(message)
        return message
