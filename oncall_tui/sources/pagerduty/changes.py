"""Change events (what was deployed) and maintenance windows (what is worked on) as changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta

from oncall_tui.clock import iso
from oncall_tui.model import Change, ChangeKind, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import AuthFailed, NotFound, Refused, SourceError
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.pagerduty.oncall import reference
from oncall_tui.sources.pagerduty.paging import Row, listing, one_page, server_now

EVERY = timedelta(minutes=1)
BACK, AHEAD = timedelta(hours=24), timedelta(days=7)
OVERLAP = timedelta(hours=1)
"""An event is told at the time that its sender gives it, which may be before it came."""
MAX_PAGES = 10
EVENTS, WINDOWS = "change events", "maintenance windows"
_PATHS: Mapping[str, tuple[str, str]] = {
    EVENTS: ("/change_events", "change_events"),
    WINDOWS: ("/maintenance_windows", "maintenance_windows"),
}


class ChangeReader:
    """Reads an account's changes once a minute: events since the last reading, windows that are open or to come."""

    def __init__(self, client: HttpClient, source: str) -> None:
        self._client = client
        self._source = source
        self._rows: dict[str, dict[str, Row]] = {EVENTS: {}, WINDOWS: {}}
        self._due: datetime | None = None
        self._read_at: datetime | None = None
        self._failures: dict[str, SourceError] = {}
        self._notes: dict[str, str] = {}
        self._is_fresh = False

    async def refresh(self, now: datetime) -> None:
        """Read what is due. Never raises SourceError: see :attr:`problems`."""
        if self._due is not None and now < self._due <= now + EVERY:
            return
        there = server_now(self._client, now)
        await asyncio.gather(self._take(EVENTS, self._events, there), self._take(WINDOWS, self._windows, there))
        self._due = now + EVERY
        self._is_fresh = not self._failures
        if EVENTS not in self._failures:
            self._read_at = there

    async def _take(self, part: str, read: Callable[[datetime], Awaitable[None]], there: datetime) -> None:
        self._failures.pop(part, None)
        self._notes.pop(part, None)
        try:
            await read(there)
        except SourceError as error:
            if _is_not_for_us(error):
                self._rows[part] = {}
            else:
                self._failures[part] = error

    async def _events(self, there: datetime) -> None:
        oldest = there - BACK
        since = max(oldest, self._read_at - OVERLAP) if self._read_at is not None else oldest
        found = await listing(
            self._client,
            *_PATHS[EVENTS],
            [("since", iso(since)), ("until", iso(there + AHEAD))],
            max_pages=MAX_PAGES,
        )
        held = {one: row for one, row in self._rows[EVENTS].items() if _is_since(row, oldest)}
        self._rows[EVENTS] = held | _by_id(found.rows)
        if found.note:
            self._notes[EVENTS] = found.note

    async def _windows(self, there: datetime) -> None:
        found = await listing(self._client, *_PATHS[WINDOWS], [("filter", "open")], max_pages=MAX_PAGES)
        self._rows[WINDOWS] = _by_id(found.rows)
        if found.note:
            self._notes[WINDOWS] = found.note

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each part whose latest reading failed or is not whole."""
        failed = [f"{part}: {error}" for part, error in self._failures.items()]
        return (*failed, *(f"{part}: {note}" for part, note in self._notes.items()))

    @property
    def has_failed(self) -> bool:
        """A part was due and did not come."""
        return bool(self._failures)

    def changes(self, services: Mapping[str, str]) -> tuple[Change, ...] | None:
        """All that are known, the latest first; ``None`` where they were not read anew, or not all of them came.

        Args:
            services: names by id, for those that are told by id only.
        """
        if not self._is_fresh:
            return None
        self._is_fresh = False
        found = [change for row in self._rows[EVENTS].values() for change in self._event(row, services)]
        found += [change for row in self._rows[WINDOWS].values() for change in self._window(row, services)]
        return tuple(sorted(found, key=lambda one: (one.at, one.id), reverse=True))

    def _event(self, row: Row, services: Mapping[str, str]) -> Iterator[Change]:
        at = fields.instant(row, "timestamp")
        if at is None:
            return
        link = next((url for link in fields.rows(row, "links") if (url := fields.url(link, "href"))), None)
        for native_id, service in _each_service(row, services):
            yield Change(
                id=join_id(self._source, native_id),
                source=self._source,
                native_id=native_id,
                title=fields.text(row, "summary") or "change",
                at=at,
                kind=ChangeKind.DEPLOYMENT,
                service=service,
                author=fields.text(row, "source", limit=200),
                url=link or fields.url(row, "html_url"),
            )

    def _window(self, row: Row, services: Mapping[str, str]) -> Iterator[Change]:
        at, until = fields.instant(row, "start_time"), fields.instant(row, "end_time")
        if at is None:
            return
        by = reference(row, "created_by")
        for native_id, service in _each_service(row, services):
            yield Change(
                id=join_id(self._source, native_id),
                source=self._source,
                native_id=native_id,
                title=fields.text(row, "description") or fields.text(row, "summary") or "maintenance",
                at=at,
                until=until if until is not None and until > at else None,
                kind=ChangeKind.MAINTENANCE,
                service=service,
                author=by.name if by is not None else None,
                url=fields.url(row, "html_url"),
            )


async def unreadable(client: HttpClient) -> tuple[str, ...]:
    """Which of the two this key or this account does not have. Raises SourceError."""
    missing = []
    for part, (path, key) in _PATHS.items():
        try:
            await one_page(client, path, key)
        except SourceError as error:
            if not _is_not_for_us(error):
                raise
            missing.append(part)
    return tuple(missing)


def _is_not_for_us(error: SourceError) -> bool:
    """This account or this key has none of that, as priorities may be missing; anything else is a failure."""
    if isinstance(error, AuthFailed):
        return error.status == 403
    return isinstance(error, NotFound) or (isinstance(error, Refused) and error.status == 402)


def _by_id(rows: list[Row]) -> dict[str, Row]:
    return {native_id: row for row in rows if (native_id := fields.native_id(row, "id")) is not None}


def _is_since(row: Row, oldest: datetime) -> bool:
    at = fields.instant(row, "timestamp")
    return at is not None and at >= oldest


def _each_service(row: Row, services: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """A change's id and the name of its service, once for each of its services."""
    native_id = fields.native_id(row, "id") or ""
    found: dict[str, str] = {}
    for one in fields.rows(row, "services"):
        service_id = fields.native_id(one, "id")
        if service_id is not None:
            found[service_id] = fields.text(one, "summary") or services.get(service_id) or service_id
    if not found:
        yield native_id, None
    for service_id, name in found.items():
        yield (native_id if len(found) == 1 else f"{native_id}-{service_id}"), name
