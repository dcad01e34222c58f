"""What hardly changes in an account, read anew every few minutes: people, teams, escalations, schedules."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from oncall_tui.clock import Clock
from oncall_tui.model import Directory, HealthCheck, OnCall, Person, Shift
from oncall_tui.sources.base import Capability, Refused, SourceError
from oncall_tui.sources.genie import roster as rota
from oncall_tui.sources.genie.api import PRIORITIES, Api, server_now
from oncall_tui.sources.genie.roster import Roster, Schedule, Stretch
from oncall_tui.sources.slowly import Part, Slowly

SLOW = timedelta(minutes=5)
DUTIES = timedelta(minutes=1)
BACK = timedelta(days=8)
"""Timelines are cut at the window: so far back that a week's turn still has its own start."""
MAX_SCHEDULES = 40
"""Schedules whose timeline is read: each is a call of its own."""
_PAGES = ("teams", "schedules", "escalations", "people")
"""What pages are told by."""


class Furniture:
    """Holds the latest reading of each part. A part that fails keeps what it had, and says so."""

    def __init__(
        self, api: Api, source: str, teams: Sequence[str], serves: frozenset[Capability], clock: Clock
    ) -> None:
        """``teams``: the seat's own, whose schedules come first. ``serves``: the source's capabilities."""
        self._api = api
        self._source = source
        self._mine = frozenset(team.casefold() for team in teams)
        self._clock = clock
        self._roster = Roster()
        self._health: tuple[HealthCheck, ...] = ()
        self._asked = False
        # People come last: one of the systems tells only those who are asked for by what was read before.
        parts = {
            "teams": Part(self._teams, SLOW),
            "schedules": Part(self._schedules, SLOW, Capability.ON_CALL.value),
            "escalations": Part(self._policies, SLOW, Capability.ESCALATION.value),
            "on-call": Part(self._on_call, DUTIES, Capability.ON_CALL.value),
            "timelines": Part(self._timelines, SLOW, Capability.SCHEDULES.value),
            "people": Part(self._people, SLOW, Capability.ESCALATION.value),
        }
        if Capability.HEALTH in serves:
            parts["heartbeats"] = Part(self._heartbeats, DUTIES, Capability.HEALTH.value)
        self._slowly = Slowly(parts)

    @property
    def roster(self) -> Roster:
        """What is known now, everybody by name and address where these were read."""
        return self._roster

    # -- reading -----------------------------------------------------------------------------------------------

    async def refresh(self, now: datetime) -> None:
        """Read what is due. Never raises SourceError: see :attr:`problems`."""
        self._asked = True
        await self._slowly.refresh(now)
        self._name_everybody()

    async def ensure(self, now: datetime) -> None:
        """Read what pages are told by where no poll has asked yet; SourceErrors are left to the next poll."""
        if self._asked:
            return
        self._asked = True
        for name in _PAGES:
            with contextlib.suppress(SourceError):
                await self._slowly.ensure([name], now)
        self._name_everybody()

    async def _teams(self) -> str | None:
        self._roster = replace(self._roster, teams=await self._api.teams())
        return None

    async def _schedules(self) -> str | None:
        self._roster = replace(self._roster, schedules=tuple(await self._api.schedules(self._roster)))
        return None

    async def _policies(self) -> str | None:
        self._roster = replace(self._roster, policies=tuple(await self._api.policies(self._roster)))
        return None

    async def _people(self) -> str | None:
        people, note = await self._api.people(self._roster)
        self._roster = replace(self._roster, people=people)
        return note

    async def _on_call(self) -> str | None:
        chosen, note = self._chosen()
        self._roster = replace(self._roster, on_call=await self._api.on_calls(chosen))
        return note

    async def _timelines(self) -> str | None:
        chosen, note = self._chosen()
        since = server_now(self._api.client, self._clock.now()) - BACK
        read = await asyncio.gather(*(self._api.timeline(schedule, since) for schedule in chosen))
        timelines = {
            schedule.id: tuple(sorted(stretches, key=lambda one: one.start))
            for schedule, stretches in zip(chosen, read, strict=True)
        }
        self._roster = replace(self._roster, timelines=timelines, timelines_since=since)
        return note

    async def _heartbeats(self) -> str | None:
        self._health = await self._api.health(self._clock.now())
        return None

    def _chosen(self) -> tuple[list[Schedule], str | None]:
        """The seat's own schedules first, then those that stand on an escalation, as many as are read; and a line
        where that is not all."""
        if "schedules" not in self._slowly.read:
            raise Refused("the schedules did not come")  # nobody on call and no shift would be a lie
        placed = {step.id for policy in self._roster.policies for step in policy.steps}
        ranked = sorted(
            self._roster.schedules,
            key=lambda one: ((one.team or "").casefold() not in self._mine, one.id not in placed),
        )
        note = f"only {MAX_SCHEDULES} of {len(ranked)} schedules are read" if len(ranked) > MAX_SCHEDULES else None
        return ranked[:MAX_SCHEDULES], note

    def _name_everybody(self) -> None:
        """Whoever was told by id or address only, as the person that is known by it."""
        held = self._roster
        if not held.people:
            return

        def known(person: Person | None) -> Person | None:
            return None if person is None else held.person(person.id)

        def named(stretch: Stretch) -> Stretch:
            return replace(stretch, person=known(stretch.person))

        self._roster = replace(
            held,
            on_call={key: tuple(held.person(one.id) for one in people) for key, people in held.on_call.items()},
            timelines={key: tuple(map(named, stretches)) for key, stretches in held.timelines.items()},
        )

    # -- telling -----------------------------------------------------------------------------------------------

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each part whose latest reading failed or is not whole."""
        return self._slowly.problems

    @property
    def failed(self) -> frozenset[str]:
        """The capabilities' words whose part was due and did not come."""
        return self._slowly.failed

    def on_call(self, now: datetime) -> tuple[OnCall, ...] | None:
        """Who is on call now; ``None`` where it was not read anew."""
        if "on-call" not in self._slowly.read or not self._slowly.changed & {
            "on-call",
            "timelines",
            "escalations",
            "people",
        }:
            return None
        return rota.on_call(self._source, self._roster, server_now(self._api.client, now))

    def shifts(self) -> tuple[Shift, ...] | None:
        """The shifts of the next weeks; ``None`` where they were not read anew."""
        if "timelines" not in self._slowly.read or not self._slowly.changed & {"timelines", "escalations", "people"}:
            return None
        return rota.shifts(self._source, self._roster)

    def health(self) -> tuple[HealthCheck, ...] | None:
        """What the system watches; ``None`` where it was not read anew."""
        return self._health if "heartbeats" in self._slowly.changed else None

    @property
    def has_news(self) -> bool:
        """Whether :meth:`directory` would tell something new."""
        return bool(self._slowly.changed & {"people", "escalations", "on-call"})

    def directory(self, me: Person | None) -> Directory | None:
        """What actions choose from; ``None`` where people or escalations have never come: they are then not forgotten
        in the store."""
        if not self._slowly.read >= {"people", "escalations"}:
            return None
        return Directory(
            people=tuple(sorted(self._roster.people.values(), key=lambda person: person.name.casefold())),
            policies=rota.escalation_policies(self._source, self._roster),
            priorities=PRIORITIES,
            me=me,
            zones=dict(self._api.zones),
        )

    def outdate_duties(self) -> None:
        """Who is on call when has just been changed: the next poll reads it anew."""
        self._slowly.outdate(["on-call", "timelines"])

    def told(self) -> None:
        """All that was read anew has been told."""
        self._slowly.told()
