"""Monitors, their groups and their events as alerts and health. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from oncall_tui.model import Alert, AlertState, HealthCheck, HealthStatus, join_id
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.datadog.api import Row
from oncall_tui.sources.datadog.downtimes import Downtime
from oncall_tui.sources.datadog.options import Options
from oncall_tui.sources.labels import group_key
from oncall_tui.text import clean

HEALTH: Mapping[str, HealthStatus] = {
    "ok": HealthStatus.OK,
    "alert": HealthStatus.DOWN,
    "warn": HealthStatus.DEGRADED,
}
"""Every other word (``No Data``, ``Ignored``, ``Skipped``, ``Unknown``, a new one) is *unknown*, never *ok*."""
_WENT_WRONG = frozenset({"failure", "error", "warning"})
_MARK = re.compile(r"^\[[^\]]{1,200}\]\s*")
_LISTED = 3

Tags = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor, as the search tells of it."""

    id: str
    name: str
    status: str
    labels: Mapping[str, str]
    tags: frozenset[str]


@dataclass(slots=True)
class Episode:
    """What the events of the last hour say of one group of one monitor, or of one series of other events."""

    monitor: Monitor | None
    title: str
    group: Tags
    first_at: datetime
    last_at: datetime
    count: int = 0
    """How often it went wrong."""
    recovered: bool = False
    """The latest event says that it is over."""
    status: str = ""
    message: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


def tag_labels(tags: Iterable[str]) -> dict[str, str]:
    """Tags of the form ``key:value`` as labels, of a key given twice the first."""
    found: dict[str, str] = {}
    for tag in tags:
        key, colon, value = tag.partition(":")
        if colon and key and value:
            found.setdefault(key, value)
    return found


def group_labels(group: Tags) -> dict[str, str]:
    """A group's tags as labels. One that is no ``key:value``, or whose key is taken, is a label without a value: left
    out, a downtime made by the labels would mute more than the group."""
    found = tag_labels(group)
    return {**found, **{tag: "" for tag in group if tag not in {f"{key}:{value}" for key, value in found.items()}}}


def texts(row: Row, *path: str) -> Tags:
    """The clean texts of the list at ``path``, each once; the group ``*`` of a monitor without groups is none."""
    listed = fields.walk(row, *path)
    found = (clean(item, 200) for item in listed if isinstance(item, str)) if isinstance(listed, list) else ()
    return tuple(dict.fromkeys(item for item in found if item and item != "*"))


def alert_id(monitor_id: str, group: Tags) -> str:
    """The native id of a monitor's group: the monitor's own id where it has no groups."""
    if not group:
        return monitor_id
    return f"{monitor_id}-{hashlib.blake2b('|'.join(sorted(group)).encode(), digest_size=6).hexdigest()}"


def is_group(row: Row) -> bool:
    """Whether a row of the search of groups says which group it is and how it is."""
    tags = row.get("group_tags")
    told = tags is None or (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags))
    return told and isinstance(row.get("status"), str) and fields.native_id(row, "monitor_id") is not None


