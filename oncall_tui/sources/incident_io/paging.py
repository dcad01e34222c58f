"""Reading incident.io's lists whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oncall_tui.sources import fields
from oncall_tui.sources.base import AuthFailed, BadAnswer, Refused
from oncall_tui.sources.http import HttpClient, Params

Row = Mapping[str, Any]


@dataclass(slots=True)
class Listing:
    """The rows of a list. ``note`` says why it is not whole, ``None`` where it is."""

    rows: list[Row] = field(default_factory=list)
    note: str | None = None


async def listing(
    client: HttpClient, path: str, key: str, params: Params = (), *, size: int, max_pages: int = 20
) -> Listing:
    """All rows below ``key``, none of them twice in the same form.

    Stops, and says so, at ``max_pages`` and where a page brings nothing new although there should be more.

    Raises:
        SourceError: a page did not come: half a list is none.
    """
    found = Listing()
    seen: set[str] = set()
    after: str | None = None
    for _ in range(max_pages):
        more: Params = [("after", after)] if after is not None else []
        data = (await client.get(path, [*params, ("page_size", size), *more])).data
        if not fields.is_list(data, key):
            raise BadAnswer(f"{client.host} answers {path} without {key}")
        before = len(found.rows)
        for row in fields.rows(data, key):
            identity = repr(row)
            if identity not in seen:
                seen.add(identity)
                found.rows.append(row)
        cursor = fields.walk(data, "pagination_meta", "after")
        if cursor is None or cursor == "":
            return found
        if len(found.rows) == before or not isinstance(cursor, str) or cursor == after:
            found.note = f"only {len(found.rows)} were read: the pages repeat themselves"
            return found
        after = cursor
    found.note = f"only the first {len(found.rows)} were read"
    return found


async def plain(client: HttpClient, path: str, key: str) -> list[Row]:
    """The rows of a list that has no pages. Raises SourceError."""
    data = (await client.get(path)).data
    if not fields.is_list(data, key):
        raise BadAnswer(f"{client.host} answers {path} without {key}")
    return list(fields.rows(data, key))


async def one(client: HttpClient, path: str, key: str) -> Row:
    """The object below ``key``. Raises SourceError."""
    found = fields.obj((await client.get(path)).data, key)
    if not found:
        raise BadAnswer(f"{client.host} answers {path} without {key}")
    return found


async def write(client: HttpClient, path: str, body: Any, role: str) -> Any:
    """The JSON that a write answers with. ``role``: what the key needs for it.

    Raises:
        Refused: incident.io says no; of a 403 it says which role the key lacks.
        SourceError: ``maybe_applied`` where it may have taken effect.
    """
    try:
        answer = await client.request("POST", path, json=body)
    except AuthFailed as error:
        if error.status == 403:
            raise Refused(f"the key may not do that, it needs the role {role} ({error})", status=403) from None
        raise
    return answer.data
