"""Reading a list whole, whatever its pages hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer
from oncall_tui.sources.http import Answer

Row = Mapping[str, Any]
Params = Sequence[tuple[str, str | int | float | bool]]
Get = Callable[[str, Params], Awaitable[Answer]]


@dataclass(slots=True)
class Listing:
    """The rows of a list. ``note`` says why it is not whole, ``None`` where it is."""

    rows: list[Row] = field(default_factory=list)
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Pager:
    """How one of the two systems pages.

    Args:
        key: below which the rows are; ``size``: the parameter for how many.
        more: the path to what is there when another page follows.
    """

    key: str
    size: str
    more: tuple[str, ...]
    limit: int = 100

    async def whole(
        self,
        get: Get,
        path: str,
        params: Params = (),
        *,
        max_pages: int = 50,
        enough: Callable[[Row], bool] = lambda row: False,
    ) -> Listing:
        """All rows, each once, in the order of their first appearance, up to and without the first that is ``enough``.

        Pages are asked for by offset, not by the links that the answers hold: those lead past a proxy. Stops, and says
        so, at ``max_pages`` and where a page brings nothing new although there should be more.

        Raises:
            SourceError: a page did not come: half a list is none.
        """
        found = Listing()
        seen: set[str] = set()
        for page in range(max_pages):
            answer = await get(path, [*params, (self.size, self.limit), ("offset", page * self.limit)])
            if not fields.is_list(answer.data, self.key):
                raise BadAnswer(f"{path} was answered without {self.key}")
            fresh = 0
            for row in fields.rows(answer.data, self.key):
                if enough(row):
                    return found
                identity = fields.native_id(row, "id") or repr(row)
                if identity in seen:
                    continue
                seen.add(identity)
                found.rows.append(row)
                fresh += 1
            if not fields.walk(answer.data, *self.more):
                return found
            if not fresh:
                found.note = f"only {len(found.rows)} were read: the pages repeat themselves"
                return found
        found.note = f"only the first {len(found.rows)} were read"
        return found

    async def cursor(self, get: Get, path: str, name: str, cursor: Callable[[Row], str | None]) -> list[Row]:
        """The rows of a list that goes on from a cursor, at most ten pages. ``cursor`` gives the next one out of an
        answer, sent as ``name``; one that does not move on ends the list. Raises SourceError."""
        found: list[Row] = []
        held: str | None = None
        for _ in range(10):
            answer = await get(path, [(self.size, self.limit), *([(name, held)] if held else [])])
            if not fields.is_list(answer.data, self.key):
                raise BadAnswer(f"{path} was answered without {self.key}")
            found += fields.rows(answer.data, self.key)
            following = cursor(answer.data) if fields.walk(answer.data, *self.more) else None
            if following is None or following == held:
                break
            held = following
        return found
