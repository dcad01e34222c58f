"""Actions as calls, one an action, sent once; and what reading back says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import Incident, OutboxRow, Verb, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, Outcome, Refused, Sent, Unsupported
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.sources.incident_io import reading
from oncall_tui.sources.incident_io.decoding import ENDED, PAGE, Update, resolution
from oncall_tui.sources.incident_io.furniture import Furniture
from oncall_tui.sources.incident_io.options import Options
from oncall_tui.sources.incident_io.paging import Row, write
from oncall_tui.sources.incident_io.roster import status_for
from oncall_tui.text import clean

TOLERANCE = timedelta(seconds=2)
"""What we know of its clock is whole seconds."""
EDITOR, PAGER = "incident_editor", "escalation_creator"
LACKS = {
    Verb.ACKNOWLEDGE: "incident.io lets nobody acknowledge through its API: do it in its app, in Slack or by phone",
    Verb.NOTE: "incident.io takes no notes through its API: write in the incident's channel",
    Verb.SNOOZE: "incident.io lets nobody snooze through its API",
    Verb.UNACKNOWLEDGE: "incident.io takes no acknowledgement back through its API",
    Verb.REOPEN: "incident.io opens no incident again through its API",
    Verb.OVERRIDE: "incident.io takes an override on one layer of a rotation only: make it there",
}
"""Why its API does not take a verb that others take."""


class Actor:
    """Sends the actions of one source."""

    def __init__(self, client: HttpClient, furniture: Furniture, options: Options) -> None:
        self._client = client
        self._furniture = furniture
        self._options = options

    async def send(self, row: OutboxRow) -> Sent:
        """Send it once.

        Raises:
            Refused: incident.io says no, the key lacks a role, or it is so already.
            Unsupported: not an action of incident.io's API.
            SourceError: ``maybe_applied`` where it may have taken effect.
        """
        native_id = split_id(row.target)[1]
        is_page = native_id.startswith(PAGE)
        match row.verb:
            case Verb.RESOLVE:
                return await (self._cancel(native_id) if is_page else self._resolve(native_id))
            case Verb.ESCALATE:
                return await self._page(native_id, row)
            case Verb.SEVERITY | Verb.TITLE if is_page:
                raise Unsupported("a page has none: declare an incident in incident.io first")
            case Verb.SEVERITY:
                return await self._severity(native_id, row.params["severity"])
            case Verb.TITLE:
                return await self._edit(native_id, {"name": row.params["title"]})
        words = row.verb.value.replace("_", " ")
        raise Unsupported(LACKS.get(row.verb, f"incident.io cannot {words} through its API"))

    async def _edit(self, native_id: str, values: Mapping[str, Any]) -> Sent:
        path = f"{reading.INCIDENTS}/{segment(native_id)}/actions/edit"
        data = await write(self._client, path, {"incident": values, "notify_incident_channel": True}, EDITOR)
        if fields.walk(data, "incident", "id") != native_id:
            raise BadAnswer("incident.io does not say what became of it", maybe_applied=True)
        return Sent()

    async def _resolve(self, native_id: str) -> Sent:
        await self._furniture.ensure("statuses")
        status = status_for(self._furniture.roster.statuses, self._options.resolved_status)
        if status is None:
            wanted = self._options.resolved_status
            raise Refused(f"the account has no status {wanted}: see resolved_status" if wanted else "no status ends it")
        stands = fields.obj(await reading.incident(self._client, native_id), "incident_status")
        if fields.text(stands, "category") in ENDED:
            raise Refused(f"it is {fields.text(stands, 'name') or 'over'} already")
        return await self._edit(native_id, {"incident_status_id": status.id})

    async def _cancel(self, native_id: str) -> Sent:
        escalation = native_id.removeprefix(PAGE)
        await write(self._client, f"{reading.ESCALATIONS}/{segment(escalation)}/actions/cancel", None, PAGER)
        return Sent()

    async def _severity(self, native_id: str, severity: int) -> Sent:
        wanted = await wanted_severity(self._furniture, self._options, severity)
        if wanted is None:
            names = ", ".join(ref.name for ref in self._furniture.roster.severities[:6])
            raise Refused(f"no severity of the account means Sev{severity} ({names}): see severity: in the config")
        return await self._edit(native_id, {"severity_id": wanted})

    async def _page(self, native_id: str, row: OutboxRow) -> Sent:
        body = {"idempotency_key": page_key(row), "title": clean(row.target_title) or "Page", **await self._whom(row)}
        if not native_id.startswith(PAGE):
            body["incident_id"] = native_id
        data = await write(self._client, reading.ESCALATIONS, body, PAGER)
        made = fields.native_id(data, "escalation", "id")
        if made is None:
            raise BadAnswer("incident.io does not say what became of it", maybe_applied=True)
        return Sent(native_ref=made)

    async def _whom(self, row: OutboxRow) -> dict[str, Any]:
        if "person" in row.params:
            return {"user_ids": [row.params["person"]]}
        if "policy" in row.params:
            return {"escalation_path_id": row.params["policy"]}
        if "level" not in row.params:
            raise Unsupported("page whom? a level, a person or an escalation path")
        native_id = split_id(row.target)[1]
        if native_id.startswith(PAGE):
            pages: Sequence[Row] = [await reading.page(self._client, native_id.removeprefix(PAGE))]
        else:
            pages = await reading.pages_of(self._client, native_id)
        await self._furniture.ensure("people", "escalation paths", "on-call")
        paths = (fields.native_id(page, "escalation_path_id") for page in pages)
        path = next((one for one in paths if one), None)
        people = self._furniture.on_level(path, row.params["level"]) if path is not None else ()
        if not people:
            raise Refused(f"nobody is known to be on level {row.params['level']} there: choose a person or a path")
        return {"user_ids": list(people)}


def page_key(row: OutboxRow) -> str:
    """The idempotency key of a page: ours alone, and the same at each attempt."""
    return f"oncall-tui-{row.key}"


async def wanted_severity(furniture: Furniture, options: Options, severity: int) -> str | None:
    """The id of the first severity, most severe first, that means that Sev. Raises SourceError."""
    await furniture.ensure("severities")
    known = furniture.roster.severities
    return next((ref.id for ref in known if options.severity_of(ref.name, known) == severity), None)


# -- reading back ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read back. ``since``: by the server's clock, what is later may be the action's effect. ``made``: the
    page that was made with the action's key; ``severity``: the id that it wants."""

    row: OutboxRow
    raw: Row
    incident: Incident
    updates: Sequence[Update]
    key_name: str | None
    since: datetime
    made: str | None = None
    severity: str | None = None


