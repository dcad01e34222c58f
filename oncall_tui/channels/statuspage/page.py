"""One page's API: its calls within the rate limit, its lists to the end, its components by name."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.model import COMPONENT_STATES
from oncall_tui.sources import fields
from oncall_tui.sources.base import AuthFailed, BadAnswer, RateLimited, Refused, SourceError
from oncall_tui.sources.http import HttpClient, segment

Row = Mapping[str, Any]

PER_PAGE = 100
MAX_PAGES = 10
_MOST, _WINDOW = 60, timedelta(seconds=60)
"""A request a second, counted over a minute that moves along. The answers do not tell what is left."""
_COMPONENTS_KEPT = timedelta(minutes=10)


class Page:
    """Calls below one page."""

    def __init__(self, client: HttpClient, page: str, clock: Clock) -> None:
        self.client = client
        self._root = f"/pages/{segment(page)}"
        self._clock = clock
        self._calls: deque[datetime] = deque()
        self._components: tuple[datetime, tuple[Row, ...]] | None = None

    async def get(self, path: str, **params: str | int) -> Any:
        """The JSON of ``path`` below the page. Raises SourceError."""
        self._pace()
        return (await self.client.get(self._root + path, tuple(params.items()))).data

    async def write(self, method: str, path: str, body: Any) -> Any:
        """One write, once. A 403 is this action's refusal. Raises SourceError with ``maybe_applied``."""
        self._pace()
        try:
            return (await self.client.request(method, self._root + path, json=body)).data
        except AuthFailed as error:
            if error.status == 403:
                raise Refused(f"the key may not do that: {error}", status=403) from None
            raise

    async def incident(self, native_id: str) -> Row:
        """One incident with its updates. Raises NotFound."""
        data = await self.get(f"/incidents/{segment(native_id)}")
        if fields.native_id(data, "id") != native_id:
            raise BadAnswer(f"{self.client.host} answers with another incident than {native_id}")
        return fields.obj(data)

    async def rows(self, path: str, size: str, since: datetime | None = None) -> tuple[tuple[Row, ...], bool]:
        """The rows of a list, and whether that is all of it.

        Args:
            size: the parameter that takes the page's size.
            since: what was created before does not matter: where the latest come first, the rest is not read.
        """
        found: list[Row] = []
        for number in range(1, MAX_PAGES + 1):
            data = await self.get(path, **{"page": number, size: PER_PAGE})
            if not isinstance(data, list):
                raise BadAnswer(f"{self.client.host} answers with no list: is this Statuspage?")
            found += fields.rows({"rows": data}, "rows")
            if len(data) < PER_PAGE or (since is not None and _reaches(data, since)):
                return tuple(found), True
        return tuple(found), False

    async def component_ids(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """The state for each component's id, the components being given by id or name.

        Raises:
            Refused: a component or a state is not known, or a name means two.
        """
        for name, state in wanted.items():
            if state not in COMPONENT_STATES:
                raise Refused(f"{name}: {state!r} is no state of a component ({', '.join(COMPONENT_STATES)})")
        if not wanted:
            return {}
        rows = [row for row in await self._known_components() if not fields.boolean(row, "group")]
        return {_component_id(name, rows): state for name, state in wanted.items()}

    async def component_names(self) -> tuple[str, ...]:
        """The components in the page's order, each by a name that :meth:`component_ids` takes."""
        rows = [row for row in await self._known_components() if not fields.boolean(row, "group")]
        names = [(fields.text(row, "name", limit=80), fields.native_id(row, "id")) for row in rows]
        folded = [(name or "").casefold() for name, _ in names]
        told = [name if name and folded.count(name.casefold()) == 1 else native_id for name, native_id in names]
        return tuple(one for one in told if one)

    async def _known_components(self) -> tuple[Row, ...]:
        now = self._clock.now()
        if self._components is None or not timedelta() <= now - self._components[0] < _COMPONENTS_KEPT:
            rows, _ = await self.rows("/components", "per_page")
            self._components = (now, rows)
        return self._components[1]

    def _pace(self) -> None:
        now = self._clock.now()
        while self._calls and not timedelta() <= now - self._calls[0] < _WINDOW:
            self._calls.popleft()
        if len(self._calls) >= _MOST:
            wait = (self._calls[0] + _WINDOW - now).total_seconds()
            raise RateLimited(
                f"{self.client.host}: {_MOST} calls in the last minute, no more are let", retry_after=wait
            )
        self._calls.append(now)

    async def other_pages(self) -> tuple[str, ...]:
        """The pages that the key sees, as ``NAME (ID)``; none where they cannot be told."""
        try:
            data = (await self.client.get("/pages")).data
        except SourceError:
            return ()
        return tuple(
            f"{fields.text(row, 'name', limit=60)} ({fields.native_id(row, 'id')})"
            for row in fields.rows({"rows": data}, "rows")
        )


def _reaches(rows: list[Any], since: datetime) -> bool:
    """Whether the rows go back, in order, to before ``since``. That the latest come first is nowhere promised."""
    times = [fields.instant(row, "created_at") for row in rows]
    known = [at for at in times if at is not None]
    in_order = len(known) == len(times) and known[0] > known[-1] and known == sorted(known, reverse=True)
    return in_order and known[-1] < since


def _component_id(name: str, rows: list[Row]) -> str:
    found = [
        row
        for row in rows
        if fields.native_id(row, "id") == name or (fields.text(row, "name") or "").casefold() == name.casefold()
    ]
    ids = [native_id for row in found if (native_id := fields.native_id(row, "id"))]
    if not ids:
        known = ", ".join(sorted(text for row in rows[:30] if (text := fields.text(row, "name", limit=40))))
        raise Refused(f"the page has no component {name!r} (it has {known or 'none'})")
    if len(ids) > 1:
        raise Refused(f"two components are named {name!r}: give the id ({', '.join(ids[:4])})")
    return ids[0]
