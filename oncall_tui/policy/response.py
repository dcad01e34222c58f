"""Which steps the response to an incident takes, to whom, by which rule, and which it does not take and why: the
severity's row, the communication matrix (SRO-001, "declare_incident", "initial_communication") and what is configured,
as a :class:`~oncall_tui.policy.declaring.Plan`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oncall_tui.model import Verb
from oncall_tui.policy import response_paged as paged
from oncall_tui.policy import response_told as told
from oncall_tui.policy.declaring import COMMANDER, PARTICIPANTS, Plan, Skipped, Step, Wish
from oncall_tui.policy.response_ground import Asked, Found, Ground, Parts, Words

__all__ = ["Asked", "Ground", "Parts", "Words", "plan"]


def plan(wish: Wish, ground: Ground) -> Plan:
    """All steps in their order; what is not taken is in ``skipped``, with the reason."""
    steps: list[Step] = []
    skipped: list[Skipped] = []
    for make in _ORDER:
        for found in make(wish, ground, steps):
            if isinstance(found, Skipped):
                skipped.append(found)
            elif found.id in wish.without:
                skipped.append(Skipped(id=found.id, why="left out"))
            else:
                steps.append(found)
    incident = ground.incident.id if ground.incident is not None else None
    return Plan(
        wish=wish,
        steps=tuple(_commander_last(steps)),
        skipped=tuple(skipped),
        by_hand=tuple(told.by_hand(ground)),
        incident=incident,
    )


def _commander_last(steps: Sequence[Step]) -> Sequence[Step]:
    """Where others are paged by moving the incident on to them, it is given to who commands after that."""
    commander = next((one for one in steps if one.id == COMMANDER), None)
    others = next((one for one in steps if one.id == PARTICIPANTS), None)
    if commander is None or others is None or others.verb is not Verb.ESCALATE:
        return steps
    at = steps.index(commander)
    rest = [one for one in steps if one not in (commander, others)]
    return [*rest[:at], others, commander, *rest[at:]]


_ORDER: tuple[Callable[[Wish, Ground, Sequence[Step]], Found], ...] = (
    paged.incident,
    paged.severity,
    paged.note,
    paged.commander,
    paged.participants,
    told.room,
    told.messages,
    told.publication,
    told.ticket,
)
