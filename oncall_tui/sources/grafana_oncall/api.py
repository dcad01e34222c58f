"""The calls to one OnCall engine: lists read whole, its clock, and its budget, which it tells nothing of until it is
spent."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.model import Budget
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, RateLimited, for_action, is_for_action, is_for_history
from oncall_tui.sources.http import Answer, HttpClient, segment

CALLS = 300
WINDOW = timedelta(minutes=5)
"""What its documentation allows each token: so many calls in so long."""
RESERVE = 15
"""Calls that reads leave for actions."""
PER_PAGE = 100
MAX_PAGES = 20
ROOT = "/api/v1"

Row = Mapping[str, Any]
Params = Sequence[tuple[str, str | int]]


@dataclass(slots=True)
class Listing:
    """The rows of a list. ``note`` says why it is not whole, ``None`` where it is."""

    rows: list[Row] = field(default_factory=list)
    note: str | None = None


class Api:
    """One engine. All methods that call raise SourceError."""

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self.client = client
        self._clock = clock
        self._calls: deque[datetime] = deque()
        self.budget: Budget | None = None
        """By what was called from here; other programs with the same token count too."""

    def now(self) -> datetime:
        """What the engine's clock shows: its times are compared with this, and its windows asked by it."""
        return self._clock.now() + (self.client.clock_skew or timedelta())

    async def get(self, path: str, params: Params = ()) -> Any:
        """The decoded answer of ``path``, which is below ``/api/v1``."""
        self._count()
        return (await self.client.get(ROOT + path, params)).data

    async def post(self, path: str, body: Any = None) -> Answer:
        """One write, sent once."""
        with for_action():
            self._count()
        # What an action answers with is empty, whatever its content type says.
        return await self.client.request("POST", ROOT + path, json=body)

    async def one(self, *path: str) -> Row:
        """The object at these segments. Raises NotFound and other SourceErrors."""
        address = "/".join(segment(part) for part in path)
        found = fields.obj(await self.get(f"/{address}/"))
        if not found:
            raise BadAnswer(f"{self.client.host} answers {path[0]} with no object")
        return found

    async def listing(self, path: str, params: Params = (), *, max_pages: int = MAX_PAGES) -> Listing:
        """All rows, each once. Stops, and says so, at ``max_pages`` and where a page brings nothing new.

        Pages are asked for by number: a ``next`` link may name the engine as its own network knows it. One that is
        asked for beyond the last is answered with the last again, so only a missing link tells the end.
        """
        found = Listing()
        seen: set[str] = set()
        for page in range(1, max_pages + 1):
            data = await self.get(path, [*params, ("page", page), ("perpage", PER_PAGE)])
            if not fields.is_list(data, "results"):
                raise BadAnswer(f"{self.client.host} answers {path} without results")
            fresh = 0
            for row in fields.rows(data, "results"):
                identity = fields.native_id(row, "id") or repr(row)  # shifts have no id
                if identity not in seen:
                    seen.add(identity)
                    found.rows.append(row)
                    fresh += 1
            if not fields.walk(data, "next"):
                return found
            if not fresh:
                found.note = f"only {len(found.rows)} were read: the pages repeat themselves"
                return found
        found.note = f"only the first {len(found.rows)} were read"
        return found

    def _count(self) -> None:
        """Count a call, and keep the budget that the engine tells nothing of until it is spent.

        Raises:
            RateLimited: a read that would take what is kept for actions.
        """
        now = self._clock.now()
        while self._calls and not now - WINDOW < self._calls[0] <= now:
            self._calls.popleft()
        left = CALLS - len(self._calls)
        resets_at = (self._calls[0] if self._calls else now) + WINDOW
        reserve = CALLS // 2 if is_for_history() else RESERVE
        if left <= reserve and not is_for_action():
            raise RateLimited(
                f"{self.client.host}: {max(0, left)} calls left of {CALLS} in 5 minutes, kept for actions",
                retry_after=(resets_at - now).total_seconds(),
            )
        self._calls.append(now)
        self.budget = Budget(limit=CALLS, remaining=max(0, left - 1), resets_at=resets_at)
