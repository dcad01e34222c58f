"""Silences as Alertmanager keeps them: by the clock pending, active, expired; never revived; in the end forgotten."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from oncall_tui.clock import parse_instant
from oncall_tui.demo.monitors.matchers import Labels, Matcher, all_hold

RETENTION_S = 120 * 3600.0
"""How long an expired silence is still listed."""
_SIGNS = {(False, True): "=", (False, False): "!=", (True, True): "=~", (True, False): "!~"}


class Rejected(Exception):
    """Said no, with that status; ``data`` is the body."""

    def __init__(self, status: int, data: Any) -> None:
        super().__init__(str(data))
        self.status = status
        self.data = data


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence; times in Unix seconds."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: float
    ends_at: float
    updated_at: float
    created_by: str
    comment: str
    annotations: dict[str, str] = field(default_factory=dict)

    def state(self, now: float) -> str:
        """``pending``, ``active`` or ``expired``."""
        return "expired" if now >= self.ends_at else "pending" if now < self.starts_at else "active"


class Silences:
    """All silences of one Alertmanager. Times are the caller's."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"{seed}:silences")  # noqa: S311 - made-up ids, no secret
        self._kept: dict[str, Silence] = {}

    def known(self, now: float) -> Iterator[Silence]:
        """Those not yet forgotten."""
        self._kept = {key: one for key, one in self._kept.items() if now < one.ends_at + RETENTION_S}
        return iter(tuple(self._kept.values()))

    def find(self, silence_id: str, now: float) -> Silence | None:
        """The silence of that id, unless it is forgotten."""
        return next((one for one in self.known(now) if one.id == silence_id), None)

    def muting(self, labels: Labels, now: float) -> list[str]:
        """Ids of the active silences that match."""
        return [one.id for one in self.known(now) if one.state(now) == "active" and all_hold(one.matchers, labels)]

    def put(self, body: Any, now: float) -> str:
        """Make a silence, or change one in place where the server would; the id that holds from now on.

        Raises:
            Rejected: 400, 404 or 422, as the server would.
        """
        wanted = _read(body, now)
        old = self.find(wanted.id, now) if wanted.id else None
        if wanted.id and old is None:
            raise Rejected(404, "silence not found")
        if old is not None and _in_place(old, wanted, now):
            self._kept[old.id] = replace(wanted, id=old.id, starts_at=min(old.starts_at, wanted.starts_at))
            return old.id
        if old is not None:
            self.expire(old.id, now)
        made = replace(
            wanted, id=str(UUID(int=self._chance.getrandbits(128), version=4)), starts_at=max(now, wanted.starts_at)
        )
        self._kept[made.id] = made
        return made.id

    def expire(self, silence_id: str, now: float) -> None:
        """End it at once; one that is over stays as it is. Raises Rejected (404)."""
        found = self.find(silence_id, now)
        if found is None:
            raise Rejected(404, "silence not found")
        if found.state(now) != "expired":
            starts_at = min(found.starts_at, now)
            self._kept[found.id] = replace(found, starts_at=starts_at, ends_at=now, updated_at=now)


def _in_place(old: Silence, new: Silence, now: float) -> bool:
    if set(old.matchers) != set(new.matchers):
        return False
    match old.state(now):
        case "active":
            return int(old.starts_at) == int(new.starts_at)
        case "pending":
            return new.starts_at > now
    return False


def _read(body: Any, now: float) -> Silence:
    if not isinstance(body, dict):
        raise Rejected(400, {"code": 400, "message": 'parsing silence body from "" failed'})
    for name in ("comment", "createdBy", "endsAt", "matchers", "startsAt"):
        if name not in body or body[name] is None:
            raise Rejected(422, {"code": 602, "message": f"{name} in body is required"})
    if not isinstance(body["matchers"], list) or not body["matchers"]:
        raise Rejected(422, {"code": 612, "message": "matchers in body should have at least 1 items"})
    matchers = tuple(_matcher(number, one) for number, one in enumerate(body["matchers"]))
    starts_at, ends_at = _time(body, "startsAt"), _time(body, "endsAt")
    if starts_at > ends_at or starts_at == ends_at:
        raise Rejected(400, "Failed to create silence: start time must be before end time")
    if ends_at < now:
        raise Rejected(400, "Failed to create silence: end time can't be in the past")
    if all(matcher.holds({}) for matcher in matchers):
        raise Rejected(400, "silence invalid: at least one matcher must not match the empty string")
    annotations = body.get("annotations")
    return Silence(
        id=str(body.get("id") or ""),
        matchers=matchers,
        starts_at=starts_at,
        ends_at=ends_at,
        updated_at=now,
        created_by=str(body["createdBy"]),
        comment=str(body["comment"]),
        annotations=annotations if isinstance(annotations, dict) else {},
    )


def _matcher(number: int, data: Any) -> Matcher:
    for name in ("name", "value", "isRegex"):
        if not isinstance(data, dict) or data.get(name) is None:
            raise Rejected(422, {"code": 602, "message": f"matchers.{number}.{name} in body is required"})
    sign = _SIGNS[bool(data["isRegex"]), data.get("isEqual") is not False]
    try:
        return Matcher(str(data["name"]), sign, str(data["value"]))
    except ValueError as error:
        raise Rejected(400, f"silence invalid: invalid label matcher {number}: {error}") from None


def _time(body: dict[str, Any], name: str) -> float:
    try:
        return parse_instant(str(body[name])).timestamp()
    except (ValueError, OverflowError):
        raise Rejected(400, {"code": 400, "message": f'parsing {name} from "{body[name]}" failed'}) from None
