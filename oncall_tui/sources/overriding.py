"""Somebody who stands in on a schedule, as different systems tell it: which of those there say the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from oncall_tui.clock import parse_instant
from oncall_tui.model import OutboxRow
from oncall_tui.records import dataclass
from oncall_tui.sources.base import Confirmation, Outcome

TOLERANCE = timedelta(minutes=1)
"""Times are kept in whole minutes or seconds; what has begun already may be cut off to now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One override as its system has it."""

    id: str
    person: str
    """Native id."""
    start: datetime
    end: datetime


def equal_ones(found: Iterable[Standing], row: OutboxRow) -> tuple[str, ...]:
    """Ids of those that say what ``row`` says."""
    return tuple(one.id for one in found if _is_equal(one, row))


def judge(found: Iterable[Standing], row: OutboxRow) -> Confirmation:
    """Whether the row's override is among them: by the id that its system gave it, else one that was not there
    before."""
    equal = equal_ones(found, row)
    ours = [one for one in equal if one == row.native_ref] or [one for one in equal if one not in row.baseline]
    if not ours:
        return Confirmation(outcome=Outcome.NOT_APPLIED)
    return Confirmation(outcome=Outcome.APPLIED, native_ref=ours[0])


def _is_equal(one: Standing, row: OutboxRow) -> bool:
    if one.person != row.params["person"]:
        return False
    start, end = parse_instant(row.params["start"]), parse_instant(row.params["end"])
    begun = one.start > start and one.start <= (row.sent_at or row.created_at) + TOLERANCE
    return abs(one.end - end) < TOLERANCE and (abs(one.start - start) < TOLERANCE or begun)
