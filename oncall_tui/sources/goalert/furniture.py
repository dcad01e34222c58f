"""What hardly changes in a server, read anew every few minutes: people, policies, schedules, who is on call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import Clock, iso
from oncall_tui.model import Directory, OnCall, Person, Ref, Shift
from oncall_tui.sources import fields
from oncall_tui.sources.base import Capability, Refused
from oncall_tui.sources.goalert import documents
from oncall_tui.sources.goalert import roster as rota
from oncall_tui.sources.goalert.api import Api, Row
from oncall_tui.sources.goalert.roster import Roster
from oncall_tui.sources.slowly import Part, Slowly

SLOW = timedelta(minutes=5)
DUTIES = timedelta(minutes=1)
BACK, AHEAD = timedelta(days=8), timedelta(days=14)
"""Shifts are cut at the window: so far back that a week's still has its own start."""


class Furniture:
    """Holds the latest reading of each part. A part that fails keeps what it had, and says so."""

    def __init__(self, api: Api, source: str, clock: Clock) -> None:
        self.roster = Roster()
        self.user: Person | None = None
        """Whose session it is; ``None`` until it was read, and for a token that is no user's."""
        self._api = api
        self._source = source
        self._clock = clock
        self._window = (clock.now(), clock.now())
        self._slowly = Slowly(
            {
                "the session's user": Part(self._me, SLOW),
                "people": Part(self._people, SLOW, Capability.ESCALATION.value),
                "escalation policies": Part(self._policies, SLOW, Capability.ESCALATION.value),
                "on-call": Part(self._services, DUTIES, Capability.ON_CALL.value),
                "schedules": Part(self._schedules, SLOW, Capability.SCHEDULES.value),
            }
        )

    # -- reading -----------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """By the server's clock, as far as it is known."""
        return self._clock.now() + (self._api.client.clock_skew or timedelta())

    async def refresh(self) -> None:
        """Read what is due. Never raises SourceError: see :attr:`problems`."""
        await self._slowly.refresh(self._clock.now())

    async def ensure(self) -> None:
        """Read what an incident needs where that was never done; SourceErrors are left to the next poll."""
        if not self._slowly.read >= {"the session's user", "people", "escalation policies", "on-call"}:
            await self._slowly.refresh(self._clock.now())

    async def me(self) -> Person | None:
        """Whose session it is. Raises SourceError."""
        await self._slowly.ensure(["the session's user"], self._clock.now())
        return self.user

    async def known_policies(self) -> Mapping[str, rota.Policy]:
        """Policies by id, read now where they never were. Raises SourceError."""
        await self._slowly.ensure(["escalation policies"], self._clock.now())
        return self.roster.policies

    async def _me(self) -> str | None:
        row = fields.obj(await self._api.query(documents.ME), "user")
        self.user = next(iter(rota.read_people([row]).values()), None)
        return None

    async def _people(self) -> str | None:
        rows, note = await self._rows(documents.USERS, "users", {})
        self.roster.people = rota.read_people(rows)
        return note

    async def _policies(self) -> str | None:
        rows, note = await self._rows(documents.POLICIES, "escalationPolicies", {})
        self.roster.policies = rota.read_policies(rows)
        return note

    async def _services(self) -> str | None:
        rows, note = await self._rows(documents.SERVICES, "services", {})
        self.roster.services = rota.read_services(rows, self.roster)
        return note

    async def _schedules(self) -> str | None:
        window = (self.now - BACK, self.now + AHEAD)
        rows, note = await self._rows(documents.SCHEDULES, "schedules", {}, start=iso(window[0]), end=iso(window[1]))
        self.roster.schedules = rota.read_schedules(rows, self.roster)
        self._window = window
        return note

    async def _rows(
        self, document: str, key: str, given: Mapping[str, Any], **variables: Any
    ) -> tuple[list[Row], str | None]:
        found = await self._api.listing(document, key, given, **variables)
        return found.rows, found.note

    # -- telling -----------------------------------------------------------------------------------------------

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
        fresh = self._slowly.changed & {"on-call", "escalation policies", "schedules"}
        if not fresh or not self._slowly.read >= {"on-call", "escalation policies"}:
            return None
        return rota.on_call(self._source, self.roster, self.now, self._window[0])

    def shifts(self) -> tuple[Shift, ...] | None:
        """The shifts of the next weeks; ``None`` where they were not read anew."""
        if "schedules" not in self._slowly.changed or "escalation policies" not in self._slowly.read:
            return None
        return rota.shifts(self._source, self.roster, *self._window)

    def directory(self) -> Directory | None:
        """What actions choose from; ``None`` where nothing of it was read anew, or not all of it has been."""
        if not self._slowly.changed or not self._slowly.read >= {"people", "escalation policies", "on-call"}:
            return None
        services = (Ref(id=one.id, name=one.name) for one in self.roster.services.values())
        return Directory(
            people=tuple(sorted(self.roster.people.values(), key=lambda person: person.name.casefold())),
            policies=rota.policies(self._source, self.roster),
            services=tuple(services),
            me=self.user,
        )

    def outdate_duties(self) -> None:
        """Who is on call when has just been changed: the next poll reads it anew."""
        self._slowly.outdate(["on-call", "schedules"])

    def told(self) -> None:
        """All that was read anew has been told."""
        self._slowly.told()


def nobody(host: str) -> Refused:
    """Why no action can be done with a token that is no user's."""
    return Refused(f"the token for {host} is no user's: an action needs a session of your own")
