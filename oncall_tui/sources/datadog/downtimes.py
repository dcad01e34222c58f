"""Downtimes as silences: read, made, cancelled, read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.model import OutboxRow, Silence, join_id, split_id
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, NotFound, Outcome, Refused, Sent
from oncall_tui.sources.datadog import api
from oncall_tui.sources.datadog.api import Listing, Row
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.text import clean

PATH = "/api/v2/downtime"
_STATES: Mapping[str, str] = {"active": "active", "scheduled": "pending", "canceled": "expired", "ended": "expired"}
_ENDLESS = datetime(2199, 12, 31, tzinfo=UTC)
"""The end of a downtime that has none."""
_PLAIN = re.compile(r"(?!NOT\b)[^\s(){}\"*?,:]+:[^\s(){}\"*?,]+", re.ASCII)
_VALUE = re.compile(r"[^\s(){}\"*?,]+")
_BEFORE_PRESSED = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Downtime:
    """One downtime: the silence that it is, and what it mutes."""

    silence: Silence
    monitor_id: str | None
    monitor_tags: frozenset[str]
    scope: str

    def mutes(self, monitor_id: str, tags: Collection[str], group: Collection[str], now: datetime) -> bool:
        """Whether this group of a monitor is muted by it, as far as that can be told: of a scope other than ``*`` and
        tags joined by AND it cannot, and then the alert is shown as firing. One whose end has passed mutes nothing,
        whatever was told of it when it was read."""
        if self.silence.state != "active" or self.silence.ends_at <= now:
            return False
        if self.monitor_id is not None and self.monitor_id != monitor_id:
            return False
        if self.monitor_id is None and not self.monitor_tags <= {*tags, "*"}:
            return False
        if self.scope.strip() in ("", "*"):
            return True
        parts = re.split(r"\s+AND\s+|\s*,\s*", self.scope.strip())
        return all(_PLAIN.fullmatch(part) and part in group for part in parts)


def read(source: str, row: Row, included: Mapping[tuple[str, str], Row], now: datetime) -> Downtime | None:
    """One downtime; ``None`` where it has no id that it could be cancelled by."""
    native_id = fields.native_id(row, "id")
    if native_id is None:
        return None
    told = fields.obj(row, "attributes")
    schedule = fields.obj(told, "schedule")
    span = fields.obj(schedule, "current_downtime") or schedule
    starts_at = fields.instant(span, "start") or fields.instant(told, "created") or now
    ends_at = fields.instant(told, "canceled") or fields.instant(span, "end") or _ENDLESS
    state = _STATES.get(fields.text(told, "status", limit=40) or "")
    if state is None:
        state = "expired" if ends_at <= now else "pending" if starts_at > now else "active"
    monitor_id = fields.native_id(told, "monitor_identifier", "monitor_id")
    tags = fields.walk(told, "monitor_identifier", "monitor_tags")
    scope = fields.text(told, "scope") or "*"
    silence = Silence(
        id=join_id(source, native_id),
        source=source,
        native_id=native_id,
        matchers=_matchers(monitor_id, tags, scope, included),
        created_by=_author(row, included),
        comment=fields.text(told, "message") or "",
        starts_at=starts_at,
        ends_at=ends_at,
        state=state,
    )
    names = (
        frozenset(clean(tag, 200) for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else frozenset()
    )
    # A form of the identifier that is not known mutes nothing that could be named.
    return Downtime(silence, monitor_id, names or frozenset({"?"}), scope)


def read_all(source: str, listing: Listing, now: datetime) -> list[Downtime]:
    """All of a list, each once."""
    included = {(str(row.get("type")), str(row.get("id"))): row for row in listing.included}
    found = (read(source, row, included, now) for row in listing.rows)
    return list({one.silence.id: one for one in found if one is not None}.values())


def _matchers(
    monitor_id: str | None, tags: Any, scope: str, included: Mapping[tuple[str, str], Row]
) -> tuple[str, ...]:
    if monitor_id is not None:
        name = fields.text(included.get(("monitors", monitor_id), {}), "attributes", "name")
        which = f"monitor {monitor_id}" + (f" ({name})" if name else "")
    elif isinstance(tags, list):
        which = f"monitors tagged {', '.join(clean(tag, 100) for tag in tags[:5] if isinstance(tag, str))}"
    else:
        which = "monitors that cannot be told"
    return which, f"scope {scope}"


def _author(row: Row, included: Mapping[tuple[str, str], Row]) -> str:
    native_id = fields.native_id(row, "relationships", "created_by", "data", "id") or ""
    user = fields.obj(included.get(("users", native_id), {}), "attributes")
    return fields.text(user, "email", limit=200) or fields.text(user, "name", limit=200) or native_id


class Silencing:
    """The writing half.

    Args:
        now: the present by Datadog's clock.
    """

    def __init__(self, client: HttpClient, source: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._source = source
        self._now = now

    async def standing(self) -> Listing:
        """The downtimes that are active or to come. Raises SourceError."""
        found = await api.offset_list(self._client, PATH, [("current_only", True), ("include", "created_by,monitor")])
        return api.named(self._client, PATH, found)

    async def equal_ones(self, row: OutboxRow) -> tuple[str, ...]:
        """Ids of those that mute the same for the same reason."""
        wanted = (_monitor_of(row), _scope_of(row), clean(_message_of(row)))
        found = read_all(self._source, await self.standing(), self._now())
        return tuple(
            one.silence.native_id
            for one in found
            if (one.monitor_id, one.scope, one.silence.comment) == wanted and one.silence.state != "expired"
        )

    async def make(self, row: OutboxRow) -> Sent:
        """A downtime from now on, of one monitor, for the groups with all these tags."""
        seconds = row.params.get("seconds")
        if not isinstance(seconds, int | float) or not 0 < seconds < 1e9:
            raise Refused("a downtime needs a length of time")
        ends_at = self._now() + timedelta(seconds=seconds)
        attributes = {
            "message": _message_of(row),
            "monitor_identifier": {"monitor_id": int(_monitor_of(row))},
            "scope": _scope_of(row),
            "schedule": {"start": None, "end": iso(ends_at)},
        }
        answer = await self._client.request(
            "POST", PATH, json={"data": {"type": "downtime", "attributes": attributes}}, meter=f"POST {PATH}"
        )
        native_ref = fields.native_id(answer.data, "data", "id")
        if native_ref is None:
            raise BadAnswer(f"{self._client.host} answers without the downtime's id", maybe_applied=True)
        return Sent(text=f"muted until {ends_at:%H:%M} UTC", native_ref=native_ref)

    async def end(self, row: OutboxRow) -> Sent:
        """Cancel the downtime that ``row`` names."""
        native_id = split_id(row.target)[1]
        await self._client.request("DELETE", f"{PATH}/{segment(native_id)}", want_json=False, meter=f"DELETE {PATH}")
        return Sent(text="downtime cancelled", native_ref=native_id)

    async def confirm_made(self, row: OutboxRow) -> Confirmation:
        """Whether it stands; found by its id, or where the answer was lost by what it says."""
        silence = await self._read(row.native_ref) if row.native_ref is not None else None
        if silence is None:
            ours = [one for one in await self.equal_ones(row) if one not in row.baseline]
            if not ours:
                return Confirmation(outcome=Outcome.NOT_APPLIED, text="no such downtime there")
            return Confirmation(outcome=Outcome.APPLIED, native_ref=ours[0])
        if silence.state == "expired":
            text = f"ended again at {silence.ends_at:%H:%M} UTC"
            return Confirmation(outcome=Outcome.SUPERSEDED, text=text, native_ref=silence.native_id)
        return Confirmation(outcome=Outcome.APPLIED, text=_until(silence), native_ref=silence.native_id)

    async def confirm_ended(self, row: OutboxRow) -> Confirmation:
        """Whether it is over; over before the key press is somebody else's doing."""
        silence = await self._read(split_id(row.target)[1])
        if silence is None:
            return Confirmation(outcome=Outcome.APPLIED, text="the downtime is gone")
        if silence.state != "expired":
            return Confirmation(outcome=Outcome.NOT_APPLIED, text=_until(silence))
        pressed_at = row.created_at + (self._client.clock_skew or timedelta())
        if silence.ends_at < pressed_at - _BEFORE_PRESSED:
            return Confirmation(outcome=Outcome.SUPERSEDED, text=f"was over since {silence.ends_at:%H:%M} UTC")
        return Confirmation(outcome=Outcome.APPLIED, text=f"downtime ended at {silence.ends_at:%H:%M} UTC")

    async def _read(self, native_id: str) -> Silence | None:
        try:
            answer = await self._client.get(f"{PATH}/{segment(native_id)}", meter=f"{PATH}/ID")
        except NotFound:
            return None
        found = read(self._source, fields.obj(answer.data, "data"), {}, self._now())
        if found is None:
            raise BadAnswer(f"{self._client.host} answers with no downtime")
        return found.silence


def _monitor_of(row: OutboxRow) -> str:
    monitor_id = split_id(row.target)[1].partition("-")[0]
    if not re.fullmatch(r"\d{1,18}", monitor_id, re.ASCII):
        raise Refused("only a monitor can be muted in Datadog: this alert is of another event")
    return monitor_id


def _scope_of(row: OutboxRow) -> str:
    """The tags of the group that was pressed on; ``*``, all of the monitor, where the rows of a group share none."""
    labels = row.params.get("labels")
    if not isinstance(labels, Mapping):
        raise Refused("no labels to mute by")
    tags = sorted((str(name), str(value)) for name, value in labels.items() if name != "monitor_id")
    for name, value in tags:
        if not _VALUE.fullmatch(name) or ":" in name or not _VALUE.fullmatch(value):
            raise Refused(f"no scope can be made of the tag {clean(name, 60)}:{clean(value, 60)}")
    return " AND ".join(f"{name}:{value}" for name, value in tags) or "*"


def _message_of(row: OutboxRow) -> str:
    reason = row.params.get("reason")
    return reason if isinstance(reason, str) and reason.strip() else row.target_title or "muted by oncall-tui"


def _until(silence: Silence) -> str:
    return f"muted until {silence.ends_at:%H:%M} UTC"
