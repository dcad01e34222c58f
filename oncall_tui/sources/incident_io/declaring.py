"""A new incident in incident.io, and the page that goes with it: both under keys of ours, so that sending again makes
neither a second time. An incident does not tell its key, a page can be asked for by its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oncall_tui.model import OutboxRow
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Refused, Sent, SourceError
from oncall_tui.sources.declaring import dedup_key
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.incident_io import reading
from oncall_tui.sources.incident_io.acting import PAGER, wanted_severity
from oncall_tui.sources.incident_io.decoding import related
from oncall_tui.sources.incident_io.furniture import Furniture
from oncall_tui.sources.incident_io.options import Options
from oncall_tui.sources.incident_io.paging import Row, write
from oncall_tui.text import clean

CREATOR = "incident_creator"
MAX_NAME = 200


async def create(client: HttpClient, furniture: Furniture, options: Options, row: OutboxRow) -> Sent:
    """Make the incident, then page by the escalation path that is named.

    Raises:
        Refused: incident.io says no, or the key lacks a role.
        SourceError: ``maybe_applied`` where it may be there.
    """
    params = row.params
    body = {
        "idempotency_key": dedup_key(row),
        "visibility": "public",
        "mode": "standard",
        "name": clean(params["title"], MAX_NAME),
    }
    severity = await wanted_severity(furniture, options, params["severity"])
    if severity is not None:
        body["severity_id"] = severity
    if params.get("text"):
        body["summary"] = params["text"]
    made = fields.obj(await write(client, reading.INCIDENTS, body, CREATOR), "incident")
    native_id = fields.native_id(made, "id")
    if native_id is None:
        raise BadAnswer("incident.io does not say which incident it has made", maybe_applied=True)
    if params.get("policy"):
        await _page(client, row, native_id)
    return Sent(text=fields.text(made, "reference") or "", native_ref=native_id)


async def _page(client: HttpClient, row: OutboxRow, incident: str) -> None:
    body = {
        "idempotency_key": page_key(row),
        "title": clean(row.params["title"], MAX_NAME),
        "escalation_path_id": row.params["policy"],
        "incident_id": incident,
    }
    try:
        await write(client, reading.ESCALATIONS, body, PAGER)
    except Refused as error:
        raise Refused(f"the incident is there, and nobody is paged: {error}", status=error.status) from None
    except SourceError as error:
        error.maybe_applied = True
        raise


def page_key(row: OutboxRow) -> str:
    """The key of the page."""
    return f"{dedup_key(row)}-page"


async def alike(client: HttpClient, row: OutboxRow) -> Mapping[str, Row]:
    """The incidents of that name that have not ended, by id. Raises SourceError."""
    name = clean(row.params["title"], MAX_NAME)
    opened = await reading.open_incidents(client)
    return {key: one for key, one in opened.by_id.items() if fields.text(one, "name") == name}


async def find(client: HttpClient, row: OutboxRow, since: datetime) -> str | None:
    """The id of the incident that was made, with its page where one was asked for; ``None``: not all is there.

    Args:
        since: by incident.io's clock: what was made earlier is somebody else's.

    Raises:
        SourceError: it could not be asked.
    """
    if row.params.get("policy"):
        page = await reading.paged_with(client, page_key(row), since)
        if page is None:
            return None
        homes = related(await reading.page(client, page))
        if homes:
            return homes[0]
    if row.native_ref is not None:
        return row.native_ref
    new = {key: one for key, one in (await alike(client, row)).items() if key not in row.baseline}
    made = [key for key, one in new.items() if (fields.instant(one, "created_at") or since) >= since]
    return made[0] if len(made) == 1 else None
