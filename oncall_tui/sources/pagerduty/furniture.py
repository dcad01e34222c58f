"""What hardly changes in an account, read anew every few minutes: people, policies, services, priorities, schedules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from oncall_tui.clock import iso
from oncall_tui.model import Directory, OnCall, Person, Ref, Shift
from oncall_tui.sources import identity
from oncall_tui.sources.base import AuthFailed, BadAnswer, Capability, NotFound, Refused, SourceError
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.sources.pagerduty import oncall, shifts
from oncall_tui.sources.pagerduty.oncall import Roster, reference
from oncall_tui.sources.pagerduty.paging import Params, Row, listing, one, server_now
from oncall_tui.sources.pagerduty.shifts import Rendered

SLOW = timedelta(minutes=5)
DUTIES = timedelta(minutes=1)
RETRY = timedelta(minutes=1)
"""After a part failed."""
BACK, AHEAD = timedelta(days=8), timedelta(days=14)
"""Schedules are cut at the window: so far back that a week's turn still has its own start."""
SHIFTS_AHEAD = timedelta(days=28)
MAX_NEWER = 50
"""Shift-based schedules read in one round: each is a call of its own."""

_PARTS: Mapping[str, timedelta] = {
    "people": SLOW,
    "escalation policies": SLOW,
    "priorities": SLOW,
    "services": SLOW,
    "on-call": DUTIES,
    "next on-call": SLOW,
    "schedules": SLOW,
}
_SERVES: Mapping[str, str] = {
    "people": Capability.ESCALATION.value,
    "escalation policies": Capability.ESCALATION.value,
    "on-call": Capability.ON_CALL.value,
    "schedules": Capability.SCHEDULES.value,
}
"""Whose facts go stale where a part does not come. Without the next on-call, who is on call now is still told."""
_FIRST = ("people", "escalation policies", "priorities", "services")
_THEN = ("on-call", "next on-call", "schedules")


