"""Reading incidents: all open ones, those that closed, and the log of each that has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from oncall_tui.clock import iso
from oncall_tui.model import Incident, IncidentState
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import Known, NotFound, SourceError
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.sources.pagerduty.decoding import LogLine, NoteRow, log_lines, note_rows
from oncall_tui.sources.pagerduty.paging import Listing, Params, Row, listing, one

FIRST_LOOK_BACK = timedelta(hours=24)
"""Resolved incidents read on the first poll: what a shift's handover speaks of."""
FARTHEST = timedelta(days=180)
OVERLAP = timedelta(minutes=2)
ALERT_WINDOW = timedelta(hours=1)
LOG_LOOK_BACK = timedelta(hours=24)
MAX_LOOK_UPS = 25
"""Incidents that left the open list and are asked for one by one, in one poll."""
MAX_DETAILS = 8
"""Incidents whose log and notes are read in one poll; the others' turn is the next."""
_INCLUDE: Params = [("include[]", "conference_bridge")]


@dataclass(frozen=True, slots=True)
class Detail:
    """The log and the notes of one incident."""

    lines: list[LogLine]
    notes: list[NoteRow]


@dataclass(slots=True)
class Closed:
    """What became of incidents that are not in the open list.

    ``gone``: native ids that the account does not find any more; ``unsure``: ids whose state could not be asked.
    """

    rows: list[Row] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    note: str | None = None


async def open_incidents(client: HttpClient) -> Listing:
    """Every open incident, however old. Raises SourceError."""
    return await listing(
        client,
        "/incidents",
        "incidents",
        [
            ("statuses[]", "triggered"),
            ("statuses[]", "acknowledged"),
            ("date_range", "all"),
            ("sort_by", "urgency:desc,created_at:desc"),
            *_INCLUDE,
        ],
    )


async def closed_incidents(client: HttpClient, known: Known, still_open: Collection[str], now: datetime) -> Closed:
    """Those resolved lately, and each that was open when last seen and is not in the list of open ones now.

    PagerDuty's window goes by when an incident was created, so an older one that closed is asked for by its id.
    ``now`` is by PagerDuty's clock.

    Raises:
        SourceError: the list did not come. One id that does not is among ``unsure``.
    """
    skew = client.clock_skew or timedelta()
    since = known.last_success + skew - OVERLAP if known.last_success is not None else now - FIRST_LOOK_BACK
    since = max(min(since, now - ALERT_WINDOW), now - FARTHEST)
    found = await listing(
        client,
        "/incidents",
        "incidents",
        [
            ("statuses[]", "resolved"),
            ("since", iso(since)),
            ("until", iso(now + OVERLAP)),
            ("sort_by", "resolved_at:desc"),
            *_INCLUDE,
        ],
        max_pages=5,
    )
    closed = Closed(found.rows, note=found.note)
    told = {fields.native_id(row, "id") for row in found.rows}
    vanished = [
        native_id
        for native_id, incident in known.incidents.items()
        # What it did not find, nor tell the state of, is asked for again at leisure: by the desk, one by one.
        if incident.is_open
        and incident.state is not IncidentState.UNKNOWN
        and native_id not in still_open
        and native_id not in told
    ]
    closed.unsure = vanished[MAX_LOOK_UPS:]
    await asyncio.gather(*(_look_up(client, native_id, closed) for native_id in vanished[:MAX_LOOK_UPS]))
    return closed


async def _look_up(client: HttpClient, native_id: str, closed: Closed) -> None:
    try:
        closed.rows.append(await incident_row(client, native_id))
    except NotFound:
        closed.gone.append(native_id)
    except SourceError:
        closed.unsure.append(native_id)


async def incident_row(client: HttpClient, native_id: str) -> Row:
    """One incident. Raises NotFound and other SourceErrors."""
    return await one(client, f"/incidents/{segment(native_id)}", "incident", _INCLUDE)


async def account_log(client: HttpClient, since: datetime) -> tuple[list[LogLine], str | None]:
    """The whole account's log since then, newest first, and a note where it is not whole."""
    params: Params = [("since", iso(since)), ("is_overview", True)]
    found = await listing(client, "/log_entries", "log_entries", params, max_pages=10)
    return log_lines(found.rows), found.note


async def detail(client: HttpClient, native_id: str) -> Detail:
    """The log and the notes of one incident. Raises SourceError."""
    lines, note_list = await asyncio.gather(incident_log(client, native_id), incident_notes(client, native_id))
    return Detail(lines, note_list)


async def incident_log(client: HttpClient, native_id: str) -> list[LogLine]:
    """The log of one incident, its latest 1000 lines. Raises SourceError."""
    path = f"/incidents/{segment(native_id)}/log_entries"
    return log_lines((await listing(client, path, "log_entries", max_pages=10)).rows, native_id)


async def incident_notes(client: HttpClient, native_id: str) -> list[NoteRow]:
    """The notes of one incident. Raises SourceError."""
    answer = await client.get(f"/incidents/{segment(native_id)}/notes")
    return note_rows(fields.rows(answer.data, "notes"), native_id)


async def incident_alerts(client: HttpClient, native_id: str) -> Sequence[Row]:
    """The alerts of one incident, at most 1000. Raises SourceError."""
    path = f"/incidents/{segment(native_id)}/alerts"
    return (await listing(client, path, "alerts", max_pages=10)).rows


class Changes:
    """Remembers in which form each incident's log was last read, so that only what has changed is read again."""

    def __init__(self) -> None:
        self._read: dict[str, str] = {}
        self._log_ids: frozenset[str] = frozenset()

    def fresh(self, lines: Sequence[LogLine]) -> list[LogLine]:
        """The lines that the last call did not have."""
        new = [line for line in lines if line.id not in self._log_ids]
        self._log_ids = frozenset(line.id for line in lines)
        for line in new:
            if line.kind == "annotate":
                self._read.pop(line.incident_id, None)  # a note changes no time of the incident's
        return new

    def next(self, rows: Sequence[Row], known: Known) -> list[str]:
        """Whose log is to be read now: new ones first, then changed ones, then what was not read by this process."""
        ranked: list[tuple[int, str]] = []
        for row in rows:
            native_id = fields.native_id(row, "id")
            if native_id is None or self._read.get(native_id) == _stamp(row):
                continue
            held: Incident | None = known.incidents.get(native_id)
            changed = held is None or held.updated_at != fields.instant(row, "updated_at")
            is_open = fields.text(row, "status") != "resolved"
            ranked.append(((0 if held is None else 1 if changed else 2) + (0 if is_open else 3), native_id))
        present = {fields.native_id(row, "id") for row in rows}
        self._read = {native_id: stamp for native_id, stamp in self._read.items() if native_id in present}
        return [native_id for _, native_id in sorted(ranked, key=lambda pair: pair[0])][:MAX_DETAILS]

    def done(self, row: Row) -> None:
        """The log of this incident, in this form, was read."""
        native_id = fields.native_id(row, "id")
        if native_id is not None:
            self._read[native_id] = _stamp(row)


def _stamp(row: Row) -> str:
    return f"{fields.text(row, 'updated_at')} {fields.text(row, 'last_status_change_at')} {fields.text(row, 'status')}"
