"""Somebody stands in on a schedule: PagerDuty's overrides, made and read back."""

from __future__ import annotations

from oncall_tui.clock import iso, parse_instant
from oncall_tui.model import OutboxRow, split_id
from oncall_tui.sources import fields, overriding
from oncall_tui.sources.base import BadAnswer, Confirmation, NotFound, Outcome, Refused, Sent, SourceError
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.sources.overriding import TOLERANCE, Standing
from oncall_tui.sources.pagerduty.acting import clear
from oncall_tui.sources.pagerduty.paging import Row
from oncall_tui.text import clean


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


async def there(client: HttpClient, row: OutboxRow) -> list[Standing]:
    """The overrides of the row's time. Raises SourceError."""
    params = row.params
    window = [("since", iso(parse_instant(params["start"]) - TOLERANCE)), ("until", params["end"])]
    answer = await client.get(_path(split_id(row.target)[1]), window)
    return [found for one in fields.rows(answer.data, "overrides") if (found := _standing(one)) is not None]


async def equal_ones(client: HttpClient, row: OutboxRow) -> tuple[str, ...]:
    """Ids of the overrides that say the same. Raises SourceError."""
    return overriding.equal_ones(await there(client, row), row)


async def judge(client: HttpClient, row: OutboxRow) -> Confirmation:
    """Whether it is there. Raises SourceError."""
    try:
        return overriding.judge(await there(client, row), row)
    except NotFound:
        return Confirmation(outcome=Outcome.UNKNOWN, text="PagerDuty does not find the schedule any more")


def _standing(one: Row) -> Standing | None:
    native_id, person = fields.native_id(one, "id"), fields.native_id(one, "user", "id")
    start, end = fields.instant(one, "start"), fields.instant(one, "end")
    if native_id is None or person is None or start is None or end is None:
        return None
    return Standing(id=native_id, person=person, start=start, end=end)


def _path(schedule_id: str) -> str:
    return f"/schedules/{segment(schedule_id)}/overrides"
