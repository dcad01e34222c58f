"""The simulated engine's alert groups, and the only way to change them. Times are the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.demo.grafana_oncall.estate import Estate, Service, User, make_id
from oncall_tui.demo.past import Past

WEB = "https://grafana.example.com/a/grafana-oncall-app/alert-groups"


class Rejected(Exception):
    """Said no, with that status and body."""

    def __init__(self, status: int, data: Any) -> None:
        super().__init__(str(data))
        self.status = status
        self.data = data


def bad(words: str) -> Rejected:
    """400 in the engine's own form."""
    return Rejected(400, {"detail": words})


@dataclass(slots=True)
class AlertRow:
    """One alert of a group."""

    id: str
    at: datetime
    payload: dict[str, Any]


@dataclass(slots=True)
class Note:
    """One resolution note."""

    id: str
    user: User
    text: str
    at: datetime


@dataclass(slots=True)
class Group:
    """One alert group, as the engine holds it."""

    id: str
    service: Service
    title: str
    created_at: datetime
    labels: dict[str, str]
    alerts: list[AlertRow] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    acknowledged_at: datetime | None = None
    acknowledged_by: User | None = None
    silenced_at: datetime | None = None
    silenced_until: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: User | None = None
    root: str | None = None
    """The group that it is attached to."""
    paged: list[tuple[User, bool]] = field(default_factory=list)
    """Who was paged by hand, and whether as important."""

    @property
    def state(self) -> str:
        """The word that an item shows."""
        if self.resolved_at is not None:
            return "resolved"
        if self.acknowledged_at is not None:
            return "acknowledged"
        return "silenced" if self.silenced_at is not None else "firing"

    @property
    def filtered_as(self) -> str:
        """The word that the filter takes."""
        return "new" if self.state == "firing" else self.state

    def told(self) -> dict[str, Any]:
        """As the API shows it."""
        last = self.alerts[-1]
        return {
            "id": self.id,
            "integration_id": self.service.integration_id,
            "team_id": self.service.team_id,
            "route_id": self.service.route_id,
            "alerts_count": len(self.alerts),
            "state": self.state,
            "created_at": stamp(self.created_at),
            "resolved_at": stamp(self.resolved_at),
            "resolved_by": self.resolved_by.id if self.resolved_by else None,
            "acknowledged_at": stamp(self.acknowledged_at),
            "acknowledged_by": self.acknowledged_by.id if self.acknowledged_by else None,
            "labels": [
                {"key": {"id": name, "name": name}, "value": {"id": value, "name": value}}
                for name, value in self.labels.items()
            ],
            "title": self.title,
            "permalinks": {"slack": None, "slack_app": None, "telegram": None, "web": f"{WEB}/{self.id}"},
            "silenced_at": stamp(self.silenced_at),
            "last_alert": self.told_alert(last),
        }

    def told_alert(self, alert: AlertRow) -> dict[str, Any]:
        """One of its alerts as the API shows it."""
        return {
            "id": alert.id,
            "alert_group_id": self.id,
            "created_at": stamp(alert.at),
            "payload": alert.payload,
        }

    def told_note(self, note: Note) -> dict[str, Any]:
        """One of its notes as the API shows it."""
        return {
            "id": note.id,
            "alert_group_id": self.id,
            "author": note.user.id,
            "source": "web",
            "created_at": stamp(note.at),
            "text": note.text,
        }


