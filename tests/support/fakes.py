"""A pager in memory that does what a pager does, and what goes wrong with one: a :class:`Source` without HTTP."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from oncall_tui.clock import Clock
from oncall_tui.model import (
    Alert,
    EntryKind,
    Incident,
    IncidentDetail,
    IncidentState,
    OutboxRow,
    Person,
    Ref,
    Snapshot,
    TimelineEntry,
    Verb,
    split_id,
)
from oncall_tui.sources.base import (
    AuthFailed,
    Capability,
    Confirmation,
    Dropped,
    Known,
    NotFound,
    Outcome,
    Probe,
    RateLimited,
    Refused,
    Sent,
    ServerFailed,
    TimedOut,
    Unreachable,
)
from tests.support.clock import START

ALICE = Person(id="PALICE", name="Alice", contact="alice@example.com")
BOB = Person(id="PBOB", name="Bob", contact="bob@example.com")


class Fault(StrEnum):
    """What goes wrong with one call."""

    NONE = "none"
    UNREACHABLE = "unreachable"
    """Nothing arrives."""
    RATE_LIMITED = "rate_limited"
    AUTH = "auth"
    LOST_BEFORE = "lost_before"
    """The answer is missing, and the call had not arrived."""
    LOST_AFTER = "lost_after"
    """The answer is missing, and the call has taken effect."""
    SERVER = "server"
    """5xx, not applied."""
    REFUSED = "refused"
    BUG = "bug"
    """The source itself raises what it should not."""


def incident(native_id: str, source: str = "pager", **given: object) -> Incident:
    """An open incident of level 1, Alice's."""
    facts: dict[str, object] = {
        "id": f"{source}:{native_id}",
        "source": source,
        "native_id": native_id,
        "title": f"Title of {native_id}",
        "state": IncidentState.TRIGGERED,
        "created_at": START - timedelta(minutes=5),
        "updated_at": START - timedelta(minutes=5),
        "severity": 2,
        "service": Ref(id="SPAY", name="payments"),
        "assignees": (ALICE,),
        "escalation_level": 1,
    }
    return Incident(**(facts | given))  # type: ignore[arg-type]  # a test gives what it means


@dataclass
class FakePagerServer:
    """The system of record, shared by all clients of it."""

    clock: Clock
    incidents: dict[str, Incident] = field(default_factory=dict)
    entries: list[TimelineEntry] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    """Left out of the list, though they are there."""
    applied: Counter[str] = field(default_factory=Counter)
    """Outbox key -> how often it has taken effect."""
    order: list[str] = field(default_factory=list)
    """Outbox keys as they took effect."""
    calls: Counter[str] = field(default_factory=Counter)

    def add(self, *native_ids: str, source: str = "pager", **given: object) -> None:
        """Put incidents there."""
        for native_id in native_ids:
            self.incidents[native_id] = incident(native_id, source, **given)

    def change(self, native_id: str, **given: object) -> None:
        """Somebody else changes an incident."""
        old = self.incidents[native_id]
        self.incidents[native_id] = replace(old, updated_at=self.clock.now(), **given)  # type: ignore[arg-type]

    def log(self, full_id: str, kind: EntryKind, text: str, author: str, *, level: int | None = None) -> str:
        """A line of the timeline; its id."""
        entry_id = f"{split_id(full_id)[0]}:L{len(self.entries) + 1}"
        self.entries.append(
            TimelineEntry(
                id=entry_id,
                incident_id=full_id,
                at=self.clock.now(),
                kind=kind,
                text=text,
                author=author,
                origin=split_id(full_id)[0],
                level=level,
            )
        )
        return entry_id

    def notes(self, full_id: str) -> list[str]:
        """The notes on one incident, oldest first."""
        return [entry.text for entry in self.entries if entry.incident_id == full_id and entry.kind is EntryKind.NOTE]


