"""What hardly changes in an organisation, read piece by piece.

It takes one call for each policy's steps and one for each step of each team's schedule: a few of them are made in one
poll, so that incidents never wait for the minute's calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.model import Directory, OnCall, Person, Ref, Shift
from oncall_tui.sources import fields, identity
from oncall_tui.sources.base import BadAnswer, Capability, NotFound, Refused, SourceError
from oncall_tui.sources.http import segment
from oncall_tui.sources.slowly import Part, Slowly
from oncall_tui.sources.splunk_oncall import roster as rota
from oncall_tui.sources.splunk_oncall.api import PUBLIC, Api
from oncall_tui.sources.splunk_oncall.roster import Roster

SLOW = timedelta(minutes=15)
DUTIES = timedelta(minutes=1)
RETRY = timedelta(seconds=90)
PIECES = 5
"""Of policies and schedules together, read in one poll."""
MAX_STEPS = 4
"""Steps of a policy that the API gives schedules of."""
DAYS = 14

Piece = tuple[str, str, int]
"""``("policy", slug, 0)`` or ``("schedule", slug of the team, step)``."""


class Furniture:
    """Holds the latest reading of each part. A part that fails keeps what it had, and says so.

    Args:
        wanted: who the seat is: mail address, name or user name.
        teams: the seat's own: their schedules are read first.
    """

    def __init__(self, api: Api, source: str, wanted: str | None, teams: Sequence[str], clock: Clock) -> None:
        self.roster = Roster()
        self.wanted = wanted
        self._api = api
        self._source = source
        self._mine = {name.casefold() for name in teams}
        self._clock = clock
        self._due: dict[Piece, datetime] = {}
        self._read_at: dict[Piece, datetime] = {}
        self._failures: dict[Piece, SourceError] = {}
        self._slowly = Slowly(
            {
                "people": Part(self._people, SLOW, Capability.ESCALATION.value),
                "on-call": Part(self._current, DUTIES, Capability.ON_CALL.value),
                "escalation policies": Part(self._policies, SLOW, Capability.ESCALATION.value),
            }
        )
        self._pieces_changed = False

    # -- reading -----------------------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Read what is due. Never raises SourceError: see :attr:`problems`."""
        now = self._clock.now()
        await self._slowly.refresh(now)
        wanted = self._wanted_pieces()
        self._failures = {piece: error for piece, error in self._failures.items() if piece in wanted}
        due = [piece for piece in wanted if self._due.get(piece, now) <= now]
        for piece in due[:PIECES]:
            if not await self._take(piece, now):
                return

    async def me(self) -> Person | None:
        """The seat's user; ``None`` where the organisation has no such one. Raises SourceError."""
        await self._slowly.ensure(["people"], self._clock.now())
        return identity.match(self.roster.people.values(), self.wanted)

    async def acting(self) -> Person:
        """The user whom a write is done as. Raises Refused where there is none, and SourceError."""
        found = await self.me()
        if found is None:
            raise Refused(identity.not_found(self._api.client.host, self.wanted))
        return found

    async def ensure(self) -> None:
        """Read people, duties and policies where that was never done; SourceErrors are left to the next poll."""
        missing = {"people", "on-call"} - self._slowly.read
        if missing:
            await self._slowly.refresh(self._clock.now())

    async def on_level(self, policy: str, level: int) -> tuple[str, ...]:
        """The user names on a level (from 1) of a policy now, by a schedule that is read anew where it was not just
        now: somebody may stand in since. Raises SourceError."""
        now = self._clock.now()
        await self._slowly.ensure(["on-call"], now)
        team = next((one.team.id for one in self.roster.current if one.policy.id == policy), None)
        piece = ("schedule", team or "", level - 1)
        read_at = self._read_at.get(piece)
        if team is not None and level <= MAX_STEPS and (read_at is None or now - read_at >= DUTIES):
            await self._read(piece)
        return self.roster.holders(policy, level - 1, self._api.now)

    async def _people(self) -> str | None:
        data = await self._api.get(f"{PUBLIC}/user")
        if not fields.is_list(data, "users"):
            raise BadAnswer(f"{self._api.client.host} answers {PUBLIC}/user without users")
        self.roster.people = rota.read_people(data)
        return None

    async def _current(self) -> str | None:
        self.roster.current = rota.read_current(await self._api.rows(f"{PUBLIC}/oncall/current", "teamsOnCall"))
        return None

    async def _policies(self) -> str | None:
        self.roster.policies = rota.read_policies(await self._api.rows(f"{PUBLIC}/policies", "policies"))
        return None

    def _wanted_pieces(self) -> list[Piece]:
        """Every policy, and every step of every team: never read or failed first, then the seat's own."""
        pieces: list[tuple[Ref | None, Piece]] = [
            (team, ("policy", policy.id, 0)) for policy, team in self.roster.policies.values()
        ]
        for team in dict.fromkeys(one.team for one in self.roster.current):
            pieces += [(team, ("schedule", team.id, step)) for step in range(self._steps_of(team.id))]

        def rank(one: tuple[Ref | None, Piece]) -> tuple[bool, bool, int]:
            team, piece = one
            held = piece in self._due and piece not in self._failures
            return held, not self._is_mine(team), piece[2]

        return [piece for _, piece in sorted(pieces, key=rank)]

    def _is_mine(self, team: Ref | None) -> bool:
        return team is not None and bool({team.name.casefold(), team.id.casefold()} & self._mine)

    def _steps_of(self, team: str) -> int:
        slugs = [policy.id for policy, of in self.roster.policies.values() if of is not None and of.id == team]
        known = [len(self.roster.steps[slug]) for slug in slugs if slug in self.roster.steps]
        return min(MAX_STEPS, max(known, default=1) or 1)

    async def _take(self, piece: Piece, now: datetime) -> bool:
        """Read one piece; whether the next may follow."""
        try:
            await self._read(piece)
        except SourceError as error:
            self._failures[piece] = error
            self._due[piece] = now + max(RETRY, timedelta(seconds=error.retry_after or 0.0))
            return isinstance(error, Refused)
        self._failures.pop(piece, None)
        self._due[piece] = now + SLOW
        return True

    async def _read(self, piece: Piece) -> None:
        kind, slug, step = piece
        readers: dict[str, Callable[[str, int], Any]] = {"policy": self._read_policy, "schedule": self._read_schedule}
        await readers[kind](slug, step)
        self._read_at[piece] = self._clock.now()
        self._pieces_changed = True

    async def _read_policy(self, slug: str, _: int) -> None:
        try:
            data = await self._api.get(f"{PUBLIC}/policies/{segment(slug)}")
        except NotFound:
            data = {"steps": []}  # an older server: levels then follow from the schedules
        if not fields.is_list(data, "steps"):
            raise BadAnswer(f"{self._api.client.host} answers a policy without steps")
        self.roster.steps[slug] = rota.read_steps(data)

    async def _read_schedule(self, team: str, step: int) -> None:
        path = f"/api-public/v2/team/{segment(team)}/oncall/schedule"
        data = await self._api.get(path, [("daysForward", DAYS), ("step", step)])
        if not fields.is_list(data, "schedules"):
            raise BadAnswer(f"{self._api.client.host} answers a schedule without schedules")
        self.roster.schedules[team, step] = rota.read_schedule(data)

    # -- telling -----------------------------------------------------------------------------------------------

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each part whose latest reading failed."""
        pieces = []
        for (kind, slug, step), error in self._failures.items():
            what = f"policy {slug}" if kind == "policy" else f"schedule of {slug}, step {step + 1}"
            pieces.append(f"{what}: {error}")
        more = len(pieces) - 3
        return (*self._slowly.problems, *pieces[:3], *((f"{more} more policies and schedules",) if more > 0 else ()))

    @property
    def failed(self) -> frozenset[str]:
        """The capabilities' words whose part was due and did not come."""
        kinds = {kind for kind, *_ in self._failures}
        words = {"policy": Capability.ESCALATION.value, "schedule": Capability.SCHEDULES.value}
        return self._slowly.failed | frozenset(word for kind, word in words.items() if kind in kinds)

    def on_call(self) -> tuple[OnCall, ...] | None:
        """Who is on call now; ``None`` where it was not read anew."""
        fresh = "on-call" in self._slowly.changed or self._pieces_changed
        return rota.on_call(self._source, self.roster, self._api.now) if fresh and self._has_duties else None

    def shifts(self) -> tuple[Shift, ...] | None:
        """The shifts of the next weeks; ``None`` where none was read anew."""
        return rota.shifts(self._source, self.roster) if self._pieces_changed and self._has_duties else None

    @property
    def _has_duties(self) -> bool:
        return "on-call" in self._slowly.read

    def directory(self) -> Directory | None:
        """What actions choose from; ``None`` where nothing of it was read anew, or not all of it has been."""
        if not (self._slowly.changed or self._pieces_changed):
            return None
        if not self._slowly.read >= {"people", "escalation policies"}:
            return None
        return Directory(
            people=tuple(sorted(self.roster.people.values(), key=lambda person: person.name.casefold())),
            policies=rota.policies(self._source, self.roster, self._api.now),
            me=identity.match(self.roster.people.values(), self.wanted),
        )

    def told(self) -> None:
        """All that was read anew has been told."""
        self._slowly.told()
        self._pieces_changed = False
