"""Calls to the public API: paced by our own count, and its 403 told apart.

The API tells nothing of its limit of 60 calls a minute, and answers 403 both to a wrong key and to too many calls. So
calls are counted here, with some kept for actions; and a 403 after good answers is first taken for the limit, and only
when it stays for a minute for a refusal of the key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.sources import fields
from oncall_tui.sources.base import AuthFailed, BadAnswer, RateLimited, Refused, SourceError, is_for_action
from oncall_tui.sources.http import HttpClient, Params

PUBLIC = "/api-public/v1"
LIMIT = 60
"""Calls a minute."""
RESERVE = 15
"""Of these, kept for actions and what is read for them."""
MINUTE = timedelta(minutes=1)
FORGET = timedelta(minutes=15)
"""A refused write that lies so far back says nothing of the next one."""


class Api:
    """The calls of one source."""

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self.client = client
        self._clock = clock
        self._calls: deque[datetime] = deque()
        self._answered: set[bool] = set()
        """``False``: a reading was answered well; ``True``: a write was."""
        self._doubted: dict[bool, datetime] = {}

    @property
    def now(self) -> datetime:
        """By the server's clock, as far as it is known."""
        return self._clock.now() + (self.client.clock_skew or timedelta())

    async def get(self, path: str, params: Params = ()) -> Any:
        """The answer's JSON. Raises SourceError."""
        return await self._call("GET", path, params, None)

    async def rows(self, path: str, key: str, params: Params = ()) -> list[Mapping[str, Any]]:
        """The objects of the list below ``key``. Raises SourceError, BadAnswer where there is no such list."""
        data = await self.get(path, params)
        if not fields.is_list(data, key):
            raise BadAnswer(f"{self.client.host} answers {path} without {key}")
        return list(fields.rows(data, key))

    async def write(self, method: str, path: str, body: Any) -> Any:
        """The answer's JSON. Raises SourceError; Refused where the key may only read."""
        return await self._call(method, path, (), body)

    async def _call(self, method: str, path: str, params: Params, body: Any) -> Any:
        writes = body is not None
        self._pace(writes or is_for_action())
        try:
            answer = await self.client.request(method, path, params=params, json=body)
        except AuthFailed as error:
            if error.status == 403:
                raise self._doubt(error, writes) from None
            raise
        self._answered.add(writes)
        self._doubted.pop(writes, None)
        return answer.data

    def _pace(self, acts: bool) -> None:
        now = self._clock.now()
        while self._calls and now - self._calls[0] >= MINUTE:
            self._calls.popleft()
        allowed = LIMIT if acts else LIMIT - RESERVE
        if len(self._calls) >= allowed:
            wait = (self._calls[len(self._calls) - allowed] + MINUTE - now).total_seconds()
            rest = "" if acts else ", the rest is kept for actions"
            raise RateLimited(f"{self.client.host}: {allowed} calls in a minute were made{rest}", retry_after=wait)
        self._calls.append(now)

    def _doubt(self, error: AuthFailed, writes: bool) -> SourceError:
        now = self._clock.now()
        since = self._doubted.setdefault(writes, now)
        if writes and now - since > FORGET:
            since = self._doubted[writes] = now
        host = self.client.host
        if writes and now - since >= MINUTE:
            return Refused(f"the key may not do that (403): is it a read-only one? ({error})", status=403)
        if not writes and (False not in self._answered or now - since >= MINUTE):
            return error
        left = (since + MINUTE - now).total_seconds()
        return RateLimited(f"{host} answers 403: too many calls, or it refuses the key", retry_after=max(left, 1.0))