class FakePager:
    """One client of the server. ``faults[method]`` is a queue of what goes wrong with its next calls; ``chance`` draws
    a fault where the queue is empty."""

    kind: ClassVar[str] = "fake"

    def __init__(
        self, server: FakePagerServer, *, name: str = "pager", me: Person = ALICE, poll_s: float = 30.0
    ) -> None:
        self.name = name
        self.me = me
        self.poll_interval = timedelta(seconds=poll_s)
        self.capabilities: frozenset[Capability] = frozenset(Capability)
        self.server = server
        self.faults: dict[str, deque[Fault]] = {}
        self.chance: Callable[[str], Fault] = lambda _method: Fault.NONE
        self.down = False
        self.sees_steps = True
        """Reading back can tell an escalation of ours from another's."""
        self.known: list[Known] = []
        self.before: Callable[[str], object] | None = None
        """Awaited (if it gives something to await) before each call: to hold a call up, or to look around in it."""

    def fault(self, method: str, *faults: Fault) -> None:
        """What goes wrong with the next calls of ``method``."""
        self.faults.setdefault(method, deque()).extend(faults)

    async def _enter(self, method: str) -> Fault:
        self.server.calls[method] += 1
        if self.before is not None:
            waiting = self.before(method)
            if waiting is not None:
                await waiting  # type: ignore[misc]  # a test's own coroutine
        if self.down:
            raise Unreachable("no connection")
        queue = self.faults.get(method)
        fault = queue.popleft() if queue else self.chance(method)
        match fault:
            case Fault.UNREACHABLE:
                raise Unreachable("no connection")
            case Fault.RATE_LIMITED:
                raise RateLimited("too many requests", retry_after=30)
            case Fault.AUTH:
                raise AuthFailed("the token is not valid any more")
            case Fault.BUG:
                raise KeyError("secret-token-value")
            case Fault.LOST_BEFORE:
                raise TimedOut("no answer", maybe_applied=method == "send")
            case Fault.SERVER:
                raise ServerFailed("500", maybe_applied=method == "send")
            case Fault.REFUSED:
                raise Refused("not allowed", status=400, code=2001)
        return fault

    # -- reading -----------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """All incidents that are not hidden; resolved ones too."""
        self.known.append(known)
        await self._enter("poll")
        told = tuple(one for native_id, one in self.server.incidents.items() if native_id not in self.server.hidden)
        return Snapshot(
            source=self.name,
            taken_at=self.server.clock.now(),
            incidents=told,
            incidents_complete=True,
            timeline=tuple(self.server.entries),
        )

    async def read(self, native_id: str) -> IncidentDetail:
        """One incident whole."""
        await self._enter("read")
        return self._detail(native_id)

    def _detail(self, native_id: str) -> IncidentDetail:
        found = self.server.incidents.get(native_id)
        if found is None:
            raise NotFound(f"no incident {native_id}", status=404)
        return IncidentDetail(
            incident=found, timeline=tuple(one for one in self.server.entries if one.incident_id == found.id)
        )

    # -- acting ------------------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Equal notes, or steps, that are there already."""
        await self._enter("prepare")
        return tuple(entry.id for entry in (*self._equal_notes(row), *self._steps(row)))

    def _equal_notes(self, row: OutboxRow) -> list[TimelineEntry]:
        return [
            entry
            for entry in self.server.entries
            if entry.incident_id == row.target
            and entry.kind is EntryKind.NOTE
            and entry.text == row.params.get("text")
            and entry.author == self.me.name
        ]

    async def send(self, row: OutboxRow) -> Sent:
        """Apply it, once a call."""
        fault = await self._enter("send")
        native_id = split_id(row.target)[1]
        found = self.server.incidents.get(native_id)
        if found is None:
            raise NotFound(f"no incident {native_id}", status=404)
        if found.state is IncidentState.RESOLVED and row.verb in (Verb.ACKNOWLEDGE, Verb.RESOLVE):
            raise Refused("Incident Already Resolved", status=400, code=1001)
        ref = self._apply(row, native_id, found)
        self.server.applied[row.key] += 1
        self.server.order.append(row.key)
        if fault is Fault.LOST_AFTER:
            raise Dropped("the connection broke", maybe_applied=True)
        return Sent(text="200", native_ref=ref)

    def _apply(self, row: OutboxRow, native_id: str, found: Incident) -> str | None:
        now, name = self.server.clock.now(), self.me.name
        match row.verb:
            case Verb.ACKNOWLEDGE:
                self.server.change(
                    native_id, state=IncidentState.ACKNOWLEDGED, acknowledged_by=(self.me,), acknowledged_at=now
                )
                return self.server.log(row.target, EntryKind.ACKNOWLEDGED, "acknowledged", name)
            case Verb.RESOLVE:
                self.server.change(native_id, state=IncidentState.RESOLVED, resolved_at=now, resolved_by=name)
                return self.server.log(row.target, EntryKind.RESOLVED, "resolved", name)
            case Verb.ESCALATE:
                level = row.params.get("level", (found.escalation_level or 1) + 1)
                self.server.change(native_id, state=IncidentState.TRIGGERED, escalation_level=level, assignees=(BOB,))
                return self.server.log(row.target, EntryKind.ESCALATED, f"to level {level}", name, level=level)
            case Verb.NOTE:
                return self.server.log(row.target, EntryKind.NOTE, row.params["text"], name)
            case Verb.SEVERITY:
                self.server.change(native_id, severity=row.params["severity"])
                return self.server.log(row.target, EntryKind.SEVERITY, str(row.params["severity"]), name)
            case Verb.TITLE:
                self.server.change(native_id, title=row.params["title"])
                return None
            case verb:
                raise Refused(f"this fake cannot {verb.value}", status=400)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Whether it shows on the server."""
        await self._enter("confirm")
        detail = self._detail(split_id(row.target)[1])
        outcome, ref, text = self._outcome(row, detail.incident)
        return Confirmation(outcome=outcome, text=text, detail=detail, native_ref=ref)

    def _outcome(self, row: OutboxRow, found: Incident) -> tuple[Outcome, str | None, str]:
        yes, no = (Outcome.APPLIED, None, ""), (Outcome.NOT_APPLIED, None, "")
        match row.verb:
            case Verb.ACKNOWLEDGE if found.state is IncidentState.ACKNOWLEDGED:
                if self.me in found.acknowledged_by:
                    return yes
                return Outcome.SUPERSEDED, None, f"acknowledged by {found.acknowledged_by[0].name}"
            case Verb.ACKNOWLEDGE if found.state is IncidentState.RESOLVED:
                return Outcome.SUPERSEDED, None, f"resolved by {found.resolved_by}"
            case Verb.RESOLVE if found.state is IncidentState.RESOLVED:
                return yes if found.resolved_by == self.me.name else (Outcome.SUPERSEDED, None, "resolved")
            case Verb.NOTE:
                ours = [entry.id for entry in self._equal_notes(row) if entry.id not in row.baseline]
                return (Outcome.APPLIED, ours[0], "") if ours else no
            case Verb.ESCALATE:
                if not self.sees_steps:
                    return Outcome.UNKNOWN, None, "cannot be told apart"
                return yes if any(entry.id not in row.baseline for entry in self._steps(row)) else no
            case Verb.SEVERITY:
                return yes if found.severity == row.params["severity"] else no
            case Verb.TITLE:
                return yes if found.title == row.params["title"] else no
        return no

    def _steps(self, row: OutboxRow) -> list[TimelineEntry]:
        return [
            entry
            for entry in self.server.entries
            if entry.incident_id == row.target and entry.kind is EntryKind.ESCALATED and entry.author == self.me.name
        ]

    async def probe(self) -> Probe:
        """It is there."""
        return Probe(ok=not self.down)

    async def aclose(self) -> None:
        """Nothing to close."""


def random_faults(seed: int, **rates: float) -> Callable[[str], Fault]:
    """Draws faults for ``send`` and ``confirm`` by their rates: ``lost_after=0.2, lost_before=0.1``."""
    dice = random.Random(seed)

    def draw(method: str) -> Fault:
        if method != "send":
            return Fault.NONE
        point = dice.random()
        for name, rate in rates.items():
            if point < rate:
                return Fault(name)
            point -= rate
        return Fault.NONE

    return draw
