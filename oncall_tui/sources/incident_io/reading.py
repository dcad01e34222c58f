"""Reading incidents, their updates, pages and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, NotFound
from oncall_tui.sources.http import HttpClient, Params, segment
from oncall_tui.sources.incident_io.decoding import ENDED, PAGED, Update, updates
from oncall_tui.sources.incident_io.paging import Listing, Row, listing, one

INCIDENTS, ESCALATIONS, ALERTS = "/v2/incidents", "/v2/escalations", "/v2/alerts"


@dataclass(slots=True)
class Rows:
    """Rows by id. ``note`` says why they are not all of them; ``lost`` counts those without an id, or with that of
    another row."""

    by_id: dict[str, Row] = field(default_factory=dict)
    note: str | None = None
    lost: int = 0

    @property
    def whole(self) -> bool:
        """Whether absence from it means something."""
        return self.note is None and not self.lost


def _rows(found: Listing) -> Rows:
    rows = Rows(note=found.note)
    for row in found.rows:
        # An id is text there: a number in its place is another thing's, not an id in another form.
        key = fields.native_id(row, "id") if isinstance(row.get("id"), str) else None
        if key is None or key in rows.by_id:
            rows.lost += 1
        else:
            rows.by_id[key] = row
    return rows


def _one_of(name: str, values: Iterable[str]) -> Params:
    return [(f"{name}[one_of]", value) for value in values]


def _not_in(name: str, values: Iterable[str]) -> Params:
    """All but these: a word that came after this program is open until it is known to be over."""
    return [(f"{name}[not_in]", value) for value in values]


def _updated_since(since: datetime) -> Params:
    return [("updated_at[gte]", f"{since:%Y-%m-%d}")]  # days are what the filter is documented with


async def open_incidents(client: HttpClient) -> Rows:
    """Every incident that has not ended: in triage, active or paused. Raises SourceError."""
    params = [*_not_in("status_category", ENDED), ("sort_by", "created_at_newest_first")]
    return _rows(await listing(client, INCIDENTS, "incidents", params, size=100))


async def ended_incidents(client: HttpClient, since: datetime) -> Rows:
    """Those that have ended and were updated since that day. Raises SourceError."""
    params = [*_one_of("status_category", ENDED), *_updated_since(since)]
    return _rows(await listing(client, INCIDENTS, "incidents", params, size=100, max_pages=5))


async def incidents_between(client: HttpClient, first: date, last: date) -> Rows:
    """Those that were made on these days, both of them in it, and have ended. Raises SourceError."""
    params = [*_one_of("status_category", ENDED), ("created_at[date_range]", f"{first}~{last}")]
    return _rows(await listing(client, INCIDENTS, "incidents", params, size=100))


async def going_pages(client: HttpClient) -> Rows:
    """Every escalation that is not over. Raises SourceError."""
    return _rows(await listing(client, ESCALATIONS, "escalations", _not_in("status", PAGED), size=50))


async def ended_pages(client: HttpClient, since: datetime) -> Rows:
    """Those that are over and were updated since that day. Raises SourceError."""
    params = [*_one_of("status", PAGED), *_updated_since(since)]
    return _rows(await listing(client, ESCALATIONS, "escalations", params, size=50, max_pages=5))


async def firing_alerts(client: HttpClient) -> Rows:
    """Every alert that is firing. Raises SourceError."""
    return _rows(await listing(client, ALERTS, "alerts", _one_of("status", ("firing",)), size=50))


async def incident(client: HttpClient, native_id: str) -> Row:
    """One incident by its id. Raises NotFound and other SourceErrors."""
    row = await one(client, f"{INCIDENTS}/{segment(native_id)}", "incident")
    if fields.walk(row, "id") != native_id:
        raise BadAnswer(f"{client.host} answers with another incident than {native_id[:60]}")
    return row


async def page(client: HttpClient, escalation: str) -> Row:
    """One escalation by its id. Raises NotFound and other SourceErrors."""
    row = await one(client, f"{ESCALATIONS}/{segment(escalation)}", "escalation")
    if fields.walk(row, "id") != escalation:
        raise BadAnswer(f"{client.host} answers with another escalation than {escalation[:60]}")
    return row


async def pages_of(client: HttpClient, native_id: str) -> Sequence[Row]:
    """All escalations of an incident, at most 250. Raises SourceError."""
    params = _one_of("incident", (native_id,))
    return (await listing(client, ESCALATIONS, "escalations", params, size=50, max_pages=5)).rows


async def paged_with(client: HttpClient, key: str, since: datetime) -> str | None:
    """The id of the escalation that was made with that idempotency key, and not before ``since`` (by the server's
    clock): no escalation tells its key. Raises SourceError."""
    params: Params = [("idempotency_key[is]", key)]
    found = await listing(client, ESCALATIONS, "escalations", params, size=10, max_pages=1)
    made = (row for row in found.rows if (fields.instant(row, "created_at") or since) >= since)
    return next((native_id for row in made if (native_id := fields.native_id(row, "id"))), None)


async def updates_of(client: HttpClient, native_id: str) -> list[Update]:
    """The updates of an incident, at most 500. Raises SourceError."""
    params: Params = [("incident_id", native_id)]
    try:
        found = await listing(client, "/v2/incident_updates", "incident_updates", params, size=250, max_pages=2)
    except NotFound:
        return []
    return updates(row for row in found.rows if fields.walk(row, "incident_id") in (native_id, None))
