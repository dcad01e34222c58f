"""What screens ask for when an incident is led: notes with marks, triage, what alerts were worth, a
declaration. Done in :mod:`oncall_tui.app.leading`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oncall_tui.board import AlertRow
from oncall_tui.model import Severity, Verb
from oncall_tui.policy.declaring import Declaration, Plan
from oncall_tui.policy.judging import Judgement
from oncall_tui.policy.marks import MarkKind
from oncall_tui.records import dataclass
from screens.declaring import Origin, Typed
from screens.requests import LeadQuestion, LeadRequest, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One action on a pinned target, with the params that :class:`~oncall_tui.model.OutboxRow` has for the verb."""

    verb: Verb
    target: Target
    params: Mapping[str, Any]


class OrdersRequested(LeadRequest):
    """Do these in their order; ``what`` names them all in the answer. What was typed of a note before is kept."""

    def __init__(self, what: str, orders: Sequence[Order]) -> None:
        super().__init__()
        self.what = what
        self.orders = tuple(orders)


class AlertsJudged(LeadRequest):
    """Keep what these groups of alerts, which belong to no incident, were worth."""

    def __init__(self, rows: Sequence[AlertRow], kind: MarkKind, why: str) -> None:
        super().__init__()
        self.rows = tuple(rows)
        self.kind = kind
        self.why = why


class JudgementsWanted(LeadQuestion[tuple[Judgement, ...]]):
    """What was said of a group of alerts (its row's key), oldest first."""

    def __init__(self, group: str) -> None:
        super().__init__()
        self.group = group


def note(target: Target, text: str, at: str | None = None) -> Order:
    """Write on the incident's timeline; ``at`` (ISO 8601) where it is of a time before."""
    return Order(verb=Verb.NOTE, target=target, params={"text": text, "at": at, "kind": None})


# -- declaring -------------------------------------------------------------------------------------------------


class PlanWanted(LeadQuestion[Plan]):
    """What declaring it would do, step by step; nothing of it is stored or sent. ``note`` goes on the timeline."""

    def __init__(self, origin: Origin, typed: Typed, severity: Severity, note: str) -> None:
        super().__init__()
        self.origin = origin
        self.typed = typed
        self.severity = severity
        self.note = note


class DeclareWanted(LeadQuestion[Declaration]):
    """Declare it: stored when this is answered, and going by itself from then on. The draft is dropped."""

    def __init__(self, plan: Plan, draft_key: str) -> None:
        super().__init__()
        self.plan = plan
        self.draft_key = draft_key


class DeclarationsWanted(LeadQuestion[tuple[Declaration, ...]]):
    """The latest declarations as they stand, newest first."""


class StepRetried(LeadRequest):
    """Do that step of a declaration once more: it was refused, its outcome is unknown, or it waits for a person."""

    def __init__(self, declaration: str, step: str) -> None:
        super().__init__()
        self.declaration = declaration
        self.step = step
