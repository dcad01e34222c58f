"""Reading alert groups: all open ones, those that closed, and whose notes it is the turn of."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import field
from datetime import datetime, timedelta

from oncall_tui.model import Incident, IncidentState
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import Known, NotFound, SourceError
from oncall_tui.sources.grafana_oncall.api import Api, Listing, Row

OPEN = ("new", "acknowledged", "silenced")
"""The filter's words, in the order in which groups mostly move: what moves on between two lists is in the later one."""
FIRST_LOOK_BACK = timedelta(hours=24)
"""Resolved groups read on the first poll: what a shift's handover speaks of."""
LAST_HOUR = timedelta(hours=1)
FARTHEST = timedelta(days=30)
OVERLAP = timedelta(minutes=2)
MAX_LOOK_UPS = 15
"""Groups that left the open lists and are asked for one by one, in one poll."""
MAX_NOTES = 6
"""Groups whose notes are read in one poll; the others' turn is the next."""
NOTES_EVERY = timedelta(minutes=2)
"""A note changes nothing of its group, so those of open groups are read again and again."""


@dataclass(slots=True)
class Closed:
    """What became of groups that are not in the open lists.

    ``gone``: native ids that OnCall does not find any more; ``unsure``: ids whose state could not be asked.
    """

    rows: list[Row] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    note: str | None = None


async def open_groups(api: Api) -> Listing:
    """Every open group, each once, as it was seen last. Raises SourceError."""
    found: dict[str, Row] = {}
    notes = []
    for state in OPEN:
        listed = await api.listing("/alert_groups/", [("state", state)])
        found |= {fields.native_id(row, "id") or repr(row): row for row in listed.rows}
        if listed.note:
            notes.append(f"{state}: {listed.note}")
    return Listing(list(found.values()), "; ".join(notes) or None)


async def closed_groups(api: Api, known: Known, still_open: Collection[str]) -> Closed:
    """Those that began lately and are resolved, and each that was open when last seen and is in no open list now.

    The window goes by when a group began, so an older one that closed is asked for by its id.

    Raises:
        SourceError: the list did not come. One id that does not is among ``unsure``.
    """
    now = api.now()
    skew = api.client.clock_skew or timedelta()
    since = known.last_success + skew - OVERLAP if known.last_success is not None else now - FIRST_LOOK_BACK
    since = max(min(since, now - LAST_HOUR), now - FARTHEST)
    window = f"{since:%Y-%m-%dT%H:%M:%S}_{now + OVERLAP:%Y-%m-%dT%H:%M:%S}"
    listed = await api.listing("/alert_groups/", [("state", "resolved"), ("started_at", window)], max_pages=5)
    closed = Closed(listed.rows, note=listed.note)
    told = {fields.native_id(row, "id") for row in listed.rows}
    vanished = [
        native_id
        for native_id, incident in known.incidents.items()
        # What it did not find is asked for again at leisure: by the desk, one by one.
        if incident.is_open
        and incident.state is not IncidentState.UNKNOWN
        and native_id not in still_open
        and native_id not in told
    ]
    closed.unsure = vanished[MAX_LOOK_UPS:]
    await asyncio.gather(*(_look_up(api, native_id, closed) for native_id in vanished[:MAX_LOOK_UPS]))
    return closed


async def groups_between(api: Api, start: datetime, end: datetime) -> Listing:
    """Those that began in that stretch and are resolved. Raises SourceError."""
    window = f"{start:%Y-%m-%dT%H:%M:%S}_{end:%Y-%m-%dT%H:%M:%S}"
    return await api.listing("/alert_groups/", [("state", "resolved"), ("started_at", window)])


async def _look_up(api: Api, native_id: str, closed: Closed) -> None:
    try:
        closed.rows.append(await group(api, native_id))
    except NotFound:
        closed.gone.append(native_id)
    except SourceError:
        closed.unsure.append(native_id)


async def group(api: Api, native_id: str) -> Row:
    """One alert group. Raises NotFound and other SourceErrors."""
    return await api.one("alert_groups", native_id)


async def notes_of(api: Api, native_id: str) -> list[Row]:
    """The resolution notes of one group. Raises SourceError."""
    return (await api.listing("/resolution_notes/", [("alert_group_id", native_id)], max_pages=5)).rows


async def alerts_of(api: Api, native_id: str) -> list[Row]:
    """The alerts of one group, its first 200. Raises SourceError."""
    return (await api.listing("/alerts/", [("alert_group_id", native_id)], max_pages=2)).rows


class Turns:
    """Whose notes are to be read: new groups first, then open ones that were read longest ago, closed ones once."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[datetime, bool]] = {}

    def next(self, incidents: Iterable[Incident], now: datetime) -> list[str]:
        """Native ids, at most :data:`MAX_NOTES`."""
        ranked = []
        present = {}
        for incident in incidents:
            last = self._read.get(incident.native_id)
            if last is not None:
                present[incident.native_id] = last
            if last is None or (incident.is_open and last[0] + NOTES_EVERY <= now) or incident.is_open != last[1]:
                ranked.append((last is not None, not incident.is_open, last[0] if last else now, incident.native_id))
        self._read = present
        return [native_id for *_, native_id in sorted(ranked)[:MAX_NOTES]]

    def done(self, incident: Incident, now: datetime) -> None:
        """The notes of this group were read."""
        self._read[incident.native_id] = (now, incident.is_open)
