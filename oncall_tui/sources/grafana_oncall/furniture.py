"""What hardly changes, read anew now and then: people, teams, integrations, routes, chains, schedules, shifts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from oncall_tui.model import Directory, OnCall, Person, Ref, Shift
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Capability, NotFound, SourceError
from oncall_tui.sources.grafana_oncall import roster as rosters
from oncall_tui.sources.grafana_oncall.api import Api, Params, Row
from oncall_tui.sources.grafana_oncall.chains import read_chains
from oncall_tui.sources.grafana_oncall.roster import Roster
from oncall_tui.sources.http import segment

SLOW = timedelta(minutes=10)
DUTIES = timedelta(minutes=1)
RETRY = timedelta(minutes=1)
"""After a part failed."""
BACK, AHEAD = timedelta(days=8), timedelta(days=14)
"""The window of shifts. What begins before it is cut off there: a week's turn is seen whole."""
MAX_SCHEDULES = 40
"""Schedules whose shifts are read: each is a call of its own."""

_PARTS: Mapping[str, timedelta] = {
    "people": SLOW,
    "teams": SLOW,
    "integrations": SLOW,
    "routes": SLOW,
    "escalation chains": SLOW,
    "schedules": DUTIES,
    "shifts": 2 * SLOW,
}
PERMISSIONS: Mapping[str, str] = {
    "people": "grafana-oncall-app.user-settings:read",
    "teams": "grafana-oncall-app.user-settings:read",
    "integrations": "grafana-oncall-app.integrations:read",
    "routes": "grafana-oncall-app.integrations:read",
    "escalation chains": "grafana-oncall-app.escalation-chains:read",
    "schedules": "grafana-oncall-app.schedules:read",
    "shifts": "grafana-oncall-app.schedules:read",
}
"""What a token needs for each part."""
_SERVES: Mapping[str, str] = {
    "people": Capability.ESCALATION.value,
    "escalation chains": Capability.ESCALATION.value,
    "schedules": Capability.ON_CALL.value,
    "shifts": Capability.SCHEDULES.value,
}
"""Whose facts go stale where a part does not come."""
_ON_CALL = {"people", "teams", "escalation chains", "schedules", "shifts"}
_DIRECTORY = {"people", "teams", "integrations", "escalation chains", "schedules"}