class Furniture:
    """Holds the latest reading of each part. A part that fails keeps what it had, and says so.

    Args:
        teams: the seat's own, preferred as a policy's name.
    """

    def __init__(self, client: HttpClient, source: str, teams: Sequence[str]) -> None:
        self.roster = Roster()
        self.priorities: tuple[Ref, ...] | None = None
        """Most severe first; empty where the account has none; ``None`` until they were read."""
        self._services: tuple[Ref, ...] = ()
        self._zones: Mapping[str, str] = {}
        self._rendered: dict[str, Rendered] = {}
        self._client = client
        self._source = source
        self._teams = teams
        self._due: dict[str, datetime] = {}
        self._failures: dict[str, SourceError] = {}
        self._notes: dict[str, str] = {}
        self._read: set[str] = set()
        self._changed: set[str] = set()

    # -- reading -----------------------------------------------------------------------------------------------

    async def refresh(self, now: datetime) -> None:
        """Read what is due. Never raises SourceError: see :attr:`problems`."""
        for stage in (_FIRST, _THEN):  # who is on a level is told by the policies and by people's names
            due = [part for part in stage if self._due.get(part, now) <= now]
            await asyncio.gather(*(self._take(part, now) for part in due))

    async def ensure(self, now: datetime) -> None:
        """Read policies and duties where that was never done; SourceErrors are left to the next poll."""
        missing = [part for part in ("people", "escalation policies") if part not in self._due]
        await asyncio.gather(*(self._take(part, now) for part in missing))
        if "on-call" not in self._due:
            await self._take("on-call", now)

    async def _take(self, part: str, now: datetime) -> None:
        """Read one part: when it is due again goes by our clock, what is asked for by PagerDuty's."""
        readers: Mapping[str, Callable[[datetime], Awaitable[None]]] = {
            "people": self._people,
            "escalation policies": self._policies,
            "priorities": self._read_priorities,
            "services": self._read_services,
            "on-call": self._duties,
            "next on-call": self._ahead,
            "schedules": self._schedules,
        }
        self._notes.pop(part, None)
        try:
            await readers[part](server_now(self._client, now))
        except SourceError as error:
            self._failures[part] = error
            self._due[part] = now + RETRY
            return
        self._failures.pop(part, None)
        self._due[part] = now + _PARTS[part]
        self._read.add(part)
        self._changed.add(part)

    async def _rows(self, part: str, path: str, key: str, params: Params = ()) -> list[Row]:
        found = await listing(self._client, path, key, params)
        if found.note:
            self._notes[part] = found.note
        return found.rows

    async def _people(self, now: datetime) -> None:
        rows = await self._rows("people", "/users", "users")
        self.roster = replace(self.roster, people=oncall.read_people(rows))
        self._zones = identity.zones(rows, "time_zone")

    async def _policies(self, now: datetime) -> None:
        rows = await self._rows(
            "escalation policies", "/escalation_policies", "escalation_policies", [("include[]", "targets")]
        )
        self.roster = replace(self.roster, policies=oncall.read_policies(rows))

    async def _read_priorities(self, now: datetime) -> None:
        try:
            rows = await self._rows("priorities", "/priorities", "priorities")
        except (AuthFailed, NotFound):
            rows = []  # this account or this key has none: urgency stands in
        except Refused as error:
            if error.status != 402:
                raise
            rows = []
        self.priorities = _named(rows)

    async def _read_services(self, now: datetime) -> None:
        self._services = _named(await self._rows("services", "/services", "services"))

    async def _duties(self, now: datetime) -> None:
        rows = await self._rows("on-call", "/oncalls", "oncalls")
        self.roster = replace(self.roster, duties=oncall.read_duties(rows, self.roster))

    async def _ahead(self, now: datetime) -> None:
        window: Params = [("since", iso(now)), ("until", iso(now + AHEAD)), ("earliest", True)]
        rows = await self._rows("next on-call", "/oncalls", "oncalls", window)
        self.roster = replace(self.roster, ahead=oncall.read_duties(rows, self.roster))

    async def _schedules(self, now: datetime) -> None:
        since, until = now - BACK, now + SHIFTS_AHEAD
        window: Params = [("since", iso(since)), ("until", iso(until))]
        parts: Params = [("include[]", "final_schedule"), ("include[]", "overrides_subschedule")]
        rows = await self._rows("schedules", "/schedules", "schedules", [*parts, *window])
        found = [shifts.read_schedule(row, self.roster, since, until) for row in rows]
        newer = shifts.newer_ids(self.roster)
        if len(newer) > MAX_NEWER:
            self._notes["schedules"] = f"only {MAX_NEWER} of {len(newer)} shift-based ones were read"
        for schedule_id in newer[:MAX_NEWER]:
            path = f"/v3/schedules/{segment(schedule_id)}"
            try:
                row = await one(self._client, path, "schedule", [*window, ("include[]", "final_schedule")])
            except (Refused, BadAnswer) as error:
                self._notes["schedules"] = f"{schedule_id}: {error}"
                continue
            found.append(shifts.read_shift_schedule(row, self.roster))
        self._rendered = {schedule.id: schedule for schedule in found if schedule is not None}

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

    @property
    def service_names(self) -> Mapping[str, str]:
        """Names of services by id."""
        return {service.id: service.name for service in self._services}

    def on_call(self, now: datetime) -> tuple[OnCall, ...] | None:
        """Who is on call now; ``None`` where it was not read anew."""
        if not self._changed & {"on-call", "next on-call", "escalation policies"} or "on-call" not in self._read:
            return None
        return oncall.on_call(self._source, self.roster, self._teams, server_now(self._client, now))

    def shifts(self) -> tuple[Shift, ...] | None:
        """The shifts of the next weeks; ``None`` where they were not read anew."""
        if "schedules" not in self._changed or "escalation policies" not in self._read:
            return None
        return shifts.shifts(self._source, self._rendered, self.roster, self._teams)

    def directory(self, me: Person | None) -> Directory | None:
        """What actions choose from; ``None`` where nothing of it was read anew, or not all of it has been."""
        if not self._changed & {*_FIRST, "on-call"} or not self._read >= {"people", "escalation policies"}:
            return None
        return Directory(
            people=tuple(sorted(self.roster.people.values(), key=lambda person: person.name.casefold())),
            policies=oncall.escalation_policies(self._source, self.roster),
            priorities=self.priorities or (),
            services=self._services,
            me=me,
            zones=dict(self._zones),
        )

    def outdate_duties(self) -> None:
        """Who is on call when has just been changed: the next poll reads it anew."""
        for part in _THEN:
            self._due.pop(part, None)

    def told(self) -> None:
        """All that was read anew has been told."""
        self._changed.clear()

    async def known_priorities(self, now: datetime) -> tuple[Ref, ...]:
        """The account's priorities, read now where they never were. Raises SourceError."""
        if self.priorities is None:
            await self._read_priorities(now)
        return self.priorities or ()


def _named(rows: Sequence[Row]) -> tuple[Ref, ...]:
    found = []
    for row in rows:
        ref = reference(row)
        if ref is not None:
            found.append(ref)
    return tuple(found)
