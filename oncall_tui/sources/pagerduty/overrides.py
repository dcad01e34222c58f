"""Somebody stands in on a schedule: PagerDuty's overrides, made and read back."""

from __future__ import annotations

from datetime import timedelta

from oncall_tui.clock import iso, parse_instant
from oncall_tui.model import OutboxRow, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, NotFound, Outcome, Refused, Sent, SourceError
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.sources.pagerduty.acting import clear
from oncall_tui.sources.pagerduty.paging import Row
from oncall_tui.text import clean

TOLERANCE = timedelta(minutes=1)
"""PagerDuty cuts off what has begun already; what is left is the same override."""


async def create(client: HttpClient, row: OutboxRow) -> Sent:
    """Make it.

    Raises:
        Refused: PagerDuty says why not.
        SourceError: ``maybe_applied`` where it may be there.
    """
    schedule_id, params = split_id(row.target)[1], row.params
    wanted = {
        "start": params["start"],
        "end": params["end"],
        "user": {"id": params["person"], "type": "user_reference"},
    }
    try:
        answer = await client.request("POST", _path(schedule_id), json={"overrides": [wanted]})
    except SourceError as error:
        raise clear(error, schedule_id) from None
    made = next(iter(fields.rows(answer.data)), None)
    if made is None:
        raise BadAnswer("PagerDuty does not say what became of the override", maybe_applied=True)
    status = fields.integer(made, "status")
    if status is not None and status >= 400:
        errors = fields.walk(made, "errors")
        reasons = [clean(one) for one in errors if isinstance(one, str)] if isinstance(errors, list) else []
        raise Refused("; ".join(reasons[:3]) or "PagerDuty does not take the override", status=status)
    return Sent(native_ref=fields.native_id(made, "override", "id"))


async def equal_ones(client: HttpClient, row: OutboxRow) -> tuple[str, ...]:
    """Ids of the overrides that say the same. Raises SourceError."""
    params = row.params
    window = [("since", iso(parse_instant(params["start"]) - TOLERANCE)), ("until", params["end"])]
    answer = await client.get(_path(split_id(row.target)[1]), window)
    found = (one for one in fields.rows(answer.data, "overrides") if _is_equal(one, row))
    return tuple(native_id for one in found if (native_id := fields.native_id(one, "id")))


async def judge(client: HttpClient, row: OutboxRow) -> Confirmation:
    """Whether it is there. Raises SourceError."""
    try:
        found = await equal_ones(client, row)
    except NotFound:
        return Confirmation(outcome=Outcome.UNKNOWN, text="PagerDuty does not find the schedule any more")
    ours = [one for one in found if one == row.native_ref] or [one for one in found if one not in row.baseline]
    if not ours:
        return Confirmation(outcome=Outcome.NOT_APPLIED)
    return Confirmation(outcome=Outcome.APPLIED, native_ref=ours[0])


def _is_equal(one: Row, row: OutboxRow) -> bool:
    start, end = fields.instant(one, "start"), fields.instant(one, "end")
    wanted_start, wanted_end = parse_instant(row.params["start"]), parse_instant(row.params["end"])
    if start is None or end is None or fields.native_id(one, "user", "id") != row.params["person"]:
        return False
    begun = start > wanted_start and start <= (row.sent_at or row.created_at) + TOLERANCE
    return abs(end - wanted_end) < TOLERANCE and (abs(start - wanted_start) < TOLERANCE or begun)


def _path(schedule_id: str) -> str:
    return f"/schedules/{segment(schedule_id)}/overrides"
