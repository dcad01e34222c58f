"""Watching the data folder: who sends, whether another process has written, whether the file is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from oncall_tui.clock import Clock
from oncall_tui.desk.parts import internal
from oncall_tui.desk.sending import Sender
from oncall_tui.desk.settings import DeskSettings
from oncall_tui.store import Store, StoreError

LOOK_S = 0.5
LEASE = timedelta(seconds=3)
"""How often the lease is renewed, or asked for; a third of its life."""
FILE = timedelta(seconds=4)
PRUNE = timedelta(hours=6)
INDEX = timedelta(minutes=1)
"""How often is looked for what can be searched anew; while there is more, a few rows are read at each look."""
_FIRST_PRUNE = timedelta(minutes=1)


class Watch:
    """Keeps :attr:`Sender.active` equal to "this process holds the lease".

    Args:
        changed: called when another process has written.
        reopened: called when the database was made anew: the cache is empty until the next polls.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: DeskSettings,
        sender: Sender,
        *,
        changed: Callable[[], None],
        reopened: Callable[[], None],
    ) -> None:
        self.other: str | None = None
        """Who sends, when it is not this process."""
        self._store = store
        self._clock = clock
        self._sender = sender
        self._changed = changed
        self._reopened = reopened
        self._wants = settings.sends and not settings.read_only
        self._version: int | None = None
        self._next: dict[str, datetime] = {}

    async def begin(self) -> None:
        """Take the lease now if it is free."""
        now = self._clock.now()
        self._next = {"lease": now + LEASE, "file": now + FILE, "prune": now + _FIRST_PRUNE, "index": now + INDEX}
        try:
            self._version = await self._store.version()
            await self._lease()
        except StoreError:
            self._sender.active = False

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self._clock.sleep(LOOK_S)
            await self._guarded("the folder's version", self._look)
            for name, every, work in (
                ("file", FILE, self._file),
                ("lease", LEASE, self._lease),
                ("prune", PRUNE, self._prune),
                ("index", INDEX, self._index),
            ):
                if self._clock.now() >= self._next[name]:
                    self._next[name] = self._clock.now() + every
                    await self._guarded(name, work)

    async def end(self) -> None:
        """Give the lease back."""
        if self._sender.active or self._wants:
            await self._guarded("the lease", self._store.drop_lease)

    async def _guarded(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except StoreError:
            self._changed()  # the banner tells it
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - our own bug must not end the watching
            internal(what, error)

    async def _look(self) -> None:
        version = await self._store.version()
        if version != self._version:
            self._version = version
            self._sender.wake()
            self._changed()

    async def _file(self) -> None:
        if await self._store.check_file():
            self._sender.wake()
            self._reopened()
            self._changed()

    async def _lease(self) -> None:
        if not self._wants:
            other = await self._store.lease_holder()
            holds = False
        elif self._sender.active and await self._store.renew_lease():
            other, holds = None, True
        else:
            holds = await self._store.take_lease()
            other = None if holds else await self._store.lease_holder()
        if holds and not self._sender.active:
            self._sender.active = True
            self._sender.wake()
        self._sender.active = holds
        if other != self.other:
            self.other = other
            self._changed()

    async def _index(self) -> None:
        if await self._store.index():
            self._next["index"] = self._clock.now()

    async def _prune(self) -> None:
        await self._store.prune(self._clock.now())
