"""Somebody stands in on a schedule: GoAlert's user overrides, made and read back."""

from __future__ import annotations

from oncall_tui.model import OutboxRow, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Refused, Sent
from oncall_tui.sources.goalert import documents
from oncall_tui.sources.goalert.api import Api, Row
from oncall_tui.sources.goalert.furniture import Furniture, nobody
from oncall_tui.sources.overriding import Standing


async def create(api: Api, furniture: Furniture, row: OutboxRow) -> Sent:
    """Replace whoever holds the schedule; where nobody does, add.

    Raises:
        Refused: several people hold it in that time, or GoAlert says no.
        SourceError: ``maybe_applied`` where it may be there.
    """
    if await furniture.me() is None:
        raise nobody(api.client.host)
    params = row.params
    if params.get("instead") is None and params.get("instead_name"):
        raise Refused("GoAlert replaces one person at a time: cover each turn by itself")
    wanted = {
        "scheduleID": split_id(row.target)[1],
        "start": params["start"],
        "end": params["end"],
        "addUserID": params["person"],
        **({"removeUserID": params["instead"]} if params.get("instead") else {}),
    }
    data = await api.mutate(documents.CREATE_OVERRIDE, input=wanted)
    native_id = fields.native_id(data, "createUserOverride", "id")
    if native_id is None:
        raise BadAnswer("GoAlert does not say what became of the override", maybe_applied=True)
    return Sent(native_ref=native_id)


async def there(api: Api, row: OutboxRow) -> list[Standing]:
    """The overrides of the row's schedule and time that add its person. Raises SourceError."""
    params = row.params
    given = {
        "scheduleID": split_id(row.target)[1],
        "filterAddUserID": [params["person"]],
        "start": params["start"],
        "end": params["end"],
    }
    found = await api.listing(documents.OVERRIDES, "userOverrides", given)
    return [one for told in found.rows if (one := _standing(told)) is not None]


def _standing(row: Row) -> Standing | None:
    native_id, person = fields.native_id(row, "id"), fields.native_id(row, "addUserID")
    start, end = fields.instant(row, "start"), fields.instant(row, "end")
    if native_id is None or person is None or start is None or end is None:
        return None
    return Standing(id=native_id, person=person, start=start, end=end)
