"""Who is on call: the configured teams, each asked who holds which step of its escalation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from oncall_tui.model import OnCall, Person, Ref
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, NotFound
from oncall_tui.sources.datadog import api
from oncall_tui.sources.http import HttpClient, segment

_INCLUDE = "responders,escalations,escalations.responders"


class Duties:
    """The teams' on-call.

    Args:
        wanted: teams by handle, name or id, each by every name that it may have.
    """

    def __init__(self, client: HttpClient, source: str, wanted: Iterable[tuple[str, ...]]) -> None:
        self.wanted = tuple(wanted)
        self.problems: tuple[str, ...] = ()
        """Of the last reading: teams that are not there, or have no on-call."""
        self._client = client
        self._source = source
        self._teams: dict[str, Ref] = {}
        self._somebody = False

    async def read(self) -> tuple[OnCall, ...]:
        """Who holds which level of the wanted teams. Raises SourceError."""
        problems: list[str] = []
        found: list[OnCall] = []
        for names in self.wanted:
            team = await self._team(names)
            if team is None:
                problems.append(f"on call: Datadog knows no team {names[0]}")
                continue
            path = f"/api/v2/on-call/teams/{segment(team.id)}/on-call"
            try:
                answer = await self._client.get(path, [("include", _INCLUDE)], meter="/api/v2/on-call/teams")
            except NotFound:
                problems.append(f"on call: the team {team.name} has no on-call in Datadog")
                continue
            found += self._levels(team, answer.data)
        self.problems = tuple(problems)
        if not found and self._somebody:
            # Where somebody was on call a moment ago, "no such team" is more likely an error on the way.
            raise NotFound("; ".join(problems) or "on call: nobody", status=404)
        self._somebody = bool(found)
        return tuple(found)

    async def _team(self, names: tuple[str, ...]) -> Ref | None:
        keys = [name.casefold() for name in names]
        if not any(key in self._teams for key in keys):
            listing = await api.numbered_list(self._client, "/api/v2/team")
            for row in listing.rows:
                native_id = fields.native_id(row, "id")
                name = fields.text(row, "attributes", "name", limit=200)
                handle = fields.text(row, "attributes", "handle", limit=200)
                if native_id is not None:
                    team = Ref(id=native_id, name=name or handle or native_id)
                    for one in (handle, name, native_id):
                        if one:
                            self._teams.setdefault(one.casefold(), team)
        return next((self._teams[key] for key in keys if key in self._teams), None)

    def _levels(self, team: Ref, data: Any) -> Iterator[OnCall]:
        if not isinstance(fields.walk(data, "data", "relationships"), Mapping):
            raise BadAnswer(f"{self._client.host} does not answer with the on-call of a team")
        included = list(fields.rows(data, "included"))
        users = api.people(included)
        steps = {fields.native_id(row, "id"): row for row in included if row.get("type") == "escalation_policy_steps"}
        order = [
            fields.native_id(one, "id") for one in fields.rows(data, "data", "relationships", "escalations", "data")
        ]
        levels = [list(_people(steps[step], users)) for step in order if step in steps]
        if not any(levels):
            levels = [list(_people(fields.obj(data, "data"), users))]
        for level, people in enumerate(levels, start=1):
            for person in people:
                yield OnCall(source=self._source, team=team.name, level=level, person=person)


def _people(row: api.Row, users: dict[str, Person]) -> Iterator[Person]:
    for one in fields.rows(row, "relationships", "responders", "data"):
        native_id = fields.native_id(one, "id")
        if native_id is not None:
            yield users.get(native_id) or Person(id=native_id, name=native_id)
