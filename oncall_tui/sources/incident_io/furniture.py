"""What hardly changes in an account, read anew every few minutes, and what its key may do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall_tui.clock import Clock, iso
from oncall_tui.model import Directory, OnCall, Person, Ref, Shift
from oncall_tui.sources import fields, identity
from oncall_tui.sources.base import AuthFailed, BadAnswer, Capability, NotFound
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.incident_io import roster as rota
from oncall_tui.sources.incident_io.paging import listing, one, plain
from oncall_tui.sources.incident_io.roster import Roster
from oncall_tui.sources.slowly import Part, Slowly

SLOW = timedelta(minutes=10)
PATHS = timedelta(minutes=5)
DUTIES = timedelta(minutes=1)
BACK, AHEAD = timedelta(hours=12), timedelta(days=14)
MAX_WINDOWS = 10
"""Parts of a window that its entries are read in."""


class Furniture:
    """Holds the latest reading of each part. A part that fails keeps what it had, and says so.

    Args:
        wanted: who the seat is: mail address, name or id.
    """

    def __init__(self, client: HttpClient, source: str, wanted: str | None, clock: Clock) -> None:
        self.roster = Roster()
        self.wanted = wanted
        self.roles: frozenset[str] | None = None
        """What the key may do; ``None`` until it was read."""
        self.key_name: str | None = None
        self._client = client
        self._source = source
        self._clock = clock
        self._slowly = Slowly(
            {
                "the key": Part(self._key, SLOW),
                "severities": Part(self._severities, SLOW),
                "statuses": Part(self._statuses, SLOW),
                "people": Part(self._people, SLOW, Capability.ESCALATION.value),
                "teams": Part(self._teams, SLOW),
                "escalation paths": Part(self._paths, PATHS, Capability.ESCALATION.value),
                "on-call": Part(self._schedules, DUTIES, Capability.ON_CALL.value),
                "schedules": Part(self._entries, SLOW, Capability.SCHEDULES.value),
            }
        )

    # -- reading -----------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """By the server's clock, as far as it is known."""
        return self._clock.now() + (self._client.clock_skew or timedelta())

    @property
    def earlier_now(self) -> datetime:
        """By whichever clock is behind: what is to stay in sight does not leave it for one wrong ``Date``."""
        return min(self.now, self._clock.now())

    async def refresh(self) -> None:
        """Read what is due. Never raises SourceError: see :attr:`problems`."""
        await self._slowly.refresh(self._clock.now())

    async def ensure(self, *parts: str) -> None:
        """Read those of these parts that have never come. Raises SourceError."""
        await self._slowly.ensure(parts, self._clock.now())

    async def ensure_all(self) -> None:
        """Read everything where that was never done; SourceErrors are left to the next poll."""
        if not self._slowly.read:
            await self._slowly.refresh(self._clock.now())

    async def me(self) -> Person | None:
        """The seat's user; ``None`` where the account has no such one. Raises SourceError."""
        await self.ensure("people")
        return identity.match(self.roster.people.values(), self.wanted)

    def on_level(self, path: str, level: int) -> tuple[str, ...]:
        """The ids of those who hold a level (from 1) of a path now."""
        policy = next((one for one in rota.policies(self._source, self.roster) if one.id == path), None)
        if policy is None or level > len(policy.levels):
            return ()
        return tuple(who.id for who in policy.levels[level - 1].people)

    async def _key(self) -> str | None:
        row = await one(self._client, "/v1/identity", "identity")
        roles = fields.walk(row, "roles")
        if not isinstance(roles, list):
            raise BadAnswer(f"{self._client.host} does not tell the roles of the key")
        self.roles = frozenset(role for role in roles if isinstance(role, str))
        self.key_name = fields.text(row, "name")
        return None

    async def _severities(self) -> str | None:
        self.roster.severities = rota.read_severities(await plain(self._client, "/v1/severities", "severities"))
        return None

    async def _statuses(self) -> str | None:
        rows = await plain(self._client, "/v1/incident_statuses", "incident_statuses")
        self.roster.statuses = rota.read_statuses(rows)
        return None

    async def _people(self) -> str | None:
        found = await listing(self._client, "/v2/users", "users", size=250)
        self.roster.people = rota.read_people(found.rows)
        return found.note

    async def _teams(self) -> str | None:
        try:
            found = await listing(self._client, "/v3/teams", "teams", size=100)
        except AuthFailed as error:
            if error.status != 403:
                raise
            return None  # without them a path's name stands for its team
        except NotFound:
            return None
        self.roster.teams = rota.read_teams(found.rows)
        return found.note

    async def _paths(self) -> str | None:
        found = await listing(self._client, "/v2/escalation_paths", "escalation_paths", size=25)
        self.roster.paths = rota.read_paths(found.rows)
        return found.note

    async def _schedules(self) -> str | None:
        # With more than 25 a page, who is next is not told.
        found = await listing(self._client, "/v2/schedules", "schedules", size=25)
        self.roster.schedules = rota.read_schedules(found.rows)
        return found.note

    async def _entries(self) -> str | None:
        start, end = iso(self.now - BACK), iso(self.now + AHEAD)
        final, overrides = [], []
        note: str | None = f"only {MAX_WINDOWS} parts of the next weeks were read"
        for _ in range(MAX_WINDOWS):
            window = [("schedule_id", "*"), ("entry_window_start", start), ("entry_window_end", end)]
            data = (await self._client.get("/v2/schedule_entries", window)).data
            if not fields.is_list(data, "schedule_entries", "final"):
                raise BadAnswer(f"{self._client.host} answers /v2/schedule_entries without entries")
            final += list(fields.rows(data, "schedule_entries", "final"))
            overrides += list(fields.rows(data, "schedule_entries", "overrides"))
            after = fields.walk(data, "pagination_meta", "after")
            if not isinstance(after, str) or not after or after == start:
                note = None
                break
            start = after
        self.roster.entries = rota.read_entries(final, overrides)
        return note

    # -- telling -----------------------------------------------------------------------------------------------

    def may(self, *roles: str) -> bool:
        """Whether the key has one of these roles; unless they are known it may be tried."""
        return self.roles is None or not self.roles.isdisjoint(roles)

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each part whose latest reading failed or is not whole."""
        return self._slowly.problems

    @property
    def failed(self) -> frozenset[str]:
        """The capabilities' words whose part was due and did not come."""
        return self._slowly.failed

    def on_call(self) -> tuple[OnCall, ...] | None:
        """Who is on call now; ``None`` where it was not read anew."""
        fresh = self._slowly.changed & {"on-call", "escalation paths", "teams"}
        return rota.on_call(self._source, self.roster) if fresh and "on-call" in self._slowly.read else None

    def shifts(self) -> tuple[Shift, ...] | None:
        """The shifts of the next weeks; ``None`` where they were not read anew."""
        ready = "schedules" in self._slowly.changed and "on-call" in self._slowly.read
        return rota.shifts(self._source, self.roster) if ready else None

    def directory(self) -> Directory | None:
        """What actions choose from; ``None`` where nothing of it was read anew, or not all of it has been."""
        if not self._slowly.changed or not self._slowly.read >= {"people", "escalation paths"}:
            return None
        priorities: Sequence[Ref] = self.roster.severities
        return Directory(
            people=tuple(sorted(self.roster.people.values(), key=lambda person: person.name.casefold())),
            policies=rota.policies(self._source, self.roster),
            priorities=tuple(priorities),
            me=identity.match(self.roster.people.values(), self.wanted),
        )

    def told(self) -> None:
        """All that was read anew has been told."""
        self._slowly.told()