def judge(seen: Evidence) -> Confirmation:
    """What the evidence says of the action."""
    match seen.row.verb:
        case Verb.RESOLVE:
            return _resolved(seen)
        case Verb.SEVERITY:
            there = seen.severity is not None and fields.walk(seen.raw, "severity", "id") == seen.severity
            return _plain(seen, there)
        case Verb.TITLE:
            return _plain(seen, seen.incident.title == clean(seen.row.params["title"]))
        case Verb.ESCALATE:
            if seen.made is not None:
                return Confirmation(outcome=Outcome.APPLIED, native_ref=seen.made)
            return Confirmation(outcome=Outcome.NOT_APPLIED)
    return Confirmation(outcome=Outcome.UNKNOWN)


def _plain(seen: Evidence, there: bool) -> Confirmation:
    return Confirmation(outcome=Outcome.APPLIED if there else Outcome.NOT_APPLIED)


def _resolved(seen: Evidence) -> Confirmation:
    if seen.incident.is_open:
        return Confirmation(outcome=Outcome.NOT_APPLIED)
    last = resolution(seen.updates)
    ours = last is not None and last.at >= seen.since and last.by_key is not None and last.by_key == seen.key_name
    cancelled = (
        fields.text(seen.raw, "status") == "cancelled" and (seen.incident.resolved_at or seen.since) >= seen.since
    )
    if ours or cancelled or (last is None and seen.row.answered_at is not None):
        return Confirmation(outcome=Outcome.APPLIED)
    by = f" by {last.by}" if last is not None and last.by else ""
    at = last.at if last is not None else seen.incident.resolved_at
    when = f" {at:%H:%M} UTC" if at else ""
    return Confirmation(outcome=Outcome.SUPERSEDED, text=f"resolved{by}{when}, yours not needed")
