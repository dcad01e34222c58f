"""A declaration: what running the response to an incident means, as a plan of steps, and how each step stands (A5, I4).

The plan is made from the team's rules (:mod:`oncall_tui.policy.response`), shown, changed, and stored before
anything of it leaves. A step is one action of the outbox; its key follows from the declaration's id and the step's, so
that whoever goes on after a crash makes each of them once. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from oncall_tui.model import OutboxRow, OutboxState, Severity, Verb
from oncall_tui.records import dataclass

INCIDENT, SEVERITY, NOTE = "incident", "severity", "note"
COMMANDER, PARTICIPANTS, ROOM = "commander", "participants", "room"
PUBLICATION, TICKET = "publication", "ticket"
MESSAGE = "message-"
"""How the ids of messages begin: ``message-room``, ``message-team``, ``message-stakeholders``."""

NUMBER, LINK, PLACE = "{incident}", "{link}", "{room}"
"""What stands in a step's texts for what is not known before the pager has the incident and the chat its room: the
incident's number (``#1234``), its address, the room (``#inc-1234``). A line whose link or room never comes is left
out."""
ROOM_NAME = "{room name}"
"""The same for the name that the room is to get: ``inc-1234``."""
ROOM_ID = "{room id}"
"""The same for the room's id, which is a parameter by itself."""

_KEY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