class Reader:
    """Reads the answers of one organisation. ``now`` is the present by its clock."""

    def __init__(self, source: str, options: Options, now: datetime) -> None:
        self.source = source
        self.options = options
        self.now = now

    def monitors(self, rows: Iterable[Row]) -> dict[str, Monitor]:
        """The monitors by id."""
        found = {}
        for row in rows:
            native_id = fields.native_id(row, "id")
            if native_id is None:
                continue
            tags = texts(row, "tags")
            found[native_id] = Monitor(
                native_id,
                fields.text(row, "name") or f"monitor {native_id}",
                fields.text(row, "status", limit=40) or "?",
                tag_labels(tags),
                frozenset(tags),
            )
        return found

    # -- health ------------------------------------------------------------------------------------------------

    def health(self, monitors: Mapping[str, Monitor], groups: Sequence[Row]) -> tuple[HealthCheck, ...]:
        """A check for each monitor, with its groups that are not well."""
        unwell: dict[str, list[str]] = {}
        for row in groups:
            native_id = fields.native_id(row, "monitor_id")
            name = ", ".join(texts(row, "group_tags"))
            if native_id is not None and name:
                unwell.setdefault(native_id, []).append(name)
        return tuple(self._check(monitor, unwell.get(monitor.id, [])) for monitor in monitors.values())

    def _check(self, monitor: Monitor, unwell: Sequence[str]) -> HealthCheck:
        status = HEALTH.get(monitor.status.casefold(), HealthStatus.UNKNOWN)
        told = "; ".join(unwell[:_LISTED]) + (f" and {len(unwell) - _LISTED} more" if len(unwell) > _LISTED else "")
        detail = f"{monitor.status}: {told}" if told else monitor.status
        return HealthCheck(
            id=join_id(self.source, f"monitor-{monitor.id}"),
            source=self.source,
            name=monitor.name,
            status=status,
            checked_at=self.now,
            service=self.options.service_of(monitor.labels),
            detail=None if status is HealthStatus.OK else clean(detail),
            url=self.options.page(f"/monitors/{monitor.id}"),
        )

    # -- alerts ------------------------------------------------------------------------------------------------

    def firing(
        self, groups: Iterable[Row], monitors: Mapping[str, Monitor], downtimes: Sequence[Downtime]
    ) -> dict[str, Alert]:
        """What is wrong now by native id: the groups, and each monitor in such a state of which no group is told."""
        found: dict[str, Alert] = {}
        told: set[str] = set()
        wanted = set(self.options.states)
        for row in groups:
            native_id = fields.native_id(row, "monitor_id")
            status = fields.text(row, "status", limit=40) or "?"
            if native_id is None or not is_group(row) or (status.casefold() in _KNOWN - wanted):
                continue
            name = fields.text(row, "monitor_name") or f"monitor {native_id}"
            monitor = monitors.get(native_id) or Monitor(native_id, name, status, {}, frozenset())
            alert = self._firing(monitor, status, texts(row, "group_tags"), _since(row, status), downtimes)
            found[alert.native_id] = alert
            told.add(native_id)
        for monitor in monitors.values():
            if monitor.id not in told and monitor.status.casefold() in wanted:
                alert = self._firing(monitor, monitor.status, (), None, downtimes)
                found[alert.native_id] = alert
        return found

    def _firing(
        self, monitor: Monitor, status: str, group: Tags, since: datetime | None, downtimes: Sequence[Downtime]
    ) -> Alert:
        first_at = min(since or self.now, self.now)
        muting = tuple(one.silence.id for one in downtimes if one.mutes(monitor.id, monitor.tags, group, self.now))
        state = AlertState.SILENCED if muting else AlertState.FIRING
        if status.casefold() not in _KNOWN:
            state = AlertState.UNKNOWN
        return self._alert(monitor, group, state, status, first_at, self.now, silenced_by=muting)

    def _alert(
        self,
        monitor: Monitor,
        group: Tags,
        state: AlertState,
        status: str,
        first_at: datetime,
        last_at: datetime,
        *,
        silenced_by: tuple[str, ...] = (),
        ended_at: datetime | None = None,
        count: int = 1,
        summary: str | None = None,
    ) -> Alert:
        native_id = alert_id(monitor.id, group)
        labels = group_labels(group)
        every = {**monitor.labels, **labels}
        service = self.options.service_of(every)
        word, severity = self.options.severity_of(every)
        return Alert(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            name=monitor.name,
            state=state,
            first_at=first_at,
            last_at=last_at,
            severity_word=word or status,
            severity=severity if word else self.options.severity_word(status),
            service=service,
            summary=summary,
            count=count,
            group_key=group_key(monitor.name, service),
            # What a downtime can be made by: the monitor, and the tags that tell the group.
            labels={"monitor_id": monitor.id, **labels},
            silenced_by=silenced_by,
            ended_at=ended_at,
            url=self.options.page(f"/monitors/{monitor.id}"),
        )

    # -- events ------------------------------------------------------------------------------------------------

    def episodes(self, rows: Iterable[Row], monitors: Mapping[str, Monitor]) -> dict[str, Episode]:
        """The events by what they are about: the native id that its alert has or would have."""
        found: dict[str, Episode] = {}
        for at, row in sorted(((_when(row), row) for row in rows), key=lambda pair: pair[0] or self.now):
            if at is None:
                continue
            inner = fields.obj(row, "attributes", "attributes")
            monitor = self._monitor_of(inner, monitors)
            title = fields.text(inner, "title") or "(no title)"
            group = texts(inner, "monitor_groups")
            key = alert_id(monitor.id, group) if monitor else _series(row, inner)
            episode = found.setdefault(key, Episode(monitor, _MARK.sub("", title) or title, group, at, at))
            status = fields.text(inner, "status", limit=40) or "?"
            episode.last_at = max(at, episode.last_at)
            episode.count += status in _WENT_WRONG
            episode.recovered = status == "success"
            episode.message = _first_line(fields.block(row, "attributes", "message")) or episode.message
            if not episode.recovered:
                episode.status = status
            if not monitor:
                episode.labels = tag_labels(texts(row, "attributes", "tags"))
        return {key: episode for key, episode in found.items() if episode.count}

    def _monitor_of(self, inner: Row, monitors: Mapping[str, Monitor]) -> Monitor | None:
        native_id = fields.native_id(inner, "monitor_id")
        if native_id is None:
            return None
        tags = texts(inner, "monitor", "tags")
        name = fields.text(inner, "monitor", "name") or _MARK.sub("", fields.text(inner, "title") or "")
        told = Monitor(native_id, name or f"monitor {native_id}", "?", tag_labels(tags), frozenset(tags))
        return monitors.get(native_id) or told

    def past(self, key: str, episode: Episode, *, known_over: bool) -> Alert:
        """The alert of an episode that is not among what is wrong now.

        Args:
            known_over: what is wrong now was read whole, so that its absence says that it has ended.
        """
        state = AlertState.RESOLVED if episode.recovered else AlertState.UNKNOWN
        if not episode.recovered and episode.monitor is not None and known_over:
            state = AlertState.ENDED
        ended_at = None if state is AlertState.UNKNOWN else episode.last_at
        if episode.monitor is not None:
            return self._alert(
                episode.monitor, episode.group, state, "Warn" if episode.status == "warning" else "Alert",
                episode.first_at, episode.last_at,
                ended_at=ended_at, count=episode.count, summary=episode.message,
            )  # fmt: skip
        service = self.options.service_of(episode.labels)
        word, severity = self.options.severity_of(episode.labels)
        return Alert(
            id=join_id(self.source, key),
            source=self.source,
            native_id=key,
            name=episode.title,
            state=state,
            first_at=episode.first_at,
            last_at=episode.last_at,
            severity_word=word or episode.status,
            severity=severity if word else self.options.severity_word(episode.status),
            service=service,
            summary=episode.message,
            count=episode.count,
            group_key=group_key(episode.title, service),
            labels=episode.labels,
            ended_at=ended_at,
            url=self.options.page("/event/explorer"),
        )


_KNOWN = frozenset({"ok", "alert", "warn", "no data", "ignored", "skipped", "unknown"})


def _since(row: Row, status: str) -> datetime | None:
    """Since when a group is in that state; 0 stands for never."""
    names = ("last_triggered_ts", "last_nodata_ts")
    for name in names if status.casefold() != "no data" else reversed(names):
        at = fields.unix(row, name)
        if at is not None and at.timestamp() > 0:
            return at
    return None


def _when(row: Row) -> datetime | None:
    return fields.instant(row, "attributes", "timestamp")


def _series(row: Row, inner: Row) -> str:
    told = fields.text(inner, "aggregation_key") or fields.text(inner, "title") or fields.text(row, "id") or ""
    return f"event-{hashlib.blake2b(told.encode(), digest_size=6).hexdigest()}"


def _first_line(message: str | None) -> str | None:
    """The first line of a message that says something; ``%%%`` stands where its markup begins and ends."""
    lines = (line.strip() for line in (message or "").split("\n"))
    return next((clean(line) for line in lines if line and line != "%%%"), None)
