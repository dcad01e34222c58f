"""Who and what is the same in different systems: people, services, teams. Pure.

People are matched by mail address by default; services and teams by their names, upper and lower case not counting.
What is called otherwise somewhere is in the config (block ``identity``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import TypeVar

from oncall_tui.model import (
    Alert,
    Change,
    Directory,
    EscalationPolicy,
    HealthCheck,
    Incident,
    IncidentDetail,
    OnCall,
    Person,
    Ref,
    Shift,
    Snapshot,
)
from oncall_tui.records import dataclass

Fact = TypeVar("Fact")
OfService = TypeVar("OfService", Alert, HealthCheck, Change)
OfTeam = TypeVar("OfTeam", OnCall, Shift)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What the config says is the same. Without any of it every name means itself."""

    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Mail address (or any one name) -> source -> who that is there: mail, name or native id."""
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The name that is shown -> what the service is called elsewhere: names or native ids."""
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The name that is shown -> what the team is called elsewhere."""

    @cached_property
    def _service_names(self) -> dict[str, str]:
        return _backwards(self.services)

    @cached_property
    def _team_names(self) -> dict[str, str]:
        return _backwards(self.teams)

    @cached_property
    def _people_names(self) -> dict[tuple[str, str], str]:
        return {(source, name.casefold()): key for key, named in self.people.items() for source, name in named.items()}

    @property
    def renames(self) -> bool:
        """Some service or team is called otherwise somewhere."""
        return bool(self.services or self.teams)

    # -- names -------------------------------------------------------------------------------------------------

    def service(self, name: str) -> str:
        """The one name of the service that is called ``name`` somewhere."""
        return self._service_names.get(name.casefold(), name)

    def team(self, name: str) -> str:
        """The one name of the team that is called ``name`` somewhere."""
        return self._team_names.get(name.casefold(), name)

    def called(self, team: str) -> tuple[str, ...]:
        """Everything that this team is called, its one name first."""
        name = self.team(team)
        return tuple(dict.fromkeys((name, team, *self.teams.get(name, ()))))

    def key_of(self, user: str | None) -> str | None:
        """By which key of :attr:`people` the seat's ``user`` is known; ``user`` itself where by none."""
        if user is None:
            return None
        word = user.casefold()
        for key, named in self.people.items():
            if word == key.casefold() or word in (name.casefold() for name in named.values()):
                return key
        return user

    def user_in(self, source: str, user: str | None) -> str | None:
        """Who the seat's ``user`` is in ``source``."""
        key = self.key_of(user)
        return self.people.get(key, {}).get(source, user) if key is not None else None

    def person(self, source: str, person: Person) -> str:
        """What tells that two people of two systems are one: equal for the same. A mail address where one is known."""
        for word in (person.id, person.contact, person.name):
            if word is not None and (found := self._people_names.get((source, word.casefold()))) is not None:
                return found.casefold()
        if person.contact is not None and "@" in person.contact:
            return person.contact.casefold()
        return f"{source}:{person.id}"

    # -- facts, with the one name of each service and team --------------------------------------------------------

    def snapshot(self, told: Snapshot) -> Snapshot:
        """What a poll brought."""
        if not self.renames:
            return told
        return replace(
            told,
            incidents=_each(told.incidents, self.incident),
            alerts=_each(told.alerts, self.alert),
            health=_each(told.health, self._named_service),
            on_call=_each(told.on_call, self._named_team),
            shifts=_each(told.shifts, self._named_team),
            changes=_each(told.changes, self._named_service),
            directory=self._directory(told.directory) if told.directory is not None else None,
        )

    def detail(self, told: IncidentDetail) -> IncidentDetail:
        """One incident that was read whole."""
        if not self.renames:
            return told
        alerts = tuple(map(self.alert, told.alerts))
        return replace(told, incident=self.incident(told.incident), alerts=alerts)

    def incident(self, told: Incident) -> Incident:
        """The same object where it is called so already."""
        ref = told.service
        service = ref if ref is None else self._service_ref(ref)
        teams = tuple(dict.fromkeys(map(self.team, told.teams))) if self.teams else told.teams
        return told if service is ref and teams == told.teams else replace(told, service=service, teams=teams)

    def alert(self, told: Alert) -> Alert:
        """The same object where it is called so already. Labels stay what the monitor made them."""
        return self._named_service(told)

    def _service_ref(self, ref: Ref) -> Ref:
        names = self._service_names
        name = names.get(ref.id.casefold()) or names.get(ref.name.casefold())
        return ref if name is None or name == ref.name else replace(ref, name=name)

    def _named_service(self, told: OfService) -> OfService:
        name = told.service and self.service(told.service)
        return told if name == told.service else replace(told, service=name)

    def _named_team(self, told: OfTeam) -> OfTeam:
        name = self.team(told.team)
        return told if name == told.team else replace(told, team=name)

    def _directory(self, told: Directory) -> Directory:
        return replace(
            told,
            services=tuple(map(self._service_ref, told.services)),
            policies=tuple(map(self._policy, told.policies)),
        )

    def _policy(self, told: EscalationPolicy) -> EscalationPolicy:
        return replace(told, teams=tuple(dict.fromkeys(map(self.team, told.teams))))


def _backwards(names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {called.casefold(): name for name, others in names.items() for called in (name, *others)}


def _each(facts: tuple[Fact, ...] | None, renamed: Callable[[Fact], Fact]) -> tuple[Fact, ...] | None:
    return None if facts is None else tuple(map(renamed, facts))
