"""A new alert group in Grafana OnCall, by paging a team directly. Its API takes no key to tell a second one by: what is
new and called so is the one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import OutboxRow
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, Outcome, Refused, Sent, SourceError
from oncall_tui.sources.grafana_oncall import reading
from oncall_tui.sources.grafana_oncall.acting import clear
from oncall_tui.sources.grafana_oncall.api import Api, Row
from oncall_tui.sources.grafana_oncall.roster import Roster
from oncall_tui.text import clean

WINDOW = timedelta(minutes=30)
"""So long after it was sent the group is looked for."""


async def create(api: Api, roster: Roster, row: OutboxRow, *, important: bool) -> Sent:
    """Page the team that the named integration belongs to.

    Args:
        important: they are paged by their rules for that.

    Raises:
        Refused: the integration belongs to no team, the token may not, or OnCall says no.
        SourceError: ``maybe_applied`` where it may be there.
    """
    params = row.params
    name, team = roster.integrations.get(params.get("service") or "", ("", None))
    if team is None:
        raise Refused(f"the integration {name or 'that is meant'} belongs to no team: OnCall pages teams and people")
    body: dict[str, Any] = {"title": params["title"], "team": team, "important_team_escalation": important}
    if params.get("text"):
        body["message"] = params["text"]
    try:
        answer = await api.post("/escalation/", body)
    except SourceError as error:
        raise clear(error) from None
    native_id = fields.native_id(answer.data, "id")
    if native_id is None:
        raise BadAnswer("OnCall does not say which alert group it has made", maybe_applied=True)
    return Sent(native_ref=native_id)


async def alike(api: Api, row: OutboxRow) -> Sequence[Row]:
    """The open groups of that title. Raises SourceError."""
    return _called(row, (await reading.open_groups(api)).rows)


async def alike_since(api: Api, row: OutboxRow, since: datetime) -> Sequence[Row]:
    """Those, and the ones that began since then and are resolved already. Raises SourceError."""
    opened = await alike(api, row)
    there = {fields.native_id(one, "id") for one in opened}
    closed = _called(row, (await reading.groups_between(api, since, since + WINDOW)).rows)
    return [*opened, *(one for one in closed if fields.native_id(one, "id") not in there)]


def _called(row: OutboxRow, rows: Sequence[Row]) -> list[Row]:
    title = clean(row.params["title"])
    return [one for one in rows if fields.text(one, "title") == title]


def judge(row: OutboxRow, found: Sequence[Row], since: datetime) -> Confirmation:
    """Which of these it is, if any. ``since``: by OnCall's clock."""
    ours = [
        native_id
        for one in found
        if (native_id := fields.native_id(one, "id")) is not None
        and native_id not in row.baseline
        and since <= (fields.instant(one, "created_at") or since) <= since + WINDOW
    ]
    if len(ours) == 1:
        return Confirmation(outcome=Outcome.APPLIED, native_ref=ours[0])
    if ours:
        return Confirmation(outcome=Outcome.UNKNOWN, text=f"there are {len(ours)} of that title since: look there")
    return Confirmation(outcome=Outcome.NOT_APPLIED)
