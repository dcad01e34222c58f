"""A new incident in PagerDuty: made under a key of ours, so that a second one cannot be, and found by it."""

from __future__ import annotations

from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.model import OutboxRow
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Refused, Sent, SourceError
from oncall_tui.sources.declaring import dedup_key
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.pagerduty.acting import clear, priority_for, urgency_for
from oncall_tui.sources.pagerduty.furniture import Furniture
from oncall_tui.sources.pagerduty.options import SeverityWords
from oncall_tui.sources.pagerduty.paging import Row, listing
from oncall_tui.sources.pagerduty.seat import Me

_STATUSES = ("triggered", "acknowledged", "resolved")


class Declarer:
    """Makes the incidents of one account."""

    def __init__(self, client: HttpClient, me: Me, furniture: Furniture, words: SeverityWords, clock: Clock) -> None:
        self._client = client
        self._me = me
        self._furniture = furniture
        self._words = words
        self._clock = clock

    async def create(self, row: OutboxRow) -> Sent:
        """Make it; one that is open under its key already is the answer.

        Raises:
            Refused: PagerDuty says why not.
            SourceError: ``maybe_applied`` where it may be there.
        """
        me = await self._me.acting()
        body = {"incident": await self._incident(row)}
        try:
            answer = await self._client.request("POST", "/incidents", json=body, headers={"From": me.contact or ""})
        except SourceError as error:
            told = clear(error, "")
            if isinstance(told, Refused) and told.status == 400 and (there := await self.find(row)) is not None:
                return Sent(text="it was there already", native_ref=fields.native_id(there, "id"))
            raise told from None
        made = fields.native_id(answer.data, "incident", "id")
        if made is None:
            raise BadAnswer("PagerDuty does not say which incident it has made", maybe_applied=True)
        number = fields.integer(answer.data, "incident", "incident_number")
        return Sent(text=f"#{number}" if number else "", native_ref=made)

    async def _incident(self, row: OutboxRow) -> dict[str, Any]:
        params = row.params
        if not params.get("service"):
            raise Refused("PagerDuty's incidents are of a service: say which")
        wanted: dict[str, Any] = {
            "type": "incident",
            "title": params["title"],
            "service": {"id": params["service"], "type": "service_reference"},
            "urgency": urgency_for(params["severity"]),
            "incident_key": dedup_key(row),
        }
        if params.get("text"):
            wanted["body"] = {"type": "incident_body", "details": params["text"]}
        if params.get("policy"):
            wanted["escalation_policy"] = {"id": params["policy"], "type": "escalation_policy_reference"}
        priorities = await self._furniture.known_priorities(self._clock.now())
        priority = priority_for(params["severity"], priorities, self._words)
        if priority is not None:
            wanted["priority"] = {"id": priority.id, "type": "priority_reference"}
        return wanted

    async def find(self, row: OutboxRow) -> Row | None:
        """The incident of that key, whatever its state. Raises SourceError."""
        key = dedup_key(row)
        params = [("incident_key", key), ("date_range", "all"), *(("statuses[]", one) for one in _STATUSES)]
        found = await listing(self._client, "/incidents", "incidents", params, max_pages=1)
        ours = [one for one in found.rows if fields.text(one, "incident_key") == key and fields.native_id(one, "id")]
        return next((one for one in ours if fields.native_id(one, "id") == row.native_ref), ours[0] if ours else None)
