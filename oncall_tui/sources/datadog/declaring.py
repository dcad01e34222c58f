"""A new incident in Datadog. Its API takes no key to tell a second one by: what is new and called so is the one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import OutboxRow
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, Outcome, Sent
from oncall_tui.sources.datadog import api
from oncall_tui.sources.datadog.api import Row
from oncall_tui.sources.datadog.incidents import PATH
from oncall_tui.sources.datadog.options import Options
from oncall_tui.sources.http import HttpClient
from oncall_tui.text import clean

OPEN, ANY = "state:(active OR stable)", "state:(active OR stable OR resolved OR completed)"
INDEXED = timedelta(seconds=10)
"""So long the search may not tell of an incident that is there."""
TOLERANCE = timedelta(seconds=2)


async def create(client: HttpClient, options: Options, row: OutboxRow) -> Sent:
    """Make it. It pages nobody: Datadog's incidents have a commander and responders.

    Raises:
        SourceError: Refused where Datadog says no; ``maybe_applied`` where it may be there.
    """
    params = row.params
    told: dict[str, Any] = {"state": {"type": "dropdown", "value": "active"}}
    severity = options.written(params["severity"])
    if severity is not None:
        told["severity"] = {"type": "dropdown", "value": severity}
    if params.get("service_name"):
        told["services"] = {"type": "autocomplete", "value": [params["service_name"]]}
    attributes: dict[str, Any] = {"title": params["title"], "customer_impacted": False, "fields": told}
    if params.get("text"):
        cell = {"cell_type": "markdown", "content": {"content": params["text"]}, "important": True}
        attributes["initial_cells"] = [cell]
    body = {"data": {"type": "incidents", "attributes": attributes}}
    answer = await client.request("POST", PATH, json=body, meter=f"POST {PATH}")
    made = fields.obj(answer.data, "data")
    native_id = fields.native_id(made, "id")
    if native_id is None:
        raise BadAnswer("Datadog does not say which incident it has made", maybe_applied=True)
    number = fields.integer(made, "attributes", "public_id")
    return Sent(text=f"IR-{number}" if number is not None else "", native_ref=native_id)


async def alike(client: HttpClient, row: OutboxRow, states: str = OPEN) -> dict[str, Row]:
    """The incidents of that title among the newest in these states, by id. Raises SourceError."""
    found, _ = await api.incidents_page(client, states, 0)
    title = clean(row.params["title"])
    named = ((fields.native_id(one, "id"), one) for one in found.rows)
    return {key: one for key, one in named if key and fields.text(one, "attributes", "title") == title}


async def find(client: HttpClient, row: OutboxRow, now: datetime) -> Confirmation:
    """Which one it is, if any.

    Args:
        now: by Datadog's clock.

    Raises:
        SourceError: it could not be asked.
    """
    since = (row.sent_at or row.created_at) + (client.clock_skew or timedelta()) - TOLERANCE
    # Also one that somebody has resolved before it was read back.
    new = {key: one for key, one in (await alike(client, row, ANY)).items() if key not in row.baseline}
    ours = [key for key, one in new.items() if (fields.instant(one, "attributes", "created") or since) >= since]
    if len(ours) == 1:
        return Confirmation(outcome=Outcome.APPLIED, native_ref=ours[0])
    if ours:
        return Confirmation(outcome=Outcome.UNKNOWN, text=f"there are {len(ours)} of that title since: look there")
    if now - since < INDEXED:
        return Confirmation(outcome=Outcome.UNKNOWN, text="it does not show yet")
    return Confirmation(outcome=Outcome.NOT_APPLIED)
