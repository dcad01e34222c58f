"""A new alert in GoAlert: made under a key of ours, which it joins while the alert is open, and found by that key."""

from __future__ import annotations

from datetime import datetime

from oncall_tui.clock import iso
from oncall_tui.model import OutboxRow, Severity
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Refused, Sent
from oncall_tui.sources.declaring import dedup_key
from oncall_tui.sources.goalert import documents
from oncall_tui.sources.goalert.api import Api
from oncall_tui.sources.goalert.decoding import alert_id
from oncall_tui.sources.goalert.furniture import Furniture, nobody
from oncall_tui.sources.goalert.options import Options
from oncall_tui.sources.labels import SEVERITIES

KEY = "oncall-tui"
"""The metadata that holds our key: GoAlert does not tell what an alert is joined by."""


async def create(api: Api, furniture: Furniture, options: Options, row: OutboxRow) -> Sent:
    """Make it; while it is open the same call makes no second one.

    Raises:
        Refused: GoAlert says no, or no service is named.
        SourceError: ``maybe_applied`` where it may be there.
    """
    if await furniture.me() is None:
        raise nobody(api.client.host)
    params = row.params
    if not params.get("service"):
        raise Refused("GoAlert's alerts are of a service: say which")
    key = dedup_key(row)
    meta = {KEY: key, options.severity_keys[0]: severity_word(params["severity"], options)}
    wanted = {
        "serviceID": params["service"],
        "summary": params["title"],
        "details": params.get("text") or "",
        "dedup": key,
        "meta": [{"key": name, "value": value} for name, value in meta.items()],
        "sanitize": True,
    }
    data = await api.mutate(documents.CREATE_ALERT, input=wanted)
    number = alert_id(fields.obj(data, "createAlert"))
    if number is None:
        raise BadAnswer("GoAlert does not say which alert it has made", maybe_applied=True)
    return Sent(text=f"#{number}", native_ref=number)


def severity_word(severity: Severity, options: Options) -> str:
    """A word that is read back as that severity."""
    words = {**SEVERITIES, **options.severity}
    plain = f"sev{severity}"
    if words.get(plain) == severity:
        return plain
    return next((word for word, means in words.items() if means == severity), plain)


async def find(api: Api, row: OutboxRow, since: datetime) -> str | None:
    """The number of the alert of that key among those made since then; ``None``: there is none. Raises SourceError."""
    given = {"filterByServiceID": [row.params["service"]], "notCreatedBefore": iso(since), "sort": "dateID"}
    key = dedup_key(row)
    for one in (await api.listing(documents.ALERTS, "alerts", given, max_pages=10)).rows:
        told = {fields.text(pair, "key"): fields.text(pair, "value") for pair in fields.rows(one, "meta")}
        if told.get(KEY) == key and (number := alert_id(one)) is not None:
            return number
    return None