PATIENCE = timedelta(seconds=30)
"""A message that would name the room waits so long for it; then it goes without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person says before a plan can be made: the declare form, filled in."""

    title: str
    severity: Severity
    service: str | None = None
    """Its name (or native id) in the pager."""
    text: str = ""
    """What is known, in words: goes into the pager's incident and the ticket."""
    customer_impact: str = ""
    """What customers notice (``Some users experiencing slow payments``); empty: nothing, so nothing is published."""
    pager: str | None = None
    """The source that takes the incident; ``None``: as the config says, else the first that can."""
    commander: str | None = None
    """Name or mail address; ``None``: as the config says, else the seat."""
    incident: str | None = None
    """Full id of the pager's incident that it is about already: the response to it is run, none is made."""
    alerts: tuple[str, ...] = ()
    """Full ids of the alerts that it is declared from."""
    note: str = ""
    """Written on the incident's timeline as it is, marks and all (``triage: Sev2, …``)."""
    without: frozenset[str] = frozenset()
    """Ids of steps that are not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to be done: one action of the outbox."""

    id: str
    """``incident``, ``room``, ``message-team`` …; unique in its plan."""
    verb: Verb
    to: str
    """The source or channel that takes it."""
    does: str
    """In words, one line: ``page Bob (secondary on-call)``, ``make the room #inc-{incident}``."""
    whom: tuple[str, ...] = ()
    """Who gets it: people, rooms, mail addresses, pages."""
    rule: str
    """The rule that asks for it: ``Sev2 · participants: primary on-call, …``."""
    params: dict[str, Any] = field(default_factory=dict)
    """As :class:`~oncall_tui.model.OutboxRow` has them; its texts may hold :data:`NUMBER`, :data:`LINK` and
    :data:`PLACE`."""
    needs: tuple[str, ...] = ()
    """Ids of the steps that it cannot be without: it waits until they are done."""
    after: tuple[str, ...] = ()
    """Ids of steps that it would rather have done: it waits for their end, and for :data:`PATIENCE` at most."""

    @property
    def text(self) -> str:
        """The words that it sends, for a person to read and change; empty where it has none."""
        return str(self.params.get("text") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A step that is not taken, and why: ``no channel makes rooms``, ``Sev3 does not ask for it``, ``left out``."""

    id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A declaration before it begins: what would be done, in this order. Nothing of it is stored or sent."""

    wish: Wish
    steps: tuple[Step, ...]
    skipped: tuple[Skipped, ...] = ()
    by_hand: tuple[str, ...] = ()
    """What a person does besides, one line each: ``open the bridge: Conference bridge +49 …``."""
    incident: str | None = None
    """Full id of the incident, where it is there already."""

    def step(self, step_id: str) -> Step | None:
        """The step of that id."""
        return next((one for one in self.steps if one.id == step_id), None)

    def without(self, step_id: str) -> Plan:
        """The same without that step, and without those that cannot be without it. The incident itself stays."""
        gone = {step_id} - {INCIDENT}
        for one in self.steps:
            if gone.intersection(one.needs):
                gone.add(one.id)
        left_out = tuple(Skipped(id=one.id, why=_why_gone(one, step_id)) for one in self.steps if one.id in gone)
        return replace(
            self, steps=tuple(one for one in self.steps if one.id not in gone), skipped=(*self.skipped, *left_out)
        )

    def alone(self, why: str) -> Plan:
        """The same with nothing but the incident itself. ``why``: said of every step that is left out."""
        left_out = tuple(Skipped(id=one.id, why=why) for one in self.steps if one.id != INCIDENT)
        steps = tuple(one for one in self.steps if one.id == INCIDENT)
        return replace(self, steps=steps, skipped=(*self.skipped, *left_out), by_hand=())

    def worded(self, step_id: str, text: str) -> Plan:
        """The same with other words for that step."""
        steps = (
            replace(one, params={**one.params, "text": text}) if one.id == step_id and "text" in one.params else one
            for one in self.steps
        )
        return replace(self, steps=tuple(steps))


def _why_gone(step: Step, wanted_gone: str) -> str:
    return "left out" if step.id == wanted_gone else f"it needs the step {wanted_gone}, which is left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A plan that a person has said yes to: as it is stored."""

    id: str
    """Made when the person says yes; the steps' keys follow from it."""
    plan: Plan
    seat: str
    at: datetime
    asked_at: datetime
    """When a person last said: go on. Nothing goes out unasked long after it (A7)."""
    asked: dict[str, datetime] = field(default_factory=dict)
    """Step's id -> when a person said so of that step alone."""
    incident: str | None = None
    """Full id of the incident, once the pager has it."""

    @property
    def target(self) -> str:
        """What the incident's own step is about before there is one."""
        return f"local:declaration-{self.id}"

    def last_asked(self, step_id: str) -> datetime:
        """When a person last said of that step: go."""
        return max(self.asked_at, self.asked.get(step_id, self.asked_at))

    def key(self, step_id: str) -> str:
        """The key of that step's action: the same whoever makes it, and short enough to be typed."""
        number = int.from_bytes(hashlib.blake2b(f"{self.id} {step_id}".encode(), digest_size=16).digest(), "big")
        letters = []
        for _ in range(12):
            number, at = divmod(number, len(_KEY_LETTERS))
            letters.append(_KEY_LETTERS[at])
        return "".join(letters)


class StepState(StrEnum):
    """How a step stands."""

    WAITING = "waiting"
    """For another step, or for whoever sends to come to it."""
    PENDING = "pending"
    """In the outbox: queued, or sent and not confirmed yet."""
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """Sent, and what became of it is not known."""
    HELD = "held"
    """It waits for a person: retry it, or leave it."""
    DROPPED = "dropped"
    """A person has cancelled it in the outbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One step as it stands."""

    step: Step
    state: StepState
    why: str = ""
    """One line: what it waits for, what the system answered, why it was refused."""
    row: OutboxRow | None = None
    """Its action; ``None``: not in the outbox yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declaration as it stands, step by step, in the plan's order."""

    id: str
    title: str
    severity: Severity
    seat: str
    at: datetime
    incident: str | None
    """Full id of the incident, once the pager has it."""
    steps: tuple[Standing, ...]
    skipped: tuple[Skipped, ...] = ()
    by_hand: tuple[str, ...] = ()
    asked_at: datetime | None = None
    """When a person last said: go on; ``None``: when it was declared."""

    def step(self, step_id: str) -> Standing | None:
        """The step of that id."""
        return next((one for one in self.steps if one.step.id == step_id), None)

    @property
    def is_over(self) -> bool:
        """Nothing of it moves by itself any more."""
        return not any(one.state is StepState.PENDING or _is_moving(one, self) for one in self.steps)

    @property
    def troubles(self) -> tuple[Standing, ...]:
        """The steps that wait for a person."""
        return tuple(one for one in self.steps if one.state in TROUBLED)


TROUBLED = frozenset({StepState.REFUSED, StepState.UNKNOWN, StepState.HELD})
"""States out of which a person's retry leads."""
_ENDED = frozenset({StepState.DONE, StepState.DROPPED}) | TROUBLED


def _is_moving(one: Standing, of: Declaration) -> bool:
    """It waits, and what it waits for has not failed."""
    if one.state is not StepState.WAITING:
        return False
    needed = [of.step(name) for name in one.step.needs]
    return all(found is None or found.state not in TROUBLED | {StepState.DROPPED} for found in needed) and all(
        found is None or found.state is not StepState.WAITING or _is_moving(found, of) for found in needed
    )


# -- how it stands ---------------------------------------------------------------------------------------------


def stands(declared: Declared, rows: Iterable[OutboxRow], now: datetime, unasked_for: timedelta) -> Declaration:
    """How a declaration stands.

    Args:
        rows: the actions of its steps, those that there are.
        unasked_for: how long steps go out unasked after a person's last word (A7).
    """
    by_key = {row.key: row for row in rows}
    told: dict[str, Standing] = {}
    for step in declared.plan.steps:
        row = by_key.get(declared.key(step.id))
        is_late = now > declared.last_asked(step.id) + unasked_for
        told[step.id] = _of_row(step, row) if row is not None else _unsent(step, told, declared, is_late)
    plan = declared.plan
    return Declaration(
        id=declared.id,
        title=plan.wish.title,
        severity=plan.wish.severity,
        seat=declared.seat,
        at=declared.at,
        asked_at=declared.asked_at,
        incident=declared.incident,
        steps=tuple(told.values()),
        skipped=plan.skipped,
        by_hand=plan.by_hand,
    )


_STATES: Mapping[OutboxState, StepState] = {
    OutboxState.QUEUED: StepState.PENDING,
    OutboxState.SENDING: StepState.PENDING,
    OutboxState.CONFIRMED: StepState.DONE,
    OutboxState.SUPERSEDED: StepState.DONE,
    OutboxState.REFUSED: StepState.REFUSED,
    OutboxState.UNKNOWN: StepState.UNKNOWN,
    OutboxState.CANCELLED: StepState.DROPPED,
}


def _of_row(step: Step, row: OutboxRow) -> Standing:
    if row.held is not None and row.state is OutboxState.QUEUED:
        return Standing(step=step, state=StepState.HELD, why=row.held, row=row)
    return Standing(step=step, state=_STATES[row.state], why=row.answer or "", row=row)


def _unsent(step: Step, told: Mapping[str, Standing], declared: Declared, is_late: bool) -> Standing:
    open_ = [told[name] for name in step.needs if name in told and told[name].state is not StepState.DONE]
    if open_:
        return Standing(step=step, state=StepState.WAITING, why=f"waits for {open_[0].step.id}")
    if INCIDENT in step.needs and declared.incident is None:
        return Standing(step=step, state=StepState.WAITING, why=f"waits for {INCIDENT}")
    if is_late:
        return Standing(step=step, state=StepState.HELD, why="it waited too long to go unasked")
    return Standing(step=step, state=StepState.WAITING, why="")


def due(declared: Declared, standing: Declaration, now: datetime) -> tuple[Step, ...]:
    """The steps that can go into the outbox now, in the plan's order."""
    return tuple(
        one.step
        for one in standing.steps
        if one.state is StepState.WAITING and not one.why and not _rather_waits(one.step, standing, now)
    )


def looks_again(standing: Declaration, now: datetime) -> datetime | None:
    """When a step's patience ends; ``None``: nothing waits for the clock."""
    times = [at for one in standing.steps if (at := _patience_ends(one, standing)) is not None and at > now]
    return min(times, default=None)


def _rather_waits(step: Step, standing: Declaration, now: datetime) -> bool:
    unended = [found for name in step.after if (found := standing.step(name)) is not None and found.state not in _ENDED]
    if not unended:
        return False
    at = _begun(standing)
    return at is None or now < at + PATIENCE


def _patience_ends(one: Standing, standing: Declaration) -> datetime | None:
    at = _begun(standing)
    return at + PATIENCE if one.state is StepState.WAITING and not one.why and one.step.after and at else None


def _begun(standing: Declaration) -> datetime | None:
    """From when on the other steps could go."""
    first = standing.step(INCIDENT)
    asked_at = standing.asked_at or standing.at
    if first is None:
        return asked_at
    if first.row is None or first.state is not StepState.DONE:
        return None
    return max(first.row.answered_at or asked_at, asked_at)


# -- words -----------------------------------------------------------------------------------------------------


def filled(params: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Parameters with what is known by now in place of :data:`NUMBER`, :data:`LINK`, :data:`PLACE` and
    :data:`ROOM_ID`.

    Args:
        words: each of these -> what stands for it; empty: it never came.
    """
    known = {**params, "room": words.get(ROOM_ID)} if params.get("room") == ROOM_ID else params
    return {name: _filled(value, words) if isinstance(value, str) else value for name, value in known.items()}


def _filled(text: str, words: Mapping[str, str]) -> str:
    never = [mark for mark in (LINK, PLACE) if not words.get(mark)]
    whole = "\n".join(line for line in text.split("\n") if not any(mark in line for mark in never))
    for mark in (NUMBER, LINK, PLACE, ROOM_NAME):
        whole = whole.replace(mark, words.get(mark, ""))
    return whole.strip("\n")


def shown(text: str) -> str:
    """A step's words as a person reads them before it goes."""
    known = {NUMBER: "(number)", LINK: "(link)", PLACE: "(room)", ROOM_NAME: "inc-(number)"}
    return _filled(text, known)