class Furniture:
    """Holds the latest reading of each part. A part that fails keeps what it had, and says so."""

    def __init__(self, api: Api, source: str) -> None:
        self.roster = Roster()
        self._api = api
        self._source = source
        self._due: dict[str, datetime] = {}
        self._failures: dict[str, SourceError] = {}
        self._notes: dict[str, str] = {}
        self._read: set[str] = set()
        self._changed: set[str] = set()
        self._readers: Mapping[str, Callable[[], Awaitable[None]]] = {
            "people": self._people,
            "teams": self._teams,
            "integrations": self._integrations,
            "routes": self._routes,
            "escalation chains": self._chains,
            "schedules": self._schedules,
            "shifts": self._shifts,
        }

    # -- reading -----------------------------------------------------------------------------------------------

    async def refresh(self, now: datetime) -> None:
        """Read what is due by our clock. Never raises SourceError: see :attr:`problems`."""
        for part in _PARTS:  # one after the other: shifts are read of the schedules that are there
            if self._due.get(part, now) <= now:
                await self.take(part, now)

    async def ensure(self, now: datetime, *parts: str) -> None:
        """Read these parts where that was never tried."""
        for part in parts:
            if part not in self._due:
                await self.take(part, now)

    async def take(self, part: str, now: datetime) -> SourceError | None:
        """Read one part now; what went wrong is given back and kept in :attr:`problems`."""
        self._notes.pop(part, None)
        try:
            await self._readers[part]()
        except SourceError as error:
            self._failures[part] = error
            self._due[part] = now + RETRY
            return error
        self._failures.pop(part, None)
        self._due[part] = now + _PARTS[part]
        self._read.add(part)
        self._changed.add(part)
        return None

    async def _rows(self, part: str, path: str, params: Params = ()) -> list[Row]:
        found = await self._api.listing(path, params)
        if found.note:
            self._notes[part] = found.note
        return found.rows

    async def _people(self) -> None:
        self.roster = replace(self.roster, users=rosters.read_users(await self._rows("people", "/users/")))

    async def _teams(self) -> None:
        self.roster = replace(self.roster, teams=_named(await self._rows("teams", "/teams/")))

    async def _integrations(self) -> None:
        rows = await self._rows("integrations", "/integrations/")
        names = _named(rows)
        teams = {fields.native_id(row, "id"): fields.native_id(row, "team_id") for row in rows}
        self.roster = replace(self.roster, integrations={one: (name, teams.get(one)) for one, name in names.items()})

    async def _routes(self) -> None:
        found = {}
        for row in await self._rows("routes", "/routes/"):
            route, chain = fields.native_id(row, "id"), fields.native_id(row, "escalation_chain_id")
            if route is not None and chain is not None:
                found[route] = chain
        self.roster = replace(self.roster, routes=found)

    async def _chains(self) -> None:
        chains = await self._rows("escalation chains", "/escalation_chains/")
        steps = await self._rows("escalation chains", "/escalation_policies/")
        self.roster = replace(self.roster, chains=read_chains(chains, steps))

    async def _schedules(self) -> None:
        rows = await self._rows("schedules", "/schedules/")
        self.roster = replace(self.roster, schedules=rosters.read_schedules(rows))

    async def _shifts(self) -> None:
        today = self._api.now().date()
        first, last = today - BACK, today + AHEAD
        since = datetime.combine(first, time(), UTC)
        until = datetime.combine(last, time(), UTC) + timedelta(days=1)  # the last day is in it
        window: Params = [("start_date", first.isoformat()), ("end_date", last.isoformat())]
        ids = list(self.roster.schedules)
        if len(ids) > MAX_SCHEDULES:
            self._notes["shifts"] = f"only those of {MAX_SCHEDULES} of {len(ids)} schedules were read"
        found = dict(self.roster.ahead)
        for schedule_id in ids[:MAX_SCHEDULES]:
            try:
                data = await self._api.get(f"/schedules/{segment(schedule_id)}/final_shifts", window)
            except NotFound:
                continue  # deleted since the schedules were read
            if not fields.is_list(data, "results"):
                raise BadAnswer(f"{self._api.client.host} answers with shifts that are none")  # and not: nobody's
            found[schedule_id] = rosters.read_ahead(fields.rows(data, "results"), since, until)
        self.roster = replace(self.roster, ahead={one: found[one] for one in ids if one in found})

    # -- telling -----------------------------------------------------------------------------------------------

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each part whose latest reading failed or is not whole."""
        failed = [f"{part}: {error}" for part, error in self._failures.items()]
        return (*failed, *(f"{part}: {note}" for part, note in self._notes.items()))

    @property
    def failed(self) -> frozenset[str]:
        """The capabilities' words whose part was due and did not come."""
        return frozenset(word for part, word in _SERVES.items() if part in self._failures)

    def on_call(self) -> tuple[OnCall, ...] | None:
        """Who is on call now; ``None`` where it was not read anew."""
        if not self._changed & _ON_CALL or "schedules" not in self._read:
            return None
        return rosters.on_call(self._source, self.roster, self._api.now())

    def shifts(self) -> tuple[Shift, ...] | None:
        """The shifts around now; ``None`` where they were not read anew."""
        if "shifts" not in self._changed or "schedules" not in self._read:
            return None
        return rosters.shifts(self._source, self.roster)

    def directory(self, me: Person | None) -> Directory | None:
        """What actions choose from; ``None`` where nothing of it was read anew, or the people never were."""
        if not self._changed & _DIRECTORY or "people" not in self._read:
            return None
        people = (user.person for user in self.roster.users.values())
        return Directory(
            people=tuple(sorted(people, key=lambda person: person.name.casefold())),
            policies=rosters.escalation_policies(self._source, self.roster),
            services=tuple(Ref(id=one, name=name) for one, (name, _) in self.roster.integrations.items()),
            me=me,
            zones={one: user.zone for one, user in self.roster.users.items() if user.zone is not None},
        )

    def told(self) -> None:
        """All that was read anew has been told."""
        self._changed.clear()


def _named(rows: list[Row]) -> dict[str, str]:
    found = {}
    for row in rows:
        thing_id = fields.native_id(row, "id")
        if thing_id is not None:
            found[thing_id] = fields.text(row, "name") or thing_id
    return found
