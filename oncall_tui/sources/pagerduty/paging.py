"""Reading PagerDuty's lists whole, whatever their pages hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer
from oncall_tui.sources.http import HttpClient

LIMIT = 100
MAX_PAGES = 10_000 // LIMIT
"""PagerDuty lists no more than 10,000: beyond them it answers 400."""
Row = Mapping[str, Any]
Params = Sequence[tuple[str, str | int | bool]]


@dataclass(slots=True)
class Listing:
    """The rows of a list. ``note`` says why it is not whole, ``None`` where it is."""

    rows: list[Row] = field(default_factory=list)
    note: str | None = None


async def listing(
    client: HttpClient, path: str, key: str, params: Params = (), *, max_pages: int = MAX_PAGES
) -> Listing:
    """All rows below ``key``, each once, in the order of their first appearance.

    Stops, and says so, at ``max_pages`` and where a page brings nothing new although there should be more.

    Raises:
        SourceError: a page did not come: half a list is none.
    """
    found = Listing()
    seen: set[str] = set()
    for page in range(max_pages):
        answer = await client.get(path, [*params, ("limit", LIMIT), ("offset", page * LIMIT)])
        if not fields.is_list(answer.data, key):
            raise BadAnswer(f"{client.host} answers {path} without {key}")
        fresh = 0
        for row in fields.rows(answer.data, key):
            identity = fields.native_id(row, "id") or repr(row)  # on-call rows have no id
            if identity in seen:
                continue
            seen.add(identity)
            found.rows.append(row)
            fresh += 1
        if fields.boolean(answer.data, "more") is not True:
            return found
        if not fresh:
            found.note = f"only {len(found.rows)} were read: the pages repeat themselves"
            return found
    found.note = f"only the first {len(found.rows)} were read"
    return found


async def one_page(client: HttpClient, path: str, key: str) -> list[Row]:
    """The first rows of a list: whether it can be read at all. Raises SourceError."""
    return (await listing(client, path, key, max_pages=1)).rows


def server_now(client: HttpClient, now: datetime) -> datetime:
    """What PagerDuty's clock shows: its times are compared with this, and its windows asked by it."""
    return now + (client.clock_skew or timedelta())


async def one(client: HttpClient, path: str, key: str, params: Params = ()) -> Row:
    """The object below ``key``. Raises SourceError."""
    answer = await client.get(path, params)
    found = fields.obj(answer.data, key)
    if not found:
        raise BadAnswer(f"{client.host} answers {path} without {key}")
    return found