def stamp(at: datetime | None) -> str | None:
    """A time as Django REST framework writes it."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z") if at is not None else None


class Life:
    """All alert groups of the engine."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.groups: dict[str, Group] = {}
        self._made = 0

    def _id(self, letter: str) -> str:
        self._made += 1
        return make_id(self.estate.seed, letter, str(self._made))

    def advance(self, now: datetime) -> None:
        """Let silences end."""
        for group in self.groups.values():
            if group.silenced_until is not None and group.silenced_until <= now:
                group.silenced_at = group.silenced_until = None

    def newest_first(self) -> list[Group]:
        """As the lists have them."""
        return sorted(self.groups.values(), key=lambda group: group.created_at, reverse=True)

    def trigger(
        self, service: Service, title: str, at: datetime, labels: dict[str, str], payloads: Sequence[dict[str, Any]]
    ) -> Group:
        """A new alert group with these alerts, a second apart."""
        group = Group(self._id("I"), service, title, at, labels)
        for number, payload in enumerate(payloads):
            group.alerts.append(AlertRow(self._id("A"), at + timedelta(seconds=number * 30), payload))
        self.groups[group.id] = group
        return group

    def past(self, one: Past) -> Group:
        """A group of long ago. It is not among :attr:`groups`."""

        def new_id(letter: str, what: str) -> str:
            return make_id(self.estate.seed, letter, f"past {one.number} {what}")

        service = self.estate.services[one.service]
        schedule = next(each for each in self.estate.schedules if each.team_id == service.team_id)
        person = schedule.holder(one.at)
        severity = {1: "critical", 2: "critical", 3: "warning", 4: "info"}[one.severity]
        group = Group(new_id("I", ""), service, one.title, one.at, {"severity": severity, "service": one.service})
        group.alerts.append(AlertRow(new_id("A", ""), one.at, {"labels": dict(group.labels)}))
        group.acknowledged_at, group.acknowledged_by = one.acked_at, person if one.acked_at is not None else None
        group.resolved_at, group.resolved_by = one.resolved_at, person if one.by_person else None
        group.notes = [Note(new_id("M", str(place)), person, text, at) for place, (at, text) in enumerate(one.notes)]
        return group

    def alert(self, group: Group, payload: dict[str, Any], at: datetime) -> None:
        """One more alert."""
        group.alerts.append(AlertRow(self._id("A"), at, payload))

    # -- what people do --------------------------------------------------------------------------------------------

    def acknowledge(self, group: Group, by: User, at: datetime) -> None:
        """Rejected where the real engine refuses."""
        if group.state == "acknowledged":
            raise bad("Can't acknowledge an acknowledged alert group")
        self._must_be_open(group, "acknowledge")
        group.silenced_at = group.silenced_until = None
        group.acknowledged_at, group.acknowledged_by = at, by

    def unacknowledge(self, group: Group) -> None:
        """Firing again."""
        if group.state == "resolved":
            raise bad("Can't unacknowledge a resolved alert group")
        if group.state != "acknowledged":
            raise bad("Can't unacknowledge an unacknowledged alert group")
        group.acknowledged_at = group.acknowledged_by = None

    def resolve(self, group: Group, by: User | None, at: datetime) -> None:
        """By a person, or with ``None`` by its integration."""
        self._must_be_open(group, "resolve")
        group.silenced_at = group.silenced_until = None
        group.resolved_at, group.resolved_by = at, by

    def unresolve(self, group: Group) -> None:
        """Firing again."""
        if group.state != "resolved":
            raise bad("Can't unresolve an unresolved alert group")
        group.resolved_at = group.resolved_by = group.acknowledged_at = group.acknowledged_by = None

    def silence(self, group: Group, delay_s: int, at: datetime) -> None:
        """Quiet for so long; -1: for ever."""
        self._must_be_open(group, "silence")
        if group.state == "acknowledged":
            raise bad("Can't silence an acknowledged alert group")
        group.silenced_at = at
        group.silenced_until = at + timedelta(seconds=delay_s) if delay_s >= 0 else None

    def unsilence(self, group: Group) -> None:
        """Firing again."""
        if group.state != "silenced":
            raise bad("Can't unsilence an unsilenced alert group")
        group.silenced_at = group.silenced_until = None

    def page(self, group: Group, users: list[tuple[User, bool]]) -> None:
        """Page people besides the chain."""
        if group.state == "resolved":
            raise bad("Alert group must be unresolved to page more people")
        group.paged += users

    def note(self, group: Group, by: User, text: str, at: datetime) -> Note:
        """A resolution note."""
        note = Note(self._id("M"), by, text, at)
        group.notes.append(note)
        return note

    @staticmethod
    def _must_be_open(group: Group, verb: str) -> None:
        if group.state == "resolved":
            raise bad(f"Can't {verb} a resolved alert group")
        if group.root is not None:
            raise bad(f"Can't {verb} an attached alert group")
