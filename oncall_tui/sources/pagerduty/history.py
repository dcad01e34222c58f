"""Incidents of long ago: those of a stretch with the account's log of it, which costs a page or two, and the log and
notes of those few that outlast it or have notes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from oncall_tui.clock import iso
from oncall_tui.model import IncidentDetail
from oncall_tui.sources import fields
from oncall_tui.sources.base import HistoryPage, NotFound
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.pagerduty import reading
from oncall_tui.sources.pagerduty.decoding import Decoder, LogLine, NoteRow, log_lines
from oncall_tui.sources.pagerduty.oncall import Roster
from oncall_tui.sources.pagerduty.paging import Params, Row, listing

_AT_ONCE = 4
_LASTS = timedelta(hours=2)
"""The log is read so much beyond the stretch: most incidents are over by then."""


async def history(
    client: HttpClient, decoder: Decoder, roster: Roster, start: datetime, end: datetime, now: datetime
) -> HistoryPage:
    """All of the stretch at once.

    Args:
        now: by PagerDuty's clock.

    Raises:
        SourceError: the list or the log did not come.
    """
    found = await listing(
        client,
        "/incidents",
        "incidents",
        [
            ("statuses[]", "resolved"),
            ("since", iso(start)),
            ("until", iso(end)),
            ("sort_by", "created_at:asc"),
        ],
    )
    rows = [row for row in found.rows if (at := fields.instant(row, "created_at")) is not None and start <= at < end]
    notes = [found.note] if found.note else []
    log: dict[str, list[LogLine]] = {}
    log_end = min(end + _LASTS, now)
    if rows:
        lines, note = await _log(client, start, log_end)
        notes += [note] if note else []
        for line in lines:
            log.setdefault(line.incident_id, []).append(line)
    details = await _details(client, rows, log, log_end)
    return HistoryPage(
        incidents=tuple(
            detail for row in rows if (detail := _one(decoder, roster, row, log, details, now)) is not None
        ),
        notes=tuple(notes),
    )


async def _log(client: HttpClient, start: datetime, end: datetime) -> tuple[list[LogLine], str | None]:
    params: Params = [("since", iso(start)), ("until", iso(end)), ("is_overview", True)]
    found = await listing(client, "/log_entries", "log_entries", params)
    return log_lines(found.rows), found.note


async def _details(
    client: HttpClient, rows: Sequence[Row], log: Mapping[str, Sequence[LogLine]], log_end: datetime
) -> dict[str, reading.Detail]:
    """Of those that lasted beyond the log that was read, or that have notes: their own."""
    wanted = [
        native_id
        for row in rows
        if (native_id := fields.native_id(row, "id")) is not None and _needs_more(row, log.get(native_id, ()), log_end)
    ]
    details: dict[str, reading.Detail] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]
        read = await asyncio.gather(*(_detail(client, native_id) for native_id in some))
        details |= {native_id: detail for native_id, detail in zip(some, read, strict=True) if detail is not None}
    return details


def _needs_more(row: Row, lines: Sequence[LogLine], log_end: datetime) -> bool:
    resolved = fields.instant(row, "resolved_at") or fields.instant(row, "last_status_change_at")
    outlasts = resolved is None or resolved > log_end
    return outlasts or any(line.kind == "annotate" for line in lines) or not lines


async def _detail(client: HttpClient, native_id: str) -> reading.Detail | None:
    try:
        return await reading.detail(client, native_id)
    except NotFound:
        return None  # gone since it was listed


def _one(
    decoder: Decoder,
    roster: Roster,
    row: Row,
    log: Mapping[str, list[LogLine]],
    details: Mapping[str, reading.Detail],
    now: datetime,
) -> IncidentDetail | None:
    native_id = fields.native_id(row, "id") or ""
    detail = details.get(native_id)
    lines: list[LogLine] = detail.lines if detail is not None else log.get(native_id, [])
    notes: Sequence[NoteRow] = detail.notes if detail is not None else ()
    incident = decoder.incident(row, roster, lines, None, now)
    if incident is None:
        return None
    first = fields.native_id(row, "first_trigger_log_entry", "id")
    return IncidentDetail(incident=incident, timeline=tuple(decoder.timeline(lines, notes, incident, first)))
