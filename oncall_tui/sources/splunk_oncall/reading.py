"""Reading incidents: those of the live list, one by its number, its notes, its latest alert, and the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta

from oncall_tui.clock import iso
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, NotFound, RateLimited, SourceError
from oncall_tui.sources.http import segment
from oncall_tui.sources.splunk_oncall.api import PUBLIC, Api
from oncall_tui.sources.splunk_oncall.decoding import AlertRow, NoteRow, Row, alert_row, note_rows, number_of

HISTORY = "/api-reporting/v2/incidents"
PAGE = 100
LOOK_BACK = timedelta(hours=24)
"""What a shift's handover speaks of."""
BETWEEN_PAGES = timedelta(seconds=61)
"""The history may be asked once a minute."""
BETWEEN_ROUNDS = timedelta(minutes=10)
MAX_PAGES = 10
NOTES_EVERY = timedelta(minutes=2)
MAX_NOTES = 2
"""Incidents whose notes are read in one poll."""
MAX_ALERTS = 3
"""Alerts looked up in one poll."""


@dataclass(slots=True)
class Listing:
    """Incidents of the live list by number. ``lost``: rows that cannot be told apart, or have no number."""

    rows: dict[str, Row] = field(default_factory=dict)
    lost: int = 0


async def live(api: Api) -> Listing:
    """Open, acknowledged and recently resolved incidents: the API gives them at once. Raises SourceError."""
    found = Listing()
    for row in await api.rows(f"{PUBLIC}/incidents", "incidents"):
        number = number_of(row)
        if number is None or found.rows.get(number, row) != row:
            found.lost += 1
        else:
            found.rows[number] = row
    return found


async def incident(api: Api, number: str) -> Row:
    """One incident. Raises NotFound and other SourceErrors."""
    row = fields.obj(await api.get(f"{PUBLIC}/incidents/{segment(number)}"))
    if number_of(row) != number:
        raise BadAnswer(f"{api.client.host} answers with another incident than {number}")
    return row


async def incident_notes(api: Api, number: str) -> tuple[list[NoteRow], bool]:
    """The notes of one incident, and whether they are all of them. Raises SourceError."""
    try:
        data = await api.get(f"{PUBLIC}/incidents/{segment(number)}/notes")
    except NotFound:
        return [], True
    return note_rows(data)


def policy_of(row: Row) -> str | None:
    """The slug of the first policy that an incident has paged."""
    found = (fields.native_id(item, "policy", "slug") for item in fields.rows(row, "pagedPolicies"))
    return next((slug for slug in found if slug), None)


class Alerts:
    """What the latest alert of each incident says, looked up a few at a time and remembered."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._held: dict[str, AlertRow] = {}
        self._absent: set[str] = set()

    def of(self, row: Row) -> AlertRow | None:
        """As far as it was looked up."""
        return self._held.get(fields.native_id(row, "lastAlertId") or "")

    async def look_up(self, rows: Iterable[Row], most: int = MAX_ALERTS) -> None:
        """Look up those not known yet. Raises SourceError; one that is not there any more is not asked for again."""
        wanted = list(dict.fromkeys(alert for row in rows if (alert := fields.native_id(row, "lastAlertId"))))
        kept = set(wanted)
        self._held = {alert: said for alert, said in self._held.items() if alert in kept}
        self._absent &= kept
        for alert in [one for one in wanted if one not in self._held and one not in self._absent][:most]:
            await self.one(alert)

    async def one(self, alert: str) -> None:
        """Look up one. Raises SourceError other than NotFound."""
        try:
            data = await self._api.get(f"{PUBLIC}/alerts/{segment(alert)}")
        except NotFound:
            self._absent.add(alert)
            return
        if not isinstance(data, Mapping):
            raise BadAnswer(f"{self._api.client.host} answers with an alert that is none")
        self._held[alert] = alert_row(data, alert)


class History:
    """Resolved incidents of the last day out of the reporting API, a page a minute, the whole of it every ten minutes.

    It may trail the live list by a quarter of an hour, so that list goes before it.

    Attributes:
        problem: why the latest page did not come, or that there are more than are read.
    """

    def __init__(self, api: Api) -> None:
        self.problem: str | None = None
        self._api = api
        self._due: datetime | None = None
        self._asked_at: datetime | None = None
        self._page = 0
        self._since: datetime | None = None

    async def read(self, now: datetime) -> list[Row]:
        """The next page where it is due. Never raises SourceError: see :attr:`problem`."""
        if self._due is not None and now < self._due:
            return []
        self._due, self._asked_at = now + BETWEEN_PAGES, now
        try:
            rows = await self._next()
        except SourceError as error:
            self.problem = f"history: {error}"
            return []
        more = len(rows) >= PAGE
        cut = more and self._page + 1 >= MAX_PAGES
        self.problem = f"history: only the first {MAX_PAGES * PAGE} of a day were read" if cut else None
        self._page = self._page + 1 if more and not cut else 0
        if self._page == 0:
            self._due = now + BETWEEN_ROUNDS
        return rows

    async def between(self, start: datetime, end: datetime, offset: int, now: datetime) -> list[Row]:
        """A page of the resolved incidents that began in that stretch.

        Raises:
            RateLimited: it was asked for less than a minute ago, by whomever.
            SourceError: it did not come.
        """
        left = (self._asked_at + BETWEEN_PAGES - now).total_seconds() if self._asked_at is not None else 0.0
        if left > 0:
            raise RateLimited("the history may be asked once a minute", retry_after=left)
        self._asked_at = now
        if self._due is not None:
            self._due = max(self._due, now + BETWEEN_PAGES)
        window = [("startedAfter", iso(start)), ("startedBefore", iso(end)), ("currentPhase", "resolved")]
        return await self._api.rows(HISTORY, "incidents", [("offset", offset), ("limit", PAGE), *window])

    async def _next(self) -> list[Row]:
        if self._page == 0 or self._since is None:
            self._since = self._api.now - LOOK_BACK
        window = [("startedAfter", iso(self._since)), ("currentPhase", "resolved")]
        return await self._api.rows(HISTORY, "incidents", [("offset", self._page * PAGE), ("limit", PAGE), *window])


class Notes:
    """The notes of open incidents, a few incidents a poll in turn: a new note changes nothing in the live list."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._read_at: dict[str, datetime] = {}

    async def read(self, numbers: Iterable[str], now: datetime) -> dict[str, list[NoteRow]]:
        """The notes of those whose turn it is, by number. Raises SourceError."""
        present = list(numbers)
        self._read_at = {number: at for number, at in self._read_at.items() if number in present}
        never = datetime.min.replace(tzinfo=now.tzinfo)
        due = [number for number in present if now - self._read_at.get(number, never) >= NOTES_EVERY]
        due.sort(key=lambda number: self._read_at.get(number, never))
        found = {}
        for number in due[:MAX_NOTES]:
            found[number], _ = await incident_notes(self._api, number)
            self._read_at[number] = now
        return found
