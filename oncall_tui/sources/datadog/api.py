"""Datadog's lists read whole: each of its APIs pages in a way of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from oncall_tui.model import Person
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer
from oncall_tui.sources.http import Answer, HttpClient

PAGE = 100
MAX_PAGES = 10
"""Of one list in one poll."""

Row = Mapping[str, Any]
Params = Sequence[tuple[str, str | int | bool]]


@dataclass(slots=True)
class Listing:
    """The rows of a list, and what the answers included besides. ``note`` says why it is not whole, else ``None``."""

    rows: list[Row] = field(default_factory=list)
    included: list[Row] = field(default_factory=list)
    note: str | None = None
    total: int | None = None
    """How many there are by the latest page that told."""

    def counted(self, total: int | None) -> None:
        """A page says how many there are. Where two pages differ, rows have moved between them, and one may be in
        neither."""
        if total is not None:
            if self.total not in (None, total):
                self.note = "the list changed while it was read"
            self.total = total

    def ended(self) -> Listing:
        """The same, saying whether fewer came than there are."""
        if self.note is None and self.total is not None and len(self.rows) < self.total:
            self.note = f"only {len(self.rows)} of {self.total} came"
        return self

    def cut(self) -> Listing:
        """The same, saying that the limit was reached."""
        self.note = f"only the first {len(self.rows)} were read"
        return self


async def searched(client: HttpClient, path: str, key: str, query: str) -> Listing:
    """A v1 search: pages by number, ``metadata.page_count`` of them. Raises SourceError."""
    found = Listing()
    for page in range(MAX_PAGES):
        params: Params = [*([("query", query)] if query else []), ("page", page), ("per_page", PAGE)]
        answer = await client.get(path, params, meter=path)
        rows = _rows(client, path, answer, key)
        found.rows += rows
        found.counted(fields.integer(answer.data, "metadata", "total_count"))
        pages = fields.integer(answer.data, "metadata", "page_count")
        if not rows or (pages is not None and page + 1 >= pages) or (pages is None and len(rows) < PAGE):
            return found.ended()
    return found.cut()


async def events(client: HttpClient, query: str, start_ms: int, end_ms: int) -> Listing:
    """Events in a stretch of time (Unix milliseconds), the newest first: pages by cursor. Raises SourceError."""
    path, found, cursor = "/api/v2/events", Listing(), ""
    for _ in range(MAX_PAGES):
        params: Params = [
            ("filter[query]", query),
            ("filter[from]", start_ms),
            ("filter[to]", end_ms),
            ("sort", "-timestamp"),
            ("page[limit]", PAGE * 5),
            *([("page[cursor]", cursor)] if cursor else []),
        ]
        answer = await client.get(path, params, meter=path)
        found.rows += _rows(client, path, answer, "data")
        after = fields.walk(answer.data, "meta", "page", "after")
        if not isinstance(after, str) or not after or after == cursor:
            return found
        cursor = after
    return found.cut()


async def incidents(client: HttpClient, query: str) -> Listing:
    """Incidents that a search finds, the newest first: pages by offset, each incident wrapped in ``data``. Raises
    SourceError."""
    path, found = "/api/v2/incidents/search", Listing()
    for _ in range(MAX_PAGES):
        params: Params = [
            ("query", query),
            ("sort", "-created"),
            ("include", "users"),
            ("page[size]", PAGE),
            ("page[offset]", len(found.rows)),
        ]
        answer = await client.get(path, params, meter=path)
        rows = [fields.obj(row, "data") for row in _rows(client, path, answer, "data", "attributes", "incidents")]
        found.rows += rows
        found.included += fields.rows(answer.data, "included")
        total = fields.integer(answer.data, "data", "attributes", "total")
        found.counted(total)
        if not rows or (total is not None and len(found.rows) >= total) or (total is None and len(rows) < PAGE):
            return found.ended()
    return found.cut()


async def incidents_page(client: HttpClient, query: str, offset: int) -> tuple[Listing, bool]:
    """A page of what a search finds, the newest first, and whether more may follow. Raises SourceError."""
    path, found = "/api/v2/incidents/search", Listing()
    params: Params = [
        ("query", query),
        ("sort", "-created"),
        ("include", "users"),
        ("page[size]", PAGE),
        ("page[offset]", offset),
    ]
    answer = await client.get(path, params, meter=path)
    found.rows = [fields.obj(row, "data") for row in _rows(client, path, answer, "data", "attributes", "incidents")]
    found.included += fields.rows(answer.data, "included")
    total = fields.integer(answer.data, "data", "attributes", "total")
    more = len(found.rows) >= PAGE if total is None else offset + len(found.rows) < total
    return found, more and bool(found.rows)


async def offset_list(client: HttpClient, path: str, params: Params = ()) -> Listing:
    """A v2 list that pages by ``page[offset]`` (downtimes). Raises SourceError."""
    found = Listing()
    for _ in range(MAX_PAGES):
        paged: Params = [*params, ("page[offset]", len(found.rows)), ("page[limit]", PAGE)]
        answer = await client.get(path, paged, meter=path)
        rows = _rows(client, path, answer, "data")
        found.rows += rows
        found.included += fields.rows(answer.data, "included")
        found.counted(fields.integer(answer.data, "meta", "page", "total_filtered_count"))
        if len(rows) < PAGE:
            return found.ended()
    return found.cut()


async def numbered_list(client: HttpClient, path: str, params: Params = ()) -> Listing:
    """A v2 list that pages by ``page[number]`` (users, teams). Raises SourceError."""
    found = Listing()
    for number in range(MAX_PAGES):
        paged: Params = [*params, ("page[number]", number), ("page[size]", PAGE)]
        answer = await client.get(path, paged, meter=path)
        rows = _rows(client, path, answer, "data")
        found.rows += rows
        if len(rows) < PAGE:
            return found
    return found.cut()


def _rows(client: HttpClient, path: str, answer: Answer, *way: str) -> list[Row]:
    """All of the list; what is no object is an empty one, which says nothing and is counted."""
    listed = fields.walk(answer.data, *way)
    if not isinstance(listed, list):
        raise BadAnswer(f"{client.host} answers {path} without {'.'.join(way)}")
    return [row if isinstance(row, Mapping) else {} for row in listed]


def named(client: HttpClient, path: str, listing: Listing) -> Listing:
    """The same list, unless it is one of things that do not say which they are: that is no answer, and nothing that is
    known is to be given up for it.

    Raises:
        BadAnswer: no row of it has an id.
    """
    nameless = sum(fields.native_id(row, "id") is None for row in listing.rows)
    if nameless and nameless == len(listing.rows):
        raise BadAnswer(f"{client.host} answers {path} without ids")
    if nameless and listing.note is None:
        listing.note = f"{nameless} without an id are not shown"
    return listing


def people(rows: Sequence[Row]) -> dict[str, Person]:
    """The users among the rows of a JSON:API answer, by id."""
    found = {}
    for row in rows:
        native_id = fields.native_id(row, "id")
        if row.get("type") != "users" or native_id is None:
            continue
        mail = fields.text(row, "attributes", "email", limit=200)
        name = fields.text(row, "attributes", "name", limit=200) or fields.text(row, "attributes", "handle", limit=200)
        found[native_id] = Person(id=native_id, name=name or mail or native_id, contact=mail)
    return found
